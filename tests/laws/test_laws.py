"""One test and more for each law of the design. They outrank every convenience."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from dataclasses import replace

import psycopg
import pytest

from bot.core.actions import Approve, Deny, Ref, Replace, Report, RevokeIt, Show, Withdraw
from bot.core.answers import Refused, RequestCard, SecretShown
from bot.core.directory import Standing
from bot.core.errors import AnswerLost, Rejected, Unavailable
from bot.core.events import Withdrew
from bot.core.model import Actor, Mode, Refusal, Secret, Status
from bot.core.packing import VERBS, pack, unpack
from bot.core.ports import Slot
from bot.core.reasons import Reason
from bot.desk.ledger import happened
from bot.store import sql
from tests.entra import TENANT, FakeClock
from tests.fakes import POLICY, Office, at_home, in_channel, office, person, private
from tests.laws.seen import at_rest, why
from tests.stores import patient

# 1. A secret has no rest.


async def test_a_shown_secret_is_nowhere_afterwards(
    desk: Office, database_url: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    await desk.ready()
    answer = await desk.show()
    await desk.job("cards")
    assert isinstance(answer, SecretShown)
    (secret,) = desk.directory.secrets
    assert answer.secret.reveal() == secret
    out, err = capsys.readouterr()
    places = [await at_rest(database_url), *desk.messenger.bodies, caplog.text, out, err, repr(answer)]
    assert not [place for place in places if secret in place]


def test_a_secret_cannot_be_printed_formatted_or_stored() -> None:
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {secret!s:>40}"
    for store in (pickle.dumps, json.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            store(secret)


# 2. Results are private.


async def test_show_works_in_the_private_chat_only(desk: Office) -> None:
    await desk.ready()
    assert why(await desk.show(actor=in_channel("ann"))) == Reason.NOT_PRIVATE
    assert desk.directory.secrets == []


async def test_a_revealed_message_goes_to_the_subjects_chat_as_it_is_now(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, replace(POLICY, reveal="message"))
        await desk.ready()
        await desk.show()
        (secret,) = desk.directory.secrets
        holders = [chat for (chat, _), m in desk.messenger.messages.items() if secret in json.dumps(m)]
        assert holders == [private("ann").id]
        clock.advance(hours=2)
        await desk.job("due")
        await desk.job("cards")
        assert secret not in desk.messenger.shown("")


async def test_no_secret_goes_into_a_chat_that_changed_since_it_was_prepared(database_url: str) -> None:
    """The message is prepared, then the person's chat becomes another one: neither of both holds the secret."""
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, replace(POLICY, reveal="message"))
        await desk.ready()
        other = replace(private("ann"), id="a:ann-elsewhere")

        async def moves(chat: str, _: str) -> None:
            if chat == private("ann").id:
                await desk.desk.installed(person("ann"), other)

        desk.messenger.seen = moves
        await desk.show()
        desk.messenger.seen = None
        (secret,) = desk.directory.secrets
        assert secret not in desk.messenger.shown("")
        assert (await desk.load("r1")).status is Status.UNKNOWN

        await desk.desk.handle(Actor(person("ann"), other), Replace(Ref("r1", (await desk.load("r1")).version)))
        holders = [chat for (chat, _), m in desk.messenger.messages.items() if desk.directory.secrets[-1] in str(m)]
        assert holders == [other.id]


@pytest.mark.parametrize("kind", ["tap", "sessions"])
async def test_a_form_sent_with_the_id_of_somebody_elses_request_shows_nothing_of_it(desk: Office, kind: str) -> None:
    await desk.ask("ann", "r1")
    before = await desk.load("r1")
    answer = await desk.ask("kim", "r1", kind=kind)
    assert why(answer) == Reason.NOT_FOUND
    assert "ann" not in repr(answer).casefold()
    assert await desk.load("r1") == before


async def test_a_press_that_cannot_be_answered_in_place_makes_no_secret(desk: Office) -> None:
    """An old client sends a button as a message: the answer would be one too, so nothing is made."""
    before = await desk.ready()
    pressed = Show(Ref("r1", before.version), in_place=False)
    assert why(await desk.desk.handle(at_home("ann"), pressed)) == Reason.NO_DIALOG
    assert await desk.load("r1") == before
    assert desk.directory.secrets == []


# 3. Decide again, with fresh facts.


