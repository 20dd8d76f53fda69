"""Custom security attributes as plain HTTP meets them: defined once, assigned by type, read by whoever may."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from playground.entra.tokens import user_token
from playground.people import DOMAIN, FEDERATED
from playground.tenant.attributes import Definition
from playground.world import World
from tests.playground.tenant import get, post

TYPE = "#Microsoft.DirectoryServices.CustomSecurityAttributeValue"
READ = "CustomSecAttributeAssignment.Read.All"
ONLY = {"$select": "customSecurityAttributes"}
SETS, DEFINITIONS = "directory/attributeSets", "directory/customSecurityAttributeDefinitions"
FLAG = {
    "attributeSet": "Vouchsafe",
    "name": "Trained",
    "type": "Boolean",
    "description": "Knows the rules",
    "status": "Available",
    "isCollection": False,
    "isSearchable": True,
    "usePreDefinedValuesOnly": False,
}


def wish(**values: Any) -> dict[str, Any]:
    values = {name.replace("_type", "@odata.type"): value for name, value in values.items()}
    return {"customSecurityAttributes": {"Vouchsafe": {"@odata.type": TYPE, **values}}}


async def patch(http: aiohttp.ClientSession, world: World, key: str, body: Any) -> int:
    async with http.patch(f"users/{world.people[key].id}", json=body) as answer:
        return answer.status


async def read(http: aiohttp.ClientSession, world: World, key: str, query: Any = ONLY, **more: Any) -> tuple[int, Any]:
    status, body = await get(http, f"users/{world.people[key].id}", params=query, **more)
    return status, body.get("customSecurityAttributes", body.get("error", {}).get("code"))


def signed(world: World, key: str, scope: str = READ) -> dict[str, str]:
    return {"Authorization": f"Bearer {user_token(world, world.people[key], scope)}"}


async def test_values_are_kept_by_type_and_taken_away(world: World, http: aiohttp.ClientSession) -> None:
    assert await read(http, world, "ann") == (200, None)
    said = wish(
        LastVerifiedAt="2026-11-20T10:00:00Z",
        LastVerifiedScore=86,
        LastVerifiedScore_type="#Int32",
    )
    assert await patch(http, world, "ann", said) == 204
    status, told = await read(http, world, "ann")
    assert (status, told["Vouchsafe"]) == (
        200,
        {
            "@odata.type": "#microsoft.graph.customSecurityAttributeValue",
            "LastVerifiedAt": "2026-11-20T10:00:00Z",
            "LastVerifiedScore@odata.type": "#Int32",
            "LastVerifiedScore": 86,
        },
    )
    assert await patch(http, world, "ann", wish(LastVerifiedRequest="R-1", LastVerifiedAt=None)) == 204
    assert world.graph.attributes.values["ann"]["Vouchsafe"] == {"LastVerifiedScore": 86, "LastVerifiedRequest": "R-1"}
    assert await read(http, world, "lou") == (200, None)
    assert await patch(http, world, "ann", wish(LastVerifiedScore=None, LastVerifiedRequest=None)) == 204
    assert await read(http, world, "ann") == (200, None)


@pytest.mark.parametrize(
    "body",
    [
        wish(LastVerifiedScore=86),
        wish(LastVerifiedScore=86, LastVerifiedScore_type="#String"),
        wish(LastVerifiedScore="86", LastVerifiedScore_type="#Int32"),
        wish(LastVerifiedScore=86.3, LastVerifiedScore_type="#Int32"),
        wish(LastVerifiedScore=True, LastVerifiedScore_type="#Int32"),
        wish(LastVerifiedScore=2**31, LastVerifiedScore_type="#Int32"),
        wish(LastVerifiedAt=20261120),
        wish(LastVerifiedAt="x" * 65),
        wish(LastVerifiedAt=["2026"]),
        wish(lastverifiedat="2026"),
        wish(ShoeSize="9"),
        {"customSecurityAttributes": {"Vouchsafe": {"LastVerifiedAt": "2026"}}},
        {"customSecurityAttributes": {"Elsewhere": {"@odata.type": TYPE, "LastVerifiedAt": "2026"}}},
        {"customSecurityAttributes": {"Vouchsafe": "2026"}},
        {"customSecurityAttributes": []},
    ],
)
async def test_what_is_not_of_its_type_or_not_known_is_refused(
    world: World, http: aiohttp.ClientSession, body: Any
) -> None:
    assert await patch(http, world, "ann", body) == 400
    assert world.graph.attributes.values == {}


async def test_writing_and_reading_take_permissions_of_their_own(world: World, http: aiohttp.ClientSession) -> None:
    world.graph.granted.remove("CustomSecAttributeAssignment.ReadWrite.All")
    world.graph.granted.add("User.ReadWrite.All")
    assert await patch(http, world, "ann", wish(LastVerifiedAt="2026")) == 403
    assert await read(http, world, "ann") == (403, "Authorization_RequestDenied")
    assert (await get(http, f"users/{world.people['ann'].id}"))[0] == 200
    world.graph.granted.add(READ)
    assert await patch(http, world, "ann", wish(LastVerifiedAt="2026")) == 403
    assert await read(http, world, "ann") == (200, None)


async def test_a_person_reads_what_their_role_allows(world: World, http: aiohttp.ClientSession) -> None:
    await patch(http, world, "ann", wish(LastVerifiedAt="2026"))
    status, told = await read(http, world, "ann", headers=signed(world, "cleo", f"openid {READ}"))
    assert (status, told["Vouchsafe"]["LastVerifiedAt"]) == (200, "2026")
    for query in ({"$select": "displayName"}, {"$select": "customSecurityAttributes,mail"}, {}):
        assert (await read(http, world, "ann", query, headers=signed(world, "cleo")))[0] == 403, query
    assert (await read(http, world, "ann", headers=signed(world, "ben")))[0] == 403
    assert (await read(http, world, "ann", headers=signed(world, "cleo", "openid")))[0] == 403
    world.graph.attribute_readers.add("ben")
    assert (await read(http, world, "ann", headers=signed(world, "ben")))[0] == 200
    world.people.change("ben", enabled=False)
    assert (await read(http, world, "ann", headers=signed(world, "ben")))[0] == 401


async def test_a_token_in_a_persons_name_opens_nothing_else(world: World, http: aiohttp.ClientSession) -> None:
    headers = signed(world, "cleo", "CustomSecAttributeAssignment.ReadWrite.All User.ReadWrite.All")
    url = f"users/{world.people['ann'].id}"
    async with http.patch(url, json=wish(LastVerifiedAt="2026"), headers=headers) as answer:
        assert answer.status == 403
    for path in (f"{url}/authentication/methods", "organization", "nothing/here"):
        assert (await get(http, path, headers=headers))[0] == 403
    assert world.graph.attributes.values == {}


async def test_sets_and_definitions_are_made_once(world: World, http: aiohttp.ClientSession) -> None:
    assert (await post(http, SETS, {"id": "Desk"}))[0] == 403
    world.graph.granted.add("CustomSecAttributeDefinition.ReadWrite.All")
    status, body = await post(http, SETS, {"id": "Desk", "description": "A desk", "maxAttributesPerSet": 1})
    assert (status, body["maxAttributesPerSet"]) == (201, 1)
    _, body = await get(http, SETS)
    assert [one["id"] for one in body["value"]] == ["Vouchsafe", "Desk"]
    assert (await get(http, f"{SETS}/Desk"))[1]["description"] == "A desk"
    assert (await get(http, f"{SETS}/Nothing"))[0] == 404
    assert (await post(http, SETS, {"id": "vouchsafe"}))[0] == 409
    status, body = await post(http, DEFINITIONS, FLAG)
    assert (status, body["id"]) == (201, "Vouchsafe_Trained")
    assert (await post(http, DEFINITIONS, FLAG))[0] == 409
    assert (await get(http, f"{DEFINITIONS}/Vouchsafe_Trained"))[1]["type"] == "Boolean"
    assert (await get(http, f"{DEFINITIONS}/Vouchsafe_Nothing"))[0] == 404
    _, body = await get(http, DEFINITIONS, params={"$filter": "attributeSet eq 'Vouchsafe'"})
    assert {one["name"]: one["type"] for one in body["value"]} == {
        "LastVerifiedAt": "String",
        "LastVerifiedScore": "Integer",
        "LastVerifiedRequest": "String",
        "Trained": "Boolean",
    }
    assert (await post(http, DEFINITIONS, FLAG | {"attributeSet": "Desk"}))[0] == 201
    assert (await post(http, DEFINITIONS, FLAG | {"attributeSet": "Desk", "name": "Second"}))[0] == 400  # it is full
    assert await patch(http, world, "ann", wish(Trained=True)) == 204
    assert world.graph.attributes.values["ann"]["Vouchsafe"] == {"Trained": True}


@pytest.mark.parametrize(
    ("where", "body"),
    [
        (SETS, {}),
        (SETS, {"id": "with space"}),
        (SETS, {"id": "Desk", "colour": "red"}),
        (SETS, {"id": "Desk", "maxAttributesPerSet": "25"}),
        (DEFINITIONS, FLAG | {"attributeSet": "Nothing"}),
        (DEFINITIONS, FLAG | {"type": "Date"}),
        (DEFINITIONS, FLAG | {"isCollection": True}),
        (DEFINITIONS, FLAG | {"isCollection": "no"}),
        (DEFINITIONS, FLAG | {"name": "x" * 33}),
        (DEFINITIONS, {name: value for name, value in FLAG.items() if name != "isSearchable"}),
    ],
)
async def test_a_definition_that_says_too_little_or_too_much(
    world: World, http: aiohttp.ClientSession, where: str, body: Any
) -> None:
    world.graph.granted.add("CustomSecAttributeDefinition.ReadWrite.All")
    assert (await post(http, where, body))[0] == 400
    assert (len(world.graph.attributes.sets), len(world.graph.attributes.definitions)) == (1, 3)


async def test_a_collection_is_annotated_as_one(world: World, http: aiohttp.ClientSession) -> None:
    made = Definition("Vouchsafe", "Rooms", "Integer", collection=True)
    world.graph.attributes.definitions[made.id] = made
    assert await patch(http, world, "ann", wish(Rooms=[1], Rooms_type="#Int32")) == 400
    assert await patch(http, world, "ann", wish(Rooms=[1, "2"], Rooms_type="#Collection(Int32)")) == 400
    assert await patch(http, world, "ann", wish(Rooms=[1, 2], Rooms_type="#Collection(Int32)")) == 204
    _, told = await read(http, world, "ann")
    assert (told["Vouchsafe"]["Rooms"], told["Vouchsafe"]["Rooms@odata.type"]) == ([1, 2], "#Collection(Int32)")


async def test_one_domain_signs_in_elsewhere(world: World, http: aiohttp.ClientSession) -> None:
    _, body = await get(http, "organization", params={"$select": "verifiedDomains"})
    domains = {one["name"]: one["type"] for one in body["value"][0]["verifiedDomains"]}
    assert domains == {DOMAIN: "Managed", FEDERATED: "Federated"}
    assert world.people["fed"].upn == f"fedor.fuchs@{FEDERATED}"
    world.graph.granted.remove("Organization.Read.All")
    assert (await get(http, "organization"))[0] == 403
