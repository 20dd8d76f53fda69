"""ID Protection as plain HTTP and the SDK meet it: who is flagged, for what, and one request a second."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from msgraph.generated.identity_protection.risky_users.dismiss.dismiss_post_request_body import DismissPostRequestBody
from msgraph.graph_service_client import GraphServiceClient

from playground.faults import Fault
from playground.tenant.risks import Budget, Detection
from playground.world import World
from tests.playground.tenant import get, post

pytestmark = [
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic:DeprecationWarning"),
]
RISKY = "identityProtection/riskyUsers"
FOUND = "identityProtection/riskDetections"


@pytest.fixture(autouse=True)
def unhurried(world: World) -> None:
    world.graph.budget.rate = None


async def found(http: aiohttp.ClientSession, world: World, key: str, **more: str) -> list[dict[str, Any]]:
    query = {"$filter": f"userId eq '{world.people[key].id}'", **more}
    status, body = await get(http, FOUND, params=query)
    assert status == 200, body
    values: list[dict[str, Any]] = body["value"]
    return values


@pytest.mark.parametrize(
    ("key", "level", "state"),
    [
        ("rita", "medium", "atRisk"),
        ("lou", "low", "atRisk"),
        ("hugo", "high", "atRisk"),
        ("cora", "high", "confirmedCompromised"),
    ],
)
async def test_some_are_flagged(world: World, http: aiohttp.ClientSession, key: str, level: str, state: str) -> None:
    status, body = await get(http, f"{RISKY}/{world.people[key].id}")
    assert (status, body["riskLevel"], body["riskState"]) == (200, level, state)
    assert body["userPrincipalName"] == world.people[key].upn
    assert body["isProcessing"] is False


@pytest.mark.parametrize("key", ["ann", "gus"])
async def test_who_never_was_flagged_is_not_found(world: World, http: aiohttp.ClientSession, key: str) -> None:
    status, _ = await get(http, f"{RISKY}/{world.people[key].id}")
    assert status == 404


async def test_the_sdk_reads_what_was_noticed_and_dismisses_it(world: World, sdk: GraphServiceClient) -> None:
    rita = world.people["rita"].id
    risk = await sdk.identity_protection.risky_users.by_risky_user_id(rita).get()
    assert risk is not None
    assert (str(risk.risk_level), str(risk.risk_state)) == ("RiskLevel.Medium", "RiskState.AtRisk")
    noticed = await sdk.identity_protection.risk_detections.get()
    assert noticed is not None
    cities = {one.location.city for one in noticed.value or [] if one.user_id == rita and one.location}
    assert cities == {"Bucharest", "Amsterdam"}
    world.clock.advance(timedelta(minutes=5))
    await sdk.identity_protection.risky_users.dismiss.post(DismissPostRequestBody(user_ids=[rita]))
    assert world.graph.risks["rita"].state == "dismissed"
    assert world.graph.risks["rita"].detail == "adminDismissedAllRiskForUser"
    assert {one.state for one in world.graph.risks["rita"].detections} == {"dismissed"}
    assert world.graph.risks["lou"].state == "atRisk"


async def test_what_was_noticed_comes_by_person_newest_first_and_in_pages(
    world: World, http: aiohttp.ClientSession
) -> None:
    newest = await found(http, world, "rita", **{"$orderby": "detectedDateTime desc"})
    assert [one["riskEventType"] for one in newest] == ["unfamiliarFeatures", "anonymizedIPAddress"]
    assert newest[0]["location"]["countryOrRegion"] == "RO"
    oldest = await found(http, world, "rita", **{"$orderby": "detectedDateTime", "$top": "1"})
    assert [one["riskEventType"] for one in oldest] == ["anonymizedIPAddress"]
    assert await found(http, world, "ann") == []
    for query in ({"$orderby": "riskLevel"}, {"$filter": "shoeSize eq '1'"}, {"$search": "x"}):
        status, _ = await get(http, FOUND, params=query)
        assert status == 400, query


async def test_a_test_may_flag_anybody_but_a_guest(world: World, http: aiohttp.ClientSession) -> None:
    world.graph.flag("ann", level="low", detections=[Detection("leakedCredentials", "low")], processing=True)
    _, body = await get(http, f"{RISKY}/{world.people['ann'].id}")
    assert (body["riskLevel"], body["isProcessing"]) == ("low", True)
    noticed = await found(http, world, "ann")
    assert [(one["riskEventType"], one["activity"], one["location"]) for one in noticed] == [
        ("leakedCredentials", "user", None)
    ]
    with pytest.raises(ValueError, match="guest"):
        world.graph.flag("gus")


@pytest.mark.parametrize(
    ("action", "state", "level"),
    [
        ("dismiss", "dismissed", "none"),
        ("confirmSafe", "confirmedSafe", "none"),
        ("confirmCompromised", "confirmedCompromised", "high"),
    ],
)
async def test_several_are_decided_about_at_once(
    world: World, http: aiohttp.ClientSession, action: str, state: str, level: str
) -> None:
    people = [world.people[key].id for key in ("rita", "lou")]
    async with http.post(f"{RISKY}/{action}", json={"userIds": people}) as answer:
        assert (answer.status, await answer.read()) == (204, b"")
    told = [(world.graph.risks[key].state, world.graph.risks[key].level) for key in ("rita", "lou", "hugo")]
    assert told == [(state, level), (state, level), ("atRisk", "high")]


async def test_one_unknown_person_stops_the_whole_decision(world: World, http: aiohttp.ClientSession) -> None:
    rita = world.people["rita"].id
    wrongs: list[tuple[Any, int]] = [
        ({"userIds": [rita, world.people["gus"].id]}, 404),
        ({"userIds": [rita, "nobody"]}, 404),
        ({"userIds": [rita] * 61}, 400),
        ({"userIds": []}, 400),
        ({"userIds": rita}, 400),
        ({}, 400),
    ]
    for wrong, expected in wrongs:
        status, _ = await post(http, f"{RISKY}/dismiss", wrong)
        assert (status, world.graph.risks["rita"].state) == (expected, "atRisk"), wrong


async def test_somebody_never_flagged_can_be_compromised_but_not_dismissed_into_being(
    world: World, http: aiohttp.ClientSession
) -> None:
    ann = {"userIds": [world.people["ann"].id]}
    async with http.post(f"{RISKY}/dismiss", json=ann) as answer:
        assert answer.status == 204
    assert "ann" not in world.graph.risks
    async with http.post(f"{RISKY}/confirmCompromised", json=ann) as answer:
        assert answer.status == 204
    assert world.graph.risks["ann"].state == "confirmedCompromised"


async def test_reading_does_not_open_deciding(world: World, http: aiohttp.ClientSession) -> None:
    world.graph.granted.remove("IdentityRiskyUser.ReadWrite.All")
    world.graph.granted.add("IdentityRiskyUser.Read.All")
    rita = world.people["rita"].id
    assert (await get(http, f"{RISKY}/{rita}"))[0] == 200
    assert (await post(http, f"{RISKY}/dismiss", {"userIds": [rita]}))[0] == 403
    world.graph.granted.remove("IdentityRiskEvent.Read.All")
    assert (await get(http, FOUND))[0] == 403


async def test_the_tenant_has_one_request_a_second(world: World, http: aiohttp.ClientSession) -> None:
    now = [100.0]
    world.graph.budget = Budget(now=lambda: now[0])
    url = f"{RISKY}/{world.people['rita'].id}"
    statuses = []
    for _ in range(3):
        async with http.get(url) as answer:
            statuses.append(answer.status)
            assert "Retry-After" not in answer.headers
    assert statuses == [200, 200, 429]  # one that came early is let by
    now[0] += 0.5
    assert (await get(http, FOUND))[0] == 429
    now[0] += 0.5
    assert (await get(http, FOUND))[0] == 200
    assert (await post(http, f"{RISKY}/dismiss", {"userIds": [world.people["rita"].id]}))[0] == 429
    assert world.graph.risks["rita"].state == "atRisk"
    assert world.graph.budget.refused == 3
    assert (await get(http, f"users/{world.people['rita'].id}"))[0] == 200  # elsewhere nobody counts
    now[0] += 3600
    assert [(await get(http, url))[0] for _ in range(3)] == [200, 200, 429]  # turns are not saved up


async def test_a_lost_dismissal_was_done(world: World, http: aiohttp.ClientSession) -> None:
    world.faults.add(Fault("graph", "POST .*riskyUsers/dismiss", "lost", times=1))
    with pytest.raises(aiohttp.ClientError):
        await http.post(f"{RISKY}/dismiss", json={"userIds": [world.people["rita"].id]})
    assert world.graph.risks["rita"].state == "dismissed"
