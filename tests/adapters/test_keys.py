"""The keys of an issuer: what is published, when it is asked for again, and how long the old ones are believed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from structlog.testing import capture_logs

from bot.core.errors import Unavailable
from bot.entra.keys import FRESH, LARGEST, LONGEST, RETRY, UNKNOWN, KeyRing, _key, _parse
from tests.adapters.edge import SetClock

SECOND = timedelta(seconds=1)


@cache
def published(kid: str = "one", bits: int = 2048) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, bits).public_key()))
    return {"kty": "RSA", "use": "sig", "kid": kid, "n": found["n"], "e": found["e"], "endorsements": ["msteams"]}


@dataclass
class Publisher:
    """An issuer that publishes what it is told to, as the pages `/openid` and `/keys`."""

    keys: Any = field(default_factory=lambda: {"keys": [published()]})
    metadata: Any = None
    status: int = 200
    padding: int = 0
    asked: int = 0
    held: asyncio.Event | None = None
    endless: bool = False

    async def _openid(self, request: web.Request) -> web.Response:
        self.asked += 1
        if self.held is not None:
            await self.held.wait()
        if self.status == 302:
            raise web.HTTPFound("/elsewhere")
        found = {"jwks_uri": str(request.url.with_path("/keys"))} if self.metadata is None else self.metadata
        return web.json_response(found, status=self.status)

    async def _keys(self, request: web.Request) -> web.StreamResponse:
        if self.endless:
            endless = web.StreamResponse()
            await endless.prepare(request)
            with suppress(ConnectionError):
                while True:
                    await endless.write(b" " * LARGEST)
            return endless
        text = json.dumps(self.keys)
        return web.Response(text=text + " " * max(0, self.padding - len(text)), content_type="application/json")

    async def _elsewhere(self, request: web.Request) -> web.Response:
        return web.json_response({"jwks_uri": str(request.url.with_path("/keys"))})

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/openid", self._openid)
        app.router.add_get("/keys", self._keys)
        app.router.add_get("/elsewhere", self._elsewhere)
        return app


@asynccontextmanager
async def ring(issuer: Publisher, clock: SetClock) -> AsyncIterator[KeyRing]:
    async with TestServer(issuer.app()) as server, aiohttp.ClientSession() as session:
        yield KeyRing(session, str(server.make_url("/openid")), clock)


async def landed(keys: KeyRing) -> None:
    """Let a fetch in the background come to its end."""
    while keys._flight is not None:
        await asyncio.sleep(0.01)


def but(**odd: Any) -> dict[str, Any]:
    return {name: value for name, value in (published() | odd).items() if value is not None}


PRIVATE: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 2048))) | {"kid": "one"}
CURVE: dict[str, Any] = json.loads(ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key()))


@pytest.mark.parametrize(
    "odd",
    [
        but(kty=None),
        but(kty="EC"),
        but(use="enc"),
        but(kid=None),
        but(kid=1),
        but(n=None),
        but(n="!"),
        but(e=7),
        published("small", 1024),
        PRIVATE,
        CURVE | {"kid": "one"},
        CURVE | {"kid": "one", "kty": "RSA"},
    ],
)
def test_what_is_no_rsa_signing_key_is_passed_over(odd: dict[str, Any]) -> None:
    assert _key(odd) is None
    assert set(_parse({"keys": [odd, "words", None, published("two")]}, {})) == {"two"}
    with pytest.raises(ValueError, match="no usable key"):
        _parse({"keys": [odd]}, {})


@pytest.mark.parametrize("keys", [None, {}, "keys", [], [1]])
def test_a_key_set_without_a_key_is_none(keys: object) -> None:
    with pytest.raises(ValueError, match="no usable key"):
        _parse({"keys": keys}, {})


def test_a_key_says_who_may_speak_and_need_not_say_what_it_is_for() -> None:
    for told, endorsed in ((["a", 1, "b"], {"a", "b"}), ("msteams", set()), (None, set())):
        found = _key(but(endorsements=told, use=None))
        assert found is not None
        assert (found.kid, set(found.endorsements), found.public.key_size) == ("one", endorsed, 2048)


async def test_a_key_that_is_published_unchanged_stays_the_same_one() -> None:
    issuer, clock = Publisher(), SetClock()
    async with ring(issuer, clock) as keys:
        first = await keys.find("one")
        clock.advance(minutes=1)
        issuer.keys = {"keys": [but(endorsements=["msteams"]), published("two")]}
        assert (await keys.find("two")) is not None
        assert (await keys.find("one")) is first
        clock.advance(minutes=1)
        issuer.keys = {"keys": [but(endorsements=["other"])]}
        assert await keys.find("three") is None
        second = await keys.find("one")
        assert second is not None
        assert (second is first, set(second.endorsements)) == (False, {"other"})
        assert await keys.find("two") is None  # it is published no more


async def test_keys_are_renewed_daily_while_the_old_ones_serve() -> None:
    issuer, clock = Publisher(), SetClock()
    async with ring(issuer, clock) as keys:
        assert await keys.find("one") is not None
        clock.time += FRESH
        assert await keys.find("one") is not None
        await landed(keys)
        assert issuer.asked == 1
        clock.time += SECOND
        issuer.held = asyncio.Event()
        async with asyncio.timeout(1):
            assert await keys.find("one") is not None  # nobody waits for the new ones
        clock.time += RETRY
        await keys.load()  # nor are they asked for twice at a time, however long it takes
        await asyncio.sleep(0.05)
        issuer.held.set()
        await landed(keys)
        assert issuer.asked == 2
        assert await keys.find("one") is not None
        assert issuer.asked == 2


async def test_old_keys_serve_for_five_days_and_then_nobody_is_believed() -> None:
    issuer, clock = Publisher(), SetClock()
    async with ring(issuer, clock) as keys:
        assert await keys.find("one") is not None
        issuer.status = 500
        clock.time += LONGEST
        assert await keys.find("one") is not None
        await landed(keys)
        clock.time += SECOND
        with pytest.raises(Unavailable) as caught:
            await keys.find("one")
        assert caught.value.retry_after == RETRY.total_seconds()
        issuer.status = 200
        clock.time += RETRY
        assert await keys.find("one") is not None


async def test_after_a_failure_the_issuer_is_left_alone_for_a_moment() -> None:
    issuer, clock = Publisher(status=503), SetClock()
    async with ring(issuer, clock) as keys:
        for wait, asked in (
            (timedelta(), 1),
            (timedelta(), 1),
            (RETRY - SECOND, 1),
            (SECOND, 2),
            (RETRY, 3),
            (-2 * RETRY, 4),
        ):
            clock.time += wait  # a clock that was put back keeps nobody waiting
            with pytest.raises(Unavailable):
                await keys.load()
            assert issuer.asked == asked


async def test_a_key_nobody_knows_is_looked_for_once_a_minute() -> None:
    issuer, clock = Publisher(), SetClock()
    async with ring(issuer, clock) as keys:
        await keys.load()
        for wait, asked in ((timedelta(), 2), (timedelta(), 2), (UNKNOWN - SECOND, 2), (SECOND, 3)):
            clock.time += wait
            assert await keys.find("two") is None
            assert issuer.asked == asked


async def test_whoever_asks_while_keys_are_fetched_waits_for_them() -> None:
    issuer, clock = Publisher(), SetClock()
    async with ring(issuer, clock) as keys:
        await keys.load()
        issuer.keys, issuer.held = {"keys": [published(), published("two")]}, asyncio.Event()
        asking = [asyncio.create_task(keys.find("two")) for _ in range(3)]
        await asyncio.sleep(0.05)
        issuer.held.set()
        found = await asyncio.gather(*asking)
        assert {key.kid for key in found if key is not None} == {"two"}
        assert (len([key for key in found if key is None]), issuer.asked) == (0, 2)


@pytest.mark.parametrize(
    "odd",
    [
        {"status": 302},
        {"status": 201},
        {"metadata": ["jwks_uri"]},
        {"metadata": {}},
        {"metadata": {"jwks_uri": 5}},
        {"metadata": {"jwks_uri": "https://elsewhere.example/keys"}},
        {"keys": [published()]},
        {"keys": {"keys": []}},
        {"padding": LARGEST + 1},
    ],
)
async def test_without_a_document_that_is_one_nobody_is_believed(odd: dict[str, Any]) -> None:
    async with ring(Publisher(**odd), SetClock()) as keys:
        with pytest.raises(Unavailable):
            await keys.load()


async def test_a_document_that_does_not_end_or_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.entra.keys.DEADLINE", aiohttp.ClientTimeout(total=0.3))
    for issuer, error in ((Publisher(endless=True), "ValueError"), (Publisher(held=asyncio.Event()), "TimeoutError")):
        async with ring(issuer, SetClock()) as keys:
            with capture_logs() as logs, pytest.raises(Unavailable):
                await keys.load()
            assert [line["error"] for line in logs] == [error]
            if issuer.held is not None:
                issuer.held.set()


async def test_a_large_document_is_read_to_its_end() -> None:
    async with ring(Publisher(padding=LARGEST), SetClock()) as keys:
        assert await keys.find("one") is not None
