"""Shape: whether a value is what its type in Graph's description says; what is not described is a fault."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

Json = dict[str, Any]
Way = Literal["asked", "answered"]
REF: Final = "#/components/schemas/"
ATTRIBUTES: Final = "microsoft.graph.customSecurityAttributeValue"
# A set goes by one name when it is written and by another when it is read:
# https://learn.microsoft.com/graph/custom-security-attributes-examples
_SET: Final[Mapping[Way, str]] = {
    "asked": "#Microsoft.DirectoryServices.CustomSecurityAttributeValue",
    "answered": "#microsoft.graph.customSecurityAttributeValue",
}
_ENVELOPE: Final = {
    "asked": frozenset({"@odata.type", "@odata.id"}),
    "answered": frozenset(
        {"@odata.type", "@odata.id", "@odata.context", "@odata.count", "@odata.nextLink", "@odata.etag"}
    ),
}
_NOTE: Final = re.compile(r"(\w+)@(?:odata|microsoft\.graph)\.[\w.]+")
_SCALARS: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """The types of one description, by name."""

    types: Mapping[str, Json]

    def chain(self, name: str) -> list[str]:
        """Return a type and all it is derived from."""
        found = [name]
        while base := self.types[found[-1]].get("x-base"):
            found.append(str(base).removeprefix(REF))
        return found

    def properties(self, name: str) -> Json:
        parts = [self.types[one].get("properties", {}) for one in reversed(self.chain(name))]
        return {key: spec for part in parts for key, spec in part.items()}

    def faults(self, value: Any, spec: Json, at: str, way: Way) -> Iterator[str]:
        """Say what is wrong with a value, never the value itself unless it should have been one of a few."""
        if value is None:
            if spec.get("x-nullable") is False:
                yield f"{at} is null"
        elif ref := spec.get("$ref"):
            yield from self._object(value, str(ref).removeprefix(REF), at, way)
        elif spec["type"] == "array":
            yield from self._list(value, spec, at, way)
        elif spec["type"] == "object":
            if not isinstance(value, dict):
                yield f"{at} is no object"
        else:
            yield from _scalar(value, spec, at)

    def _list(self, value: Any, spec: Json, at: str, way: Way) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{at} is no list"
            return
        for index, item in enumerate(value):
            yield from self.faults(item, spec["items"], f"{at}[{index}]", way)

    def _object(self, value: Any, name: str, at: str, way: Way) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{at} is no object"
            return
        told = value.get("@odata.type")
        kind = str(told).removeprefix("#") if told is not None else name
        if kind not in self.types or name not in self.chain(kind):
            yield f"{at}: {told} is no {name}"
        elif self.types[kind].get("x-abstract") and way == "answered":
            yield f"{at}: nothing says which {kind} it is"
        elif kind == ATTRIBUTES:
            yield from _attributes(value, at, way)
        else:
            yield from self._members(value, kind, at, way)

    def _members(self, value: Json, kind: str, at: str, way: Way) -> Iterator[str]:
        known = self.properties(kind)
        # Users and groups are open as well, for other apps' extensions; none of those is ours.
        is_open = self.types[kind].get("x-open") and "x-base" not in self.types[kind]
        for key, item in value.items():
            spec, note = known.get(key), _NOTE.fullmatch(key)
            if spec is not None:
                if spec.get("x-navigation") and way == "asked":
                    yield f"{at}.{key} leads to something else and cannot be set here"
                yield from self.faults(item, spec, f"{at}.{key}", way)
            elif key in _ENVELOPE[way] or (note and note[1] in known):
                continue
            elif not is_open:
                yield f"{at}: {kind} has no property {key}"


def _scalar(value: Any, spec: Json, at: str) -> Iterator[str]:
    right = isinstance(value, _SCALARS[spec["type"]])
    if not right or (isinstance(value, bool) and spec["type"] != "boolean"):
        yield f"{at} is a {type(value).__name__}, not a {spec['type']}"
    elif "enum" in spec and value not in spec["enum"]:
        yield f"{at} is {value!r}, not one of {', '.join(spec['enum'])}"
    elif "x-flags" in spec and not {one.strip() for one in value.split(",")} <= set(spec["x-flags"]):
        yield f"{at} is {value!r}, not some of {', '.join(spec['x-flags'])}"
    elif spec.get("format") == "date-time" and not is_time(value):
        yield f"{at} is no date and time with its offset"
    elif spec.get("format") == "uuid" and not is_guid(value):
        yield f"{at} is no GUID"


def is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None and "T" in text
    except ValueError:
        return False


def is_guid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _attributes(value: Json, at: str, way: Way) -> Iterator[str]:
    """Sets of custom security attributes, whose names are each tenant's own.

    https://learn.microsoft.com/graph/custom-security-attributes-examples
    """
    for name, held in value.items():
        if name == "@odata.type":
            continue
        if not isinstance(held, dict):
            yield f"{at}.{name} is no set of attributes"
        elif held.get("@odata.type") != _SET[way]:
            yield f"{at}.{name} does not say that it is a {_SET[way]}"
        else:
            yield from _attribute_set(held, f"{at}.{name}", way)


def _attribute_set(held: Json, at: str, way: Way) -> Iterator[str]:
    for key, item in held.items():
        told = held.get(f"{key}@odata.type")
        match item:
            case _ if "@" in key:
                if key != "@odata.type" and key.partition("@")[0] not in held:
                    yield f"{at}: {key} is about nothing"
            case None | bool() | str():
                if told not in {None, "#String", "#Boolean"}:
                    yield f"{at}.{key} is no {told}"
            case int():
                if told != "#Int32":
                    yield f"{at}.{key} does not say that it is an #Int32"
            case list():
                if told not in {"#Collection(String)", "#Collection(Int32)"}:
                    yield f"{at}.{key} does not say what it is a collection of"
            case _:
                yield f"{at}.{key} can be no attribute ({way})"