@pytest.mark.parametrize("change", ["privileged", "disabled", "left", "approver_left", "unknown"])
async def test_what_changed_since_the_approval_counts(desk: Office, change: str) -> None:
    await desk.ready()
    match change:
        case "privileged":
            desk.directory.privileged["ann"] = Standing(("global-administrator",), ())
        case "disabled":
            desk.directory.add("ann", enabled=False)
        case "left":
            desk.directory.members["employees"].remove("ann")
        case "approver_left":
            desk.directory.members["helpdesk"].remove("ben")
        case _:
            desk.directory.trouble["standing"] = Unavailable("throttled")
    answer = await desk.show()
    assert not isinstance(answer, SecretShown)
    assert desk.directory.writes == []


async def test_an_old_sign_in_is_not_enough_to_show(desk: Office) -> None:
    await desk.ready()
    desk.clock.advance(minutes=20)
    assert isinstance(await desk.show(), RequestCard)
    assert (await desk.load("r1")).status is Status.STEP_UP
    assert desk.directory.writes == []
    await desk.sign_in()
    assert isinstance(await desk.show(), SecretShown)


# 4. A button carries a verb, a request id and a version; every press is authorised on the server.


def test_a_button_carries_nothing_else() -> None:
    for action in VERBS.values():
        assert set(pack(action(Ref("r1", 3)))) == {"verb", "id", "v"}
    assert set(pack(Deny(Ref("r1", 3), "a reason"))) == {"verb", "id", "v"}


def test_what_a_client_adds_to_a_button_is_not_believed() -> None:
    forged = {**pack(Show(Ref("r1", 3))), "person": "ann", "subject": "ann", "approved": True}
    assert unpack(forged) == Show(Ref("r1", 3))


@pytest.mark.parametrize("verb", [Show, Replace, Withdraw, RevokeIt, Report])
async def test_nobody_presses_anothers_button(desk: Office, verb: type[Show]) -> None:
    before = await desk.ready()
    answer = await desk.desk.handle(at_home("ben"), verb(Ref("r1", before.version)))
    assert why(answer) == Reason.NOT_YOURS
    assert await desk.load("r1") == before
    assert desk.directory.writes == []


async def test_a_version_that_there_is_not_yet_was_seen_by_nobody(desk: Office) -> None:
    before = await desk.ready()
    made_up = Show(Ref("r1", before.version + 1))
    assert await desk.desk.handle(at_home("ann"), made_up) == Refused(Refusal(Reason.CHANGED), before)
    assert await desk.load("r1") == before
    assert desk.directory.secrets == []


async def test_a_no_shows_nothing_of_a_request_to_whom_it_is_none_of_theirs(desk: Office) -> None:
    await desk.ask()
    await desk.sign_in()
    ref = Ref("r1", (await desk.load("r1")).version)
    for press in (Approve(ref), Deny(ref, "no"), Approve(replace(ref, version=99))):
        answer = await desk.desk.handle(in_channel("mo"), press)
        assert isinstance(answer, Refused)
        assert answer.request is None


async def test_a_no_shows_an_approver_the_request_as_it_stands(database_url: str) -> None:
    """Who was found to be one: the card they pressed is drawn again."""
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, replace(POLICY, approvals=2, approver_step_up=""))
        await desk.ask()
        await desk.sign_in()
        await desk.approve("ben")
        stands = await desk.load("r1")
        ref = Ref("r1", stands.version)
        for press, reason in (
            (Approve(ref), Reason.ALREADY_APPROVED),
            (Deny(ref, ""), Reason.REASON_REQUIRED),
            (Deny(ref, "x" * 501), Reason.REASON_TOO_LONG),
        ):
            answer = await desk.desk.handle(in_channel("ben"), press)
            assert isinstance(answer, Refused)
            assert (answer.refusal.reason, answer.request) == (reason, stands)


async def test_another_tenant_finds_nothing(desk: Office) -> None:
    before = await desk.ready()
    stranger = replace(at_home("ann"), person=replace(person("ann"), tenant="another"))
    assert why(await desk.desk.handle(stranger, Show(Ref("r1", before.version)))) == Reason.NOT_FOUND


# 5. One transaction.


