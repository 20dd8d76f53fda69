"""Graph, as the official SDK and plain HTTP meet it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from kiota_abstractions.authentication import AccessTokenProvider, AllowedHostsValidator
from kiota_abstractions.authentication import BaseBearerTokenAuthenticationProvider as Bearer
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_http.middleware.options import RetryHandlerOption
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.temporary_access_pass_authentication_method import (
    TemporaryAccessPassAuthenticationMethod as AccessPass,
)
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory  # type: ignore[import-untyped]  # it ships no types

from playground import entra, graph
from playground.faults import Fault
from playground.graph.state import ALL_USERS
from playground.people import EMPLOYEES, GLOBAL_ADMIN, HELPDESK, LEADS, NO_PASS, OPERATORS, USER_ADMIN
from playground.world import GRAPH, World, create

# The SDK's own packages warn of each other when they are loaded.
pytestmark = [
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic:DeprecationWarning"),
]

EVENTUAL = {"ConsistencyLevel": "eventual"}


class Ready(AccessTokenProvider):
    """A token that is there already."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def get_authorization_token(self, uri: str, additional_authentication_context: Any = None) -> str:
        del uri, additional_authentication_context
        return self._token

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        return AllowedHostsValidator([])


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    port = unused_port()
    made = create(f"http://127.0.0.1:{port}", tmp_path, record=tmp_path / "record")
    app = web.Application()
    entra.setup(app, made)
    graph.setup(app, made)
    async with TestServer(app, host="127.0.0.1", port=port):
        yield made


@pytest.fixture
async def http(world: World) -> AsyncIterator[aiohttp.ClientSession]:
    headers = _fresh(world)
    base = f"{world.origin}/graph/v1.0/"
    async with aiohttp.ClientSession(base, headers=headers, timeout=aiohttp.ClientTimeout(10)) as session:
        yield session


@pytest.fixture
async def sdk(world: World) -> AsyncIterator[GraphServiceClient]:
    async with httpx.AsyncClient(timeout=10) as client:
        piped = GraphClientFactory.create_with_default_middleware(client=client)
        adapter = GraphRequestAdapter(Bearer(Ready(entra.app_token(world, GRAPH))), client=piped)
        adapter.base_url = f"{world.origin}/graph/v1.0"
        yield GraphServiceClient(request_adapter=adapter)


def _fresh(world: World) -> dict[str, str]:
    return {"Authorization": f"Bearer {entra.app_token(world, GRAPH)}"}


async def _get(http: aiohttp.ClientSession, path: str, **more: Any) -> tuple[int, dict[str, Any]]:
    async with http.get(path, **more) as answer:
        return answer.status, await answer.json()


