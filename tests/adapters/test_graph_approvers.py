"""What Graph says of approvers: their groups and who could get into them, whose accounts they are, their flags."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.errors import Missing, Rejected
from bot.graph import permissions
from bot.graph.directory import GraphDirectory
from playground.people import EMPLOYEES, HELPDESK, LEADS, OPERATORS, Group, guid
from playground.world import World
from tests.adapters.answers import ANN, Server, hearing
from tests.adapters.tenant import contoso, directory_of

NOWHERE = guid("group/nowhere")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with contoso(tmp_path) as made:
        made.graph.granted &= set(permissions.BASE)
        made.graph.budget.rate = None
        yield made


@pytest.fixture
async def directory(world: World) -> AsyncIterator[GraphDirectory]:
    async with directory_of(world) as made:
        yield made


async def test_what_is_nested_in_a_group_is_within_it(world: World, directory: GraphDirectory) -> None:
    asked = frozenset({HELPDESK, OPERATORS, NOWHERE})
    assert await directory.within(asked) == asked | {LEADS}
    calls = len(world.journal.of("graph"))
    assert await directory.within(asked) == asked | {LEADS}
    assert len(world.journal.of("graph")) == calls
    world.people.groups[LEADS] = Group(LEADS, "Helpdesk leads", frozenset())
    world.people.groups[HELPDESK] = Group(HELPDESK, "Helpdesk", frozenset())
    world.clock.advance(timedelta(minutes=5))
    assert await directory.within(asked) == asked


async def test_members_of_many_pages_are_all_read(world: World, directory: GraphDirectory) -> None:
    world.graph.page_size = 2
    assert await directory.within(frozenset({HELPDESK})) == {HELPDESK, LEADS}
    assert (await directory.approvers_group(HELPDESK)).members == {
        world.people[key].id for key in ("ben", "cleo", "vera", "bens")
    }


async def test_a_group_of_approvers_is_seen_as_it_is(world: World, directory: GraphDirectory) -> None:
    found = await directory.approvers_group(HELPDESK)
    assert (found.public, found.dynamic, found.owners) == (False, False, frozenset())
    assert (found.guests, found.unnamed, found.hidden) == (1, 0, False)
    assert found.usable == {world.people[key].id for key in ("ben", "cleo", "bens")}
    world.people.change("cleo", employee="")
    world.people.change("ben", enabled=False)
    ids = frozenset({world.people["ben"].id, world.people["cleo"].id, world.people["vera"].id})
    owner = frozenset({world.people["mo"].id})
    world.people.groups[HELPDESK] = Group(HELPDESK, "Helpdesk", ids, owner, public=True, dynamic=True)
    world.clock.advance(timedelta(minutes=5))
    found = await directory.approvers_group(HELPDESK)
    assert (found.public, found.dynamic, found.owners) == (True, True, owner)
    assert (found.members, found.guests, found.unnamed) == (ids, 1, 1)
    assert found.usable == {world.people["cleo"].id}
    world.graph.hidden[HELPDESK] = "as_nulls"
    world.clock.advance(timedelta(minutes=5))
    assert (await directory.approvers_group(HELPDESK)).hidden


async def test_a_group_that_is_not_there_is_missing(directory: GraphDirectory) -> None:
    with pytest.raises(Missing):
        await directory.approvers_group(NOWHERE)


async def test_every_group_somebody_owns_is_told(world: World, directory: GraphDirectory) -> None:
    mo = world.people["mo"].id
    world.people.groups[EMPLOYEES] = Group(EMPLOYEES, "Employees", frozenset(), frozenset({mo}))
    found = await directory.standing(mo)
    assert (found.owned, found.guarded_groups) == (frozenset({EMPLOYEES}), ())


async def test_whose_an_account_is_is_read_from_the_attribute_that_is_named(world: World) -> None:
    ben, bens = world.people["ben"].id, world.people["bens"].id
    world.people.change("bens", employee=" 1002 ")
    async with directory_of(world) as made:
        assert (await made.account(ben)).human == (await made.account(bens)).human == "1002"
        assert (await made.account(world.people["ann"].id)).human == ""
    for attribute in ("", "extensionAttribute7"):
        async with directory_of(world, human_attribute=attribute) as made:
            assert (await made.account(ben)).human == ""


@pytest.mark.parametrize("state", ["atRisk", "confirmedCompromised"])
async def test_a_flag_is_known_for_a_moment(world: World, directory: GraphDirectory, state: str) -> None:
    ben = world.people["ben"].id
    assert not await directory.at_risk(ben)
    calls = len(world.journal.of("graph"))
    world.graph.flag("ben", level="low", state=state)
    assert not await directory.at_risk(ben)
    assert len(world.journal.of("graph")) == calls
    world.clock.advance(timedelta(seconds=15))
    assert await directory.at_risk(ben)


async def test_a_tenant_without_id_protection_flags_nobody() -> None:
    code = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
    async with hearing(Server(status=403, body={"error": {"code": code, "message": "Neither tenant"}})) as directory:
        assert not await directory.at_risk(ANN)


async def test_a_flag_that_may_not_be_read_is_not_known(world: World, directory: GraphDirectory) -> None:
    world.graph.granted.discard("IdentityRiskyUser.Read.All")
    with pytest.raises(Rejected):
        await directory.at_risk(world.people["ben"].id)
