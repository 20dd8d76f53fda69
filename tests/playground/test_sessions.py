"""What the app may do in a person's name: until sessions are ended, and only what somebody consented to."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from playground import entra
from playground.entra.grants import ON_BEHALF_OF
from playground.world import GRAPH, World
from tests.playground.tenant import claims_of, fresh

READ = f"{GRAPH}/CustomSecAttributeAssignment.Read.All"


async def _exchange(world: World, http: aiohttp.ClientSession, key: str, scope: str) -> tuple[int, dict[str, Any]]:
    form = {
        "client_id": world.bot_id,
        "client_secret": world.bot_secret,
        "grant_type": ON_BEHALF_OF,
        "requested_token_use": "on_behalf_of",
        "assertion": entra.sso_token(world, world.people[key]),
        "scope": scope,
    }
    async with http.post(f"/entra/{world.tenant}/oauth2/v2.0/token", data=form) as answer:
        return answer.status, await answer.json()


async def _revoke(world: World, http: aiohttp.ClientSession, key: str) -> None:
    url = f"/graph/v1.0/users/{world.people[key].id}/revokeSignInSessions"
    async with http.post(url, headers=fresh(world)) as answer:
        assert answer.status == 200


async def test_a_token_in_a_persons_name_names_the_permission_and_the_person(
    world: World, browser: aiohttp.ClientSession
) -> None:
    status, got = await _exchange(world, browser, "cleo", f"{READ} offline_access openid profile")
    assert status == 200
    claims = claims_of(world, got["access_token"])
    assert (claims["aud"], claims["oid"], claims["tid"]) == (GRAPH, world.people["cleo"].id, world.tenant)
    assert "CustomSecAttributeAssignment.Read.All" in claims["scp"].split()
    assert "idtyp" not in claims
    assert READ in got["scope"].split()


async def test_what_nobody_consented_to_is_refused_as_entra_does(world: World, browser: aiohttp.ClientSession) -> None:
    world.entra.consented = False
    status, got = await _exchange(world, browser, "cleo", READ)
    assert (status, got["error"], got["suberror"], got["error_codes"]) == (
        400,
        "invalid_grant",
        "consent_required",
        [65001],
    )
    assert "AADSTS65001" in got["error_description"]
    assert (await _exchange(world, browser, "cleo", f"{GRAPH}/User.Read openid"))[0] == 200


@pytest.mark.parametrize("way", ["authorize", "password-sign-in"])
async def test_ended_sessions_are_good_again_after_signing_in_and_no_fresher(
    world: World, browser: aiohttp.ClientSession, way: str
) -> None:
    assert (await _exchange(world, browser, "ann", "openid"))[0] == 200
    await _revoke(world, browser, "ann")
    status, got = await _exchange(world, browser, "ann", "openid")
    assert (status, got["error"], got["error_codes"]) == (400, "interaction_required", [50173])
    assert (await _exchange(world, browser, "ben", "openid"))[0] == 200
    await _sign_in(world, browser, way)
    status, got = await _exchange(world, browser, "ann", "openid")
    assert status == 200
    assert world.clock.now().timestamp() - claims_of(world, got["id_token"])["auth_time"] > 3600


async def _sign_in(world: World, browser: aiohttp.ClientSession, way: str) -> None:
    base, ann = f"/entra/{world.tenant}", world.people["ann"]
    if way == "authorize":
        query = {
            "client_id": world.bot_id,
            "redirect_uri": world.redirect,
            "response_type": "code",
            "scope": "openid",
            "code_challenge": "x" * 43,
            "code_challenge_method": "S256",
        }
        form, place = {"person": "ann", "method": "passkey", "action": "continue"}, f"{base}/oauth2/v2.0/authorize"
    else:
        query, form, place = {}, {"upn": ann.upn, "password": "correct horse battery ann"}, f"{base}/{way}"
    async with browser.post(place, params=query, data=form, allow_redirects=False) as answer:
        assert answer.status in {302, 303}


async def test_a_cancelled_or_too_weak_sign_in_brings_nothing_back(
    world: World, browser: aiohttp.ClientSession
) -> None:
    await _revoke(world, browser, "ann")
    form = {"upn": world.people["ann"].upn, "password": "wrong"}
    async with browser.post(f"/entra/{world.tenant}/password-sign-in", data=form) as answer:
        assert answer.status == 200
    assert (await _exchange(world, browser, "ann", "openid"))[0] == 400
