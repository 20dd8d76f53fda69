"""Entra's tokens, keys, faults and journal, as MSAL and plain HTTP meet them."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import aiohttp
import jwt
import msal
import pytest

from playground import entra
from playground.clock import Clock
from playground.entra.grants import ON_BEHALF_OF
from playground.faults import Fault
from playground.world import BOT_FRAMEWORK, GRAPH, World
from tests.playground.tenant import Plain, claims_of, connected

C1 = '{"id_token":{"acrs":{"essential":true,"value":"c1"}}}'


async def test_client_credentials_buy_app_tokens(world: World, app: msal.ConfidentialClientApplication) -> None:
    for audience in (GRAPH, BOT_FRAMEWORK):
        got = await asyncio.to_thread(app.acquire_token_for_client, [f"{audience}/.default"])
        claims = claims_of(world, got["access_token"])
        assert (claims["aud"], claims["azp"], claims["tid"]) == (audience, world.bot_id, world.tenant)
        assert entra.bearer(world, f"Bearer {got['access_token']}", audience) == claims
        assert ("roles" in claims) == (audience == GRAPH)
    assert entra.bearer(world, f"Bearer {got['access_token']}", GRAPH) is None


async def test_a_wrong_secret_is_refused_in_entras_words(world: World) -> None:
    http = Plain(world.origin)
    wrong = await asyncio.to_thread(connected, world, http, "wrong")
    got = await asyncio.to_thread(wrong.acquire_token_for_client, [f"{GRAPH}/.default"])
    http.close()
    assert got["error"] == "invalid_client"
    assert got["error_codes"] == [7000215]
    assert {"timestamp", "trace_id", "correlation_id"} <= set(got)


@pytest.mark.parametrize(
    ("form", "number"),
    [
        ({"grant_type": "client_credentials", "scope": GRAPH}, 1002012),
        ({"grant_type": "client_credentials", "scope": "https://nobody.example/.default"}, 500011),
        ({"grant_type": "password"}, 70003),
        ({}, 900144),
        ({"grant_type": "authorization_code", "code": "made-up"}, 70000),
        ({"grant_type": ON_BEHALF_OF, "requested_token_use": "on_behalf_of", "assertion": "x"}, 50013),
        ({"grant_type": ON_BEHALF_OF, "assertion": "x"}, 900144),
    ],
)
async def test_bad_token_requests_have_their_numbers(
    world: World, browser: aiohttp.ClientSession, form: dict[str, str], number: int
) -> None:
    whole = form | {"client_id": world.bot_id, "client_secret": world.bot_secret}
    async with browser.post(f"/entra/{world.tenant}/oauth2/v2.0/token", data=whole) as answer:
        body = await answer.json()
    assert answer.status == 400
    assert body["error_codes"] == [number]
    assert f"AADSTS{number}" in body["error_description"]


async def test_another_tenant_does_not_exist(browser: aiohttp.ClientSession) -> None:
    async with browser.get("/entra/8a1e1f3c-0000-4000-8000-000000000000/v2.0/.well-known/openid-configuration") as got:
        assert got.status == 400
        assert "AADSTS90002" in (await got.json())["error_description"]


async def test_on_behalf_of_wants_interaction_until_the_session_is_fresh(
    world: World, app: msal.ConfidentialClientApplication
) -> None:
    token = entra.sso_token(world, world.people["ann"])
    got = await asyncio.to_thread(app.acquire_token_on_behalf_of, token, ["User.Read"], claims_challenge=C1)
    assert (got["error"], got["error_codes"]) == ("interaction_required", [50076])
    assert "capolids" in json.loads(got["claims"])["access_token"]
    plain = await asyncio.to_thread(app.acquire_token_on_behalf_of, token, ["User.Read"])
    assert "acrs" not in plain["id_token_claims"]
    world.entra.silent["ann"] = True
    token = entra.sso_token(world, world.people["ann"])  # for the same one MSAL would remember the refusal
    got = await asyncio.to_thread(app.acquire_token_on_behalf_of, token, ["User.Read"], claims_challenge=C1)
    claims = claims_of(world, got["id_token"])
    assert claims["acrs"] == ["c1"]
    assert 30 < world.clock.now().timestamp() - claims["auth_time"] < 120


async def test_on_behalf_of_takes_only_our_own_tokens_of_people_who_may_sign_in(
    world: World, browser: aiohttp.ClientSession
) -> None:
    async def number(token: str) -> int:
        form = {
            "client_id": world.bot_id,
            "client_secret": world.bot_secret,
            "grant_type": ON_BEHALF_OF,
            "requested_token_use": "on_behalf_of",
            "assertion": token,
            "scope": "openid",
        }
        async with browser.post(f"/entra/{world.tenant}/oauth2/v2.0/token", data=form) as answer:
            return int((await answer.json())["error_codes"][0])

    ann = entra.sso_token(world, world.people["ann"])
    assert await number(entra.app_token(world, GRAPH)) == 500131
    assert await number(entra.sso_token(world, world.people["dan"])) == 50057
    world.clock.advance(timedelta(hours=2))
    assert await number(ann) == 500133
    world.keys.roll("entra", keep_old=False)
    assert await number(ann) == 50013


async def test_keys_roll_over_with_and_without_the_old_one(world: World, browser: aiohttp.ClientSession) -> None:
    before = entra.app_token(world, GRAPH)
    world.keys.roll("entra")
    async with browser.get(f"/entra/{world.tenant}/discovery/v2.0/keys") as answer:
        assert len((await answer.json())["keys"]) == 2
    assert entra.bearer(world, f"Bearer {before}", GRAPH) is not None
    world.keys.drop("entra")
    assert entra.bearer(world, f"Bearer {before}", GRAPH) is None
    async with browser.get("/botframework/v1/.well-known/openidconfiguration") as answer:
        place = (await answer.json())["jwks_uri"]
    async with browser.get(place) as answer:
        assert all(key["endorsements"] == ["msteams"] for key in (await answer.json())["keys"])


async def test_a_channel_token_says_where_it_is_from(world: World) -> None:
    token = entra.channel_token(world, "http://127.0.0.1/connector/")
    key = jwt.PyJWK(world.keys.jwks("botframework")["keys"][0])
    claims = jwt.decode(token, key, algorithms=["RS256"], audience=world.bot_id, issuer=BOT_FRAMEWORK)
    assert claims["serviceurl"] == "http://127.0.0.1/connector/"


async def test_the_journal_keeps_requests_and_no_credentials(
    world: World, app: msal.ConfidentialClientApplication, tmp_path: Path
) -> None:
    token = entra.sso_token(world, world.people["ann"])
    await asyncio.to_thread(app.acquire_token_on_behalf_of, token, ["User.Read"])
    entry = world.journal.of("entra", "POST", "/token")[-1]
    assert entry.status == 200
    assert entry.body["scope"]
    written = (tmp_path / "record" / "entra.jsonl").read_text()
    assert world.bot_secret not in written
    assert token not in written


async def test_faults_come_true_as_often_as_said(world: World, browser: aiohttp.ClientSession) -> None:
    address = f"/entra/{world.tenant}/oauth2/v2.0/token"
    form = {"client_id": world.bot_id, "client_secret": world.bot_secret, "grant_type": "client_credentials"}
    form |= {"scope": f"{GRAPH}/.default"}
    world.faults.add(Fault("entra", "POST /entra/.*/token", "throttle", seconds=7, times=1))
    world.faults.add(Fault("entra", "/token", "lost", times=1))
    async with browser.post(address, data=form) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
        assert (await answer.json())["error"] == "temporarily_unavailable"
    with pytest.raises(aiohttp.ClientError):
        await browser.post(address, data=form)
    async with browser.post(address, data=form) as answer:
        assert answer.status == 200
    assert [entry.status for entry in world.journal.of("entra", "POST")] == [429, 0, 200]


def test_the_clock_is_shared_through_its_file_and_outlives_a_restart(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    clock.advance(timedelta(hours=1))
    assert float((tmp_path / "clock").read_text()) == 3600
    assert Clock(tmp_path / "clock").offset == timedelta(hours=1)
