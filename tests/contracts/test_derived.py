"""What is read out of Graph's SDK: its addresses, what may be done there, and what its types have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from playground.graph import routes
from playground.world import create
from tests.contracts.call import Call, Contract, contracts, published
from tests.contracts.small import ANN, KEY

DERIVED = contracts()[0]
USER = f"/users/{ANN}"
PASSES = f"{USER}/authentication/temporaryAccessPassMethods"
SAMPLES = {"{cast}": "graph.group", "{user}": ANN, "{role}": ANN}


def asked(method: str, path: str, query: dict[str, str] | None = None, body: Any = None) -> list[str]:
    return list(DERIVED.asked(Call(method, path, query or {}, body)))


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("GET", USER, {"$select": "id,accountEnabled,userPrincipalName"}, None),
        ("GET", f"{USER}/memberOf/graph.group", {"$select": "id", "$top": "999"}, None),
        ("GET", f"{USER}/ownedObjects/microsoft.graph.group", {"$select": "id,isAssignableToRole"}, None),
        ("POST", PASSES, {}, {"lifetimeInMinutes": 60, "isUsableOnce": True, "startDateTime": "2026-03-02T09:00:00Z"}),
        ("DELETE", f"{PASSES}/{KEY}", {}, None),
        ("POST", f"{USER}/revokeSignInSessions", {}, None),
        ("POST", "/identityProtection/riskyUsers/dismiss", {}, {"userIds": [ANN]}),
        ("GET", "/identityProtection/riskDetections", {"$filter": f"userId eq '{ANN}' and riskLevel eq 'low'"}, None),
        ("PATCH", USER, {}, {"passwordProfile": {"password": "x", "forceChangePasswordNextSignIn": True}}),
    ],
)
def test_what_is_asked_as_the_sdk_would(method: str, path: str, query: dict[str, str], body: Any) -> None:
    assert asked(method, path, query, body) == []


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "fault"),
    [
        ("GET", f"{USER}/friends", {}, None, "there is no such address in v1.0"),
        ("GET", f"{USER}/", {}, None, "there is no such address in v1.0"),
        ("GET", "users", {}, None, "there is no such address in v1.0"),
        ("PUT", USER, {}, None, "/users/{user-id} knows no PUT"),
        ("GET", "/users/ann", {}, None, "'ann' is no user-id"),
        ("GET", USER, {"$select": "shoeSize"}, None, "$select: there is no property 'shoeSize'"),
        ("GET", USER, {"$select": "manager"}, None, "$select: there is no property 'manager'"),
        ("GET", USER, {"$filter": "id eq 'a'"}, None, "the query option $filter is not known here"),
        (
            "GET",
            "/identityProtection/riskDetections",
            {"$filter": "riskLevel eq 'dire'"},
            None,
            "$filter: 'dire' cannot be compared with riskLevel",
        ),
        (
            "POST",
            PASSES,
            {},
            {"colour": "red"},
            "the body: microsoft.graph.temporaryAccessPassAuthenticationMethod has no property colour",
        ),
        ("POST", PASSES, {}, {"lifetimeInMinutes": "60"}, "the body.lifetimeInMinutes is a str, not a integer"),
        ("PATCH", USER, {}, {"manager": {}}, "the body.manager leads to something else and cannot be set here"),
        ("POST", "/identityProtection/riskyUsers/dismiss", {}, {"userIds": ANN}, "the body.userIds is no list"),
        ("DELETE", f"{PASSES}/{KEY}", {}, {"id": KEY}, "nothing belongs into the body of this"),
    ],
)
def test_what_is_asked_otherwise(method: str, path: str, query: dict[str, str], body: Any, fault: str) -> None:
    assert asked(method, path, query, body) == [fault]


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ({"id": ANN, "displayName": "Ann"}, None),
        ({"id": ANN, "shoeSize": 45}, "the answer: microsoft.graph.user has no property shoeSize"),
        ({"@odata.type": "#microsoft.graph.group"}, "the answer: #microsoft.graph.group is no microsoft.graph.user"),
        ({"createdDateTime": "today"}, "the answer.createdDateTime is no date and time with its offset"),
    ],
)
def test_what_is_answered(answer: Any, fault: str | None) -> None:
    found = list(DERIVED.answered(Call("GET", USER, status=200, answer=answer)))
    assert found == ([fault] if fault else [])


def test_a_method_is_one_of_its_kind() -> None:
    method = {"@odata.type": "#microsoft.graph.fido2AuthenticationMethod", "id": KEY, "model": "5C"}
    call = Call("GET", f"{USER}/authentication/methods", status=200, answer={"value": [method]})
    assert list(DERIVED.answered(call)) == []


def test_each_address_of_the_playground_is_one_of_graphs(tmp_path: Path) -> None:
    for route in routes(create("http://127.0.0.1:1", tmp_path)):
        path = re.sub(r"\{[^}]*\}", lambda found: SAMPLES.get(found[0], "TemporaryAccessPass"), route.path)
        found = DERIVED.template(path)
        assert found, f"Graph has no {path}"
        assert route.method.lower() in DERIVED.paths[found], f"{found} knows no {route.method}"


def test_nothing_is_said_of_permissions() -> None:
    assert list(DERIVED.permitted(Call("GET", USER), ())) == []


@pytest.mark.published
def test_the_sdk_says_what_the_published_description_says(tmp_path: Path) -> None:
    """Where both are at hand: the same addresses, properties and types for all that the playground plays."""
    whole: Contract = published()
    for route in routes(create("http://127.0.0.1:1", tmp_path)):
        path = re.sub(r"\{[^}]*\}", lambda found: SAMPLES.get(found[0], "TemporaryAccessPass"), route.path)
        assert DERIVED.template(path) == whole.template(path)
    for name in ("user", "group", "riskyUser", "conditionalAccessPolicy", "temporaryAccessPassAuthenticationMethod"):
        ours, theirs = (one.shape.properties(f"microsoft.graph.{name}") for one in (DERIVED, whole))
        assert set(theirs) <= set(ours), name
        assert {key for key in theirs if theirs[key].get("enum")} <= {key for key in ours if ours[key].get("enum")}
