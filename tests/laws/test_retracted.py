"""A yes may be taken back until something was done on it, by whoever gave it and without a question."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.core.actions import Approve, Deny, Ref, Retract
from bot.core.answers import Answer, RequestCard, SecretShown, SignInRefused
from bot.core.approval import RETRACTIONS
from bot.core.errors import Unavailable
from bot.core.facts import ApproverFacts, Facts, Moment
from bot.core.model import Actor, EvidenceType, Request, Status
from bot.core.ports import SignInStage
from bot.core.reasons import Reason
from bot.desk.facts import Inquiry
from bot.kinds import KINDS
from tests.fakes import HELPDESK, POLICY, FakeClock, Office, at_home, in_channel, office, person, private
from tests.laws.seen import why
from tests.laws.test_record import told
from tests.stores import patient

ASKING = sorted(kind.name for kind in KINDS.values() if not kind.harmless)
BOTH = replace(POLICY, approvals=2)


async def retract(desk: Office, actor: Actor | None = None, request_id: str = "r1") -> Answer:
    version = (await desk.load(request_id)).version
    return await desk.desk.handle(actor or at_home("ben"), Retract(Ref(request_id, version)))


async def approvers(desk: Office) -> list[str]:
    return [one.by for one in (await desk.load("r1")).evidence_of(EvidenceType.APPROVAL)]


def own(kind: str) -> dict[str, dict[str, object]]:
    return {kind: {"approvals": 1, "variants": {}}}


@pytest.mark.parametrize("kind", ASKING)
async def test_nothing_is_done_on_a_yes_that_was_taken_back(database_url: str, kind: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, own=own(kind))
        await desk.ask(kind=kind)
        assert (await desk.prove_all()).status is Status.READY
        assert isinstance(await retract(desk), RequestCard)
        assert (await desk.load("r1")).status is Status.APPROVAL
        await desk.show()
        await desk.job("act")
        await desk.job("due")
        assert (await desk.load("r1")).status is Status.APPROVAL
        assert desk.directory.writes == []
        desk.clock.advance(seconds=1)
        await desk.approve("cleo")
        assert (await desk.load("r1")).status is Status.READY


@pytest.mark.parametrize("place", [at_home("ben"), in_channel("ben")], ids=["in private", "in the channel"])
async def test_it_is_taken_back_where_it_was_given(desk: Office, place: Actor) -> None:
    await desk.ready()
    assert isinstance(await retract(desk, place), RequestCard)
    assert await approvers(desk) == []


async def test_from_any_other_place_and_by_anybody_else_nothing_is_taken_back(desk: Office) -> None:
    await desk.ready()
    elsewhere = replace(in_channel("ben"), chat=replace(in_channel("ben").chat, id="19:kitchen@thread.tacv2"))
    assert why(await retract(desk, elsewhere)) == Reason.NOT_HERE
    for name in ("cleo", "ann", "kim"):
        assert why(await retract(desk, at_home(name))) == Reason.NOT_YOUR_YES
    stranger = replace(at_home("ben"), person=replace(person("ben"), tenant="another"))
    assert why(await retract(desk, stranger)) == Reason.NOT_FOUND
    assert (await desk.load("r1")).status is Status.READY
    assert isinstance(await desk.show(), SecretShown)


async def test_it_waits_for_no_fact_and_asks_for_no_sign_in(desk: Office) -> None:
    """Who has left the helpdesk by now, or of whom nothing can be found out, still takes their own yes back."""
    await desk.ready()
    desk.directory.members[HELPDESK].discard("ben")
    for what in ("account", "groups", "standing"):
        desk.directory.trouble[what] = Unavailable("away")
    assert isinstance(await retract(desk), RequestCard)
    assert (await desk.load("r1")).status is Status.APPROVAL


async def test_once_it_is_done_it_is_too_late(desk: Office) -> None:
    await desk.ready()
    await desk.show()
    assert why(await retract(desk)) == Reason.CLOSED
    assert (await desk.load("r1")).status is Status.DONE


async def test_it_is_written_down(desk: Office) -> None:
    await desk.ready()
    await retract(desk)
    assert [entry.data["by"] for entry in await told(desk, "retracted")] == ["ben"]
    assert (await desk.load("r1")).retracted[0].by == "ben"


async def test_of_two_the_other_yes_stays(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, BOTH)
        await desk.ask()
        await desk.sign_in()
        await desk.approve("ben")
        await retract(desk)
        assert (await desk.load("r1")).status is Status.APPROVAL
        desk.clock.advance(seconds=1)
        await desk.approve("ben")
        await desk.approve("cleo")
        assert (await desk.load("r1")).status is Status.READY
        await retract(desk)
        assert await approvers(desk) == ["cleo"]
        assert (await desk.load("r1")).status is Status.APPROVAL


async def test_it_is_no_way_to_wear_anybody_down(desk: Office) -> None:
    """After the second time others decide, but their no is heard, and nothing is asked for longer than it may be."""
    await desk.ready()
    for _ in range(RETRACTIONS - 1):
        await retract(desk)
        desk.clock.advance(seconds=1)
        await desk.approve("ben")
    await retract(desk)
    before = (await desk.load("r1")).expires_at
    request = await desk.load("r1")
    assert why(await desk.desk.handle(in_channel("ben"), Approve(Ref("r1", request.version)))) == Reason.RETRACTED_TWICE
    assert before is not None
    assert before <= request.created_at + POLICY.life
    await desk.desk.handle(in_channel("ben"), Deny(Ref("r1", request.version), "I looked again"))
    assert (await desk.load("r1")).status is Status.DENIED


async def test_everybody_reads_it(desk: Office) -> None:
    await desk.ask()
    await desk.sign_in()
    await desk.job("cards")
    await desk.approve()
    await desk.job("cards")
    assert "Take my yes back" in desk.messenger.shown(private("ben").id)
    assert "Take my yes back" in desk.messenger.shown("19:helpdesk")
    await retract(desk)
    await desk.job("cards")
    assert "You have taken your yes back" in desk.messenger.shown(private("ben").id)
    assert "Take my yes back" not in desk.messenger.shown(private("ben").id)
    assert "Ben said yes and took it back" in desk.messenger.shown("19:helpdesk")
    mine = desk.messenger.shown(private("ann").id)
    assert "has taken that back" in mine
    assert "It is ready" not in mine


async def test_a_confirmation_begun_before_does_not_bring_it_back(desk: Office) -> None:
    """Pressed once more while the first yes was being confirmed, it waits for a sign-in that counts for nothing now."""
    await desk.ask()
    await desk.sign_in()
    await desk.desk.installed(person("ben"), private("ben"))
    press, real = Approve(Ref("r1", (await desk.load("r1")).version)), Inquiry.about_approver
    await desk.desk.handle(in_channel("ben"), press)

    async def slowly(self: Inquiry, approver: str, request: Request) -> ApproverFacts:
        facts = await real(self, approver, request)
        patch.setattr(Inquiry, "about_approver", real)
        await desk.sign_in("ben")
        return facts

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Inquiry, "about_approver", slowly)
        await desk.desk.handle(in_channel("ben"), press)
    second = await desk.waiting("ben", "r1")
    assert second.stage is SignInStage.BEGUN
    assert await approvers(desk) == ["ben"]
    await retract(desk)
    assert isinstance(await desk.step_up.start(second.id, f"{second.id}.browser"), SignInRefused)
    assert await approvers(desk) == []


# -- taken back and done at the same moment --------------------------------------------------------------------


@pytest.mark.parametrize("turn", range(4))
async def test_at_once_with_the_act_exactly_one_of_them_happens(desk: Office, turn: int) -> None:
    await desk.ready()
    both = [retract(desk), desk.show()]
    taken, shown = await asyncio.gather(*(reversed(both) if turn % 2 else both))
    request = await desk.load("r1")
    if turn % 2:
        taken, shown = shown, taken
    assert isinstance(shown, SecretShown) == (request.status is Status.DONE)
    assert isinstance(taken, RequestCard) == (request.status is Status.APPROVAL)
    assert len(desk.directory.writes) == (request.status is Status.DONE)


@pytest.mark.parametrize("moment", ["decided", "claimed"])
async def test_what_comes_first_holds(desk: Office, moment: str) -> None:
    """Between the decision and the claim it stops the act; from the claim on the act goes its way."""
    await desk.ready()
    answers: list[Answer] = []
    real, issue = Inquiry.about, desk.directory.issue_pass

    async def about(self: Inquiry, request: Request, when: Moment) -> Facts:
        facts = await real(self, request, when)
        if when is Moment.ACT and not answers:
            answers.append(await retract(desk))
        return facts

    async def issued(*args: object, **kwargs: object) -> object:
        answers.append(await retract(desk))
        return await issue(*args, **kwargs)  # type: ignore[arg-type]  # as given

    with pytest.MonkeyPatch.context() as patch:
        if moment == "decided":
            patch.setattr(Inquiry, "about", about)
        else:
            patch.setattr(desk.directory, "issue_pass", issued)
        shown = await desk.show()
    (answer,) = answers
    stopped = moment == "decided"
    assert isinstance(answer, RequestCard) == stopped
    assert isinstance(shown, SecretShown) != stopped
    assert len(desk.directory.writes) == (not stopped)
    assert (await desk.load("r1")).status is (Status.APPROVAL if stopped else Status.DONE)
