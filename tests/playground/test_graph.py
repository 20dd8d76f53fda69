"""Graph's people, groups, roles and policies, as the official SDK and plain HTTP meet them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from msgraph.graph_service_client import GraphServiceClient

from playground import entra, graph
from playground.faults import Fault
from playground.people import EMPLOYEES, GLOBAL_ADMIN, HELPDESK, LEADS, NO_PASS, OPERATORS, SECURITY, USER_ADMIN
from playground.tenant.directory import ALL_USERS, Licence
from playground.world import World
from tests.playground.tenant import get, post

# The SDK's own packages warn of each other when they are loaded.
pytestmark = [
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic:DeprecationWarning"),
]

EVENTUAL = {"ConsistencyLevel": "eventual"}
ELIGIBLE = "roleManagement/directory/roleEligibilityScheduleInstances"


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
    status, body = await get(http, f"users/{world.people[key].id}", params={"$select": field})
    assert (status, body[field]) == (200, value)
    assert set(body) == {"@odata.context", "id", field}
    status, body = await get(http, "users/nobody@contoso.example")
    assert (status, body["error"]["code"]) == (404, "Request_ResourceNotFound")
    status, body = await get(http, f"users/{world.people[key].id}", params={"$select": "shoeSize"})
    assert (status, body["error"]["code"]) == (400, "BadRequest")


async def test_nested_groups_count_and_come_in_pages(world: World, http: aiohttp.ClientSession) -> None:
    world.graph.page_size = 2
    url = f"users/{world.people['cleo'].id}/transitiveMemberOf/graph.group"
    status, body = await get(http, url)
    assert (status, body["error"]["code"]) == (400, "Request_UnsupportedQuery")
    found: list[str] = []
    _, body = await get(http, url, params={"$count": "true", "$select": "id"}, headers=EVENTUAL)
    assert body["@odata.count"] == 4
    while True:
        found += [group["id"] for group in body["value"]]
        if not (link := body.get("@odata.nextLink")):
            break
        _, body = await get(http, link, headers=EVENTUAL)
    assert set(found) == {EMPLOYEES, HELPDESK, LEADS, SECURITY}


async def test_member_checks(world: World, http: aiohttp.ClientSession) -> None:
    cleo = f"users/{world.people['cleo'].id}"
    _, body = await post(http, f"{cleo}/checkMemberGroups", {"groupIds": [HELPDESK, OPERATORS]})
    assert body["value"] == [HELPDESK]
    world.people.leave(LEADS, "cleo")
    _, body = await post(http, f"{cleo}/checkMemberGroups", {"groupIds": [HELPDESK]})
    assert body["value"] == []
    wrongs: list[Any] = [{"groupIds": [HELPDESK] * 21}, {"groupIds": []}, {}, {"groupIds": HELPDESK}, [1]]
    for wrong in wrongs:
        status, _ = await post(http, f"{cleo}/checkMemberGroups", wrong)
        assert status == 400
    _, body = await post(http, f"users/{world.people['dora'].id}/getMemberObjects", {"securityEnabledOnly": False})
    assert len(body["value"]) == 2  # a group and a role


async def test_roles_active_eligible_and_by_group(world: World, http: aiohttp.ClientSession) -> None:
    async def roles(where: str, principal: str) -> list[str]:
        url = f"roleManagement/directory/{where}"
        _, body = await get(http, url, params={"$filter": f"principalId eq '{principal}'"})
        return [item["roleDefinitionId"] for item in body["value"]]

    people = world.people
    assert await roles("roleAssignments", people["dora"].id) == [GLOBAL_ADMIN]
    assert await roles("roleAssignments", people["eli"].id) == []
    assert await roles("roleEligibilityScheduleInstances", people["eli"].id) == [USER_ADMIN]
    people.grant("ann", USER_ADMIN)
    assert await roles("roleAssignments", people["ann"].id) == [USER_ADMIN]
    people.withdraw("ann", USER_ADMIN)
    assert await roles("roleAssignments", people["ann"].id) == []
    _, body = await get(http, f"roleManagement/directory/roleDefinitions/{GLOBAL_ADMIN}")
    assert body["displayName"] == "Global Administrator"
    _, body = await get(http, f"users/{people['olga'].id}/ownedObjects/microsoft.graph.group")
    assert [(group["id"], group["isAssignableToRole"]) for group in body["value"]] == [(OPERATORS, True)]
    status, _ = await get(http, "roleManagement/directory/roleAssignments", params={"$filter": "x eq 1"})
    assert status == 400


async def test_sessions_are_revoked(world: World, http: aiohttp.ClientSession) -> None:
    world.entra.silent["ann"] = True
    status, body = await post(http, f"users/{world.people['ann'].id}/revokeSignInSessions")
    assert (status, body["value"]) == (200, True)
    assert [done.person for done in world.graph.revoked] == ["ann"]
    assert not world.entra.silent.get("ann")


def own_word(path: str) -> str:
    """Each of the services behind Graph has its own for a permission that is missing."""
    words = {
        "roleManagement/directory/roleEligibilityScheduleInstances": "UnknownError",
        "identityProtection/": "Forbidden",
        "identity/conditionalAccess/": "AccessDenied",
        "policies/authenticationMethodsPolicy/": "accessDenied",
    }
    if "/authentication/" in path:
        return "accessDenied"
    if path.endswith("/installedApps"):
        return "Forbidden"
    if path.endswith("/sendMail"):
        return "ErrorAccessDenied"
    return next((word for place, word in words.items() if path.startswith(place)), "Authorization_RequestDenied")


async def test_privileged_identity_management_says_so_within_its_words(
    world: World, http: aiohttp.ClientSession
) -> None:
    world.graph.granted.clear()
    status, body = await get(http, ELIGIBLE)
    assert (status, body["error"]["code"]) == (403, "UnknownError")
    assert json.loads(body["error"]["message"])["errorCode"] == "PermissionScopeNotGranted"


@pytest.mark.parametrize(
    ("path", "licence", "answer"),
    [
        (ELIGIBLE, "P1", (400, "AadPremiumLicenseRequired")),
        ("identityProtection/riskDetections", "P1", (403, "Forbidden")),
        ("identity/conditionalAccess/policies", "", (403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant")),
        ("identity/conditionalAccess/policies", "P1", (200, None)),
        ("roleManagement/directory/roleAssignments", "", (200, None)),
    ],
)
async def test_what_a_tenant_has_not_bought_is_refused(
    world: World, http: aiohttp.ClientSession, path: str, licence: Licence, answer: tuple[int, str | None]
) -> None:
    world.graph.licence = licence
    status, body = await get(http, path)
    assert (status, body.get("error", {}).get("code")) == answer


async def test_every_route_asks_for_a_token_and_a_permission(world: World, http: aiohttp.ClientSession) -> None:
    world.graph.granted.clear()
    for route in graph.routes(world):
        names = {
            "group": HELPDESK,
            "role": GLOBAL_ADMIN,
            "method": "x",
            "set": "Vouchsafe",
            "definition": "Vouchsafe_LastVerifiedAt",
        }
        path = route.path.lstrip("/").format(user=world.people["ann"].id, **names)
        async with http.request(route.method, path) as answer:
            body = await answer.json()
            assert (answer.status, body["error"]["code"]) == (403, own_word(path)), path
            assert body["error"]["innerError"]["request-id"] == answer.headers["request-id"]
        for header in ("", "Bearer nonsense", f"Bearer {entra.app_token(world, 'https://api.botframework.com')}"):
            async with http.request(route.method, path, headers={"Authorization": header}) as answer:
                assert answer.status == 401
                assert (await answer.json())["error"]["code"] == "InvalidAuthenticationToken"


async def test_without_a_group_permission_a_group_is_only_an_id(world: World, http: aiohttp.ClientSession) -> None:
    world.graph.granted.discard("GroupMember.Read.All")
    url = f"users/{world.people['olga'].id}/transitiveMemberOf/graph.group"
    _, body = await get(http, url, params={"$count": "true"}, headers=EVENTUAL)
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
    _, body = await get(http, "identity/conditionalAccess/policies")
    assert [one["state"] for one in body["value"]] == ["enabledForReportingButNotEnforced"]
    assert body["value"][0]["conditions"]["users"]["excludeUsers"] == [world.people["ann"].id]
    world.entra.contexts["c1"] = replace(world.entra.contexts["c1"], available=False)
    _, body = await get(http, "identity/conditionalAccess/authenticationContextClassReferences")
    assert [one["isAvailable"] for one in body["value"]] == [False, True]


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