async def _post(http: aiohttp.ClientSession, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    async with http.post(path, json=body) as answer:
        return answer.status, await answer.json()


def _passes(world: World, key: str) -> str:
    return f"users/{world.people[key].id}/authentication/temporaryAccessPassMethods"


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


async def test_the_sdk_reads_people_groups_roles_and_policies(world: World, sdk: GraphServiceClient) -> None:
    access = sdk.identity.conditional_access
    contexts = await access.authentication_context_class_references.get()
    assert contexts is not None
    assert [(one.id, one.is_available) for one in contexts.value or []] == [("c1", True), ("c2", True)]
    policies = await access.policies.get()
    assert policies is not None
    targets = [
        one.conditions.applications.include_authentication_context_class_references
        for one in policies.value or []
        if one.conditions and one.conditions.applications
    ]
    assert targets == [["c1"], ["c2"]]
    configured = sdk.policies.authentication_methods_policy.authentication_method_configurations
    policy: Any = await configured.by_authentication_method_configuration_id("TemporaryAccessPass").get()
    assert (policy.minimum_lifetime_in_minutes, policy.maximum_lifetime_in_minutes) == (10, 480)
    assert [target.id for target in policy.include_targets] == [ALL_USERS]
    assert [target.id for target in policy.exclude_targets] == [NO_PASS]
    greta = await sdk.users.by_user_id(world.people["greta"].id).get()
    assert greta is not None
    assert (greta.display_name, greta.preferred_language) == ("Greta Groß", "de-DE")


@pytest.mark.parametrize(
    ("key", "field", "value"),
    [
        ("ann", "accountEnabled", True),
        ("dan", "accountEnabled", False),
        ("gus", "userType", "Guest"),
        ("sam", "onPremisesSyncEnabled", True),
        ("ann", "onPremisesSyncEnabled", None),
        ("uma", "isManagementRestricted", True),
    ],
)
async def test_people_are_who_they_are(
    world: World, http: aiohttp.ClientSession, key: str, field: str, value: Any
) -> None:
    status, body = await _get(http, f"users/{world.people[key].id}", params={"$select": field})
    assert (status, body[field]) == (200, value)
    assert set(body) == {"@odata.context", "id", field}
    status, body = await _get(http, "users/nobody@contoso.example")
    assert (status, body["error"]["code"]) == (404, "Request_ResourceNotFound")
    status, body = await _get(http, f"users/{world.people[key].id}", params={"$select": "shoeSize"})
    assert (status, body["error"]["code"]) == (400, "BadRequest")


async def test_nested_groups_count_and_come_in_pages(world: World, http: aiohttp.ClientSession) -> None:
    world.graph.page_size = 2
    url = f"users/{world.people['cleo'].id}/transitiveMemberOf/graph.group"
    status, body = await _get(http, url)
    assert (status, body["error"]["code"]) == (400, "Request_UnsupportedQuery")
    found: list[str] = []
    _, body = await _get(http, url, params={"$count": "true", "$select": "id"}, headers=EVENTUAL)
    assert body["@odata.count"] == 3
    while True:
        found += [group["id"] for group in body["value"]]
        if not (link := body.get("@odata.nextLink")):
            break
        _, body = await _get(http, link, headers=EVENTUAL)
    assert set(found) == {EMPLOYEES, HELPDESK, LEADS}


async def test_member_checks(world: World, http: aiohttp.ClientSession) -> None:
    cleo = f"users/{world.people['cleo'].id}"
    _, body = await _post(http, f"{cleo}/checkMemberGroups", {"groupIds": [HELPDESK, OPERATORS]})
    assert body["value"] == [HELPDESK]
    world.people.leave(LEADS, "cleo")
    _, body = await _post(http, f"{cleo}/checkMemberGroups", {"groupIds": [HELPDESK]})
    assert body["value"] == []
    wrongs: list[Any] = [{"groupIds": [HELPDESK] * 21}, {"groupIds": []}, {}, {"groupIds": HELPDESK}, [1]]
    for wrong in wrongs:
        status, _ = await _post(http, f"{cleo}/checkMemberGroups", wrong)
        assert status == 400
    _, body = await _post(http, f"users/{world.people['dora'].id}/getMemberObjects", {"securityEnabledOnly": False})
    assert len(body["value"]) == 2  # a group and a role


async def test_roles_active_eligible_and_by_group(world: World, http: aiohttp.ClientSession) -> None:
    async def roles(where: str, principal: str) -> list[str]:
        url = f"roleManagement/directory/{where}"
        _, body = await _get(http, url, params={"$filter": f"principalId eq '{principal}'"})
        return [item["roleDefinitionId"] for item in body["value"]]

    people = world.people
    assert await roles("roleAssignments", people["dora"].id) == [GLOBAL_ADMIN]
    assert await roles("roleAssignments", people["eli"].id) == []
    assert await roles("roleEligibilityScheduleInstances", people["eli"].id) == [USER_ADMIN]
    people.grant("ann", USER_ADMIN)
    assert await roles("roleAssignments", people["ann"].id) == [USER_ADMIN]
    people.withdraw("ann", USER_ADMIN)
    assert await roles("roleAssignments", people["ann"].id) == []
    _, body = await _get(http, f"roleManagement/directory/roleDefinitions/{GLOBAL_ADMIN}")
    assert body["displayName"] == "Global Administrator"
    _, body = await _get(http, f"users/{people['olga'].id}/ownedObjects/microsoft.graph.group")
    assert [(group["id"], group["isAssignableToRole"]) for group in body["value"]] == [(OPERATORS, True)]
    status, _ = await _get(http, "roleManagement/directory/roleAssignments", params={"$filter": "x eq 1"})
    assert status == 400


async def test_a_second_pass_replaces_the_first(world: World, http: aiohttp.ClientSession) -> None:
    _, first = await _post(http, _passes(world, "ann"), {})
    _, second = await _post(http, _passes(world, "ann"), {})
    assert first["temporaryAccessPass"] != second["temporaryAccessPass"]
    _, body = await _get(http, _passes(world, "ann"))
    assert [one["id"] for one in body["value"]] == [second["id"]]
    assert world.graph.use("ann", first["temporaryAccessPass"]) is None
    assert [one.value for one in world.graph.issued] == [first["temporaryAccessPass"], second["temporaryAccessPass"]]


async def test_usability_follows_the_clock_the_use_and_the_policy(world: World, http: aiohttp.ClientSession) -> None:
    async def reason() -> str:
        _, body = await _get(http, _passes(world, "ann"), headers=_fresh(world))
        assert body["value"][0]["isUsable"] == (body["value"][0]["methodUsabilityReason"] == "EnabledByPolicy")
        return str(body["value"][0]["methodUsabilityReason"])

    later = (world.clock.now() + timedelta(minutes=30)).isoformat()
    wish = {"startDateTime": later, "lifetimeInMinutes": 60, "isUsableOnce": True}
    _, made = await _post(http, _passes(world, "ann"), wish)
    assert (made["isUsable"], await reason()) == (False, "NotYetValid")
    world.clock.advance(timedelta(minutes=31))
    assert await reason() == "EnabledByPolicy"
    assert world.graph.use("ann", made["temporaryAccessPass"]) == "EnabledByPolicy"
    assert await reason() == "OneTimeUsed"
    assert world.graph.use("ann", made["temporaryAccessPass"]) == "OneTimeUsed"
    await _post(http, _passes(world, "ann"), {"lifetimeInMinutes": 10})
    world.clock.advance(timedelta(minutes=10))
    assert await reason() == "Expired"
    world.graph.policy.enabled = False
    assert await reason() == "DisabledByPolicy"
    world.clock.advance(timedelta(hours=1))
    status, _ = await _get(http, _passes(world, "ann"))
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
    status, body = await _post(http, _passes(world, key), wish)
    assert status == 400
    assert words in body["error"]["message"]
    assert world.graph.issued == []


async def test_the_policy_can_ask_for_one_time_passes_and_for_a_group(
    world: World, http: aiohttp.ClientSession
) -> None:
    world.graph.policy.one_time = True
    status, _ = await _post(http, _passes(world, "ann"), {"isUsableOnce": False})
    assert status == 400
    _, made = await _post(http, _passes(world, "ann"), {})
    assert made["isUsableOnce"] is True
    world.graph.policy.included = [HELPDESK]
    assert (await _post(http, _passes(world, "ann"), {}))[0] == 400
    assert (await _post(http, _passes(world, "cleo"), {}))[0] == 201


async def test_restricted_people_are_out_of_reach(world: World, http: aiohttp.ClientSession) -> None:
    for url in (_passes(world, "uma"), f"users/{world.people['uma'].id}/revokeSignInSessions"):
        status, body = await _post(http, url, {})
        assert (status, body["error"]["code"]) == (403, "Authorization_RequestDenied")
    assert world.graph.revoked == []


async def test_sessions_are_revoked(world: World, http: aiohttp.ClientSession) -> None:
    world.entra.silent["ann"] = True
    status, body = await _post(http, f"users/{world.people['ann'].id}/revokeSignInSessions")
    assert (status, body["value"]) == (200, True)
    assert [done.person for done in world.graph.revoked] == ["ann"]
    assert not world.entra.silent.get("ann")


async def test_every_route_asks_for_a_token_and_a_permission(world: World, http: aiohttp.ClientSession) -> None:
    world.graph.granted.clear()
    for route in graph.routes(world):
        path = route.path.lstrip("/").format(user=world.people["ann"].id, role=GLOBAL_ADMIN, method="x")
        async with http.request(route.method, path) as answer:
            body = await answer.json()
            assert (answer.status, body["error"]["code"]) == (403, "Authorization_RequestDenied"), path
            assert body["error"]["innerError"]["request-id"] == answer.headers["request-id"]
        for header in ("", "Bearer nonsense", f"Bearer {entra.app_token(world, 'https://api.botframework.com')}"):
            async with http.request(route.method, path, headers={"Authorization": header}) as answer:
                assert answer.status == 401
                assert (await answer.json())["error"]["code"] == "InvalidAuthenticationToken"


async def test_without_a_group_permission_a_group_is_only_an_id(world: World, http: aiohttp.ClientSession) -> None:
    world.graph.granted.discard("GroupMember.Read.All")
    url = f"users/{world.people['olga'].id}/transitiveMemberOf/graph.group"
    _, body = await _get(http, url, params={"$count": "true"}, headers=EVENTUAL)
    assert {group["id"] for group in body["value"]} == {EMPLOYEES, OPERATORS}
    assert {group["isAssignableToRole"] for group in body["value"]} == {None}


async def test_answers_carry_ids_and_unknown_segments_are_told(world: World, http: aiohttp.ClientSession) -> None:
    async with http.get("nothing/here", headers={"client-request-id": "abc"}) as answer:
        body = await answer.json()
    assert answer.status == 400
    assert "'here'" in body["error"]["message"]
    assert answer.headers["client-request-id"] == "abc"
    assert body["error"]["innerError"]["client-request-id"] == "abc"
    assert world.journal.of("graph")[-1].path == "/graph/v1.0/nothing/here"


async def test_report_only_and_removed_policies_are_told_as_they_are(world: World, http: aiohttp.ClientSession) -> None:
    first = world.entra.policies[0]
    world.entra.policies = [replace(first, state="enabledForReportingButNotEnforced", excluded=frozenset({"ann"}))]
    _, body = await _get(http, "identity/conditionalAccess/policies")
    assert [one["state"] for one in body["value"]] == ["enabledForReportingButNotEnforced"]
    assert body["value"][0]["conditions"]["users"]["excludeUsers"] == [world.people["ann"].id]
    world.entra.contexts["c1"] = replace(world.entra.contexts["c1"], available=False)
    _, body = await _get(http, "identity/conditionalAccess/authenticationContextClassReferences")
    assert [one["isAvailable"] for one in body["value"]] == [False, True]


async def test_a_lost_answer_has_done_its_work_once(world: World, http: aiohttp.ClientSession) -> None:
    world.faults.add(Fault("graph", "temporaryAccessPassMethods", "lost", times=1))
    with pytest.raises(aiohttp.ClientError):
        await http.post(_passes(world, "ann"), json={})
    assert len(world.graph.issued) == 1
    assert [entry.status for entry in world.journal.of("graph", "POST")] == [0]


@pytest.mark.parametrize(
    ("kind", "status", "after"),
    [("throttle", 429, "3"), ("throttle_bare", 429, None), ("unavailable", 503, "3"), ("error", 504, None)],
)
async def test_faults_come_in_graphs_form(
    world: World, http: aiohttp.ClientSession, kind: Any, status: int, after: str | None
) -> None:
    world.faults.add(Fault("graph", "GET /graph/v1.0/users/", kind, seconds=3, status=504))
    async with http.get(f"users/{world.people['ann'].id}") as answer:
        body = await answer.json()
    assert (answer.status, answer.headers.get("Retry-After")) == (status, after)
    assert body["error"]["innerError"]["request-id"] == answer.headers["request-id"]


async def test_a_newcomer_signs_in_with_the_pass_once(world: World, http: aiohttp.ClientSession) -> None:
    address = f"{world.origin}/entra/{world.tenant}/pass-sign-in"
    _, made = await _post(http, _passes(world, "ann"), {"isUsableOnce": True})

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
