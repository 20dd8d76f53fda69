"""Small: a description of three addresses, written as Graph's is, to try the checks on where that is not at hand."""

from __future__ import annotations

from typing import Any, Final

from tests.contracts.call import Contract
from tests.contracts.permits import Permits
from tests.contracts.shape import ATTRIBUTES, REF, Shape

Json = dict[str, Any]
ANN: Final = "c5b71de4-a0d4-537f-a36f-0693c91805ac"
KEY: Final = "6f1967b7-15e8-4935-ac26-d50770ed07a7"
M: Final = "microsoft.graph."


def _refers(name: str) -> Json:
    return {"$ref": f"{REF}{M}{name}"}


def _content(name: str) -> Json:
    return {"content": {"application/json": {"schema": _refers(name)}}}


TYPES: Final[Json] = {
    f"{M}entity": {
        "type": "object",
        "x-abstract": True,
        "properties": {"id": {"type": "string", "x-nullable": False}, "@odata.type": {"type": "string"}},
    },
    f"{M}user": {
        "type": "object",
        "x-base": f"{REF}{M}entity",
        "x-open": True,
        "properties": {
            "accountEnabled": {"type": "boolean"},
            "age": {"type": "integer"},
            "joined": {"type": "string", "format": "date-time"},
            "skuId": {"type": "string", "format": "uuid"},
            "phones": {"type": "array", "items": {"type": "string"}, "x-nullable": False},
            "risk": {"type": "string", "enum": ["low", "high"]},
            "ways": {"type": "string", "x-flags": ["code", "card"]},
            "manager": {"type": "object", "x-navigation": True},
            "passwordProfile": _refers("passwordProfile"),
            "customSecurityAttributes": {"$ref": f"{REF}{ATTRIBUTES}"},
        },
    },
    f"{M}passwordProfile": {"type": "object", "properties": {"password": {"type": "string"}}},
    ATTRIBUTES: {"type": "object", "properties": {"@odata.type": {"type": "string"}}, "x-open": True},
    f"{M}method": {"type": "object", "x-base": f"{REF}{M}entity", "x-abstract": True, "properties": {}},
    f"{M}key": {"type": "object", "x-base": f"{REF}{M}method", "properties": {"model": {"type": "string"}}},
    f"{M}methodCollectionResponse": {
        "type": "object",
        "properties": {"value": {"type": "array", "items": _refers("method")}},
    },
}

_LIST: Final = ["$count", "$filter", "$orderby", "$search", "$select", "$skip", "$top"]
PATHS: Final[Json] = {
    "/users/{user-id}": {
        "get": {"responses": {"2XX": _content("user")}, "x-query": ["$select", "$expand"]},
        "patch": {"responses": {"2XX": _content("user")}, "requestBody": _content("user")},
    },
    "/users/{user-id}/methods": {"get": {"responses": {"2XX": _content("methodCollectionResponse")}, "x-query": _LIST}},
    "/users/{user-id}/methods/{key-id}": {"delete": {"responses": {"2XX": {}}}},
    "/users/{user-id}/memberOf/graph.group": {"get": {"responses": {"2XX": {}}}},
    "/users/{user-id}/memberOf/{directoryObject-id}": {"get": {"responses": {"2XX": {}}}},
}
OPENS: Final[Json] = {
    "GET /users/{id}": {
        "Application": {"least": ["User.Read.All"], "also": ["Directory.Read.All"]},
        "DelegatedWork": {"least": ["User.Read"], "also": []},
    },
    "PATCH /users/{id}": {"Application": {"least": ["User.ReadWrite.All"], "also": []}},
    "GET /users/{id}/methods": {"Application": {"least": ["Method.Read.All"], "also": []}},
    "GET /users/{id}/memberof": {"Application": {"least": ["User.Read.All"], "also": []}},
}
CONTRACT: Final = Contract(PATHS, Shape(TYPES), Permits(OPENS))
