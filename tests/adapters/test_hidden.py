"""Groups whose properties a list does not show: asked about alone, and where that says nothing, closed and told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.core.directory import Standing
from bot.core.errors import NotGranted, Unavailable
from bot.graph import permissions
from bot.graph.directory import GraphDirectory
from bot.graph.hidden import KEPT, MOST
from playground.people import EMPLOYEES, OPERATORS, Group, guid
from playground.tenant.directory import Hiding
from playground.world import World
from tests.adapters.answers import ANN, Server, hearing
from tests.adapters.tenant import contoso, directory_of

QUIET = guid("group/quiet")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with contoso(tmp_path) as made:
        made.graph.granted &= set(permissions.BASE)
        yield made


@pytest.fixture
async def directory(world: World) -> AsyncIterator[GraphDirectory]:
    async with directory_of(world) as made:
        yield made


def quiet(world: World, *keys: str, name: str = "quiet", owner: str = "", assignable: bool = False) -> str:
    """Put these people into a group that lists do not show; return its id."""
    made, ids = guid(f"group/{name}"), frozenset(world.people[key].id for key in keys)
    owners = frozenset({world.people[owner].id} if owner else ())
    world.people.groups[made] = Group(made, name, ids, owners, assignable=assignable)
    world.graph.hidden[made] = "in_lists"
    return made


def looked(world: World) -> list[str]:
    paths = [call.path.partition("?")[0] for call in world.journal.of("graph")]
    return [path.rpartition("/")[2] for path in paths if "/groups/" in path]


async def test_a_group_that_only_a_list_hides_is_asked_about_alone_and_its_member_goes_on(
    world: World, directory: GraphDirectory
) -> None:
    quiet(world, "ann")
    assert await directory.standing(world.people["ann"].id) == Standing((), ())
    assert looked(world) == [QUIET]
    assert await directory.hidden_groups() == ()


async def test_what_it_says_alone_counts(world: World, directory: GraphDirectory) -> None:
    """Roles may be given to it: whoever is in it, or owns it, is walled off as in any other such group."""
    quiet(world, "ann", owner="mo", assignable=True)
    for key in ("ann", "mo"):
        assert (await directory.standing(world.people[key].id)).guarded_groups == (QUIET,)
    assert (await directory.standing(world.people["mo"].id)).owned == {QUIET}


@pytest.mark.parametrize("hiding", ["as_nulls", "altogether"])
async def test_what_stays_hidden_stays_closed_and_is_told(
    world: World, directory: GraphDirectory, hiding: Hiding
) -> None:
    quiet(world, "ann", owner="ann")
    world.graph.hidden[QUIET] = hiding
    with capture_logs() as logged, pytest.raises(NotGranted) as caught:
        await directory.standing(world.people["ann"].id)
    assert caught.value.code == "no_permission"
    assert looked(world) == [QUIET]  # a member and an owner: one question
    told = next(line for line in logged if line["event"] == "groups_hidden")
    assert told["groups"] == [QUIET]
    assert "Group.Read.All" in told["fix"]
    assert "Member.Read.Hidden" in told["fix"]
    assert "Archer" not in str(logged)
    assert await directory.hidden_groups() == (QUIET,)
    del world.graph.hidden[QUIET]
    assert await directory.hidden_groups() == ()


async def test_one_that_hides_closes_whatever_the_others_say(world: World, directory: GraphDirectory) -> None:
    quiet(world, "ann", name="loud")
    world.graph.hidden[quiet(world, "ann")] = "as_nulls"
    with pytest.raises(NotGranted):
        await directory.standing(world.people["ann"].id)
    assert await directory.hidden_groups() == (QUIET,)


async def test_who_is_in_no_such_group_costs_nothing_more(world: World, directory: GraphDirectory) -> None:
    quiet(world, "mo")
    await directory.standing(world.people["olga"].id)
    assert looked(world) == []


async def test_a_permission_that_lacks_is_not_asked_about_group_by_group(
    world: World, directory: GraphDirectory
) -> None:
    for number in range(MOST):
        quiet(world, "ann", name=f"quiet-{number}")
    await directory.standing(world.people["ann"].id)
    assert len(looked(world)) == MOST
    world.graph.hidden[EMPLOYEES] = "in_lists"
    with pytest.raises(NotGranted):
        await directory.standing(world.people["ann"].id)
    assert len(looked(world)) == MOST


async def test_only_so_many_are_remembered_the_latest(world: World, directory: GraphDirectory) -> None:
    assert 2 * MOST <= KEPT < 3 * MOST
    for key in ("ann", "mo", "greta"):
        last = {quiet(world, key, name=f"{key}-{number}") for number in range(MOST)}
        world.graph.hidden |= dict.fromkeys(last, "as_nulls")
        with pytest.raises(NotGranted):
            await directory.standing(world.people[key].id)
    found = await directory.hidden_groups()
    assert len(found) == KEPT
    assert last < set(found)


async def test_who_can_be_given_roles_by_a_group_that_shows_itself_is_seen_as_before(
    world: World, directory: GraphDirectory
) -> None:
    quiet(world, "olga")
    assert (await directory.standing(world.people["olga"].id)).guarded_groups == (OPERATORS,)


@dataclass
class Gone(Server):
    """Lists a group that hides itself, and knows nothing of it."""

    alone: int = 404

    async def answer(self, request: web.Request) -> web.Response:
        if "/groups/" in request.path:
            body = {"error": {"code": "Request_ResourceNotFound", "message": "gone"}}
            return web.json_response(body, status=self.alone)
        of_groups = request.path.endswith("graph.group") and "transitiveMemberOf" in request.path
        return web.json_response({"value": [{"id": QUIET, "securityEnabled": None}] if of_groups else []})


@pytest.mark.parametrize("status", [404, 503])
async def test_one_that_has_gone_since_or_does_not_answer_is_not_known_for_now(status: int) -> None:
    """Lists are behind what is: it heals by itself, so it is no lasting no."""
    async with hearing(Gone(alone=status)) as directory:
        with pytest.raises(Unavailable):
            await directory.standing(ANN)
        assert await directory.hidden_groups() == ()
