"""Unlisted: documented calls that the trimmed description leaves out, each with its reason; nothing else is let by."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

from tests.contracts.shape import REF

Json = dict[str, Any]
_LIST: Final = ["$count", "$filter", "$orderby", "$select", "$top"]


def _operation(answer: str, asked: str | None = None, query: list[str] | None = None) -> Json:
    found: Json = {"responses": {"2XX": _content(answer)}, "x-query": query or []}
    return found | ({"requestBody": _content(asked)} if asked else {})


def _content(name: str) -> Json:
    return {"content": {"application/json": {"schema": {"$ref": f"{REF}{name}"}}}}


def _page(name: str) -> Json:
    items: Json = {"value": {"type": "array", "items": {"$ref": f"{REF}{name}"}}}
    return {"type": "object", "properties": items}


_SET: Final = "microsoft.graph.attributeSet"
_DEFINITION: Final = "microsoft.graph.customSecurityAttributeDefinition"
_ENTITY: Final = f"{REF}microsoft.graph.entity"
_MAIL: Final = "microsoft.graph.message"
_RECIPIENT: Final = "microsoft.graph.recipient"
_ADDRESS: Final = "microsoft.graph.emailAddress"
_SENT: Final = "sendMailParameters"

# https://learn.microsoft.com/graph/api/resources/attributeset
# https://learn.microsoft.com/graph/api/resources/customsecurityattributedefinition
TYPES: Final[Json] = {
    _SET: {
        "type": "object",
        "x-base": _ENTITY,
        "properties": {"description": {"type": "string"}, "maxAttributesPerSet": {"type": "integer"}},
    },
    _DEFINITION: {
        "type": "object",
        "x-base": _ENTITY,
        "properties": {
            "attributeSet": {"type": "string"},
            "description": {"type": "string"},
            "isCollection": {"type": "boolean"},
            "isSearchable": {"type": "boolean"},
            "name": {"type": "string"},
            "status": {"type": "string", "enum": ["Available", "Deprecated"]},
            "type": {"type": "string", "enum": ["Boolean", "Integer", "String"]},
            "usePreDefinedValuesOnly": {"type": "boolean"},
        },
    },
    # https://learn.microsoft.com/graph/api/user-sendmail, https://learn.microsoft.com/graph/api/resources/message
    _SENT: {
        "type": "object",
        "properties": {"Message": {"$ref": f"{REF}{_MAIL}"}, "SaveToSentItems": {"type": "boolean"}},
    },
    _MAIL: {
        "type": "object",
        "properties": {
            "body": {"$ref": f"{REF}microsoft.graph.itemBody"},
            "subject": {"type": "string"},
            "toRecipients": {"type": "array", "items": {"$ref": f"{REF}{_RECIPIENT}"}},
        },
    },
    _RECIPIENT: {"type": "object", "properties": {"emailAddress": {"$ref": f"{REF}{_ADDRESS}"}}},
    _ADDRESS: {"type": "object", "properties": {"address": {"type": "string"}, "name": {"type": "string"}}},
    f"{_SET}CollectionResponse": _page(_SET),
    f"{_DEFINITION}CollectionResponse": _page(_DEFINITION),
}

_OWNED: Final = "/users/{user-id}/ownedObjects/graph.group"
_OWNERS: Final = "/groups/{group-id}/owners"
_SEND: Final = "/users/{user-id}/sendMail"
_SETS: Final = "/directory/attributeSets"
_DEFINITIONS: Final = "/directory/customSecurityAttributeDefinitions"

REASONS: Final = MappingProxyType(
    {
        _OWNED: "whether a person owns a role-assignable group: the only way to ask, in Graph's v1.0 and its SDK, "
        "https://learn.microsoft.com/graph/api/user-list-ownedobjects",
        _OWNERS: "who could put themselves into a group that approves: "
        "https://learn.microsoft.com/graph/api/group-list-owners",
        _SEND: "people are told by mail what was done: https://learn.microsoft.com/graph/api/user-sendmail",
        _SETS: "made once, before a proof can be kept: https://learn.microsoft.com/graph/api/directory-post-attributesets",
        f"{_SETS}/{{attributeSet-id}}": "looked for before it is made: "
        "https://learn.microsoft.com/graph/api/attributeset-get",
        _DEFINITIONS: "made once, before a proof can be kept: "
        "https://learn.microsoft.com/graph/api/directory-post-customsecurityattributedefinitions",
        f"{_DEFINITIONS}/{{customSecurityAttributeDefinition-id}}": "looked for before it is made: "
        "https://learn.microsoft.com/graph/api/customsecurityattributedefinition-get",
    }
)

PATHS: Final[Json] = {
    _OWNED: {"get": _operation("microsoft.graph.groupCollectionResponse", query=_LIST)},
    _OWNERS: {"get": _operation("microsoft.graph.directoryObjectCollectionResponse", query=_LIST)},
    _SEND: {"post": {"responses": {"2XX": {}}, "x-query": [], "requestBody": _content(_SENT)}},
    _SETS: {"get": _operation(f"{_SET}CollectionResponse", query=_LIST), "post": _operation(_SET, _SET)},
    f"{_SETS}/{{attributeSet-id}}": {"get": _operation(_SET, query=["$select"])},
    _DEFINITIONS: {
        "get": _operation(f"{_DEFINITION}CollectionResponse", query=_LIST),
        "post": _operation(_DEFINITION, _DEFINITION),
    },
    f"{_DEFINITIONS}/{{customSecurityAttributeDefinition-id}}": {"get": _operation(_DEFINITION, query=["$select"])},
}

_READS_GROUPS: Final = ["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"]
# https://learn.microsoft.com/graph/api/group-get, https://learn.microsoft.com/graph/api/group-list-owners
_READS_MEMBERS: Final = ["GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All"]
_DEFINES: Final = "CustomSecAttributeDefinition.ReadWrite.All"
_SEES: Final = "CustomSecAttributeDefinition.Read.All"


def _opens(*names: str) -> Json:
    return {"Application": {"least": list(names), "also": []}}


PERMISSIONS: Final[Json] = {
    "GET /users/{id}/ownedobjects": _opens(*_READS_GROUPS),
    "GET /groups/{id}": _opens(*_READS_MEMBERS),
    "GET /groups/{id}/owners": _opens(*_READS_MEMBERS),
    "GET /directory/attributesets": _opens(_SEES, _DEFINES),
    "POST /directory/attributesets": _opens(_DEFINES),
    "GET /directory/attributesets/{id}": _opens(_SEES, _DEFINES),
    "GET /directory/customsecurityattributedefinitions": _opens(_SEES, _DEFINES),
    "POST /directory/customsecurityattributedefinitions": _opens(_DEFINES),
    "GET /directory/customsecurityattributedefinitions/{id}": _opens(_SEES, _DEFINES),
}

# Granted for the one command that sets a tenant up, never to the desk that runs.
SETUP: Final = frozenset({_DEFINES})
