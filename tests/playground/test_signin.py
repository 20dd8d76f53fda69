"""Signing in at Entra: the page, the code, and what the ID token then says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import msal
import pytest

from playground.world import World
from tests.playground.tenant import claims_of

# The bot's callback is met by a cookie that a cross-site form would not carry, so the answer comes in the query.
pytestmark = pytest.mark.filterwarnings("ignore:response_mode='form_post' is recommended:UserWarning")

C1 = '{"id_token":{"acrs":{"essential":true,"value":"c1"}}}'
C2 = '{"id_token":{"acrs":{"essential":true,"value":"c2"}}}'


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


async def test_code_and_pkce_give_the_demanded_context_and_the_time_of_the_sign_in(
    world: World, app: msal.ConfidentialClientApplication, browser: aiohttp.ClientSession
) -> None:
    flow = await _begin(world, app, C1, "ann")
    status, _, back = await _sign_in(browser, flow, person="ann", method="authenticator")
    assert status == 302
    got = await asyncio.to_thread(app.acquire_token_by_auth_code_flow, flow, back)
    claims = claims_of(world, got["id_token"])
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
    assert claims_of(world, got["id_token"])["oid"] == world.people["mo"].id


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
    assert claims_of(world, got["id_token"])["acrs"] == ["c1"]


async def test_no_context_is_told_that_was_not_demanded(
    world: World, app: msal.ConfidentialClientApplication, browser: aiohttp.ClientSession
) -> None:
    flow = await _begin(world, app, "{}", "ann")
    _, _, back = await _sign_in(browser, flow, person="ann", method="passkey")
    got = await asyncio.to_thread(app.acquire_token_by_auth_code_flow, flow, back)
    assert "acrs" not in claims_of(world, got["id_token"])


async def test_cancel_and_a_disabled_account(
    world: World, app: msal.ConfidentialClientApplication, browser: aiohttp.ClientSession
) -> None:
    flow = await _begin(world, app, C1, "ann")
    _, _, back = await _sign_in(browser, flow, person="", method="", action="cancel")
    assert (back["error"], back["state"]) == ("access_denied", flow["state"])
    for gone in ("dan", "otto"):
        _, text, back = await _sign_in(browser, flow, person=gone, method="passkey")
        assert "AADSTS50057" in text
        assert back == {}


async def test_the_page_preselects_the_hint_and_runs_no_script(
    world: World, app: msal.ConfidentialClientApplication, browser: aiohttp.ClientSession
) -> None:
    flow = await _begin(world, app, C1, "greta")
    async with browser.get(flow["auth_uri"]) as answer:
        text = await answer.text()
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert 'value="greta" required checked autofocus' in text
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
