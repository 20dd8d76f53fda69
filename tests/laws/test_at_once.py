"""At once: what two people, or two presses, do to one request in the same moment; each counts, and counts once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace

import pytest

from bot.core.actions import Approve, Ref, Report, ReturnCode, Withdraw
from bot.core.answers import Answer, RequestCard
from bot.core.model import EvidenceType, Status
from bot.core.reasons import Reason
from tests.fakes import POLICY, FakeClock, Office, at_home, in_channel, office, person, private
from tests.laws.test_fresh import approving, why, window
from tests.stores import patient


@pytest.fixture
async def two(database_url: str) -> AsyncIterator[Office]:
    """Two people have to say yes."""
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        yield office(store, clock, replace(POLICY, approvals=2))


@pytest.fixture
async def unproved(database_url: str) -> AsyncIterator[Office]:
    """A press is a yes, without a sign-in."""
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        yield office(store, clock, replace(POLICY, approver_step_up=""))


async def asked(desk: Office, *requests: tuple[str, str]) -> None:
    for name, request in requests:
        await desk.ask(name, request)
        await desk.sign_in(name, request)


async def press(desk: Office, name: str, request: str = "r1") -> Answer:
    version = (await desk.load(request)).version
    return await desk.desk.handle(in_channel(name), Approve(Ref(request, version)))


async def test_two_approvers_who_confirm_at_once_both_count(two: Office) -> None:
    """The second commit finds the request changed; its sign-in is no other request's and is counted all the same."""
    await asked(two, ("ann", "r1"))
    codes: dict[str, str] = {}
    for name in ("ben", "cleo"):
        await two.desk.installed(person(name), private(name))
        await press(two, name)
        codes[name] = await window(two, name)
    back: list[Awaitable[Answer]] = [two.desk.handle(at_home(who), ReturnCode(code)) for who, code in codes.items()]
    assert [why(answer) for answer in await asyncio.gather(*back)] == ["RequestCard", "RequestCard"]
    request = await two.load("r1")
    assert request.status is Status.READY
    assert {e.by for e in request.evidence_of(EvidenceType.APPROVAL)} == {"ben", "cleo"}


async def test_one_yes_for_two_requests_at_once_is_one(desk: Office) -> None:
    await asked(desk, ("ann", "r1"), ("kim", "r2"))
    desk.entra.kept = desk.clock.now()
    codes = []
    for request in ("r1", "r2"):
        await approving(desk, request)
        codes.append(await window(desk, "ben", request))
    back: list[Awaitable[Answer]] = [desk.desk.handle(at_home("ben"), ReturnCode(code)) for code in codes]
    assert sorted([why(answer) for answer in await asyncio.gather(*back)]) == ["RequestCard", Reason.USED_SIGN_IN]
    stand = sorted([(await desk.load(request)).status for request in ("r1", "r2")])
    assert stand == [Status.APPROVAL, Status.READY]


async def test_presses_without_a_sign_in_use_none_up(unproved: Office) -> None:
    await asked(unproved, ("ann", "r1"), ("kim", "r2"))
    for request in ("r1", "r2"):
        assert isinstance(await press(unproved, "ben", request), RequestCard)
        assert (await unproved.load(request)).status is Status.READY


async def test_who_takes_it_back_and_says_it_was_not_them_at_once_is_heard(desk: Office) -> None:
    await asked(desk, ("ann", "r1"))
    ref = Ref("r1", (await desk.load("r1")).version)
    await asyncio.gather(*(desk.desk.handle(at_home("ann"), action(ref)) for action in (Withdraw, Report)))
    request = await desk.load("r1")
    assert request.reported
    assert request.status not in {Status.APPROVAL, Status.READY}


async def test_a_sign_in_serves_its_own_request_and_no_other(desk: Office) -> None:
    desk.entra.kept = at = desk.clock.now()
    await asked(desk, ("ann", "r1"))
    tenant = person("ann").tenant
    assert not await desk.ledger.used(tenant, "ann", at, but="r1")
    assert await desk.ledger.used(tenant, "ann", at, but="r2")
    assert not await desk.ledger.used(tenant, "kim", at, but="r2")


async def test_what_became_of_a_request_is_counted_once_each_time(desk: Office) -> None:
    counted: list[tuple[str, str]] = []
    ledger = replace(desk.ledger, moved=lambda kind, status: counted.append((kind, status)))
    desk.desk = replace(desk.desk, ledger=ledger, reception=replace(desk.desk.reception, ledger=ledger))
    await desk.ask()
    await desk.desk.handle(at_home("ann"), Withdraw(Ref("r1", 1)))
    await desk.desk.handle(at_home("ann"), Withdraw(Ref("r1", 2)))
    assert counted == [("tap", Status.STEP_UP), ("tap", Status.WITHDRAWN)]
