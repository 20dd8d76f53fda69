"""Entra, as MSAL and a browser meet it over real HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import jwt
import msal
import pytest
import requests
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from playground import entra
from playground.clock import Clock
from playground.entra.grants import ON_BEHALF_OF
from playground.faults import Fault
from playground.world import BOT_FRAMEWORK, GRAPH, World, create

# The bot's callback is met by a cookie that a cross-site form would not carry, so the answer comes in the query.
pytestmark = pytest.mark.filterwarnings("ignore:response_mode='form_post' is recommended:UserWarning")

C1 = '{"id_token":{"acrs":{"essential":true,"value":"c1"}}}'
C2 = '{"id_token":{"acrs":{"essential":true,"value":"c2"}}}'


class Plain:
    """MSAL insists on https; this carries what it says to one loopback origin without it."""

    def __init__(self, origin: str) -> None:
        self._plain = origin
        self._wanted = origin.replace("http://", "https://")
        self._session = requests.Session()

    def get(self, url: str, **more: Any) -> requests.Response:
        answer = self._session.get(url.replace(self._wanted, self._plain), timeout=10, **more)
        answer._content = answer.content.replace(self._plain.encode(), self._wanted.encode())
        return answer

    def post(self, url: str, **more: Any) -> requests.Response:
        return self._session.post(url.replace(self._wanted, self._plain), timeout=10, **more)

    def close(self) -> None:
        self._session.close()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    port = unused_port()
    made = create(f"http://127.0.0.1:{port}", tmp_path, record=tmp_path / "record")
    app = web.Application()
    entra.setup(app, made)
    async with TestServer(app, host="127.0.0.1", port=port):
        yield made


@pytest.fixture
async def browser(world: World) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(world.origin, timeout=aiohttp.ClientTimeout(10)) as session:
        yield session


def _msal(world: World, http: Plain, secret: str = "") -> msal.ConfidentialClientApplication:
    return msal.ConfidentialClientApplication(
        world.bot_id,
        client_credential=secret or world.bot_secret,
        authority=world.origin.replace("http:", "https:") + f"/entra/{world.tenant}",
        instance_discovery=False,
        http_client=http,
        exclude_scopes=["offline_access"],
    )


@pytest.fixture
async def app(world: World) -> AsyncIterator[msal.ConfidentialClientApplication]:
    http = Plain(world.origin)
    yield await asyncio.to_thread(_msal, world, http)
    http.close()


def _claims(world: World, token: str) -> dict[str, Any]:
    kid = jwt.get_unverified_header(token)["kid"]
    key = next(key for key in world.keys.jwks("entra")["keys"] if key["kid"] == kid)
    audience = jwt.decode(token, options={"verify_signature": False})["aud"]
    claims: dict[str, Any] = jwt.decode(token, jwt.PyJWK(key), algorithms=["RS256"], audience=audience)
    return claims


async def _begin(world: World, app: msal.ConfidentialClientApplication, claims: str, person: str) -> dict[str, Any]:
    flow: dict[str, Any] = await asyncio.to_thread(
        app.initiate_auth_code_flow,
        scopes=[],
        redirect_uri=world.redirect,
        login_hint=world.people[person].upn,
        claims_challenge=claims,
        max_age=0,
    )
    flow["auth_uri"] = flow["auth_uri"].replace("https:", "http:", 1)
    return flow


async def _sign_in(
    browser: aiohttp.ClientSession, flow: Mapping[str, Any], *, person: str, method: str, action: str = "continue"
) -> tuple[int, str, dict[str, str]]:
    """Do what the form does; return the status, the page and what the redirect carries."""
    form = {"person": person, "method": method, "action": action}
    async with browser.post(flow["auth_uri"], data=form, allow_redirects=False) as answer:
        place = urlsplit(answer.headers.get("Location", ""))
        return answer.status, await answer.text(), dict(parse_qsl(place.query))


async def test_client_credentials_buy_app_tokens(world: World, app: msal.ConfidentialClientApplication) -> None:
    for audience in (GRAPH, BOT_FRAMEWORK):
        got = await asyncio.to_thread(app.acquire_token_for_client, [f"{audience}/.default"])
        claims = _claims(world, got["access_token"])
        assert (claims["aud"], claims["azp"], claims["tid"]) == (audience, world.bot_id, world.tenant)
        assert entra.bearer(world, f"Bearer {got['access_token']}", audience) == claims
        assert ("roles" in claims) == (audience == GRAPH)
    assert entra.bearer(world, f"Bearer {got['access_token']}", GRAPH) is None


async def test_a_wrong_secret_is_refused_in_entras_words(world: World) -> None:
    http = Plain(world.origin)
    wrong = await asyncio.to_thread(_msal, world, http, "wrong")
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


async def test_code_and_pkce_give_the_demanded_context_and_the_time_of_the_sign_in(
    world: World, app: msal.ConfidentialClientApplication, browser: aiohttp.ClientSession
) -> None:
    flow = await _begin(world, app, C1, "ann")
    status, _, back = await _sign_in(browser, flow, person="ann", method="authenticator")
    assert status == 302
    got = await asyncio.to_thread(app.acquire_token_by_auth_code_flow, flow, back)
    claims = _claims(world, got["id_token"])
    assert claims["acrs"] == ["c1"]
    assert claims["oid"] == world.people["ann"].id
    assert claims["iss"] == world.issuer
    assert abs(claims["auth_time"] - world.clock.now().timestamp()) < 5
    again = await asyncio.to_thread(app.acquire_token_by_auth_code_flow, flow, back)
    assert again["error_codes"] == [54005]


async def test_a_code_is_for_whoever_really_signed_in(
    world: World, app: msal.ConfidentialClientApplication, browser: aiohttp.ClientSession
) -> None:
    flow = await _begin(world, app, C1, "ann")
    _, _, back = await _sign_in(browser, flow, person="mo", method="passkey")
    got = await asyncio.to_thread(app.acquire_token_by_auth_code_flow, flow, back)
    assert _claims(world, got["id_token"])["oid"] == world.people["mo"].id


async def test_a_code_needs_its_verifier_and_its_time(
    world: World, app: msal.ConfidentialClientApplication, browser: aiohttp.ClientSession
) -> None:
    flow = await _begin(world, app, C1, "ann")
    _, _, back = await _sign_in(browser, flow, person="ann", method="passkey")
    stolen = flow | {"code_verifier": "a" * 43}
    got = await asyncio.to_thread(app.acquire_token_by_auth_code_flow, stolen, back)
    assert got["error_codes"] == [501481]
    flow = await _begin(world, app, C1, "ann")
    _, _, back = await _sign_in(browser, flow, person="ann", method="passkey")
    world.clock.advance(timedelta(minutes=6))
    got = await asyncio.to_thread(app.acquire_token_by_auth_code_flow, flow, back)
    assert got["error_codes"] == [70008]


@pytest.mark.parametrize(("claims", "method"), [(C1, "password"), (C2, "password"), (C2, "authenticator")])
async def test_a_method_too_weak_for_the_context_ends_on_the_page(
    world: World, app: msal.ConfidentialClientApplication, browser: aiohttp.ClientSession, claims: str, method: str
) -> None:
    flow = await _begin(world, app, claims, "ann")
    status, text, back = await _sign_in(browser, flow, person="ann", method=method)
    assert (status, back) == (200, {})
    assert "AADSTS50076" in text
    status, _, back = await _sign_in(browser, flow, person="ann", method="passkey")
    assert status == 302
    assert "code" in back


@pytest.mark.parametrize("state", ["absent", "disabled", "enabledForReportingButNotEnforced"])
async def test_a_context_no_policy_guards_is_granted_to_a_password(
    world: World, app: msal.ConfidentialClientApplication, browser: aiohttp.ClientSession, state: Any
) -> None:
    world.entra.policies = [] if state == "absent" else [replace(p, state=state) for p in world.entra.policies]
    flow = await _begin(world, app, C1, "ann")
    _, _, back = await _sign_in(browser, flow, person="ann", method="password")
    got = await asyncio.to_thread(app.acquire_token_by_auth_code_flow, flow, back)
    assert _claims(world, got["id_token"])["acrs"] == ["c1"]


async def test_no_context_is_told_that_was_not_demanded(
    world: World, app: msal.ConfidentialClientApplication, browser: aiohttp.ClientSession
) -> None:
    flow = await _begin(world, app, "{}", "ann")
    _, _, back = await _sign_in(browser, flow, person="ann", method="passkey")
    got = await asyncio.to_thread(app.acquire_token_by_auth_code_flow, flow, back)
    assert "acrs" not in _claims(world, got["id_token"])


async def test_cancel_and_a_disabled_account(
    world: World, app: msal.ConfidentialClientApplication, browser: aiohttp.ClientSession
) -> None:
    flow = await _begin(world, app, C1, "ann")
    _, _, back = await _sign_in(browser, flow, person="", method="", action="cancel")
    assert (back["error"], back["state"]) == ("access_denied", flow["state"])
    _, text, back = await _sign_in(browser, flow, person="dan", method="passkey")
    assert "AADSTS50057" in text
    assert back == {}


async def test_the_page_preselects_the_hint_and_runs_no_script(
    world: World, app: msal.ConfidentialClientApplication, browser: aiohttp.ClientSession
) -> None:
    flow = await _begin(world, app, C1, "greta")
    async with browser.get(flow["auth_uri"]) as answer:
        text = await answer.text()
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert 'value="greta" required checked' in text
    assert text.count("required checked") == 1
    assert "<script" not in text
    assert "<title>Sign in — Contoso (playground)</title>" in text


@pytest.mark.parametrize(
    ("change", "number"),
    [({"client_id": "nobody"}, 700016), ({"redirect_uri": "http://127.0.0.1:1/step-up/callback"}, 50011)],
)
async def test_what_cannot_be_trusted_is_answered_on_the_page(
    world: World, browser: aiohttp.ClientSession, change: dict[str, str], number: int
) -> None:
    query = {"client_id": world.bot_id, "redirect_uri": world.redirect, "response_type": "code", "scope": "openid"}
    address = f"/entra/{world.tenant}/oauth2/v2.0/authorize"
    async with browser.get(address, params=query | change, allow_redirects=False) as answer:
        assert answer.status == 400
        assert f"AADSTS{number}" in await answer.text()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"claims": "nonsense"}, "invalid_request"),
        ({"claims": '{"id_token":{"acrs":{"value":7}}}'}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"response_mode": "fragment"}, "invalid_request"),
    ],
)
async def test_what_is_wrong_otherwise_goes_back_to_the_app(
    world: World, browser: aiohttp.ClientSession, change: dict[str, str], error: str
) -> None:
    query = {
        "client_id": world.bot_id,
        "redirect_uri": world.redirect,
        "response_type": "code",
        "scope": "openid",
        "state": "s",
        "code_challenge": "x" * 43,
        "code_challenge_method": "S256",
    }
    address = f"/entra/{world.tenant}/oauth2/v2.0/authorize"
    async with browser.get(address, params=query | change, allow_redirects=False) as answer:
        assert answer.status == 302
        back = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    assert (back["error"], back["state"]) == (error, "s")


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
    claims = _claims(world, got["id_token"])
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
