"""Proxies: what leaves this machine goes by the one the environment names, every session alike, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.config import outgoing
from bot.config.cloud import PUBLIC
from bot.core.errors import Unavailable
from bot.core.model import Chat, Secret
from bot.entra.keys import KeyRing
from bot.entra.tokens import AppTokens
from bot.graph.directory import GraphDirectory
from bot.teams.outbound import Connector
from bot.verified.service import RequestService
from tests.adapters.answers import ANN, Clock, Counting, Free
from tests.adapters.edge import APP, TENANT, Issuer, SetClock
from tests.adapters.test_teams_outbound import CARD
from tests.adapters.test_teams_outbound import Tokens as BotTokens
from tests.adapters.test_verified import KEY, STATE, UPN, WANTED
from tests.adapters.test_verified import Tokens as VerifiedTokens

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@dataclass
class Proxy:
    """Lets nobody through a tunnel; what comes in plain http it fetches from `upstream`, whatever host is named."""

    url: str = ""
    upstream: str = ""
    heard: list[str] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, _ = head.split("\r\n", 1)[0].split(" ")
        self.heard.append(f"{method} {target}")
        self.passwords += [line for line in head.split("\r\n") if line.lower().startswith("proxy-authorization")]
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        else:
            path = urlsplit(target).path
            async with aiohttp.ClientSession() as session, session.get(self.upstream + path) as answer:
                body = await answer.read()
            head = f"HTTP/1.1 {answer.status} OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Proxy]:
    proxy = Proxy()
    async with await asyncio.start_server(proxy.serve, "127.0.0.1") as server:
        proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield proxy


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test is at the mercy of where it runs."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    outgoing.forget()
    yield
    outgoing.forget()


@pytest.fixture
async def proxy(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Proxy]:
    async with listening() as made:
        monkeypatch.setenv("HTTPS_PROXY", made.url)
        monkeypatch.setenv("HTTP_PROXY", made.url)
        yield made


async def keys(session: aiohttp.ClientSession) -> None:
    await KeyRing(session, PUBLIC.bot_openid, SetClock()).load()


async def connector(session: aiohttp.ClientSession) -> None:
    tokens: Any = BotTokens()
    chat = Chat(TENANT, "a:ann", PUBLIC.service_urls[0], personal=True)
    await Connector(session=session, tokens=tokens, cloud=PUBLIC).post(chat, CARD)


async def graph(_: aiohttp.ClientSession) -> None:
    made = GraphDirectory(
        cloud=PUBLIC, tokens=Counting(), clock=Clock(), budget=Free(), reports=Free(), attribute_set="Vouchsafe"
    )
    try:
        await made.revoke_sessions(ANN)
    finally:
        await made.close()


async def verified(session: aiohttp.ClientSession) -> None:
    verifier = RequestService(
        session=session,
        tokens=VerifiedTokens(),
        cloud=PUBLIC,
        clock=SetClock(),
        wanted=WANTED,
        public_url="https://desk.example",
        purpose=str,
    )
    await verifier.begin(upn=UPN, state=Secret(STATE), key=Secret(KEY), threshold=80, language="en")


async def tokens(_: aiohttp.ClientSession) -> None:
    await AppTokens(PUBLIC, APP, "secret", TENANT, SetClock()).get(PUBLIC.graph_scope)


SESSIONS = {
    "login.botframework.com": keys,
    "smba.trafficmanager.net": connector,
    "graph.microsoft.com": graph,
    "verifiedid.did.msidentity.com": verified,
    "login.microsoftonline.com": tokens,
}


@pytest.mark.parametrize(("host", "call"), SESSIONS.items(), ids=list(SESSIONS))
async def test_every_session_goes_by_the_proxy_and_what_it_does_not_let_out_was_not_sent(
    proxy: Proxy, host: str, call: Callable[[aiohttp.ClientSession], Awaitable[None]]
) -> None:
    """Keys and the connector went past it: behind a firewall no card came, and nobody was believed."""
    async with aiohttp.ClientSession() as session:
        with pytest.raises(Unavailable):  # never a lost answer, which would send somebody to look for what is not there
            await call(session)
    assert proxy.heard == [f"CONNECT {host}:443"]


async def test_what_comes_back_by_the_proxy_is_the_answer(proxy: Proxy) -> None:
    issuer = Issuer()
    issuer.add("one")
    async with TestServer(issuer.app(), host="127.0.0.1") as real, aiohttp.ClientSession() as session:
        proxy.upstream = str(real.make_url("")).rstrip("/")
        found = await outgoing_keys(session, proxy, "http://issuer.example/openid")
    assert found
    assert proxy.heard[0] == "GET http://issuer.example/openid"


async def outgoing_keys(session: aiohttp.ClientSession, proxy: Proxy, url: str) -> bool:
    """The metadata names this machine as where the keys are, which no proxy is asked about."""
    ring = KeyRing(session, url, SetClock())
    found = await ring.find("one")
    assert not any("127.0.0.1" in line for line in proxy.heard)
    return found is not None


async def test_a_password_for_the_proxy_goes_to_the_proxy(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//desk:pass@"))
    async with aiohttp.ClientSession() as session:
        for call in SESSIONS.values():
            with pytest.raises(Unavailable):
                await call(session)
    assert {line.partition(": ")[2] for line in proxy.passwords} == {"Basic ZGVzazpwYXNz"}
    assert len(proxy.passwords) == len(proxy.heard) == len(SESSIONS)


@pytest.mark.parametrize(
    ("settings", "url", "by"),
    [
        ({"HTTPS_PROXY": "http://p:1"}, "https://graph.microsoft.com/v1.0", "http://p:1"),
        ({"https_proxy": "http://p:1"}, "https://graph.microsoft.com/v1.0", "http://p:1"),
        ({"HTTPS_PROXY": "p:1"}, "https://graph.microsoft.com/v1.0", "http://p:1"),
        ({"ALL_PROXY": "http://p:1"}, "https://graph.microsoft.com/v1.0", "http://p:1"),
        ({"HTTP_PROXY": "http://p:1"}, "https://graph.microsoft.com/v1.0", None),
        ({"HTTPS_PROXY": ""}, "https://graph.microsoft.com/v1.0", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "microsoft.com"}, "https://graph.microsoft.com/v1.0", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".microsoft.com"}, "https://graph.microsoft.com/v1.0", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, "https://graph.microsoft.com/v1.0", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "soft.com"}, "https://graph.microsoft.com/v1.0", "http://p:1"),
        ({"HTTP_PROXY": "http://p:1"}, "http://127.0.0.1:7300/graph", None),
        ({"HTTP_PROXY": "http://p:1"}, "http://localhost:7300/graph", None),
        ({"HTTP_PROXY": "http://p:1"}, "http://[::1]:7300/graph", None),
    ],
)
def test_which_proxy_an_address_goes_by(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], url: str, by: str | None
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert outgoing.via(url) == by


@pytest.mark.parametrize("proxy", ["socks5://p:1080", "http://", "ftp://p"])
def test_a_proxy_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    assert [name for name, _ in outgoing.faults()] == ["HTTPS_PROXY"]


async def test_nobody_waits_for_a_connection() -> None:
    """All answers come when the last has asked: more at once than a session takes by itself."""
    everybody = asyncio.Barrier(120)

    async def together(_: web.Request) -> web.Response:
        await everybody.wait()
        return web.Response()

    app = web.Application()
    app.router.add_get("/", together)
    async with TestServer(app) as server, outgoing.session() as session, asyncio.TaskGroup() as group:
        for _ in range(120):
            group.create_task(session.get(server.make_url("/")))


async def test_no_cookie_is_kept() -> None:
    """What one call is told is not for the next: sessions serve everybody."""
    told: list[str | None] = []

    async def baked(request: web.Request) -> web.Response:
        told.append(request.headers.get("Cookie"))
        response = web.Response()
        response.set_cookie("who", "ann")
        return response

    app = web.Application()
    app.router.add_get("/", baked)
    async with TestServer(app, host="localhost") as server, outgoing.session() as session:
        for _ in range(2):
            async with session.get(f"http://localhost:{server.port}/"):
                pass
    assert told == [None, None]
