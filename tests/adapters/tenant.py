"""The playground's Entra and Graph on a real port, and the directory that talks to them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.config.cloud import Cloud, from_file
from bot.config.settings import Settings
from bot.entra.tokens import AppTokens
from bot.graph.calls import Observe
from bot.graph.directory import GraphDirectory
from playground import entra, graph
from playground.people import EMPLOYEES, HELPDESK
from playground.replicas import free_port
from playground.world import World, create
from tests.adapters.answers import Free


@asynccontextmanager
async def contoso(folder: Path) -> AsyncIterator[World]:
    port = free_port()
    world = create(f"http://127.0.0.1:{port}", folder)
    app = web.Application()
    entra.setup(app, world)
    graph.setup(app, world)
    async with TestServer(app, host="127.0.0.1", port=port):
        yield world


def cloud_of(world: World) -> Cloud:
    path = world.clock.file.parent / "cloud.json"
    path.write_text(json.dumps(world.cloud()))
    return from_file(path, host="127.0.0.1")


def tokens_of(world: World, cloud: Cloud) -> AppTokens:
    return AppTokens(cloud, world.bot_id, world.bot_secret, world.tenant, world.clock)


@asynccontextmanager
async def directory_of(
    world: World, observe: Observe | None = None, *, human_attribute: str = "employeeId"
) -> AsyncIterator[GraphDirectory]:
    cloud = cloud_of(world)
    made = GraphDirectory(
        cloud=cloud,
        tokens=tokens_of(world, cloud),
        clock=world.clock,
        budget=Free(),
        reports=Free(),
        attribute_set="Vouchsafe",
        human_attribute=human_attribute,
        app_id=world.bot_id,
        observe=observe,
    )
    yield made
    await made.close()


def settings_of(world: World) -> Settings:
    return Settings(
        app_id=world.bot_id,
        app_secret=SecretStr(world.bot_secret),
        tenant_id=world.tenant,
        public_url=world.public_url,
        database_url=SecretStr("postgresql://nowhere"),
        approvers_group=HELPDESK,
        allowed_groups=frozenset({EMPLOYEES}),
        helpdesk_channel="19:helpdesk@thread.tacv2",
        security_channel="19:security@thread.tacv2",
        helpdesk_contact="extension 1234",
    )
