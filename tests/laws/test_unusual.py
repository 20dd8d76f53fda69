"""What is out of the ordinary of who acts for others: security hears of it once a day, and nobody is held up by it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

from bot.core.answers import Said
from bot.core.callers import Verification
from bot.core.calling import DenyCall
from bot.core.locking import BeginLock, pack
from bot.core.model import Refusal
from bot.core.officehours import OfficeHours
from bot.core.ports import Job
from bot.core.reasons import Reason
from bot.core.unusual import LOOK
from bot.core.watch import Sort
from cards import text
from tests.fakes import EMPLOYEES, HELPDESK, UNBRAKED, FakeClock, Office, at_home, office, person
from tests.laws.faced import queued
from tests.laws.test_callers import asked, asks, types
from tests.laws.test_record import findings, heard, told
from tests.stores import patient

MANY = 10


async def busy(desk: Office, many: int, day: str = "a", by: str = "ben") -> None:
    """Let an agent ask so many colleagues, one after the other, over some hours."""
    for n in range(many):
        desk.directory.add(f"{day}{n}", EMPLOYEES)
        assert isinstance(await asks(desk, f"{day}{n}", by, f"{day}{n}"), Said)
        desk.clock.advance(minutes=6)
        await desk.job(LOOK, Verification.named(f"{day}{n}"))


async def found(desk: Office) -> list[tuple[str, str, str]]:
    return [(e.data["sort"], e.data["person"], e.data["count"]) for e in await told(desk, "found")]


async def test_far_more_than_is_usual_for_an_agent_is_told_once_a_day(desk: Office) -> None:
    await busy(desk, MANY + 2)
    assert await found(desk) == [("asks_many", "ben", "10")]
    assert await heard(desk) == 1
    card = desk.messenger.shown("19:security@thread.tacv2")
    assert all(
        said in card for said in ("ben", "10 colleagues", "in person", text("lock.button.begin_for", "en", name="Ben"))
    )
    assert json.dumps(pack(BeginLock("ben")))[1:-1] in card  # and not whoever else has that name

    desk.clock.advance(days=2)
    await busy(desk, MANY + 2, "b")  # that is usual for them by now
    assert len(await found(desk)) == 1


async def test_what_another_clock_has_begun_a_moment_ahead_is_of_this_day(desk: Office) -> None:
    for n in range(MANY):
        desk.directory.add(f"a{n}", EMPLOYEES)
        assert isinstance(await asks(desk, f"a{n}", "ben", f"a{n}"), Said)
    desk.clock.advance(seconds=-1)
    await desk.job(LOOK, Verification.named("a0"))
    assert await found(desk) == [("asks_many", "ben", "10")]


async def test_looked_for_by_several_at_once_it_is_told_once(desk: Office) -> None:
    await busy(desk, MANY - 1)
    desk.directory.add("last", EMPLOYEES)
    await asks(desk, "last", form="last")
    assert await found(desk) == []  # nobody looks while somebody waits
    assert f"{LOOK}:{Verification.named('last')}" in await queued(desk)
    await asyncio.gather(*(desk.job(LOOK, Verification.named("last")) for _ in range(4)))
    assert await found(desk) == [("asks_many", "ben", "10")]


async def test_many_who_say_no_to_one_agent_are_told_before_they_are_a_crowd(desk: Office) -> None:
    await busy(desk, 3)
    for name in ("ann", "kim"):
        await asked(desk, name, form=name)
    await types(desk, "00", form="ann")  # which no number is
    await desk.desk.handle(at_home("kim"), DenyCall("kim", 1))
    await desk.job(LOOK, Verification.named("kim"))
    assert await found(desk) == [("denied", "ben", "2")]


async def test_many_agents_who_ask_about_one_person_are_told_with_whom_they_ask_about(desk: Office) -> None:
    desk.directory.add("dan", EMPLOYEES, HELPDESK)
    for by in ("ben", "cleo", "dan"):
        assert isinstance(await asks(desk, "ann", by, by), Said)
        await desk.job(LOOK, Verification.named(by))
        desk.clock.advance(hours=2)
    assert await found(desk) == [("crowd", "ann", "3")]


async def test_who_acts_for_others_outside_office_hours_is_told_and_not_held_up(database_url: str) -> None:
    clock = FakeClock()
    closed = f"{(clock.now()).strftime('%a')} 00:00-00:01 UTC"
    async with patient(database_url, clock) as store:
        desk = office(store, clock, limits=replace(UNBRAKED, office=OfficeHours.read(closed)))
        await busy(desk, 2)
        assert await found(desk) == [("late", "ben", "1")]


async def test_of_an_approver_whose_decisions_are_often_not_theirs_security_hears(desk: Office) -> None:
    await desk.ask()
    async with desk.store.unit() as unit:
        await unit.tried(person("mo"), Sort.YES, desk.clock.now(), 6)
    for _ in range(4):
        await desk.ledger.refuse(await desk.load("r1"), Refusal(Reason.NOT_APPROVER), person("mo"), Sort.REFUSED)
        desk.clock.advance(hours=2)  # too few within an hour for an alarm of theirs
    async with desk.store.connections("look", 1) as pool, pool.connection() as connection:
        rows = await (await connection.execute("SELECT args FROM procrastinate_jobs")).fetchall()
    jobs = [Job(**row["args"]) for row in rows if row["args"]["name"] == LOOK]
    assert jobs
    for job in jobs:
        await desk.told.unusual.look(job)
    assert await found(desk) == [("refused_share", "mo", "4")]


async def test_what_is_gone_is_nothing_to_look_at(desk: Office) -> None:
    await desk.job(LOOK, Verification.named("none"))
    await desk.job(LOOK, "none")
    assert await findings(desk) == []
