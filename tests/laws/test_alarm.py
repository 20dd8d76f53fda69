"""Somebody is in my account: one press locks what can be locked, withdraws what is open, and security always hears."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.actions import Begin, Ref, Replace, Report, Submit
from bot.core.answers import Refused, RequestCard
from bot.core.directory import Standing
from bot.core.errors import NO_PREMIUM, AnswerLost, NotGranted, Rejected, Unavailable
from bot.core.model import Follow, Mode, Request, Status
from bot.core.passes import Pass
from bot.core.ports import Slot
from bot.core.reasons import Reason
from bot.kinds import KINDS
from tests.entra import TENANT, FakeClock
from tests.fakes import Office, at_home, office, person, private
from tests.laws.seen import touched, why
from tests.stores import patient

SECURITY = "19:security"


def live(desk: Office, name: str = "ann") -> None:
    now = desk.clock.now()
    desk.directory.live[name] = Pass("intruders", now, now + timedelta(hours=1), usable=True, usability="")


async def press(desk: Office, name: str = "ann") -> Request:
    """The one press, from any card."""
    await desk.desk.installed(person(name), private(name))
    answer = await desk.desk.handle(at_home(name), Begin("compromised"))
    assert isinstance(answer, RequestCard), answer
    assert answer.request.kind == "compromised"
    return answer.request


async def locked(desk: Office, name: str = "ann") -> Request:
    alarm = await press(desk, name)
    for job in ("act", "follow", "cards"):
        await desk.job(job, alarm.id)
    return await desk.load(alarm.id)


async def stopped(desk: Office, alarm_id: str) -> None:
    """Do what stops all else: it asks to be done once more, a little later."""
    with pytest.raises(Unavailable):
        await desk.job("lock", alarm_id)


async def test_one_press_locks_and_tells(desk: Office) -> None:
    live(desk)
    done = await locked(desk)
    assert (done.status, done.follow) == (Status.DONE, Follow.DONE)
    assert desk.directory.writes == ["revoke ann", "delete ann intruders", "confirm_compromised ann"]
    assert done.evidence == ()
    assert "somebody is in my account" in desk.messenger.shown(SECURITY)
    assert "Ann" in desk.messenger.shown(SECURITY)


async def test_nobody_is_asked_to_sign_in_or_to_approve(desk: Office) -> None:
    alarm = await press(desk)
    assert alarm.status is Status.READY
    async with desk.store.unit() as unit:
        assert await unit.sign_ins(alarm.id) == ()
    assert desk.messenger.shown("19:helpdesk") == ""


async def test_what_waits_is_withdrawn_whatever_it_waits_for(desk: Office) -> None:
    """Whoever is in the account may have asked for it."""
    await desk.ask(request_id="tap")
    await desk.ask(request_id="risk", kind="risk")
    await desk.sign_in(request_id="risk")
    await desk.ask(request_id="password", kind="password")
    page = await desk.open_page(request_id="password")
    await desk.ask(request_id="methods", kind="methods")
    await desk.ask(request_id="verify", kind="verify")
    await desk.ask("kim", "kims")
    await stopped(desk, (await press(desk)).id)
    for name in ("tap", "risk", "password", "methods", "verify"):
        assert (await desk.load(name)).status is Status.WITHDRAWN, name
    assert (await desk.load("kims")).status is Status.STEP_UP
    assert why(await desk.enter(page)) == Reason.CLOSED
    assert touched(desk) == []


async def test_a_pass_that_works_is_taken_back(desk: Office) -> None:
    await desk.ready("tap")
    await desk.show(request_id="tap")
    alarm = await locked(desk)
    assert "ann" not in desk.directory.live
    await stopped(desk, alarm.id)
    assert (await desk.load("tap")).status is Status.REVOKING


def wall(desk: Office, which: str) -> None:
    """Let Ann be somebody whom the desk gives nothing to."""
    match which:
        case "privileged":
            desk.directory.privileged["ann"] = Standing(("global-administrator",), ())
        case "approver":
            desk.directory.members["helpdesk"].add("ann")
        case "unknown":
            for fact in ("account", "standing", "groups", "guarded_contexts"):
                desk.directory.trouble[fact] = Unavailable("throttled")
        case "outsider":
            desk.directory.members["employees"].discard("ann")
        case "disabled":
            desk.directory.add("ann", "employees", enabled=False)
        case _:
            desk.directory.accounts["ann"] = replace(desk.directory.accounts["ann"], **{which: True})  # type: ignore[arg-type]  # a flag


@pytest.mark.parametrize("which", ["restricted", "disabled", "privileged", "approver", "unknown"])
async def test_locking_passes_the_walls(desk: Office, which: str) -> None:
    """An administrator's alarm is the one that matters most, and nobody's waits for what cannot be found out."""
    live(desk)
    wall(desk, which)
    done = await locked(desk)
    assert done.status is Status.DONE
    assert desk.directory.writes == ["revoke ann", "delete ann intruders", "confirm_compromised ann"]
    assert (await desk.bring("sessions", request_id="out")).status is Status.DONE


@pytest.mark.parametrize(("which", "reason"), [("guest", Reason.GUEST), ("outsider", Reason.NOT_ALLOWED)])
async def test_whom_entra_or_the_policy_leaves_out_is_not_touched_but_security_hears(
    desk: Office, which: str, reason: str
) -> None:
    """Entra signs no guest out; whom the desk serves at all, its administrator says."""
    live(desk)
    wall(desk, which)
    refused = await locked(desk)
    assert refused.status is Status.REFUSED
    assert refused.ending is not None
    assert refused.ending.refusal is not None
    assert refused.ending.refusal.reason == reason
    assert touched(desk) == []
    said = desk.messenger.shown(SECURITY)
    assert "may not act on this account" in said
    assert "Ann" in said
    assert "Security has been told" in desk.messenger.shown("a:ann")


async def test_an_emergency_account_is_not_touched_and_security_hears_once(desk: Office) -> None:
    refused = await locked(desk, "emma")
    assert refused.status is Status.REFUSED
    assert touched(desk) == []
    posted = [chat for chat, _ in desk.messenger.messages if chat.startswith(SECURITY)]
    assert len(posted) == 1


async def test_the_daily_limit_silences_nobody(desk: Office) -> None:
    """Who is refused for asking too often has still sounded the alarm."""
    limit = KINDS["compromised"].policy.per_day
    for _ in range(limit):
        await locked(desk)
        desk.clock.advance(minutes=2)
    assert desk.directory.writes == ["revoke ann", "confirm_compromised ann"] * limit
    refused = await locked(desk)
    assert (refused.status, len(desk.directory.writes)) == (Status.REFUSED, 2 * limit)
    posted = [chat for chat, _ in desk.messenger.messages if chat.startswith(SECURITY)]
    assert len(posted) == limit + 1


async def test_six_alarms_within_a_minute_are_one_card_that_counts(desk: Office) -> None:
    for _ in range(6):
        last = await locked(desk)
        desk.clock.advance(seconds=10)
    first = (await waiting_alerts(desk, last.id)).pop()
    assert first != last.id
    await desk.job("alert", first)
    posted = [json.dumps(m) for (chat, _), m in desk.messenger.messages.items() if chat.startswith(SECURITY)]
    assert len(posted) == 1
    assert "Raised 6 times" in posted[0]
    desk.clock.advance(minutes=2)
    await locked(desk)
    assert len([chat for chat, _ in desk.messenger.messages if chat.startswith(SECURITY)]) == 2


async def waiting_alerts(desk: Office, last: str) -> set[str]:
    """The alarms whose card is to be brought up to date, but the last one's own."""
    async with desk.store.connections("look", 1) as pool, pool.connection() as connection:
        rows = await connection.execute(
            "SELECT DISTINCT args ->> 'request' AS id FROM procrastinate_jobs WHERE args ->> 'name' = 'alert'"
        )
        found = {row["id"] for row in await rows.fetchall()} - {last}
    async with desk.store.unit() as unit:
        return {one for one in found if any(p.slot is Slot.SECURITY for p in await unit.posted(one))}


