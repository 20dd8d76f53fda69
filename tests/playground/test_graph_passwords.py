"""Passwords as plain HTTP and the SDK meet them: whose may be set, which are taken, and where they never show."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.user import User
from msgraph.graph_service_client import GraphServiceClient

from playground.people import OPERATORS, USER_ADMIN
from playground.tenant.passwords import Weak
from playground.world import World
from tests.playground.tenant import get

pytestmark = [
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic:DeprecationWarning"),
]
GOOD = "Nine blue herons!"


async def patch(http: aiohttp.ClientSession, world: World, key: str, body: Any) -> tuple[int, dict[str, Any]]:
    async with http.patch(f"users/{world.people[key].id}", json=body) as answer:
        raw = await answer.read()
        return answer.status, (await answer.json())["error"] if raw else {}


def profile(password: Any = GOOD, **more: Any) -> dict[str, Any]:
    return {"passwordProfile": {"password": password, **more}}


async def test_the_sdk_sets_a_password_that_holds_from_then_on(world: World, sdk: GraphServiceClient) -> None:
    assert world.graph.password_ok("ann", "correct horse battery ann")
    wish = User(password_profile=PasswordProfile(password=GOOD, force_change_password_next_sign_in=True))
    await sdk.users.by_user_id(world.people["ann"].id).patch(wish)
    assert world.graph.password_ok("ann", GOOD)
    assert not world.graph.password_ok("ann", "correct horse battery ann")
    assert world.graph.must_change("ann")
    world.graph.change_password("ann", "Ten grey herons!")
    assert not world.graph.must_change("ann")
    assert world.graph.password_ok("ann", "Ten grey herons!")


async def test_it_is_known_since_when_a_password_holds(world: World, http: aiohttp.ClientSession) -> None:
    async def changed() -> str:
        query = {"$select": "lastPasswordChangeDateTime"}
        return str((await get(http, f"users/{world.people['ann'].id}", params=query))[1]["lastPasswordChangeDateTime"])

    assert await changed() == "2026-01-05T08:00:00Z"
    world.clock.advance(timedelta(minutes=5))
    assert await patch(http, world, "ann", profile(forceChangePasswordNextSignIn=False)) == (204, {})
    assert not world.graph.must_change("ann")
    assert await changed() == world.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("Aa1!567", "complexity"),
        ("Aa1!" * 64 + "x", "complexity"),
        ("nothing but letters", "complexity"),
        ("UPPER AND SPACE", "complexity"),
        ("", "complexity"),
        ("Contoso-2026", "banned"),
        ("my C0nt0$o key", "banned"),
        ("P@ssword-1234", "banned"),
        ("Archer is my name 1", "banned"),
    ],
)
async def test_a_password_that_entra_would_not_take(
    world: World, http: aiohttp.ClientSession, password: str, words: str
) -> None:
    status, error = await patch(http, world, "ann", profile(password))
    assert (status, error["code"], words in error["message"]) == (400, "Request_BadRequest", True)
    assert "password" in error["message"]
    assert password == "" or password not in str(error)
    assert world.graph.password_ok("ann", "correct horse battery ann")
    with pytest.raises(Weak):
        world.graph.change_password("ann", password)


async def test_the_longest_and_the_shortest_are_taken(world: World, http: aiohttp.ClientSession) -> None:
    for password in ("Aa1!5678", "Aa1!" * 64):
        assert (await patch(http, world, "ann", profile(password)))[0] == 204
    assert (await patch(http, world, "lou", profile("Archer is my name 1")))[0] == 204  # it is Ann's, not Lou's


async def test_one_changes_a_password_to_another_one(world: World) -> None:
    world.graph.change_password("ann", GOOD)
    with pytest.raises(Weak, match="in use"):
        world.graph.change_password("ann", GOOD)


@pytest.mark.parametrize(
    ("key", "expected"),
    [("dora", 403), ("olga", 403), ("uma", 403), ("sam", 400), ("fed", 400), ("gus", 400), ("eli", 204)],
)
async def test_whose_password_cannot_be_set(world: World, http: aiohttp.ClientSession, key: str, expected: int) -> None:
    status, error = await patch(http, world, key, profile())
    assert status == expected
    assert world.graph.password_ok(key, GOOD) == (expected == 204)
    if expected == 403:
        assert error["code"] == "Authorization_RequestDenied"


async def test_an_owner_of_a_guarded_group_and_a_new_administrator_are_out_of_reach(
    world: World, http: aiohttp.ClientSession
) -> None:
    world.people.leave(OPERATORS, "olga")  # she still owns it
    assert (await patch(http, world, "olga", profile()))[0] == 403
    world.people.grant("ann", USER_ADMIN)
    assert (await patch(http, world, "ann", profile()))[0] == 403


async def test_it_takes_a_permission_and_a_role(world: World, http: aiohttp.ClientSession) -> None:
    world.graph.app_roles.clear()
    assert (await patch(http, world, "ann", profile()))[0] == 403
    world.graph.app_roles.add(USER_ADMIN)
    world.graph.granted.remove("User-PasswordProfile.ReadWrite.All")
    world.graph.granted.add("User.ReadWrite.All")  # which is not enough for passwords
    assert (await patch(http, world, "ann", profile()))[0] == 403
    assert world.graph.password_ok("ann", "correct horse battery ann")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"passwordProfile": None},
        {"passwordProfile": {}},
        {"passwordProfile": {"password": 12345678}},
        {"passwordProfile": {"password": GOOD, "forceChangePasswordNextSignIn": "yes"}},
        {"passwordProfile": {"password": GOOD, "hint": "birds"}},
        {"passwordProfile": {"password": GOOD}, "displayName": "Somebody else"},
        {"passwordProfile": {"password": GOOD}, "customSecurityAttributes": {"Nothing": {}}},
    ],
)
async def test_a_request_with_anything_wrong_in_it_changes_nothing(
    world: World, http: aiohttp.ClientSession, body: Any
) -> None:
    status, _ = await patch(http, world, "ann", body)
    assert status == 400
    assert world.graph.password_ok("ann", "correct horse battery ann")


async def test_a_new_password_can_be_demanded_without_setting_one(world: World, http: aiohttp.ClientSession) -> None:
    wish = {"passwordProfile": {"forceChangePasswordNextSignInWithMfa": True}}
    assert (await patch(http, world, "ann", wish))[0] == 204
    assert world.graph.must_change("ann")
    assert world.graph.password_ok("ann", "correct horse battery ann")


async def test_a_password_is_written_down_nowhere(world: World, http: aiohttp.ClientSession) -> None:
    await patch(http, world, "ann", profile())
    assert GOOD not in repr(world.graph.passwords["ann"])
    assert GOOD not in str(world.journal.entries)
    assert "passwordProfile" in str(world.journal.of("graph", "PATCH"))


async def test_revoked_sessions_count_from_now(world: World, http: aiohttp.ClientSession) -> None:
    url = f"users/{world.people['ann'].id}"
    query = {"$select": "signInSessionsValidFromDateTime"}
    _, before = await get(http, url, params=query)
    assert before["signInSessionsValidFromDateTime"] == "2026-01-05T08:00:00Z"
    world.clock.advance(timedelta(minutes=5))
    async with http.post(f"{url}/revokeSignInSessions") as answer:
        assert answer.status == 200
    _, after = await get(http, url, params=query)
    now = world.graph.sessions_from("ann")
    assert abs(now - world.clock.now()) < timedelta(minutes=1)
    assert after["signInSessionsValidFromDateTime"] == now.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert world.graph.sessions_from("lou") < now
