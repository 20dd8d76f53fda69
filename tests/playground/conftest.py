"""The tenant that tests meet: Entra and Graph over real HTTP, with MSAL, the SDK or a browser in front of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import httpx
import msal
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kiota_abstractions.authentication import BaseBearerTokenAuthenticationProvider as Bearer
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory  # type: ignore[import-untyped]  # it ships no types

from playground import entra, graph
from playground.replicas import free_port
from playground.world import GRAPH, World, create
from tests.playground.tenant import Plain, Ready, connected, fresh


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    port = free_port()
    made = create(f"http://127.0.0.1:{port}", tmp_path, record=tmp_path / "record")
    app = web.Application()
    entra.setup(app, made)
    graph.setup(app, made)
    async with TestServer(app, host="127.0.0.1", port=port):
        yield made


@pytest.fixture
async def browser(world: World) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(world.origin, timeout=aiohttp.ClientTimeout(10)) as session:
        yield session


@pytest.fixture
async def app(world: World) -> AsyncIterator[msal.ConfidentialClientApplication]:
    http = Plain(world.origin)
    yield await asyncio.to_thread(connected, world, http)
    http.close()


@pytest.fixture
async def http(world: World) -> AsyncIterator[aiohttp.ClientSession]:
    headers = fresh(world)
    base = f"{world.origin}/graph/v1.0/"
    async with aiohttp.ClientSession(base, headers=headers, timeout=aiohttp.ClientTimeout(10)) as session:
        yield session


@pytest.fixture
async def sdk(world: World) -> AsyncIterator[GraphServiceClient]:
    # The SDK wraps the transport and then forgets to close it, so whoever made it closes it.
    async with httpx.AsyncHTTPTransport() as wire, httpx.AsyncClient(transport=wire, timeout=10) as client:
        piped = GraphClientFactory.create_with_default_middleware(client=client)
        adapter = GraphRequestAdapter(Bearer(Ready(entra.app_token(world, GRAPH))), client=piped)
        adapter.base_url = f"{world.origin}/graph/v1.0"
        yield GraphServiceClient(request_adapter=adapter)
