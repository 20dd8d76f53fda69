"""What Graph answers and whom it lets in: the playground's may say nothing that the real one would not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.call import Call
from tests.contracts.small import ANN, CONTRACT, KEY

USER, METHODS = f"/users/{ANN}", f"/users/{ANN}/methods"
A_KEY = {"@odata.type": "#microsoft.graph.key", "id": KEY, "model": "5C"}


def answered(answer: Any, status: int = 200, method: str = "GET", path: str = USER) -> list[str]:
    return list(CONTRACT.answered(Call(method, path, status=status, answer=answer)))


def test_answers_as_described() -> None:
    assert answered({"@odata.context": "x", "id": ANN, "risk": None, "manager": {}}) == []
    assert answered({"@odata.count": 1, "@odata.nextLink": "x", "value": [A_KEY]}, path=METHODS) == []
    assert answered(None, 204, "PATCH") == []
    assert answered(None, 204, "DELETE", f"{METHODS}/{KEY}") == []


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (None, "the answer is empty"),
        ("<html>", "the answer is no object"),
        ({"id": None}, "the answer.id is null"),
        ({"rank": 1}, "the answer: microsoft.graph.user has no property rank"),
        ({"risk": "Low"}, "the answer.risk is 'Low', not one of low, high"),
        ({"@odata.type": "#microsoft.graph.key"}, "the answer: #microsoft.graph.key is no microsoft.graph.user"),
    ],
)
def test_answers_not_as_described(answer: Any, fault: str) -> None:
    assert answered(answer) == [fault]


def test_an_item_says_which_type_it_is_and_is_that() -> None:
    for odd, fault in (
        ({"id": KEY}, "nothing says which microsoft.graph.method it is"),
        (A_KEY | {"@odata.type": "#microsoft.graph.method"}, "nothing says which microsoft.graph.method it is"),
        (A_KEY | {"@odata.type": "#microsoft.graph.user"}, "#microsoft.graph.user is no microsoft.graph.method"),
        (A_KEY | {"colour": "red"}, "microsoft.graph.key has no property colour"),
    ):
        assert answered({"value": [A_KEY, odd]}, path=METHODS) == [f"the answer.value[1]: {fault}"]


def test_what_answers_nothing_has_no_body() -> None:
    assert answered({}, 204, "PATCH") == ["the answer should be empty"]
    assert answered({"id": KEY}, 200, "DELETE", f"{METHODS}/{KEY}") == ["the answer should be empty"]
    assert answered(None, 302) == ["Graph does not answer 302"]


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ({"error": {"code": "BadRequest", "message": "No.", "innerError": {}}}, True),
        ({"error": {"code": "BadRequest", "message": "No.", "reason": "x"}}, False),
        ({"error": {"code": "", "message": "No."}}, False),
        ({"error": "No."}, False),
        ({"code": "BadRequest", "message": "No."}, False),
        (None, False),
    ],
)
def test_an_error_has_graphs_form(answer: Any, right: bool) -> None:
    assert (answered(answer, 400) == []) is right


READ, WRITE = "CustomSecAttributeAssignment.Read.All", "CustomSecAttributeAssignment.ReadWrite.All"
PASSWORD = "User-PasswordProfile.ReadWrite.All"


@pytest.mark.parametrize(
    ("call", "enough", "too_little"),
    [
        (Call("GET", USER), {"User.Read.All"}, {"User.Read"}),
        (Call("GET", USER), {"Directory.Read.All"}, set()),
        (Call("GET", USER, scopes=frozenset({"User.Read"})), set(), None),
        (Call("GET", USER, scopes=frozenset({"User.Read.All"})), None, {"User.Read.All"}),
        (Call("GET", f"{USER}/memberOf/graph.group"), {"User.Read.All"}, {"Method.Read.All"}),
        (Call("GET", USER, {"$select": "id,customSecurityAttributes"}), {READ}, {"User.Read.All"}),
        (Call("GET", USER, {"$select": "age,customSecurityAttributes"}), {WRITE, "User.Read.All"}, {READ}),
        (Call("PATCH", USER, body={"age": 5}), {"User.ReadWrite.All"}, {PASSWORD}),
        (Call("PATCH", USER, body={"passwordProfile": {}}), {PASSWORD}, {"User.ReadWrite.All"}),
        (Call("PATCH", USER, body={"customSecurityAttributes": {}}), {WRITE}, {READ, PASSWORD}),
        (Call("PATCH", USER, body={"age": 5, "passwordProfile": {}}), {PASSWORD, "User.ReadWrite.All"}, {PASSWORD}),
        (Call("DELETE", f"{METHODS}/{KEY}"), None, {"Method.ReadWrite.All", "User.ReadWrite.All"}),
    ],
)
def test_permissions(call: Call, enough: set[str] | None, too_little: set[str] | None) -> None:
    if enough is not None:
        assert list(CONTRACT.permitted(call, enough)) == []
    if too_little is not None:
        (fault,) = CONTRACT.permitted(call, too_little)
        assert fault.startswith("no permission: ")
