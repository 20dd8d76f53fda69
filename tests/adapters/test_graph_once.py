"""A view of the directory for one decision, against the playground's Graph: what is asked once, and what anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.errors import Unavailable
from bot.graph.directory import GraphDirectory
from playground.faults import Fault
from playground.people import EMPLOYEES, HELPDESK, LEADS, NO_PASS, USER_ADMIN, guid
from playground.world import World
from tests.adapters.tenant import contoso, directory_of

MINUTE = timedelta(minutes=1)
CHECK = "checkMemberGroups"
POLICY = "authenticationMethodConfigurations"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with contoso(tmp_path) as made:
        yield made


@pytest.fixture
async def directory(world: World) -> AsyncIterator[GraphDirectory]:
    async with directory_of(world) as made:
        yield made


@pytest.fixture
def ann(world: World) -> str:
    return world.people["ann"].id


def asked(world: World, part: str) -> int:
    return len(world.journal.of("graph", part=part))


async def test_one_answer_for_all_who_ask_the_same_at_once_or_later(
    world: World, directory: GraphDirectory, ann: str
) -> None:
    view = directory.once()
    both = await asyncio.gather(view.account(ann), view.account(ann))
    assert [*both, await view.account(ann)] == [await directory.account(ann)] * 3
    assert asked(world, f"/users/{ann}") == 2
    assert (await view.account(world.people["ben"].id)).name == "Ben Bishop"


async def test_a_manager_goes_along_with_the_account(world: World, directory: GraphDirectory, ann: str) -> None:
    view = directory.once()
    over, account = await asyncio.gather(view.manager(ann), view.account(ann))
    assert over is not None
    assert (over.name, account.name) == ("Max Moore", "Ann Archer")
    assert await view.account(ann) == await directory.account(ann)
    assert asked(world, f"/users/{ann}") == 2


@pytest.mark.parametrize("act", [True, False])
async def test_the_next_decision_asks_anew(world: World, directory: GraphDirectory, ann: str, act: bool) -> None:
    assert (await directory.once(act=act).account(ann)).enabled
    world.people.change("ann", enabled=False)
    assert not (await directory.once(act=act).account(ann)).enabled
    world.people.leave(EMPLOYEES, "ann")
    assert await directory.once(act=act).groups(ann, frozenset({EMPLOYEES})) == frozenset()


async def test_a_fault_is_shared_in_its_decision_and_nowhere_else(
    world: World, directory: GraphDirectory, ann: str
) -> None:
    world.faults.add(Fault("graph", f"/users/{ann}", "throttle_bare", times=1))
    view = directory.once()
    for _ in range(2):
        with pytest.raises(Unavailable):
            await view.account(ann)
    assert (await directory.once().account(ann)).enabled
    assert asked(world, f"/users/{ann}") == 2


async def test_who_leaves_takes_nobodys_answer_along(world: World, directory: GraphDirectory, ann: str) -> None:
    world.faults.add(Fault("graph", "/users/", "slow", seconds=0.3))
    view = directory.once()
    first, second = (asyncio.create_task(view.account(ann)) for _ in range(2))
    await asyncio.sleep(0.05)
    first.cancel()
    assert (await second).enabled
    assert asked(world, f"/users/{ann}") == 1


# Groups.


async def test_groups_of_one_person_are_asked_about_together(world: World, directory: GraphDirectory) -> None:
    cleo, ben, view = world.people["cleo"].id, world.people["ben"].id, directory.once()
    found = await asyncio.gather(
        view.groups(cleo, frozenset({EMPLOYEES, LEADS})),
        view.groups(cleo, frozenset({HELPDESK.upper(), EMPLOYEES})),
        view.groups(ben, frozenset({HELPDESK})),
        view.groups(cleo, frozenset()),
    )
    assert [set(each) for each in found] == [{EMPLOYEES, LEADS}, {HELPDESK.upper(), EMPLOYEES}, {HELPDESK}, set()]
    assert asked(world, f"{cleo}/{CHECK}") == asked(world, f"{ben}/{CHECK}") == 1
    assert await view.groups(cleo, frozenset({LEADS, NO_PASS})) == {LEADS}  # what is new is asked about, and no more
    assert [call.body["groupIds"] for call in world.journal.of("graph", part=f"{cleo}/{CHECK}")][1:] == [[NO_PASS]]


async def test_more_groups_than_graph_takes_at_once_are_all_asked_about(
    world: World, directory: GraphDirectory
) -> None:
    cleo, view = world.people["cleo"].id, directory.once()
    some, others = ({guid(f"group/{n}") for n in range(first, first + 15)} for first in (0, 15))
    found = await asyncio.gather(
        view.groups(cleo, frozenset({*some, EMPLOYEES})), view.groups(cleo, frozenset({*others, LEADS}))
    )
    assert [set(each) for each in found] == [{EMPLOYEES}, {LEADS}]
    assert asked(world, CHECK) == 2


async def test_what_a_policy_covers_is_asked_about_with_the_rest(world: World, directory: GraphDirectory) -> None:
    """Guards that leave a role and a group out ask who somebody is, as the decision does: once."""
    cleo = world.people["cleo"].id
    roles, groups = frozenset({USER_ADMIN}), frozenset({NO_PASS})
    world.entra.policies[:] = [
        replace(policy, excluded_roles=roles, excluded_groups=groups) for policy in world.entra.policies
    ]
    await directory.guarded_contexts(cleo)
    world.journal.entries.clear()
    view = directory.once()
    await asyncio.gather(view.guarded_contexts(cleo), view.standing(cleo), view.groups(cleo, frozenset({EMPLOYEES})))
    assert len(world.journal.of("graph")) == 5


# The tenant.


async def test_the_pass_policy_is_kept_a_minute_and_read_anew_for_an_act(
    world: World, directory: GraphDirectory
) -> None:
    assert (await directory.once().pass_policy()).enabled
    world.graph.policy.enabled = False
    assert (await directory.once().pass_policy()).enabled
    assert asked(world, POLICY) == 1
    act = directory.once(act=True)
    assert not (await act.pass_policy()).enabled
    assert not (await act.pass_policy()).enabled
    assert not (await directory.once().pass_policy()).enabled  # what an act was told is known to all
    assert asked(world, POLICY) == 2
    world.graph.policy.enabled = True
    assert (await directory.pass_policy()).enabled  # and so is what is asked beside a decision
    assert (await directory.once().pass_policy()).enabled
    world.graph.policy.enabled = False
    world.clock.advance(MINUTE)
    assert not (await directory.once().pass_policy()).enabled


async def test_a_view_becomes_one_for_an_act_by_asking_anew(world: World, directory: GraphDirectory, ann: str) -> None:
    view = directory.once()
    assert (await view.account(ann)).enabled
    world.people.change("ann", enabled=False)
    act = view.once(act=True)
    assert not (await act.account(ann)).enabled
    assert act.once() is act
    assert act.once(act=True) is act


async def test_that_no_policy_can_be_read_is_not_kept(world: World, directory: GraphDirectory) -> None:
    world.faults.add(Fault("graph", POLICY, "throttle_bare", times=1))
    with pytest.raises(Unavailable):
        await directory.once().pass_policy()
    assert (await directory.once().pass_policy()).enabled


async def test_the_groups_a_policy_named_before_are_asked_about_while_it_is_read_anew(
    world: World, directory: GraphDirectory
) -> None:
    cleo = world.people["cleo"].id
    await directory.pass_policy()
    world.clock.advance(MINUTE)
    world.faults.add(Fault("graph", POLICY, "slow", seconds=0.1))

    async def covered() -> bool:
        view = directory.once(act=True)

        async def by_policy() -> bool:
            policy = await view.pass_policy()
            return policy.covers(await view.groups(cleo, policy.groups))

        return (await asyncio.gather(by_policy(), view.groups(cleo, frozenset({EMPLOYEES}))))[0]

    assert await covered()
    assert asked(world, CHECK) == 1
    world.graph.policy.excluded = [LEADS]  # since then
    assert not await covered()
    assert asked(world, CHECK) == 3
