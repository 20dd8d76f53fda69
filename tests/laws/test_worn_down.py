"""Nobody is asked until they say yes to be left alone: no colleague (`test_callers`), and no manager about theirs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.core.answers import Answer
from bot.core.callcards import CallerCard
from bot.core.callers import ABOUT_A_DAY, ABOUT_AN_HOUR, Verification
from bot.core.calling import AskCaller, AskManager
from bot.core.directory import Manager
from bot.core.reasons import Reason
from tests.fakes import FakeClock, Office, at_home, office, person, private
from tests.laws.seen import why
from tests.laws.test_behalf import OPEN
from tests.stores import patient

MAX, AGENTS = "max", ("ben", "cleo")
THEIRS = tuple(f"staff{n}" for n in range(ABOUT_A_DAY + 1))  # who all work for Max, and none has Teams


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Office]:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        made = office(store, clock, OPEN, own={"tap": {"assisted": True}})
        for name in (MAX, *THEIRS):
            made.directory.add(name, "employees")
        for name in THEIRS:
            made.directory.managers[name] = Manager(MAX, "Max")
            made.messenger.strangers.add(name)
        async with store.unit() as unit:
            for name in (*AGENTS, MAX):
                await unit.remember(person(name), private(name))
        yield made


async def reached(desk: Office, n: int) -> None:
    answer = await desk.desk.handle(at_home(AGENTS[n % 2]), AskCaller(f"f{n}", THEIRS[n]))
    assert why(answer) == Reason.CALLER_NO_TEAMS


async def asks_max(desk: Office, n: int) -> Answer:
    """Now one agent, now the other has Max asked about another of his people each time."""
    return await desk.desk.handle(at_home(AGENTS[n % 2]), AskManager(f"f{n}-unreached", 1))


async def test_a_manager_is_asked_so_often_about_whomever_and_whoever_asks(desk: Office) -> None:
    for n in range(ABOUT_AN_HOUR + 1):
        await reached(desk, n)
    for n in range(ABOUT_AN_HOUR):
        assert isinstance(await asks_max(desk, n), CallerCard)
    for _ in range(2):  # which uses up nothing
        assert why(await asks_max(desk, ABOUT_AN_HOUR)) == Reason.MANAGER_ASKED_OFTEN
    async with desk.store.unit() as unit:
        one = await unit.matter(Verification, Verification.named(f"f{ABOUT_AN_HOUR}-unreached"))
        assert one is not None
        assert one.voucher is None
    desk.clock.advance(minutes=61)
    for n in range(ABOUT_AN_HOUR, ABOUT_A_DAY):
        await desk.desk.handle(at_home(AGENTS[n % 2]), AskCaller(f"g{n}", THEIRS[n]))
        answer = await desk.desk.handle(at_home(AGENTS[n % 2]), AskManager(f"g{n}-unreached", 1))
        assert isinstance(answer, CallerCard)
    desk.clock.advance(hours=2)
    await reached(desk, ABOUT_A_DAY)
    assert why(await asks_max(desk, ABOUT_A_DAY)) == Reason.MANAGER_ASKED_OFTEN


async def test_of_several_at_once_no_more_pass_than_of_one_after_the_other(desk: Office) -> None:
    for n in range(ABOUT_AN_HOUR + 2):
        await reached(desk, n)
    answers = await asyncio.gather(*(asks_max(desk, n) for n in range(ABOUT_AN_HOUR + 2)))
    assert sum(isinstance(answer, CallerCard) for answer in answers) == ABOUT_AN_HOUR
