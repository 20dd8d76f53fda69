"""What will not change is never called "try again": a lasting no, a wait, and what may be typed anew are told apart."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.core.answers import Answer, Refused, RequestCard
from bot.core.errors import NO_PERMISSION, NO_PREMIUM, AnswerLost, Missing, NotGranted, Rejected, Throttled, Unavailable
from bot.core.model import Refusal, Status
from bot.core.reasons import Reason
from bot.desk import account
from tests.fakes import Office

UNGRANTED = NotGranted("403", code=NO_PERMISSION)
UNLICENSED = NotGranted("400", code=NO_PREMIUM)
HOLE = Rejected("Graph left out userType", code="incomplete")
GONE, AWAY = Missing("404"), Unavailable("503")
QUESTIONS = ("account", "standing", "groups", "within", "guarded_contexts", "passes", "pass_policy")


def why(answer: Answer) -> Refusal:
    assert isinstance(answer, Refused)
    return answer.refusal


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (UNGRANTED, Reason.NOT_PERMITTED),
        (UNLICENSED, Reason.NOT_PERMITTED),
        (HOLE, Reason.ENTRA_REFUSED),
        (GONE, Reason.UNKNOWN),  # it may not have arrived everywhere yet
        (AWAY, Reason.UNKNOWN),
    ],
    ids=["permission", "licence", "hole", "missing", "outage"],
)
async def test_a_no_that_lasts_is_told_as_one_and_an_outage_as_one(
    desk: Office, question: str, trouble: Exception, reason: Reason
) -> None:
    """A tenant without P2 was told "try again in a few minutes" for ever."""
    desk.directory.trouble[question] = trouble
    assert why(await desk.ask()).reason == reason
    assert desk.directory.writes == []


async def test_a_question_that_is_not_answered_in_time_is_a_no_for_now(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_: frozenset[str]) -> frozenset[str]:
        await asyncio.Event().wait()
        return frozenset()

    monkeypatch.setattr(account, "NESTS", 0.05)
    monkeypatch.setattr(desk.directory, "within", never)
    assert why(await desk.ask()).reason == Reason.UNKNOWN


@pytest.mark.parametrize(
    "trouble", [UNGRANTED, UNLICENSED, HOLE, AWAY], ids=["permission", "licence", "hole", "outage"]
)
@pytest.mark.parametrize("question", QUESTIONS)
async def test_no_answer_to_a_question_takes_away_what_was_proved_and_approved(
    desk: Office, question: str, trouble: Exception
) -> None:
    """One 403 in passing ended a request with its sign-in and its approvals; nothing is made as long as it lasts."""
    await desk.ready()
    desk.directory.trouble[question] = trouble
    refusal = why(await desk.show())
    assert refusal.reason == (Reason.UNKNOWN if trouble is AWAY else _lasting(trouble))
    assert (await desk.load("r1")).status is Status.READY
    assert desk.directory.writes == []
    del desk.directory.trouble[question]
    await desk.show()
    assert (await desk.load("r1")).status is Status.DONE


@pytest.mark.parametrize("trouble", [UNGRANTED, HOLE], ids=["permission", "hole"])
async def test_what_was_proved_while_a_no_lasts_is_kept_and_goes_on_when_it_is_put_right(
    desk: Office, trouble: Exception
) -> None:
    await desk.ask()
    for prove, status in ((desk.sign_in, Status.STEP_UP), (desk.approve, Status.APPROVAL)):
        desk.directory.trouble["standing"] = trouble
        await prove()
        for _ in range(2):
            desk.clock.advance(minutes=2)
            await desk.job("due")
        assert (await desk.load("r1")).status is status
        del desk.directory.trouble["standing"]
        desk.clock.advance(minutes=2)
        await desk.job("due")
    request = await desk.load("r1")
    assert request.status is Status.READY
    assert [e.by for e in request.evidence] == ["ann", "ben"]


async def test_a_no_that_lasts_until_the_time_is_out_lets_nothing_through(desk: Office) -> None:
    await desk.ask()
    desk.directory.trouble["standing"] = UNGRANTED
    await desk.sign_in()
    for _ in range(10):
        desk.clock.advance(minutes=2)
        await desk.job("due")
    assert (await desk.load("r1")).status is Status.EXPIRED
    assert desk.directory.writes == []


async def test_an_objection_on_the_way_still_ends_the_request(desk: Office) -> None:
    await desk.ready()
    desk.directory.add("ann", "employees", enabled=False)
    await desk.show()
    assert (await desk.load("r1")).status is Status.REFUSED


def _lasting(trouble: Exception) -> Reason:
    return Reason.NOT_PERMITTED if isinstance(trouble, NotGranted) else Reason.ENTRA_REFUSED


async def test_too_many_is_a_wait_and_the_request_stays(desk: Office) -> None:
    """A bare 429 ended it as "not permitted"."""
    await desk.ready()
    desk.directory.trouble["issue_pass"] = Throttled("429")
    refusal = why(await desk.show())
    assert (refusal.reason, refusal.params["seconds"]) == (Reason.BUSY, "10")
    assert (await desk.load("r1")).status is Status.READY
    del desk.directory.trouble["issue_pass"]
    await desk.show()
    assert (await desk.load("r1")).status is Status.DONE


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [(UNGRANTED, Reason.NOT_PERMITTED), (Rejected("400", code="badRequest"), Reason.ENTRA_REFUSED)],
    ids=["permission", "who knows why"],
)
async def test_only_a_permission_that_is_missing_is_called_that(
    desk: Office, trouble: Exception, reason: Reason
) -> None:
    await desk.ready()
    desk.directory.trouble["issue_pass"] = trouble
    assert isinstance(await desk.show(), RequestCard)
    ended = await desk.load("r1")
    assert ended.status is Status.FAILED
    assert ended.ending is not None
    assert ended.ending.refusal == Refusal(reason)


async def test_an_approver_nobody_may_look_at_hears_that_it_lasts(desk: Office) -> None:
    await desk.ask()
    await desk.sign_in()
    desk.directory.trouble["at_risk"] = UNGRANTED
    assert why(await desk.approve()).reason == Reason.NOT_PERMITTED
    assert (await desk.load("r1")).status is Status.APPROVAL
    desk.directory.trouble["at_risk"] = AWAY
    assert why(await desk.approve()).reason == Reason.UNKNOWN


async def test_what_can_never_be_found_out_keeps_nobody_waiting_for_ever(desk: Office) -> None:
    """Looking for a lost act got a lasting no; its person heard "you have asked for this already" until the end."""
    await desk.ask()
    await desk.sign_in()
    await desk.job("cards")
    await desk.approve()
    desk.directory.trouble["issue_pass"] = AnswerLost("cut")
    await desk.show()
    desk.directory.trouble["passes"] = UNGRANTED
    with pytest.raises(NotGranted):
        await desk.job("look")
    life = desk.desk.reception.inquiry.policies["tap"].life
    for pause in (life, timedelta(hours=23, minutes=58)):
        desk.clock.advance(seconds=pause.total_seconds())
        await desk.job("due")
        assert (await desk.load("r1")).status is Status.UNKNOWN
    desk.clock.advance(minutes=5)
    await desk.job("due")
    ended = await desk.load("r1")
    assert (ended.status, ended.due_at) == (Status.EXPIRED, None)
    await desk.job("cards")
    assert "could not find out whether it was done" in desk.messenger.shown("a:ann")
    assert "Please look at the account of Ann" in desk.messenger.shown("19:helpdesk")
    desk.directory.trouble.clear()
    assert isinstance(await desk.ask(request_id="r2"), RequestCard)
