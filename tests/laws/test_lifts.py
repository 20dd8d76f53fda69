"""Who may end a lock that an alarm made, how it is confirmed, and what of it stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.core.actions import Deny, Lift, Ref, Report
from bot.core.answers import Answer, RequestCard, SignInRefused
from bot.core.events import Lifted
from bot.core.model import Actor, Chat, Status
from bot.core.reasons import Reason
from bot.desk.ledger import happened
from tests.entra import TENANT, FakeClock
from tests.fakes import Office, at_home, in_channel, office, person, private
from tests.laws.raised import alarm, flagged, lock
from tests.laws.seen import why
from tests.laws.test_record import told
from tests.stores import patient

SECURITY = "19:security@thread.tacv2"


async def test_lifted_it_goes_on(desk: Office) -> None:
    first = await alarm(desk)
    await desk.job("act", first.id)
    await desk.ledger.change(first.id, happened(Lifted(person("ben"), "she rang back")))
    desk.clock.advance(seconds=1)
    assert isinstance(await desk.ask(), RequestCard)
    assert (await desk.load("r1")).status is Status.STEP_UP
    assert "lifted" in await desk.deeds()


async def test_each_alarm_has_to_be_lifted(desk: Office) -> None:
    first = await alarm(desk)
    await desk.job("act", first.id)
    await alarm(desk)
    await desk.ledger.change(first.id, happened(Lifted(person("ben"), "")))
    assert why(await desk.ask()) == Reason.FROZEN


def in_security(name: str) -> Actor:
    return Actor(person(name), Chat(TENANT, SECURITY, "https://connector.example/", personal=False))


def in_another_channel(name: str) -> Actor:
    return Actor(person(name), Chat(TENANT, "19:else@thread.tacv2", "https://connector.example/", personal=False))


async def press_lift(desk: Office, alarm_id: str, name: str = "ben", why: str = "She rang back") -> Answer:
    await desk.desk.installed(person(name), private(name))
    version = (await desk.load(alarm_id)).version
    return await desk.desk.handle(in_security(name), Lift(Ref(alarm_id, version), why))


async def test_an_approver_lifts_it_with_a_sign_in_and_it_is_on_record(desk: Office) -> None:
    first = await alarm(desk)
    await desk.job("act", first.id)
    await desk.job("cards", first.id)
    assert '"lift"' in desk.messenger.shown("19:security")
    await press_lift(desk, first.id)
    assert why(await desk.ask(request_id="too-soon")) == Reason.FROZEN  # a press alone lifts nothing
    await desk.job("cards", first.id)
    assert "Lift the lock of Ann" in desk.messenger.shown("a:ben")
    await desk.sign_in("ben", first.id)
    desk.clock.advance(seconds=1)
    assert isinstance(await desk.ask(), RequestCard)
    await desk.job("cards", first.id)
    assert "Ben lifted the lock" in desk.messenger.shown("19:security")
    assert '"lift"' not in desk.messenger.shown("19:security")
    assert "you can ask me for things again" in desk.messenger.shown("a:ann")
    lifted = [e async for e in desk.store.audit_entries(TENANT) if e.deed in {"lift_intended", "lifted"}]
    assert [(e.deed, e.data["by"], e.data.get("reason"), e.data.get("strength")) for e in lifted] == [
        ("lift_intended", "ben", None, None),
        ("lifted", "ben", "She rang back", "c1"),
    ]


@pytest.mark.parametrize(
    ("who", "where", "said", "reason"),
    [
        ("kim", in_security, "I know her", Reason.NOT_APPROVER),
        ("ann", at_home, "It is me", Reason.OWN_LOCK),
        ("ben", at_home, "  ", Reason.LIFT_REASON),
        ("ben", in_another_channel, "She rang back", Reason.LIFT_ELSEWHERE),
    ],
)
async def test_nobody_else_lifts_it(
    desk: Office, who: str, where: Callable[[str], Actor], said: str, reason: str
) -> None:
    first = await alarm(desk)
    await desk.desk.installed(person(who), private(who))
    answer = await desk.desk.handle(where(who), Lift(Ref(first.id, first.version), said))
    assert why(answer) == reason
    assert (await desk.load(first.id)).frozen_at is not None


async def test_who_is_no_approver_by_the_sign_in_lifts_nothing(desk: Office) -> None:
    first = await alarm(desk)
    await press_lift(desk, first.id)
    desk.directory.members["helpdesk"].discard("ben")
    assert why(await desk.sign_in("ben", first.id)) == Reason.NOT_APPROVER
    assert (await desk.load(first.id)).frozen_at is not None


async def accused(desk: Office) -> None:
    """Ben says with his no that somebody else is in Ann's account."""
    ref = await flagged(desk)
    await desk.desk.handle(in_channel("ben"), Deny(ref, "That is not Ann", "compromised"))
    await desk.sign_in("ben")


