"""Laws 3 and 7 at the edges of a policy: variants that are harmless each by itself add up to nothing that lets by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.core.model import Status
from bot.core.policy import Policy
from bot.core.reasons import Reason
from tests.fakes import EMPLOYEES, POLICY, TENANT, FakeClock, Office, office
from tests.laws.seen import touched, why
from tests.stores import patient

# Each of the two is sound: who need not sign in is approved, who is not approved signs in.
TWO: dict[str, dict[str, Any]] = {"group:a": {"step_up": ""}, "group:b": {"approvals": 0}}
BOTH = replace(POLICY, variants=TWO)


async def an_office(store: Any, policy: Policy) -> Office:
    """An office whose Ann is in both groups."""
    desk = office(store, FakeClock(), policy)
    desk.directory.add("ann", EMPLOYEES, "a", "b")
    return desk


async def test_whoever_is_in_two_groups_does_what_each_of_them_demands(database_url: str) -> None:
    async with patient(database_url, FakeClock()) as store:
        desk = await an_office(store, BOTH)
        await desk.ask()
        assert (await desk.load("r1")).status is Status.STEP_UP
        await desk.sign_in()
        assert (await desk.load("r1")).status is Status.APPROVAL
        assert touched(desk) == []
        await desk.approve()
        assert (await desk.load("r1")).status is Status.READY


async def test_what_asks_for_no_proof_is_refused_however_it_came_to_be(database_url: str) -> None:
    """A policy the start would not have taken: the decision takes it no more than that."""
    async with patient(database_url, FakeClock()) as store:
        for policy in (replace(BOTH, several_groups="last"), replace(POLICY, step_up="", approvals=0)):
            desk = await an_office(store, policy)
            assert why(await desk.ask(request_id=f"r-{policy.several_groups}")) == Reason.NO_PROOF
            assert touched(desk) == []
        refused = [e.data["reason"] async for e in store.audit_entries(TENANT) if e.deed == "refused"]
        assert refused == [Reason.NO_PROOF] * 2


async def test_a_policy_that_loses_its_proofs_on_the_way_lets_nobody_through(database_url: str) -> None:
    """Proved, ready, and then the policy asks for nothing any more: it is decided again, and refused."""
    async with patient(database_url, FakeClock()) as store:
        await office(store, FakeClock(), POLICY).ready()
        bare = office(store, FakeClock(), replace(POLICY, step_up="", approvals=0))
        assert why(await bare.show()) == Reason.NO_PROOF
        assert touched(bare) == []


async def test_a_page_is_not_opened_without_a_sign_in(database_url: str) -> None:
    async with patient(database_url, FakeClock()) as store:
        own = {"password": {"step_up": "", "approvals": 1}}
        desk = office(store, FakeClock(), POLICY, own=own)
        assert why(await desk.ask(kind="password")) == Reason.NO_PROOF


@pytest.mark.parametrize("kind", ["sessions", "compromised", "verify"])
async def test_what_only_locks_or_proves_is_had_for_the_asking(database_url: str, kind: str) -> None:
    async with patient(database_url, FakeClock()) as store:
        desk = await an_office(store, BOTH)
        await desk.ask(kind=kind)
        assert (await desk.load("r1")).status is not Status.REFUSED


@pytest.mark.parametrize(("context", "stamp"), [("", "none"), ("c1", None)])
async def test_the_trail_marks_each_yes_that_nobody_signed_in_for(
    database_url: str, context: str, stamp: str | None
) -> None:
    async with patient(database_url, FakeClock()) as store:
        desk = office(store, FakeClock(), replace(POLICY, approver_step_up=context, approvals=2))
        await desk.ask()
        await desk.sign_in()
        for name in ("ben", "cleo"):
            await desk.approve(name)
        found = [e.data async for e in store.audit_entries(TENANT) if e.deed == "approved"]
        assert [(data["by"], data.get("sign_in")) for data in found] == [("ben", stamp), ("cleo", stamp)]
