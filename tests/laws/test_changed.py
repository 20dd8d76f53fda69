"""An account that changed lately takes the higher path: another method, another name, or one that is new itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest

from bot.core.alterations import AccountChange, Alteration
from bot.core.decide import Refuse, decide
from bot.core.errors import NO_PERMISSION, NO_PREMIUM, NotGranted, Unavailable
from bot.core.facts import Moment
from bot.core.lately import Limits
from bot.core.model import Status
from bot.core.policy import CHANGED, FACE
from bot.core.reasons import Reason
from tests.core.samples import GOOD, NOW, proved, step_up
from tests.core.samples import POLICY as SAMPLE
from tests.fakes import FakeClock, Office, office
from tests.laws.seen import why
from tests.laws.test_brakes import face_and_two
from tests.stores import patient

ON = Limits(repeat=timedelta(0), cool_down=timedelta(0), changed=timedelta(days=3))


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Office]:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        yield office(store, clock, limits=ON)


def altered(desk: Office, what: Alteration, days: float = 1, name: str = "ann") -> None:
    desk.directory.changed[name] = (AccountChange(what, desk.clock.now() - timedelta(days=days)),)


async def terms(desk: Office, request_id: str = "r1") -> tuple[str, ...]:
    await desk.ask(request_id=request_id)
    return (await desk.load(request_id)).terms


@pytest.mark.parametrize("what", [Alteration.METHOD, Alteration.RENAMED, Alteration.CREATED])
async def test_an_account_that_changed_takes_the_higher_path(desk: Office, what: Alteration) -> None:
    altered(desk, what)
    assert await terms(desk) == (CHANGED, FACE)
    await desk.sign_in()
    await desk.job("cards")
    assert "your account was made, got another sign-in method" in desk.messenger.shown("a:ann")
    await face_and_two(desk, "r1")
    await desk.show()
    assert (await desk.load("r1")).status is Status.DONE


async def test_one_that_entra_says_is_new_needs_no_log(desk: Office) -> None:
    desk.directory.trouble["changes"] = NotGranted("changes", code=NO_PREMIUM)
    new = desk.clock.now() - timedelta(days=2)
    desk.directory.accounts["ann"] = replace(desk.directory.accounts["ann"], created_at=new)
    assert CHANGED in await terms(desk)


@pytest.mark.parametrize(("what", "days"), [(Alteration.METHOD, 4), (Alteration.MANAGER, 1)])
async def test_what_is_longer_ago_or_lets_nobody_in_is_none(desk: Office, what: Alteration, days: float) -> None:
    altered(desk, what, days)
    assert await terms(desk) == ()


@pytest.mark.parametrize(("unknown", "held"), [("usual", ()), ("stricter", (CHANGED, FACE))])
@pytest.mark.parametrize("code", [NO_PERMISSION, NO_PREMIUM])
async def test_where_there_is_no_log_to_read_the_file_says_what_holds(
    database_url: str, unknown: Literal["usual", "stricter"], held: tuple[str, ...], code: str
) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, limits=replace(ON, changed_unknown=unknown))
        desk.directory.trouble["changes"] = NotGranted("changes", code=code)
        assert await terms(desk) == held


async def test_what_only_does_not_answer_refuses(desk: Office) -> None:
    desk.directory.trouble["changes"] = Unavailable("no turn", retry_after=2)
    assert why(await desk.ask()) == Reason.UNKNOWN


async def test_and_on_the_way_it_waits(desk: Office) -> None:
    await desk.ask()
    desk.directory.trouble["changes"] = Unavailable("no turn", retry_after=2)
    await desk.sign_in()
    assert (await desk.load("r1")).status is Status.STEP_UP
    del desk.directory.trouble["changes"]
    desk.clock.advance(minutes=2)
    await desk.job("due")
    assert (await desk.load("r1")).status is Status.APPROVAL


async def test_it_is_looked_at_again_at_the_act(desk: Office) -> None:
    await desk.ready()
    altered(desk, Alteration.METHOD, 0.01)
    await desk.show()
    request = await desk.load("r1")
    assert request.status is not Status.DONE
    assert CHANGED in request.terms
    assert desk.directory.writes == []


@pytest.mark.parametrize("kind", ["sessions", "verify"])
async def test_what_only_locks_or_proves_does_not_ask(desk: Office, kind: str) -> None:
    altered(desk, Alteration.METHOD)
    desk.directory.trouble["changes"] = Unavailable("away")
    await desk.ask(kind=kind)
    assert CHANGED not in (await desk.load("r1")).terms


def test_what_is_not_known_is_a_no() -> None:
    decision = decide(SAMPLE, replace(GOOD, changed=None), proved(step_up()), Moment.ACT, NOW)
    assert isinstance(decision, Refuse)
    assert decision.unsure


async def test_it_is_off_until_the_file_says_for_how_long(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock)
        altered(desk, Alteration.METHOD)
        desk.directory.trouble["changes"] = Unavailable("away")
        assert await terms(desk) == ()