async def test_state_audit_and_job_commit_together_or_not_at_all(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.ask()
    before, deeds = await desk.load("r1"), await desk.deeds()
    monkeypatch.setattr(sql, "COMMIT", "SELECT pg_terminate_backend(pg_backend_pid())")  # all is written, and then
    with pytest.raises(AnswerLost):
        await desk.ledger.change("r1", happened(Withdrew(person("ann"))))
    monkeypatch.undo()
    assert await desk.load("r1") == before
    assert await desk.deeds() == deeds


# 6. An act happens at most once.


async def test_ten_presses_at_once_make_one_pass(desk: Office) -> None:
    await desk.ready()
    answers = await asyncio.gather(*(desk.show() for _ in range(10)))
    assert len(desk.directory.secrets) == 1
    assert [type(a) for a in answers].count(SecretShown) == 1


async def test_a_lost_answer_is_looked_for_and_not_repeated(desk: Office) -> None:
    await desk.ready()
    desk.directory.lose_answers = True
    assert isinstance(await desk.show(), RequestCard)
    assert (await desk.load("r1")).status is Status.UNKNOWN
    await desk.job("look")
    found = await desk.load("r1")
    assert found.receipt is not None
    assert found.receipt.object_id == desk.directory.live["ann"].id
    assert len(desk.directory.secrets) == 1


async def test_ann_may_replace_a_lost_pass_once(desk: Office) -> None:
    await desk.ready()
    desk.directory.lose_answers = True
    await desk.show()
    await desk.job("look")
    desk.directory.lose_answers = False
    again = await desk.desk.handle(at_home("ann"), Replace(Ref("r1", (await desk.load("r1")).version)))
    assert isinstance(again, SecretShown)
    assert again.secret.reveal() == desk.directory.secrets[-1]
    assert len(desk.directory.secrets) == 2


async def test_a_second_lost_answer_goes_to_the_helpdesk(desk: Office) -> None:
    await desk.ready()
    desk.directory.lose_answers = True
    await desk.show()
    await desk.job("look")
    for expected in ("RequestCard", Reason.REPLACED_ALREADY):
        answer = await desk.desk.handle(at_home("ann"), Replace(Ref("r1", (await desk.load("r1")).version)))
        assert why(answer) == expected
        await desk.job("look")
    assert len(desk.directory.secrets) == 2


async def test_a_process_that_died_with_the_claim_leaves_a_question_not_a_second_pass(desk: Office) -> None:
    await desk.ready()
    desk.directory.trouble["issue_pass"] = KeyboardInterrupt()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        await desk.show()
    assert (await desk.load("r1")).status is Status.ACTING
    desk.clock.advance(minutes=1)
    await desk.job("due")
    assert (await desk.load("r1")).status is Status.UNKNOWN


async def test_what_was_not_begun_may_be_pressed_again(desk: Office) -> None:
    await desk.ready()
    desk.directory.trouble["issue_pass"] = Unavailable("throttled")
    assert why(await desk.show()) == Reason.UNKNOWN
    desk.directory.trouble.clear()
    assert isinstance(await desk.show(), SecretShown)


async def test_what_is_made_too_late_to_be_shown_may_be_replaced(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.ready()
    left = iter([9.0, 9.0, -1.0])  # when deciding, when acting, and when the answer could go out
    monkeypatch.setattr("bot.desk.acts._left", lambda _: next(left))
    answer = await desk.show()
    after = await desk.load("r1")
    assert answer == RequestCard(after, Slot.REQUESTER)
    assert (after.status, len(desk.directory.secrets)) == (Status.UNKNOWN, 1)
    assert after.receipt is not None


async def test_an_act_that_takes_too_long_counts_as_lost(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.ready()
    monkeypatch.setattr("bot.desk.acts.PATIENCE", 0.01)
    desk.directory.slow = 5
    assert isinstance(await desk.show(), RequestCard)
    assert (await desk.load("r1")).status is Status.UNKNOWN


async def test_nothing_is_claimed_when_no_time_is_left_for_it(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.ready()
    monkeypatch.setattr("bot.desk.acts.IN_TIME", 0.0)
    assert why(await desk.show()) == Reason.UNKNOWN
    assert (await desk.load("r1")).status is Status.READY
    assert desk.directory.secrets == []


# 7. Distinct people.


async def test_nobody_approves_their_own_request(desk: Office) -> None:
    await desk.ask("kim")
    await desk.sign_in("kim")
    desk.directory.members["helpdesk"].add("kim")
    assert why(await desk.approve("kim")) == Reason.OWN_REQUEST
    assert desk.directory.secrets == []


async def test_an_outsiders_yes_and_no_count_nothing(desk: Office) -> None:
    await desk.ask()
    await desk.sign_in()
    before = await desk.load("r1")
    assert why(await desk.approve("mo")) == Reason.NOT_APPROVER
    assert why(await desk.desk.handle(in_channel("mo"), Deny(Ref("r1", before.version), "no"))) == Reason.NOT_APPROVER
    assert await desk.load("r1") == before
    assert (await desk.deeds())[-1] == "refused"


async def test_one_person_is_one_approval_however_often_they_press(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, replace(POLICY, approvals=2, approver_step_up=""))
        await desk.ask()
        await desk.sign_in()
        version = (await desk.load("r1")).version
        press = Approve(Ref("r1", version))
        answers = await asyncio.gather(*(desk.desk.handle(in_channel("ben"), press) for _ in range(5)))
        assert [why(a) for a in answers].count("RequestCard") == 1
        assert (await desk.load("r1")).status is Status.APPROVAL
        await desk.approve("cleo")
        assert (await desk.load("r1")).status is Status.READY


async def test_an_approver_who_left_between_click_and_sign_in_does_not_count(desk: Office) -> None:
    await desk.ask()
    await desk.sign_in()
    await desk.desk.installed(person("ben"), private("ben"))
    await desk.desk.handle(in_channel("ben"), Approve(Ref("r1", (await desk.load("r1")).version)))
    desk.directory.members["helpdesk"].remove("ben")
    assert why(await desk.sign_in("ben")) == Reason.NOT_APPROVER
    assert (await desk.load("r1")).status is Status.APPROVAL


# 9. Privileged people are walled off.


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"guest": True}, Reason.GUEST),
        ({"enabled": False}, Reason.DISABLED),
        ({"restricted": True}, Reason.RESTRICTED),
        ({"standing": Standing(("role",), ())}, Reason.PRIVILEGED),
        ({"standing": Standing((), ("group",))}, Reason.PRIVILEGED),
    ],
)
async def test_walls(desk: Office, change: dict[str, object], reason: Reason) -> None:
    standing = change.pop("standing", None) if "standing" in change else None
    desk.directory.add("ann", "employees", **change)
    if isinstance(standing, Standing):
        desk.directory.privileged["ann"] = standing
    assert why(await desk.ask()) == reason


