"""The directory by Graph, against the playground's Graph over real HTTP: what it finds out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot import __version__
from bot.core.directory import Manager
from bot.core.errors import Missing, Rejected, Unavailable
from bot.graph import permissions
from bot.graph.directory import GraphDirectory
from bot.kinds import KINDS
from playground.faults import Fault
from playground.people import EMPLOYEES, GLOBAL_ADMIN, HELPDESK, LEADS, NO_PASS, OPERATORS, USER_ADMIN, guid
from playground.tenant.directory import GRANTED
from playground.world import World
from tests.adapters.tenant import contoso, directory_of

HOUR = timedelta(hours=1)
PASSES = "temporaryAccessPassMethods"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with contoso(tmp_path) as made:
        yield made


@pytest.fixture
def seen() -> list[tuple[str, str]]:
    return []


@pytest.fixture
async def directory(world: World, seen: list[tuple[str, str]]) -> AsyncIterator[GraphDirectory]:
    async with directory_of(world, lambda call, outcome, _seconds: seen.append((call, outcome))) as made:
        yield made


async def test_an_account_is_read_as_it_is(world: World, directory: GraphDirectory) -> None:
    greta = world.people["greta"]
    found = await directory.account(greta.id)
    assert (found.id, found.name, found.upn, found.language) == (greta.id, "Greta Groß", greta.upn, "de-DE")
    assert (found.enabled, found.guest, found.restricted, found.synced) == (True, False, False, False)
    assert found.work == "Sachbearbeiterin, Einkauf"


async def test_who_is_named_as_somebodys_manager(world: World, directory: GraphDirectory) -> None:
    ann, over = world.people["ann"], world.people["max"]
    assert await directory.manager(ann.id) == Manager(over.id, "Max Moore")
    assert await directory.acquainted(ann.id) == (await directory.account(ann.id), Manager(over.id, "Max Moore"))


async def test_of_whom_the_directory_names_nobody_there_is_no_manager(world: World, directory: GraphDirectory) -> None:
    cleo = world.people["cleo"].id
    assert await directory.manager(cleo) is None
    assert await directory.acquainted(cleo) == (await directory.account(cleo), None)


async def test_a_graph_that_does_not_take_both_at_once_is_asked_so_only_once(
    world: World, directory: GraphDirectory
) -> None:
    ann = world.people["ann"].id
    world.faults.add(Fault("graph", f"GET .*/users/{ann}$", "error", status=400, times=1))
    for _ in range(2):
        view = directory.once()
        over, account = await asyncio.gather(view.manager(ann), view.account(ann))
        assert (over, account.name) == (Manager(world.people["max"].id, "Max Moore"), "Ann Archer")
    assert len([one for one in world.journal.of("graph") if "expand" in one.path]) == 1


@pytest.mark.parametrize(
    ("who", "what"), [("dan", "enabled"), ("gus", "guest"), ("uma", "restricted"), ("sam", "synced")]
)
async def test_what_sets_an_account_apart_is_seen(world: World, directory: GraphDirectory, who: str, what: str) -> None:
    usual, found = await directory.account(world.people["ann"].id), await directory.account(world.people[who].id)
    assert getattr(usual, what) is not getattr(found, what)


@pytest.mark.parametrize("person", [guid("user/nobody")])
async def test_nobody_is_missing(directory: GraphDirectory, person: str) -> None:
    with pytest.raises(Missing):
        await directory.account(person)
    with pytest.raises(Missing):
        await directory.passes(person)


@pytest.mark.parametrize("person", ["", "ann", "../policies", "' or 1 eq 1", "a/b?c#d"])
async def test_what_is_no_object_id_never_reaches_graph(world: World, directory: GraphDirectory, person: str) -> None:
    for question in (directory.account, directory.standing, directory.passes, directory.revoke_sessions):
        with pytest.raises(Rejected):
            await question(person)
    assert world.journal.of("graph") == []


async def test_ordinary_people_have_no_standing(world: World, directory: GraphDirectory) -> None:
    found = await directory.standing(world.people["ann"].id)
    assert (found.roles, found.guarded_groups) == ((), ())


async def test_roles_held_eligible_and_role_assignable_groups_all_count(
    world: World, directory: GraphDirectory
) -> None:
    assert (await directory.standing(world.people["dora"].id)).roles == (GLOBAL_ADMIN,)
    assert (await directory.standing(world.people["eli"].id)).roles == (USER_ADMIN,)
    assert (await directory.standing(world.people["olga"].id)).guarded_groups == (OPERATORS,)


async def test_owning_a_role_assignable_group_is_enough(world: World, directory: GraphDirectory) -> None:
    world.people.leave(OPERATORS, "olga")
    assert (await directory.standing(world.people["olga"].id)).guarded_groups == (OPERATORS,)


async def test_a_group_inside_a_role_assignable_group_counts(world: World, directory: GraphDirectory) -> None:
    group = world.people.groups[OPERATORS]
    world.people.groups[OPERATORS] = replace(group, members=group.members | {LEADS})
    assert (await directory.standing(world.people["cleo"].id)).guarded_groups == (OPERATORS,)


async def test_every_page_is_read(world: World, directory: GraphDirectory) -> None:
    world.graph.page_size = 1
    world.people.join(OPERATORS, "ben")
    world.people.join(LEADS, "ben")
    assert (await directory.standing(world.people["ben"].id)).guarded_groups == (OPERATORS,)
    assert len(world.journal.of("graph", "GET", "transitiveMemberOf")) >= 4


async def test_standing_is_unknown_when_one_question_is_not_answered(world: World, directory: GraphDirectory) -> None:
    world.faults.add(Fault("graph", "roleEligibilityScheduleInstances", "error", status=403))
    with pytest.raises(Rejected):
        await directory.standing(world.people["ann"].id)


async def test_groups_are_those_asked_for_nested_ones_included(world: World, directory: GraphDirectory) -> None:
    among = frozenset({EMPLOYEES, HELPDESK.upper(), NO_PASS, *(guid(f"group/{n}") for n in range(45))})
    assert await directory.groups(world.people["cleo"].id, among) == {EMPLOYEES, HELPDESK.upper()}
    assert len(world.journal.of("graph", "POST", "checkMemberGroups")) == 3
    assert await directory.groups(world.people["cleo"].id, frozenset()) == frozenset()


async def test_contexts_count_only_when_published_and_enforced(world: World, directory: GraphDirectory) -> None:
    assert await directory.guarded_contexts(world.people["ann"].id) == {"c1", "c2"}
    world.entra.policies[1] = replace(world.entra.policies[1], state="enabledForReportingButNotEnforced")
    world.entra.contexts["c3"] = replace(world.entra.contexts["c1"], id="c3")
    assert await directory.guarded_contexts(world.people["ann"].id) == {"c1", "c2"}, "asked again too soon"
    world.clock.advance(timedelta(minutes=5))
    assert await directory.guarded_contexts(world.people["ann"].id) == {"c1"}
    world.entra.contexts["c1"] = replace(world.entra.contexts["c1"], available=False)
    world.clock.advance(timedelta(minutes=5))
    assert await directory.guarded_contexts(world.people["ann"].id) == frozenset()


async def test_contexts_are_asked_for_once_however_many_wait(world: World, directory: GraphDirectory) -> None:
    answers = await asyncio.gather(*(directory.guarded_contexts(world.people["ann"].id) for _ in range(20)))
    assert set(answers) == {frozenset({"c1", "c2"})}
    assert len(world.journal.of("graph", "GET", "conditionalAccess")) == 2


async def test_a_failure_about_contexts_is_not_kept(world: World, directory: GraphDirectory) -> None:
    world.faults.add(Fault("graph", "conditionalAccess", "throttle", seconds=30, times=1))
    with pytest.raises(Unavailable):
        await directory.guarded_contexts(world.people["ann"].id)
    assert await directory.guarded_contexts(world.people["ann"].id) == {"c1", "c2"}


async def test_the_tenants_pace_for_conditional_access_is_kept(world: World, directory: GraphDirectory) -> None:
    world.faults.add(Fault("graph", "conditionalAccess/policies", "throttle_bare", times=1))
    assert await directory.guarded_contexts(world.people["ann"].id) == {"c1", "c2"}


async def test_the_pass_policy_is_read(world: World, directory: GraphDirectory) -> None:
    world.graph.policy.minimum, world.graph.policy.one_time = 30, True
    found = await directory.pass_policy()
    assert (found.enabled, found.minimum, found.maximum, found.default) == (True, 30, 480, 60)
    assert (found.included, found.excluded) == (frozenset({"all_users"}), frozenset({NO_PASS}))
    world.graph.policy.enabled = False
    assert not (await directory.pass_policy()).enabled


async def test_a_slow_read_is_not_waited_for(
    world: World, directory: GraphDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.graph.calls.READ_LIMIT", 0.2)
    world.faults.add(Fault("graph", "/users/", "slow", seconds=0.6))
    with pytest.raises(Unavailable):
        await directory.account(world.people["ann"].id)


async def test_a_read_is_asked_again_once_where_graph_says_when(
    world: World, directory: GraphDirectory, seen: list[tuple[str, str]]
) -> None:
    world.faults.add(Fault("graph", "/users/", "throttle", seconds=1, times=1))
    assert (await directory.account(world.people["ann"].id)).enabled
    assert seen == [("account", "unavailable"), ("account", "ok")]


@pytest.mark.parametrize("fault", [Fault("graph", kind="throttle", seconds=2), Fault("graph", kind="throttle_bare")])
async def test_a_read_that_would_have_to_wait_long_is_not_repeated(
    world: World, directory: GraphDirectory, fault: Fault
) -> None:
    world.faults.add(fault)
    with pytest.raises(Unavailable) as caught:
        await directory.account(world.people["ann"].id)
    assert caught.value.retry_after == (fault.seconds or None)
    assert len(world.journal.of("graph")) == 1


async def test_a_token_graph_no_longer_takes_is_replaced_for_a_read(world: World, directory: GraphDirectory) -> None:
    assert (await directory.account(world.people["ann"].id)).enabled
    world.keys.roll("entra", keep_old=False)
    assert (await directory.account(world.people["ann"].id)).enabled
    assert len(world.journal.of("entra", "POST", "/token")) == 2


async def test_the_permissions_told_are_the_permissions_needed() -> None:
    of_kinds = {permission for kind in KINDS.values() for permission in kind.permissions}
    assert of_kinds - set(permissions.BASE) == set(permissions.OF_KINDS)
    assert (
        set(permissions.BASE) | of_kinds | {*permissions.OF_MAIL, *permissions.OF_REPORTS, *permissions.OF_APPS}
        == GRANTED
    )


async def test_warming_up_sends_nothing(world: World, directory: GraphDirectory) -> None:
    await directory.warm()
    assert world.journal.entries == []


async def test_graph_is_told_which_version_asks(world: World, directory: GraphDirectory) -> None:
    await directory.account(world.people["ann"].id)
    assert {entry.headers.get("User-Agent") for entry in world.journal.of("graph")} == {f"vouchsafe/{__version__}"}


async def test_every_call_has_an_id_of_its_own(world: World, directory: GraphDirectory) -> None:
    await directory.standing(world.people["ann"].id)
    await directory.account(world.people["ann"].id)
    ids = [entry.headers.get("client-request-id", "") for entry in world.journal.of("graph")]
    assert len(set(ids)) == len(ids) == 5
    assert all(ids)
