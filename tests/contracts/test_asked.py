"""What is asked of Graph: addresses, ids, query options and bodies, good ones and bad ones."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.call import Call
from tests.contracts.small import ANN, CONTRACT, KEY

PROFILE = "microsoft.graph.passwordProfile"
SET = "#Microsoft.DirectoryServices.CustomSecurityAttributeValue"
USER, METHODS = f"/users/{ANN}", f"/users/{ANN}/methods"


def asked(method: str, path: str, query: dict[str, str] | None = None, body: Any = None) -> list[str]:
    return list(CONTRACT.asked(Call(method, path, query or {}, body)))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", USER),
        ("GET", "/users/ann@contoso.example"),
        ("GET", METHODS),
        ("DELETE", f"{METHODS}/{KEY}"),
        ("DELETE", f"{METHODS}/dGhpcyBpcw=="),
        ("DELETE", f"{METHODS}/R3JhcGg%2B%2Fw%3D%3D"),
        ("GET", "/users/ann%40contoso.example"),
        ("GET", f"{USER}/memberOf/graph.group"),
        ("GET", f"{USER}/memberOf/microsoft.graph.group"),
        ("GET", f"{USER}/memberOf/{KEY}"),
    ],
)
def test_an_address_that_there_is(method: str, path: str) -> None:
    assert asked(method, path) == []


@pytest.mark.parametrize(
    ("method", "path", "fault"),
    [
        ("GET", "/people", "there is no such address in v1.0"),
        ("GET", f"{USER}/method", "there is no such address in v1.0"),
        ("GET", f"{METHODS}/", "there is no such address in v1.0"),
        ("GET", f"/v1.0{USER}", "there is no such address in v1.0"),
        ("POST", METHODS, "/users/{user-id}/methods knows no POST"),
        ("GET", "/users/ann", "'ann' is no user-id"),
        ("GET", "/users/None", "'None' is no user-id"),
        ("DELETE", f"{METHODS}/R3JhcGg+/w==", "there is no such address in v1.0"),
        ("DELETE", f"{METHODS}/%20", "' ' is no key-id"),
        ("DELETE", f"{METHODS}/null", "'null' is no key-id"),
        ("GET", f"{USER}/memberOf/graph.device", "'graph.device' is no directoryObject-id"),
    ],
)
def test_an_address_that_there_is_not(method: str, path: str, fault: str) -> None:
    assert asked(method, path) == [fault]


@pytest.mark.parametrize(
    "query",
    [
        {"$select": "id,risk"},
        {"$filter": "risk eq 'low'", "$top": "5", "$count": "true"},
        {"$filter": "risk eq 'low' and accountEnabled eq true or age gt -3"},
        {"$filter": "joined ge 2026-01-01T00:00:00Z and joined ne null"},
        {"$filter": f"skuId eq {KEY}"},
        {"$orderby": "joined desc,age"},
        {"$search": '"displayName:ann"'},
    ],
)
def test_query_options_that_are_known(query: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    users = {"value": {"type": "array", "items": {"$ref": "#/components/schemas/microsoft.graph.user"}}}
    monkeypatch.setitem(CONTRACT.shape.types["microsoft.graph.methodCollectionResponse"], "properties", users)
    assert asked("GET", METHODS, query) == []


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ({"$select": "id,rank"}, "$select: there is no property 'rank'"),
        ({"$select": "manager"}, "$select: there is no property 'manager'"),
        ({"$select": "id, risk"}, "$select: there is no property ' risk'"),
        ({"$expand": "risk"}, "$expand: 'risk' leads nowhere"),
        ({"$filter": "risk eq 'low'"}, "the query option $filter is not known here"),
        ({"select": "id"}, "the query option select is not known here"),
        ({"more": ""}, "the query option more is not known here"),
        ({"$skiptoken": "100"}, "the query option $skiptoken is not known here"),
    ],
)
def test_query_options_that_are_not_known(query: dict[str, str], fault: str) -> None:
    assert asked("GET", USER, query) == [fault]


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("$filter", "rank eq 'low'"),
        ("$filter", "id"),
        ("$filter", "id eq 5"),
        ("$filter", "startswith(id,'a')"),
        ("$filter", "id eq 'a' and"),
        ("$orderby", "id down"),
        ("$orderby", "rank"),
        ("$top", "many"),
        ("$count", "yes"),
        ("$search", "ann"),
    ],
)
def test_query_options_that_make_no_sense(option: str, text: str) -> None:
    (fault,) = asked("GET", METHODS, {option: text})
    assert fault.startswith(f"{option}: ")


@pytest.mark.parametrize(
    "clause",
    ["risk eq 'middling'", "risk eq low", "accountEnabled eq 'true'", "age eq 'old'", "joined ge '2026-01-01'"],
)
def test_a_comparison_with_what_a_property_never_is(clause: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CONTRACT.paths["/users/{user-id}"]["get"], "x-query", ["$filter"])
    (fault,) = asked("GET", USER, {"$filter": clause})
    assert "cannot be compared with" in fault


def test_the_link_to_the_next_page_is_graphs_own() -> None:
    assert list(CONTRACT.asked(Call("GET", METHODS, {"$skiptoken": "1"}, handed=True))) == []


@pytest.mark.parametrize(
    "body",
    [
        {"accountEnabled": True, "risk": "low", "age": 3, "phones": [], "joined": "2026-03-02T09:00:00Z"},
        {"passwordProfile": {"@odata.type": PROFILE, "password": "x"}},
        {"risk": None, "phones@odata.type": "#Collection(String)", "ways": "code,card"},
        {
            "customSecurityAttributes": {
                "Desk": {"@odata.type": SET, "At": "x", "Score": 5, "Score@odata.type": "#Int32"}
            }
        },
    ],
)
def test_a_body_as_described(body: Any) -> None:
    assert asked("PATCH", USER, body=body) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (None, "the body is missing"),
        ([], "the body is no object"),
        ("{", "the body is no object"),
        ({"rank": 1}, "the body: microsoft.graph.user has no property rank"),
        ({"rank@odata.type": "#Int32"}, "the body: microsoft.graph.user has no property rank@odata.type"),
        (
            {"passwordProfile": {"pass": "x"}},
            f"the body.passwordProfile: {PROFILE} has no property pass",
        ),
        ({"accountEnabled": "yes"}, "the body.accountEnabled is a str, not a boolean"),
        ({"age": True}, "the body.age is a bool, not a integer"),
        ({"phones": None}, "the body.phones is null"),
        ({"phones": "1"}, "the body.phones is no list"),
        ({"phones": ["1", 2]}, "the body.phones[1] is a int, not a string"),
        ({"risk": "middling"}, "the body.risk is 'middling', not one of low, high"),
        ({"ways": "code,song"}, "the body.ways is 'code,song', not some of code, card"),
        ({"joined": "2026-03-02T09:00:00"}, "the body.joined is no date and time with its offset"),
        ({"joined": "today"}, "the body.joined is no date and time with its offset"),
        ({"skuId": "5"}, "the body.skuId is no GUID"),
        ({"manager": {}}, "the body.manager leads to something else and cannot be set here"),
        ({"@odata.type": "#microsoft.graph.key"}, "the body: #microsoft.graph.key is no microsoft.graph.user"),
        ({"@odata.type": "#microsoft.graph.robot"}, "the body: #microsoft.graph.robot is no microsoft.graph.user"),
        ({"@odata.context": "x"}, "the body: microsoft.graph.user has no property @odata.context"),
    ],
)
def test_a_body_not_as_described(body: Any, fault: str) -> None:
    assert asked("PATCH", USER, body=body) == [fault]


@pytest.mark.parametrize(
    "attributes",
    [
        {"Desk": "x"},
        {"Desk": {"At": "x"}},
        {"Desk": {"@odata.type": SET, "Score": 5}},
        {"Desk": {"@odata.type": SET, "Score": 5, "Score@odata.type": "#String"}},
        {"Desk": {"@odata.type": SET, "At": "x", "At@odata.type": "#Int32"}},
        {"Desk": {"@odata.type": SET, "Score@odata.type": "#Int32"}},
        {"Desk": {"@odata.type": SET, "All": ["x"]}},
        {"Desk": {"@odata.type": SET, "At": {}}},
    ],
)
def test_security_attributes_say_what_they_are(attributes: Any) -> None:
    (fault,) = asked("PATCH", USER, body={"customSecurityAttributes": attributes})
    assert fault.startswith("the body.customSecurityAttributes.Desk")


def test_what_takes_no_body_gets_none() -> None:
    assert asked("DELETE", f"{METHODS}/{KEY}", body={}) == []
    assert asked("DELETE", f"{METHODS}/{KEY}", body={"id": KEY}) == ["nothing belongs into the body of this"]


def test_no_fault_tells_a_secret() -> None:
    for told in ({"passwordProfile": {"password": ["Kn0wn+Pass"]}}, {"joined": "Kn0wn+Pass"}, {"skuId": "Kn0wn+Pass"}):
        (fault,) = asked("PATCH", USER, body=told)
        assert "Kn0wn" not in fault