async def test_pressed_twice_at_once_there_is_one_alarm(desk: Office) -> None:
    await desk.desk.installed(person("ann"), private("ann"))
    answers = await asyncio.gather(*(desk.desk.handle(at_home("ann"), Begin("compromised")) for _ in range(5)))
    opened = [a for a in answers if isinstance(a, RequestCard)]
    assert len(opened) == 1
    assert {why(a) for a in answers if isinstance(a, Refused)} == {Reason.ALREADY_OPEN}
    await asyncio.gather(*(desk.job("act", opened[0].request.id) for _ in range(5)))
    assert desk.directory.writes == ["revoke ann"]


async def test_a_pass_that_cannot_be_deleted_is_told_and_tried_until_it_is(desk: Office) -> None:
    live(desk)
    alarm = await press(desk)
    await desk.job("act", alarm.id)
    desk.directory.trouble["delete_pass"] = Unavailable("away")
    with pytest.raises(Unavailable):
        await desk.job("follow", alarm.id)
    assert (await desk.load(alarm.id)).follow is Follow.DUE
    desk.directory.trouble["delete_pass"] = Rejected("no", code="forbidden")
    await desk.job("follow", alarm.id)
    await desk.job("cards", alarm.id)
    assert (await desk.load(alarm.id)).follow is Follow.FAILED
    assert "could not be deleted" in desk.messenger.shown("a:ann")


