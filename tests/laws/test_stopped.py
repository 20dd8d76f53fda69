"""What an alarm stops, in whose name, and what it leaves alone; who is refused when it should end is on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.actions import Deny, Lift, Ref, Report
from bot.core.answers import RequestCard
from bot.core.model import Mode, Request, Status
from bot.core.ports import Slot
from bot.core.reasons import Reason
from bot.core.watch import USUAL
from tests.entra import FakeClock
from tests.fakes import Office, at_home, in_channel, office, person
from tests.laws.raised import alarm, flagged, lock
from tests.laws.seen import why
from tests.laws.test_lifts import press_lift
from tests.laws.test_record import heard, told
from tests.stores import patient


async def stopped_by(desk: Office) -> list[tuple[str, str, str]]:
    """Which requests were stopped, by whom, and by which alarm, as the trail says."""
    return [(e.request, e.data["by"], e.data["alarm"]) for e in await told(desk, "stopped")]


async def test_what_only_locks_is_not_stopped(desk: Office) -> None:
    await desk.ask(kind="sessions")
    first = await alarm(desk)
    await lock(desk, first.id)
    assert (await desk.act()).status is Status.DONE
    assert await stopped_by(desk) == []


async def test_what_is_asked_while_the_lock_holds_is_stopped_by_the_last_look(desk: Office) -> None:
    first = await alarm(desk)
    desk.clock.advance(seconds=1)
    await desk.ask(kind="verify")
    await lock(desk, first.id)
    assert (await desk.load("r1")).status is Status.WITHDRAWN


async def test_the_job_of_what_is_no_alarm_stops_nothing(desk: Office) -> None:
    await desk.ask()
    await desk.ask(request_id="r2", kind="methods")
    for name in ("r1", "nobody"):
        await desk.job("lock", name)
    assert [(await desk.load(name)).status for name in ("r1", "r2")] == [Status.STEP_UP, Status.STEP_UP]


async def test_by_its_owners_alarm_it_is_stopped_in_the_owners_name(desk: Office) -> None:
    await desk.ask()
    first = await alarm(desk)
    await lock(desk, first.id)
    assert await stopped_by(desk) == [("r1", "ann", first.id)]


async def test_by_an_approvers_no_it_is_stopped_in_the_approvers_name(desk: Office) -> None:
    await desk.ask(request_id="waits")
    await desk.desk.handle(in_channel("ben"), Deny(await flagged(desk), "She is on holiday", "compromised"))
    await desk.sign_in("ben")
    await lock(desk, "r1")
    assert await stopped_by(desk) == [("waits", "ben", "r1")]


async def test_what_was_denied_and_is_reported_then_stops_in_the_owners_name(desk: Office) -> None:
    await desk.ask(request_id="waits")
    await desk.desk.handle(in_channel("ben"), Deny(await flagged(desk), "Call me first", "none"))
    denied = await desk.load("r1")
    assert denied.status is Status.DENIED
    await desk.desk.handle(at_home("ann"), Report(Ref("r1", denied.version)))
    await lock(desk, "r1")
    assert await stopped_by(desk) == [("waits", "ann", "r1")]


# Who ends it.


async def test_where_no_sign_in_is_wanted_the_press_ends_it(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, own={"compromised": {"approver_step_up": ""}})
        first = await alarm(desk)
        answer = await press_lift(desk, first.id)
        assert isinstance(answer, RequestCard)
        assert answer.slot is Slot.SECURITY
        assert (await desk.load(first.id)).frozen_at is None


async def test_what_the_sign_in_answers_with_is_the_private_card(desk: Office) -> None:
    first = await alarm(desk)
    await press_lift(desk, first.id)
    answer = await desk.sign_in("ben", first.id)
    assert isinstance(answer, RequestCard)
    assert answer.slot is Slot.LIFT


async def test_what_was_raised_at_the_very_moment_ends_with_it(desk: Office) -> None:
    first = await alarm(desk)
    await desk.job("act", first.id)
    second = await alarm(desk)
    await press_lift(desk, first.id)
    await desk.sign_in("ben", first.id)
    assert [(await desk.load(one.id)).frozen_at for one in (first, second)] == [None, None]


async def test_who_is_refused_to_end_it_again_and_again_is_told(desk: Office) -> None:
    first = await alarm(desk)
    for _ in range(USUAL.refused):
        assert why(await press_lift(desk, first.id, "kim")) == Reason.NOT_APPROVER
    assert [e.data["by"] for e in await told(desk, "refused")] == ["kim"] * USUAL.refused
    assert await heard(desk) == 1


@pytest.mark.parametrize("name", ["ben", "cleo"])
async def test_neither_who_asked_nor_whom_it_is_about_ends_it(desk: Office, name: str) -> None:
    """As the rows would hold it, if a kind let somebody ask for another."""
    now = desk.clock.now()
    raised = Request("a1", "compromised", person("ben"), person("cleo"), {}, Mode.ENFORCE, Status.DONE, 0, now)
    async with desk.store.unit() as unit:
        await unit.add(
            replace(raised, reported=True, alarmed_at=now, frozen_at=now, expires_at=now + timedelta(days=1))
        )
    assert why(await desk.desk.handle(at_home(name), Lift(Ref("a1", 0), "It is me"))) == Reason.OWN_LOCK
