"""So much within an hour and no more, however good each reason is: of an agent, of an approver, of everybody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

import pytest

from bot.core.actions import Ref, Withdraw
from bot.core.answers import Refused, RequestCard, Said
from bot.core.lately import Limits
from bot.core.model import EvidenceType, Status
from bot.core.options import ASSISTED
from bot.core.reasons import Reason
from tests.fakes import EMPLOYEES, POLICY, UNBRAKED, FakeClock, Office, at_home, office, person, private
from tests.laws.seen import why
from tests.laws.test_behalf import opens, verified
from tests.laws.test_record import told
from tests.stores import patient

Opened = Callable[[Limits], AbstractAsyncContextManager[Office]]


@pytest.fixture
def desk(database_url: str) -> Opened:
    @asynccontextmanager
    async def opened(limits: Limits) -> AsyncIterator[Office]:
        clock = FakeClock()
        async with patient(database_url, clock) as store:
            made = office(store, clock, replace(POLICY, options={ASSISTED: True}), limits=limits)
            for name in ("ann", "ben", "cleo", "kim", "mo"):
                if name == "mo":
                    made.directory.add(name, EMPLOYEES)
                async with store.unit() as unit:
                    await unit.remember(person(name), private(name))
            yield made

    return opened


async def asked(desk: Office, *names: str) -> None:
    for name in names:
        await desk.ask(name, f"r-{name}")
        await desk.sign_in(name, f"r-{name}")


async def found(desk: Office) -> list[tuple[str, str]]:
    """Of what security hears that it is out of the ordinary, and of whom."""
    return [(entry.data["sort"], entry.data["person"]) for entry in await told(desk, "found")]


async def status(desk: Office, name: str) -> Status:
    return (await desk.load(f"r-{name}")).status


async def test_one_yes_too_many_counts_nothing_and_another_approver_decides(desk: Opened) -> None:
    async with desk(replace(UNBRAKED, per_approver_hour=2)) as one:
        await asked(one, "ann", "kim", "mo")
        for name in ("ann", "kim"):
            await one.approve("ben", f"r-{name}")
            assert await status(one, name) is Status.READY
        refused = await one.approve("ben", "r-mo")
        assert why(refused) == Reason.APPROVED_MANY
        assert await status(one, "mo") is Status.APPROVAL
        assert (await one.load("r-mo")).evidence_of(EvidenceType.APPROVAL) == ()
        assert await found(one) == [("over", "ben")]

        await one.approve("cleo", "r-mo")
        assert await status(one, "mo") is Status.READY


async def test_of_several_at_once_no_more_pass_than_one_after_the_other(desk: Opened) -> None:
    async with desk(replace(UNBRAKED, per_tenant_hour=2)) as one:
        names = ("ann", "kim", "mo", "lee")
        for name in names:
            one.directory.add(name, EMPLOYEES)
        answers = await asyncio.gather(*(one.ask(name, f"r-{name}") for name in names))
        assert [why(answer) for answer in answers if isinstance(answer, Refused)] == [Reason.ASKED_MANY] * 2


async def test_within_the_next_hour_their_yes_counts_again(desk: Opened) -> None:
    async with desk(replace(UNBRAKED, per_approver_hour=1)) as one:
        await asked(one, "ann")
        await one.approve("ben", "r-ann")
        one.clock.advance(minutes=61)
        await asked(one, "kim")
        await one.approve("ben", "r-kim")
        assert await status(one, "kim") is Status.READY


async def test_one_too_many_for_a_colleague_is_not_opened_and_uses_nothing_up(
    desk: Opened,
) -> None:
    async with desk(replace(UNBRAKED, per_agent_hour=1)) as one:
        await verified(one)
        assert isinstance(await opens(one), Said)
        await verified(one, "kim", form="f2")
        assert why(await opens(one, form="f2", request="r2")) == Reason.OPENED_MANY
        async with one.store.unit() as unit:
            assert await unit.load("r2") is None
        assert await found(one) == [("over", "ben")]

        one.clock.advance(minutes=61)
        await verified(one, "kim", form="f3")
        assert isinstance(await opens(one, form="f3", request="r3"), Said)


@pytest.mark.parametrize(("kind", "held"), [("tap", True), ("password", True), ("methods", True), ("verify", False)])
async def test_more_than_the_desk_lets_through_for_all_is_not_begun_but_what_gives_no_access_is(
    desk: Opened, kind: str, *, held: bool
) -> None:
    async with desk(replace(UNBRAKED, per_tenant_hour=1)) as one:
        await one.ask("ann", "r-ann")
        answer = await one.ask("kim", "r-kim", kind=kind)
        async with one.store.unit() as unit:
            assert (await unit.load("r-kim") is None) is held
        if held:
            assert why(answer) == Reason.ASKED_MANY
            assert await found(one) == [("over_all", "")]


async def test_alarms_and_locks_are_held_back_by_no_limit(desk: Opened) -> None:
    async with desk(replace(UNBRAKED, per_tenant_hour=1)) as one:
        await one.ask("ann", "r-ann")
        await one.ask("kim", "r-kim", kind="compromised")
        assert await status(one, "kim") is not Status.REFUSED


async def test_what_was_sent_twice_counts_once(desk: Opened) -> None:
    async with desk(replace(UNBRAKED, per_tenant_hour=2)) as one:
        for number in range(4):
            await one.ask("ann", "r-ann")
            await one.ask("ann", f"r-{number}")  # another form, while the first is open
        await one.ask("kim", "r-kim")
        assert await status(one, "kim") is Status.STEP_UP
        answer = await one.ask("ann", "r-more")
        assert isinstance(answer, RequestCard)  # the one that is open, and not that it is one too many


async def test_nobody_uses_up_what_is_for_everybody(desk: Opened) -> None:
    """By asking and withdrawing, for one thing after the other, or for what is refused."""
    async with desk(replace(UNBRAKED, per_tenant_hour=2)) as one:
        for number, kind in enumerate(("tap", "password", "tap", "methods", "tap")):
            await one.ask("ann", f"r-{number}", kind=kind)
            await one.desk.handle(at_home("ann"), Withdraw(Ref(f"r-{number}", 1)))
        one.directory.add("eve")
        for number in range(3):
            assert why(await one.ask("eve", f"e-{number}")) == Reason.NOT_ALLOWED
        await one.ask("kim", "r-kim")
        assert await status(one, "kim") is Status.STEP_UP
        assert await found(one) == []
