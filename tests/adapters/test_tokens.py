"""The bot's own tokens, from the playground's Entra over real HTTP and real MSAL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.config.cloud import PUBLIC, Cloud, from_file
from bot.core.errors import NotGranted, Rejected, Unavailable
from bot.entra import tokens as module
from bot.entra.tokens import AppTokens
from bot.entra.transport import Transport, authority, plain, secured
from playground import entra
from playground.faults import Fault
from playground.replicas import free_port
from playground.world import World, create
from tests.adapters.edge import SetClock

SCOPE = "https://api.botframework.com/.default"


@dataclass
class Entra:
    world: World
    cloud: Cloud
    asked: list[str]

    def tokens(self, *, secret: str = "") -> AppTokens:
        world = self.world
        return AppTokens(self.cloud, world.bot_id, secret or world.bot_secret, world.tenant, world.clock)


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Entra]:
    world = create(f"http://127.0.0.1:{free_port()}", tmp_path)
    asked: list[str] = []

    async def heard(request: web.Request, _: web.StreamResponse) -> None:
        asked.append(f"{request.method} {request.path.rsplit('/', 1)[-1]}")

    app = web.Application()
    app.on_response_prepare.append(heard)
    entra.setup(app, world)
    path = tmp_path / "cloud.json"
    path.write_text(json.dumps(world.cloud()))
    async with TestServer(app, host="127.0.0.1", port=int(world.origin.rsplit(":", 1)[1])):
        yield Entra(world, from_file(path, host="127.0.0.1"), asked)


async def test_a_token_is_asked_for_once_a_lifetime(there: Entra) -> None:
    tokens = there.tokens()
    first = await tokens.get(SCOPE)
    assert first.count(".") == 2
    assert await tokens.get(SCOPE) == first
    assert there.asked.count("POST token") == 1
    there.world.clock.advance(timedelta(minutes=53))
    assert await tokens.get(SCOPE) == first
    there.world.clock.advance(timedelta(minutes=2))
    assert await tokens.get(SCOPE) != first
    assert there.asked.count("POST token") == 2


async def test_many_at_once_ask_once(there: Entra) -> None:
    tokens = there.tokens()
    got = await asyncio.gather(*(tokens.get(SCOPE) for _ in range(20)))
    assert len(set(got)) == 1
    assert there.asked.count("POST token") == 1
    await tokens.get(there.cloud.graph_scope)
    assert there.asked.count("POST token") == 2


async def test_one_who_goes_away_does_not_fail_the_others(there: Entra) -> None:
    tokens = there.tokens()
    first = asyncio.create_task(tokens.get(SCOPE))
    second = asyncio.create_task(tokens.get(SCOPE))
    await asyncio.sleep(0)
    first.cancel()
    assert await second
    assert there.asked.count("POST token") == 1


async def test_a_token_that_was_not_accepted_is_forgotten(there: Entra) -> None:
    tokens = there.tokens()
    await tokens.get(SCOPE)
    await tokens.forget(SCOPE)
    await tokens.forget("never heard of")
    await tokens.get(SCOPE)
    assert there.asked.count("POST token") == 2


async def test_a_wrong_secret_is_rejected_with_entras_code_and_not_remembered(
    there: Entra, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("ERROR")
    tokens = there.tokens(secret="wrong-and-private")
    for _ in range(2):
        with pytest.raises(Rejected) as caught:
            await tokens.get(SCOPE)
        assert caught.value.code == "AADSTS7000215"
        assert "wrong-and-private" not in repr(caught.value)
    assert caplog.text == ""  # nor is it told as an accident


def answering(there: Entra, monkeypatch: pytest.MonkeyPatch, answer: dict[str, object]) -> AppTokens:
    tokens = there.tokens()
    monkeypatch.setattr(tokens, "_ask", lambda _: answer)
    return tokens


async def test_an_answer_that_is_none_is_no_token(there: Entra, monkeypatch: pytest.MonkeyPatch) -> None:
    passing: list[dict[str, object]] = [
        {"access_token": 5, "expires_in": 3600},
        {"access_token": "", "expires_in": 3600},
        {"access_token": "x", "expires_in": "3600"},
        {"access_token": "x"},
        {},
        {"error": "temporarily_unavailable"},
        {"error": "server_error"},
        {"error": "slow_down"},
    ]
    for answer in passing:
        with pytest.raises(Unavailable):
            await answering(there, monkeypatch, answer).get(SCOPE)
    for codes, code in ((7000215, "invalid_client"), ([], "invalid_client"), ([7000222, 1], "AADSTS7000222")):
        with pytest.raises(NotGranted) as caught:
            await answering(there, monkeypatch, {"error": "invalid_client", "error_codes": codes}).get(SCOPE)
        assert caught.value.code == code


@pytest.mark.parametrize(("lifetime", "serves"), [(3600, 3300), (60, 30)])
async def test_a_token_serves_until_five_minutes_before_its_end_or_half_its_life(
    there: Entra, monkeypatch: pytest.MonkeyPatch, lifetime: int, serves: int
) -> None:
    now = SetClock()
    answer: dict[str, object] = {"access_token": "first", "expires_in": lifetime}
    monkeypatch.setattr(there.world, "clock", now)
    tokens = answering(there, monkeypatch, answer)
    assert await tokens.get(SCOPE) == "first"
    answer["access_token"] = "second"
    for seconds, value in ((serves - 1, "first"), (1, "second")):
        now.advance(seconds=seconds)
        assert await tokens.get(SCOPE) == value


async def test_entra_that_is_down_or_unreachable_is_unavailable_and_comes_back(there: Entra) -> None:
    there.world.faults.add(Fault("entra", kind="unavailable", times=1))
    tokens = there.tokens()
    with pytest.raises(Unavailable):
        await tokens.get(SCOPE)
    assert await tokens.get(SCOPE)


async def test_nobody_there_at_all(there: Entra) -> None:
    world = there.world
    cloud = Cloud(
        **{
            **{name: getattr(there.cloud, name) for name in Cloud.__slots__},
            "login": f"http://127.0.0.1:{free_port()}/entra",
        }
    )
    with pytest.raises(Unavailable):
        await AppTokens(cloud, world.bot_id, "x", world.tenant, world.clock).get(SCOPE)


async def test_an_entra_that_does_not_answer_is_given_up(there: Entra, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    there.world.faults.add(Fault("entra", kind="slow", seconds=0.5, times=1))
    with pytest.raises(Unavailable):
        await there.tokens().get(SCOPE)


async def test_a_token_is_in_no_text_of_ours(there: Entra) -> None:
    tokens = there.tokens()
    value = await tokens.get(SCOPE)
    assert value not in repr(tokens)
    assert value not in repr(vars(tokens))


def test_only_the_login_host_of_the_cloud_is_called() -> None:
    transport = Transport(PUBLIC)
    for url in (
        "https://evil.example/token",
        "http://login.microsoftonline.com/x",
        "https://login.microsoftonline.com.evil/",
        "https://login.microsoftonline.com:444/x",
        "https://login.microsoftonline.com@evil.example/x",
    ):
        with pytest.raises(requests.exceptions.InvalidURL):  # and no error of a network that was asked
            transport.get(url)
    transport.close()


async def test_the_apps_secret_is_sent_to_no_address_that_is_not_the_clouds(there: Entra) -> None:
    """Whatever the metadata names: somebody listens there, and hears nothing."""
    heard: list[bytes] = []

    async def listening(request: web.Request) -> web.Response:
        heard.append(await request.read())
        return web.json_response({"access_token": "x", "expires_in": 3600})

    elsewhere = web.Application()
    elsewhere.router.add_route("*", "/{any:.*}", listening)
    async with TestServer(elsewhere, host="127.0.0.1") as server:
        transport = Transport(there.cloud)
        with pytest.raises(requests.exceptions.InvalidURL):
            await asyncio.to_thread(transport.post, str(server.make_url("/token")), data={"client_secret": "private"})
        transport.close()
    assert heard == []


def test_addresses_of_a_real_cloud_are_left_alone() -> None:
    assert authority(PUBLIC, "t") == "https://login.microsoftonline.com/t"
    assert secured(PUBLIC, "http://x/ https://y/") == plain(PUBLIC, "http://x/ https://y/") == "http://x/ https://y/"


def test_a_loopback_cloud_is_https_to_msal_and_http_on_the_wire(there: Entra) -> None:
    origin = there.world.origin
    assert authority(there.cloud, "t") == f"{origin.replace('http:', 'https:')}/entra/t"
    assert plain(there.cloud, authority(there.cloud, "t")) == f"{origin}/entra/t"