async def test_an_emergency_account_that_asks_sets_off_the_alarm(desk: Office) -> None:
    assert why(await desk.ask("emma")) == Reason.DENY_LIST
    await desk.job("cards")
    assert "Emma" in desk.messenger.shown("19:security")


@pytest.mark.parametrize("call", ["account", "standing", "groups", "guarded_contexts", "pass_policy", "passes"])
@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (Unavailable("away"), Reason.UNKNOWN),
        (Rejected("a hole"), Reason.ENTRA_REFUSED),
        (AnswerLost("cut"), Reason.UNKNOWN),
    ],
)
async def test_what_entra_does_not_say_is_a_no(desk: Office, call: str, trouble: Exception, reason: Reason) -> None:
    desk.directory.trouble[call] = trouble
    assert why(await desk.ask()) == reason
    assert desk.directory.writes == []


# 10. Evaluate touches nothing.


async def test_evaluate_goes_all_the_way_but_the_act(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, mode=Mode.EVALUATE)
        await desk.ready()
        await desk.show()
        assert (await desk.load("r1")).status is Status.EVALUATED
        await desk.desk.handle(at_home("ann"), Report(Ref("r1", (await desk.load("r1")).version)))
        await desk.job("revoke")
        assert desk.directory.writes == []
        assert {entry.mode async for entry in store.audit_entries(TENANT)} == {"evaluate"}


# 8 is held by the tests of the Teams edge and of the settings; here: the trail itself cannot be bent.


async def test_the_trail_tells_the_story_and_cannot_be_changed(desk: Office, database_url: str) -> None:
    await desk.ready()
    await desk.show()
    story = ["asked", "step_up_begun", "stepped_up", "approval_wanted", "approval_intended", "approved", "ready"]
    assert [d for d in await desk.deeds() if d in {*story, "claimed", "shown"}] == [*story, "claimed", "shown"]
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        with pytest.raises(psycopg.Error):
            await connection.execute("UPDATE audit SET deed = 'nothing'")
