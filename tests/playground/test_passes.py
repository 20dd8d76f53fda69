"""Temporary Access Passes, from Graph's answer to the door they open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_http.middleware.options import RetryHandlerOption
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.temporary_access_pass_authentication_method import (
    TemporaryAccessPassAuthenticationMethod as AccessPass,
)
from msgraph.graph_service_client import GraphServiceClient

from playground.faults import Fault
from playground.people import HELPDESK
from playground.world import World
from tests.playground.tenant import fresh, get, passes, post

# The SDK's own packages warn of each other when they are loaded.
pytestmark = [
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic:DeprecationWarning"),
]


async def test_the_sdk_creates_lists_and_deletes_a_pass(world: World, sdk: GraphServiceClient) -> None:
    methods = sdk.users.by_user_id(world.people["ann"].id).authentication.temporary_access_pass_methods
    once: RequestConfiguration[Any] = RequestConfiguration(options=[RetryHandlerOption(should_retry=False)])
    made = await methods.post(AccessPass(lifetime_in_minutes=60, is_usable_once=True), once)
    assert made is not None
    assert made.id is not None
    assert made.temporary_access_pass == world.graph.issued[0].value
    assert (made.is_usable, made.method_usability_reason) == (True, "EnabledByPolicy")
    assert (world.graph.issued[0].person, world.graph.issued[0].id) == ("ann", made.id)
    found = await methods.get()
    assert found is not None
    assert [(one.id, one.temporary_access_pass) for one in found.value or []] == [(made.id, None)]
    await methods.by_temporary_access_pass_authentication_method_id(made.id).delete()
    with pytest.raises(ODataError) as gone:
        await methods.by_temporary_access_pass_authentication_method_id(made.id).get()
    assert gone.value.response_status_code == 404


async def test_a_second_pass_replaces_the_first(world: World, http: aiohttp.ClientSession) -> None:
    _, first = await post(http, passes(world, "ann"), {})
    _, second = await post(http, passes(world, "ann"), {})
    assert first["temporaryAccessPass"] != second["temporaryAccessPass"]
    _, body = await get(http, passes(world, "ann"))
    assert [one["id"] for one in body["value"]] == [second["id"]]
    assert world.graph.use("ann", first["temporaryAccessPass"]) is None
    assert [one.value for one in world.graph.issued] == [first["temporaryAccessPass"], second["temporaryAccessPass"]]


async def test_a_new_pass_may_need_a_moment_before_it_opens_the_door(world: World, http: aiohttp.ClientSession) -> None:
    """Graph calls it usable at once; where people sign in it is not known yet, and a try does not spend it."""
    world.graph.settling = timedelta(seconds=20)
    _, made = await post(http, passes(world, "ann"), {"lifetimeInMinutes": 60, "isUsableOnce": True})
    assert made["isUsable"]
    assert world.graph.use("ann", made["temporaryAccessPass"]) is None
    world.clock.advance(timedelta(seconds=20))
    assert world.graph.use("ann", made["temporaryAccessPass"]) == "EnabledByPolicy"


async def test_usability_follows_the_clock_the_use_and_the_policy(world: World, http: aiohttp.ClientSession) -> None:
    async def reason() -> str:
        _, body = await get(http, passes(world, "ann"), headers=fresh(world))
        assert body["value"][0]["isUsable"] == (body["value"][0]["methodUsabilityReason"] == "EnabledByPolicy")
        return str(body["value"][0]["methodUsabilityReason"])

    later = (world.clock.now() + timedelta(minutes=30)).isoformat()
    wish = {"startDateTime": later, "lifetimeInMinutes": 60, "isUsableOnce": True}
    _, made = await post(http, passes(world, "ann"), wish)
    assert (made["isUsable"], await reason()) == (False, "NotYetValid")
    world.clock.advance(timedelta(minutes=31))
    assert await reason() == "EnabledByPolicy"
    assert world.graph.use("ann", made["temporaryAccessPass"]) == "EnabledByPolicy"
    assert await reason() == "OneTimeUsed"
    assert world.graph.use("ann", made["temporaryAccessPass"]) == "OneTimeUsed"
    await post(http, passes(world, "ann"), {"lifetimeInMinutes": 10})
    world.clock.advance(timedelta(minutes=10))
    assert await reason() == "Expired"
    world.graph.policy.enabled = False
    assert await reason() == "DisabledByPolicy"
    world.clock.advance(timedelta(hours=1))
    status, _ = await get(http, passes(world, "ann"))
    assert status == 401  # the token of then has expired as well


@pytest.mark.parametrize(
    ("key", "wish", "words"),
    [
        ("gus", {}, "external guest user"),
        ("tess", {}, "Converged UserCredentialPolicy"),
        ("ann", {"lifetimeInMinutes": 9}, "lifetime"),
        ("ann", {"lifetimeInMinutes": 481}, "lifetime"),
        ("ann", {"lifetimeInMinutes": "60"}, "lifetime"),
        ("ann", {"isUsableOnce": "yes"}, "boolean"),
        ("ann", {"startDateTime": "tomorrow"}, "date"),
        ("ann", {"length": 4}, "length"),
    ],
)
async def test_a_pass_that_may_not_be_is_refused(
    world: World, http: aiohttp.ClientSession, key: str, wish: dict[str, Any], words: str
) -> None:
    status, body = await post(http, passes(world, key), wish)
    assert status == 400
    assert words in body["error"]["message"]
    assert world.graph.issued == []


async def test_the_policy_can_ask_for_one_time_passes_and_for_a_group(
    world: World, http: aiohttp.ClientSession
) -> None:
    world.graph.policy.one_time = True
    status, _ = await post(http, passes(world, "ann"), {"isUsableOnce": False})
    assert status == 400
    _, made = await post(http, passes(world, "ann"), {})
    assert made["isUsableOnce"] is True
    world.graph.policy.included = [HELPDESK]
    assert (await post(http, passes(world, "ann"), {}))[0] == 400
    assert (await post(http, passes(world, "cleo"), {}))[0] == 201


async def test_restricted_people_are_out_of_reach(world: World, http: aiohttp.ClientSession) -> None:
    for url in (passes(world, "uma"), f"users/{world.people['uma'].id}/revokeSignInSessions"):
        status, body = await post(http, url, {})
        assert (status, body["error"]["code"]) == (403, "Authorization_RequestDenied")
    assert world.graph.revoked == []


async def test_a_lost_answer_has_done_its_work_once(world: World, http: aiohttp.ClientSession) -> None:
    world.faults.add(Fault("graph", "temporaryAccessPassMethods", "lost", times=1))
    with pytest.raises(aiohttp.ClientError):
        await http.post(passes(world, "ann"), json={})
    assert len(world.graph.issued) == 1
    assert [entry.status for entry in world.journal.of("graph", "POST")] == [0]


async def test_a_newcomer_signs_in_with_the_pass_once(world: World, http: aiohttp.ClientSession) -> None:
    address = f"{world.origin}/entra/{world.tenant}/pass-sign-in"
    _, made = await post(http, passes(world, "ann"), {"isUsableOnce": True})

    async def enter(upn: str, value: str) -> str:
        async with http.post(address, data={"upn": upn, "pass": value}) as answer:
            assert answer.status == 200
            return await answer.text()

    upn, value = world.people["ann"].upn, made["temporaryAccessPass"]
    async with http.get(address) as answer:
        assert "<title>Sign in with a Temporary Access Pass" in await answer.text()
    assert "incorrect" in await enter(upn, "wrong")
    assert "incorrect" in await enter("nobody@contoso.example", value)
    assert "incorrect" in await enter(world.people["mo"].upn, value)
    welcome = await enter(upn, value)
    assert "Welcome, Ann" in welcome
    assert "passkey" in welcome
    assert "used already" in await enter(upn, value)
    assert value not in (world.clock.file.parent / "record" / "graph.jsonl").read_text()