async def test_when_entra_says_no_security_takes_over(desk: Office) -> None:
    desk.directory.trouble["revoke_sessions"] = Rejected("no", code="forbidden")
    failed = await locked(desk)
    assert failed.status is Status.FAILED
    assert "did not let the desk sign Ann out" in desk.messenger.shown(SECURITY)


async def test_a_lost_answer_is_found_by_itself(desk: Office) -> None:
    desk.directory.lose_answers = True
    alarm = await locked(desk)
    assert alarm.status is Status.UNKNOWN
    desk.directory.lose_answers = False
    live(desk)
    await desk.job("look", alarm.id)
    found = await desk.load(alarm.id)
    assert (found.status, found.follow) == (Status.DONE, Follow.DUE)
    await desk.job("follow", alarm.id)
    assert desk.directory.writes == ["revoke ann", "delete ann intruders", "confirm_compromised ann"]


@pytest.mark.parametrize(
    ("says", "hers", "securitys"),
    [
        (None, True, "ID Protection has been told"),
        (NotGranted("no licence", code=NO_PREMIUM), False, ""),
        (NotGranted("no permission", code="no_permission"), False, "ID Protection did not take it"),
    ],
)
async def test_id_protection_is_told_after_the_lock_and_the_cards_say_whether_it_was(
    desk: Office, says: Exception | None, hers: bool, securitys: str
) -> None:
    alarm = await press(desk)
    if says is not None:
        desk.directory.trouble["confirm_compromised"] = says
    await desk.job("act", alarm.id)
    assert desk.directory.writes == ["revoke ann"]
    await desk.job("follow", alarm.id)
    await desk.job("cards", alarm.id)
    assert (await desk.load(alarm.id)).follow is Follow.DONE
    assert ("ID Protection knows" in desk.messenger.shown("a:ann")) is hers
    assert ("ID Protection" in desk.messenger.shown(SECURITY)) is bool(securitys)
    assert securitys in desk.messenger.shown(SECURITY)
    (entry,) = [e async for e in desk.store.audit_entries(TENANT) if e.deed == "followed"]
    assert entry.data.get("came", "") == ("told" if hers else "untold" if securitys else "")


