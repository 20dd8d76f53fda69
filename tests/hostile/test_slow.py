"""A slow stranger takes nobody's place: who is there is asked before what they bring, and each address has its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, make_mocked_request

import cards
from bot.config.cloud import PUBLIC
from bot.process import metrics
from bot.web import stepup, wallet
from bot.web.limit import Limit
from bot.web.middleware import surfacing
from bot.web.page import Pages
from bot.web.places import EACH, PLACES, Places
from tests.adapters.test_web import Desk as Start
from tests.hostile.door import door
from tests.hostile.test_bodies import line

PATIENT = 5.0  # seconds: far less than a body may take to arrive
KEY, OTHER = "0123456789abcdef.the-key-of-a-request", "0123456789abcdef.the-key-of-a-stranger"
BODY = json.dumps({"requestId": "p1", "requestStatus": "request_retrieved", "state": "0123.s"}).encode()


@dataclass
class Wallets:
    heard: list[object] = field(default_factory=list)

    async def expects(self, key: str) -> bool:
        return key == KEY

    async def called_back(self, key: str, body: object) -> bool:
        self.heard.append(body)
        return key == KEY

    async def link(self, request_id: str) -> str:
        raise AssertionError(request_id)


@dataclass
class Served:
    port: int
    wallets: Wallets
    stack: AsyncExitStack

    async def send(self, head: str, body: bytes = b"") -> asyncio.StreamReader:
        """Send this much and no more; the line stays open until the test ends."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.stack.callback(writer.close)
        writer.write(head.replace("\n", "\r\n").encode() + body)
        await writer.drain()
        return reader

    async def callback(self, key: str, body: bytes = b"", *, address: str = "203.0.113.7") -> asyncio.StreamReader:
        head = (
            f"POST /verified-id/callback HTTP/1.1\nHost: desk\nX-Forwarded-For: {address}\napi-key: {key}\n"
            f"Content-Type: application/json\nContent-Length: {len(BODY)}\n\n"
        )
        return await self.send(head, body)

    async def form(self, body: bytes = b"", *, address: str = "203.0.113.7") -> asyncio.StreamReader:
        head = (
            f"POST /step-up/start HTTP/1.1\nHost: desk\nX-Forwarded-For: {address}\n"
            f"Content-Type: application/x-www-form-urlencoded\nContent-Length: 8\n\n"
        )
        return await self.send(head, body)


async def status(reader: asyncio.StreamReader) -> int:
    async with asyncio.timeout(PATIENT):
        return int((await reader.readline()).split()[1])


@asynccontextmanager
async def served() -> AsyncIterator[Served]:
    pages, wallets = Pages(PUBLIC, cards.text, "the helpdesk"), Wallets()
    plenty = Limit(burst=10_000, rate=10_000)
    app = web.Application(middlewares=[surfacing(pages, metrics.failed, plenty)])
    app[PLACES] = Places()
    stepup.setup(app, desk=Start(), pages=pages)
    wallet.setup(app, desk=wallets, pages=pages, limit=plenty)
    async with AsyncExitStack() as stack, TestServer(app) as server:
        yield Served(server.port or 0, wallets, stack)


async def test_of_a_stranger_at_the_wallets_door_nothing_is_read() -> None:
    async with served() as s:
        idle = [await s.callback(OTHER) for _ in range(3 * wallet.AT_ONCE)]
        assert {await status(reader) for reader in idle} == {401}
        assert s.wallets.heard == []


async def test_who_holds_a_key_and_is_slow_takes_only_the_places_of_their_own_address() -> None:
    async with served() as s:
        idle = [await s.callback(KEY) for _ in range(EACH)]
        assert await status(await s.callback(KEY, BODY, address="198.51.100.9")) == 200
        assert await status(await s.callback(KEY)) == 429
        assert all(not reader.at_eof() for reader in idle)
        assert len(s.wallets.heard) == 1


async def test_what_came_whole_waits_for_nobody() -> None:
    async with served() as s:
        _ = [await s.callback(KEY) for _ in range(EACH)]
        whole = await s.callback(KEY, BODY)
        assert await status(whole) == 200


def test_a_place_is_free_again_when_its_holder_has_gone() -> None:
    places, here = Places(each=1, together=2), _from("203.0.113.7")
    with places.taken(here), pytest.raises(web.HTTPTooManyRequests), places.taken(here):
        pass
    with pytest.raises(ConnectionError), places.taken(here):
        raise ConnectionError
    with places.taken(here):
        pass


def test_all_together_have_an_end() -> None:
    places = Places(each=1, together=1)
    with places.taken(_from("203.0.113.7")), pytest.raises(web.HTTPTooManyRequests):  # noqa: SIM117 - which one raises
        with places.taken(_from("198.51.100.9")):
            pass


def _from(address: str) -> web.Request:
    return make_mocked_request("POST", "/", headers={"X-Forwarded-For": address})


async def test_slow_forms_hold_back_their_own_address_and_no_other() -> None:
    async with served() as s:
        idle = [await s.form() for _ in range(EACH)]
        assert await status(await s.form()) == 429
        slow = await s.form(address="198.51.100.9")
        whole = await s.form(b"t=123456", address="198.51.100.9")
        assert await status(whole) not in {408, 429}
        assert not any(reader.at_eof() for reader in [*idle, slow])


async def test_of_whom_teams_does_not_vouch_for_nothing_is_read() -> None:
    async with door() as d, line(d) as (reader, writer):
        writer.write(b"POST /api/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n")
        writer.write(b"Content-Length: 400\r\n\r\n")
        assert await status(reader) == 401