async def test_whose_verdict_locked_it_does_not_lift_it_nor_by_another_account(desk: Office) -> None:
    await accused(desk)
    assert why(await press_lift(desk, "r1")) == Reason.OWN_LOCK
    for name in ("ben", "cleo"):
        desk.directory.accounts[name] = replace(desk.directory.accounts[name], human="1002")
    assert why(await press_lift(desk, "r1", "cleo")) == Reason.SAME_PERSON
    desk.directory.accounts["cleo"] = replace(desk.directory.accounts["cleo"], human="1003")
    await press_lift(desk, "r1", "cleo")
    await desk.sign_in("cleo", "r1")
    assert (await desk.load("r1")).frozen_at is None


async def test_nor_when_its_owner_says_so_too_and_it_was_taken_back(desk: Office) -> None:
    await accused(desk)
    await desk.desk.handle(at_home("ann"), Report(Ref("r1", (await desk.load("r1")).version)))
    await desk.job("revoke")
    assert (await desk.load("r1")).status is Status.REVOKED
    assert why(await press_lift(desk, "r1")) == Reason.OWN_LOCK


@pytest.mark.parametrize(("reports", "by"), [(False, "ben"), (True, "ann")])
async def test_what_an_alarm_stops_is_in_the_name_of_who_spoke_last(desk: Office, *, reports: bool, by: str) -> None:
    await desk.ask("ann", "r2", kind="methods")
    await accused(desk)
    if reports:
        await desk.desk.handle(at_home("ann"), Report(Ref("r1", (await desk.load("r1")).version)))
    await lock(desk, "r1")
    assert [entry.data["by"] for entry in await told(desk, "stopped")] == [by]


async def test_one_lift_ends_every_alarm_that_was_there_and_none_that_came_later(desk: Office) -> None:
    first = await alarm(desk)
    await desk.job("act", first.id)
    second = await alarm(desk)
    await desk.job("act", second.id)
    desk.clock.advance(seconds=1)
    await press_lift(desk, first.id)
    desk.clock.advance(seconds=1)
    third = await alarm(desk)
    await desk.sign_in("ben", first.id)
    assert [(await desk.load(one.id)).frozen_at is None for one in (first, second, third)] == [True, True, False]
    assert why(await desk.ask()) == Reason.FROZEN


async def test_a_lift_ends_no_lock_that_its_approver_could_not_lift_by_itself(database_url: str) -> None:
    """Who approves passes need not be one who may lift an alarm about the whole account."""
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, own={"compromised": {"approvers_group": "wardens"}})
        await desk.ask()
        await desk.desk.handle(at_home("ann"), Report(Ref("r1", (await desk.load("r1")).version)))
        second = await alarm(desk)
        clock.advance(seconds=1)
        assert why(await press_lift(desk, second.id)) == Reason.NOT_APPROVER
        await press_lift(desk, "r1")
        await desk.sign_in("ben", "r1")
        assert (await desk.load("r1")).frozen_at is None
        assert (await desk.load(second.id)).frozen_at is not None
        assert why(await desk.ask(request_id="r2", kind="methods")) == Reason.FROZEN


async def test_a_sign_in_that_lifted_serves_nothing_else(desk: Office) -> None:
    first = await alarm(desk)
    await desk.ask("kim", "kims")
    await desk.sign_in("kim", "kims")
    await press_lift(desk, first.id)
    desk.entra.kept = desk.clock.now()
    await desk.sign_in("ben", first.id)
    with pytest.raises(AssertionError, match=Reason.USED_SIGN_IN):
        await desk.approve(request_id="kims")


async def test_lifted_twice_is_lifted_once(desk: Office) -> None:
    first = await alarm(desk)
    await press_lift(desk, first.id)
    await desk.sign_in("ben", first.id)
    assert why(await press_lift(desk, first.id)) == Reason.CLOSED


async def test_a_lift_is_confirmed_as_it_was_pressed_last(desk: Office) -> None:
    """Entra's window of an earlier press stays open: it lifts nothing, and not for that press's reason."""
    first = await alarm(desk)
    await press_lift(desk, first.id, why="All is well")
    before = await desk.waiting("ben", first.id)
    await desk.step_up.start(before.id, f"{before.id}.browser")
    desk.clock.advance(seconds=1)
    await press_lift(desk, first.id, why="She rang back")
    back = await desk.step_up.returned(f"{before.id}.browser", {"code": "x"})
    assert isinstance(back, SignInRefused), back
    assert (await desk.load(first.id)).frozen_at is not None
    await desk.sign_in("ben", first.id)
    lifted = [e.data.get("reason") async for e in desk.store.audit_entries(TENANT) if e.deed == "lifted"]
    assert lifted == ["She rang back"]