async def test_a_lost_answer_of_id_protections_is_asked_again(desk: Office) -> None:
    alarm = await press(desk)
    await desk.job("act", alarm.id)
    desk.directory.trouble["confirm_compromised"] = AnswerLost("cut")
    with pytest.raises(Unavailable):
        await desk.job("follow", alarm.id)
    desk.directory.trouble.clear()
    await desk.job("follow", alarm.id)
    assert desk.directory.writes == ["revoke ann", "confirm_compromised ann"]


async def test_an_alarm_cannot_be_reported_again(desk: Office) -> None:
    done = await locked(desk)
    writes = list(desk.directory.writes)
    assert why(await desk.desk.handle(at_home("ann"), Report(Ref(done.id, done.version)))) == Reason.CLOSED
    assert (await desk.load(done.id)).status is Status.DONE
    assert desk.directory.writes == writes


async def test_a_trial_locks_nothing_and_says_so_to_security(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, mode=Mode.EVALUATE)
        live(desk)
        tried = await locked(desk)
        assert tried.status is Status.EVALUATED
        assert touched(desk) == []
        assert "nothing was locked" in desk.messenger.shown(SECURITY)


async def test_where_it_is_off_it_is_nowhere(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, own={"compromised": {"mode": Mode.OFF}})
        assert why(await desk.desk.handle(at_home("ann"), Begin("compromised"))) == Reason.OFF
        assert touched(desk) == []
        await desk.ask()
        await desk.job("cards")
        assert '"kind": "compromised"' not in desk.messenger.shown("a:ann")


async def test_the_alarm_is_on_every_card_of_theirs(desk: Office) -> None:
    await desk.ask()
    await desk.job("cards")
    assert '"kind": "compromised"' in desk.messenger.shown("a:ann")


# Sign me out everywhere.


async def test_signing_out_needs_no_proof_and_locks_only(desk: Office) -> None:
    done = await desk.bring("sessions")
    assert done.status is Status.DONE
    assert done.evidence == ()
    assert desk.directory.writes == ["revoke ann"]
    await desk.job("cards")
    assert desk.messenger.shown(SECURITY) == ""
    assert "signed out everywhere" in desk.messenger.shown("a:ann")


async def test_signing_out_withdraws_nothing(desk: Office) -> None:
    await desk.ask(request_id="tap")
    await desk.bring("sessions", request_id="out")
    assert (await desk.load("tap")).status is Status.STEP_UP


async def test_signing_out_may_be_asked_for_again_at_once(desk: Office) -> None:
    for number in range(3):
        assert (await desk.bring("sessions", request_id=f"s{number}")).status is Status.DONE
    assert desk.directory.writes == ["revoke ann"] * 3


async def test_when_nothing_was_found_its_person_tries_once_more(desk: Office) -> None:
    class Cut(Exception):
        pass

    desk.directory.trouble["revoke_sessions"] = Cut()
    assert (await desk.bring("sessions")).status is Status.UNKNOWN
    desk.directory.trouble.clear()
    await desk.job("look")
    waiting = await desk.load("r1")
    assert (waiting.status, waiting.receipt) == (Status.UNKNOWN, None)
    await desk.job("act")
    assert touched(desk) == []
    again = await desk.desk.handle(at_home("ann"), Replace(Ref("r1", waiting.version)))
    assert isinstance(again, RequestCard)
    assert again.request.status is Status.DONE
    assert desk.directory.writes == ["revoke ann"]


async def test_a_reason_is_wanted_and_one_of_the_list(desk: Office) -> None:
    await desk.desk.installed(person("ann"), private("ann"))
    for values in ({}, {"reason": "because"}):
        answer = await desk.desk.handle(at_home("ann"), Submit("sessions", "r1", values))
        assert type(answer).__name__ == "Form"
    assert await desk.ledger.load("r1") is None


async def test_the_trail_of_an_alarm_names_who_and_what(desk: Office) -> None:
    await locked(desk)
    entries = [entry async for entry in desk.store.audit_entries(TENANT)]
    assert [entry.deed for entry in entries] == ["asked", "ready", "frozen", "claimed", "shown", "followed"]
    assert {(entry.kind, entry.subject) for entry in entries} == {("compromised", "ann")}
