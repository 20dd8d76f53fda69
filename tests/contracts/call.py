"""Call: one request to Graph with its answer, held against Graph's description; what is not in there is a fault."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote

from tests.contracts import query, source, unlisted
from tests.contracts.derived import Addresses, Types
from tests.contracts.permits import Permits
from tests.contracts.shape import REF, Shape, is_guid

Json = dict[str, Any]
_HOLE: Final = re.compile(r"\{([^}]*)\}")
_WORD: Final = re.compile(r"[\w.~+/=@-]{1,300}")
_NAMES: Final = re.compile(r"[^@\s/]+@[^@\s/]+\.[^@\s/]+")
_NEVER: Final = frozenset({"none", "null", "undefined", "me"})
# What identifies anything else is a word of its own: a method's id, a context's c1, a configuration's name.
_BY_GUID: Final = frozenset({"group-id", "directoryObject-id", "riskyUser-id", "unifiedRoleDefinition-id"})


# Described with an answer, and documented without: https://learn.microsoft.com/graph/api/userteamwork-post-installedapps
BARE: Final = frozenset({"/users/{user-id}/teamwork/installedApps"})


@dataclass(frozen=True, slots=True)
class Call:
    """`path` is as it was sent, less the version; `scopes` are those of a person's token; `status` 0 is no answer."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    status: int = 0
    answer: Any = None
    scopes: frozenset[str] | None = None
    handed: bool = False  # the address was handed out as a link to the next page: its query is Graph's own

    @property
    def done(self) -> bool:
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


@dataclass(frozen=True, slots=True)
class Contract:
    """Graph's description and its permission map; without the map nothing is said of permissions."""

    paths: Mapping[str, Json]
    shape: Shape
    permits: Permits | None

    def asked(self, call: Call) -> Iterator[str]:
        """Say what is wrong with a request."""
        found = self.template(call.path)
        operation = self.paths[found].get(call.method.lower()) if found else None
        if found is None:
            yield "there is no such address in v1.0"
        elif operation is None:
            yield f"{found} knows no {call.method}"
        else:
            yield from _ids(found, call.path)
            if not call.handed:
                yield from query.faults(call.query, operation.get("x-query", ()), self.shape, self._kind(operation))
            yield from self._body(call, operation)

    def answered(self, call: Call) -> Iterator[str]:
        """Say what is wrong with an answer."""
        if call.status >= HTTPStatus.BAD_REQUEST:
            yield from _error(call.answer)
            return
        if not call.done:
            yield f"Graph does not answer {call.status}"
            return
        found = self.template(call.path)
        operation = self.paths[found].get(call.method.lower()) if found else None
        spec = _schema(operation["responses"]["2XX"]) if operation else None
        if call.status == HTTPStatus.NO_CONTENT or spec is None or (found in BARE and call.method == "POST"):
            if call.answer is not None:
                yield "the answer should be empty"
        elif call.answer is None:
            yield "the answer is empty"
        else:
            yield from self.shape.faults(call.answer, spec, "the answer", "answered")

    def permitted(self, call: Call, granted: Collection[str]) -> Iterator[str]:
        """Say which permission is missing among those of the token, or of the app where nobody signed in."""
        found = self.template(call.path)
        if found is None or self.permits is None:
            return  # told already, or not known here
        held = granted if call.scopes is None else call.scopes
        for one in self.permits.demanded(
            call.method,
            found,
            call.path,
            body=call.body,
            select=call.query.get("$select", ""),
            delegated=call.scopes is not None,
        ):
            if one.isdisjoint(held):
                yield f"no permission: one of {', '.join(sorted(one)) or '(the map knows none)'} is needed"

    def template(self, path: str) -> str | None:
        """Return the address a path is one of; the one with the fewest holes where there are several."""
        if isinstance(self.paths, Addresses):
            return self.paths.find(path)
        return next((one for pattern, one in _patterns(tuple(self.paths)) if pattern.fullmatch(path)), None)

    def _kind(self, operation: Json) -> str | None:
        spec = _schema(operation["responses"]["2XX"])
        name = str((spec or {}).get("$ref", "")).removeprefix(REF)
        if name.endswith("CollectionResponse"):
            items = self.shape.types[name]["properties"]["value"]["items"]
            name = str(items.get("$ref", "")).removeprefix(REF)
        return name if name.startswith("microsoft.graph.") else None

    def _body(self, call: Call, operation: Json) -> Iterator[str]:
        spec = _schema(operation.get("requestBody", {}))
        if spec is None:
            if call.body not in (None, {}):
                yield "nothing belongs into the body of this"
        elif call.body is None:
            yield "the body is missing"
        else:
            yield from self.shape.faults(call.body, spec, "the body", "asked")


@cache
def contracts() -> tuple[Contract, ...]:
    """Return all there is to hold a call against: the SDK always, and the published description where it is at hand."""
    derived = Contract(Addresses(), Shape(Types()), None)
    whole = source.published(source.OPENAPI) and source.published(source.PERMISSIONS)
    return (derived, published()) if whole else (derived,)


@cache
def published() -> Contract:
    """Read the descriptions, once in a process; a test that needs them is marked so, and left out without them."""
    described, opens = source.demand(source.OPENAPI), source.demand(source.PERMISSIONS)["permissions"]
    version = "/v1.0"
    paths = {path.removeprefix(version): item for path, item in described["paths"].items() if path.startswith(version)}
    twice = (paths.keys() & unlisted.PATHS.keys()) | (opens.keys() & unlisted.PERMISSIONS.keys())
    assert not twice, f"described after all: {twice}"
    types = {**described["components"]["schemas"], **unlisted.TYPES}
    return Contract({**paths, **unlisted.PATHS}, Shape(types), Permits({**opens, **unlisted.PERMISSIONS}))


@cache
def _patterns(templates: tuple[str, ...]) -> list[tuple[re.Pattern[str], str]]:
    ordered = sorted(templates, key=lambda one: len(_HOLE.findall(one)))
    return [(re.compile(_pattern(one)), one) for one in ordered]


def _pattern(template: str) -> str:
    literal = [re.escape(part) for part in _HOLE.split(template)[::2]]
    return "[^/]+".join(literal).replace("/graph\\.", "/(?:microsoft\\.)?graph\\.")


def _ids(template: str, path: str) -> Iterator[str]:
    for name, value in zip(template.split("/"), path.split("/"), strict=True):
        hole, told = _HOLE.fullmatch(name), unquote(value)
        if hole and (told.lower() in _NEVER or not _plausible(hole[1], told)):
            yield f"{told!r} is no {hole[1]}"


def _plausible(name: str, value: str) -> bool:
    if name in _BY_GUID:
        return is_guid(value)
    if name == "user-id":
        return is_guid(value) or _NAMES.fullmatch(value) is not None
    return _WORD.fullmatch(value) is not None


def _schema(part: Json) -> Json | None:
    found: Json | None = part.get("content", {}).get("application/json", {}).get("schema")
    return found


def _error(answer: Any) -> Iterator[str]:
    """https://learn.microsoft.com/graph/errors#error-resource-type."""
    match answer:
        case {"error": {"code": str(code), "message": str(), **more}} if code and len(answer) == 1:
            unknown = more.keys() - {"innerError", "innererror", "details", "target"}
            yield from (f"an error of Graph's has no {name}" for name in unknown)
        case _:
            yield "the answer has not the form of an error of Graph's"
