"""Installing the desk's app by Graph, against the playground's over real HTTP: once, and what its noes mean."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.directory import APP_BLOCKED
from bot.core.errors import AnswerLost, Missing, NotGranted, Rejected
from bot.graph.directory import GraphDirectory
from playground.faults import Fault
from playground.people import guid
from playground.tenant.apps import CATALOG_APP
from playground.world import World
from tests.adapters.tenant import contoso, directory_of


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with contoso(tmp_path) as made:
        yield made


@pytest.fixture
async def directory(world: World) -> AsyncIterator[GraphDirectory]:
    async with directory_of(world) as made:
        yield made


async def test_it_is_there_then_and_once_more_is_no_error(world: World, directory: GraphDirectory) -> None:
    for _ in range(2):
        await directory.install_app(world.people["nia"].id, CATALOG_APP)
    assert world.graph.apps.installed == {"nia"}


async def test_each_no_is_told_apart(world: World, directory: GraphDirectory) -> None:
    nia = world.people["nia"].id
    with pytest.raises(Missing):
        await directory.install_app(nia, guid("catalog/another"))
    world.graph.apps.blocked.add("nia")
    with pytest.raises(Rejected) as caught:
        await directory.install_app(nia, CATALOG_APP)
    assert (type(caught.value), caught.value.code) == (Rejected, APP_BLOCKED)
    world.graph.granted.discard("TeamsAppInstallation.ReadWriteSelfForUser.All")
    with pytest.raises(NotGranted):
        await directory.install_app(nia, CATALOG_APP)
    assert world.graph.apps.installed == set()


async def test_it_is_sent_once_whatever_becomes_of_the_answer(world: World, directory: GraphDirectory) -> None:
    world.faults.add(Fault(where="graph", match="installedApps", kind="lost", times=1))
    with pytest.raises(AnswerLost):
        await directory.install_app(world.people["nia"].id, CATALOG_APP)
    assert world.graph.apps.installed == {"nia"}
