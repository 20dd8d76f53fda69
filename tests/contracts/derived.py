"""Derived: Graph's addresses and types as its SDK has them, read when they are asked for and copied nowhere.

msgraph-sdk is generated from Graph's own description, so each builder is an address and each model a type. What the
generator does not carry over is not known here: permissions, which types are abstract, what is never null.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from tests.contracts.shape import REF

Json = dict[str, Any]
GRAPH: Final = "microsoft.graph."
_ENTITY: Final = f"{GRAPH}entity"
_CHILD: Final = re.compile(r"from \.([\w.]+_request_builder) import \w+")
_ADDRESS: Final = re.compile(r'super\(\).__init__\(request_adapter, "\{\+baseurl\}([^"]*?)(?:\{\?([^}"]*)\})?"')
_METHOD: Final = re.compile(
    r"^    async def (get|post|put|patch|delete)\(self,(.*?)\n(.*?)(?=^    (?:async )?def )", re.MULTILINE | re.DOTALL
)
_BODY: Final = re.compile(r"body: (\w+)")
_SENT: Final = re.compile(r"\.send_async\(request_info, (\w+),")
_PRIMITIVE: Final = re.compile(r"\.send_primitive_async\(request_info, \"(\w+)\"")
_IMPORT: Final = r"from (\.+)([\w.]+) import {}\b"
_CLASS: Final = re.compile(r"^class (\w+)\((\w+)", re.MULTILINE)
_FIELD: Final = re.compile(
    r"""^ +"([^"]+)": lambda n : setattr\(self, '\w+', n\.get_(\w+)_value(s?)\((\w*)\)\)""", re.MULTILINE
)
_MEMBER: Final = re.compile(r'^    \w+ = "([^"]*)"', re.MULTILINE)
_SCALAR: Final[Mapping[str, Json]] = {
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "datetime": {"type": "string", "format": "date-time"},
    "datetime.datetime": {"type": "string", "format": "date-time"},
    "uuid": {"type": "string", "format": "uuid"},
    "UUID": {"type": "string", "format": "uuid"},
}
_TEXT: Final[Json] = {"type": "string"}


@cache
def root() -> Path:
    found = find_spec("msgraph.generated")
    assert found is not None
    assert found.submodule_search_locations is not None
    return Path(next(iter(found.submodule_search_locations)))


@cache
def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _snake(name: str) -> str:
    """Return a name as the generator writes it for files."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


@dataclass(frozen=True, slots=True)
class Addresses(Mapping[str, Json]):
    """Each address with what may be done there; they are found one by one, and cannot be counted."""

    def find(self, path: str) -> str | None:
        """Return the address a path is one of."""
        if not path.startswith("/"):
            return None
        return self._below(root() / "base_graph_service_client.py", path[1:].split("/"))

    def __getitem__(self, template: str) -> Json:
        return _operations(_builders()[template])

    def __iter__(self) -> Iterator[str]:
        return iter(_builders())

    def __len__(self) -> int:
        return len(_builders())

    def _below(self, builder: Path, segments: list[str]) -> str | None:
        if not segments:
            template = _template(builder)
            _builders()[template] = builder
            return template
        name, rest = segments[0].removeprefix("microsoft."), segments[1:]
        if not name:
            return None
        folders = (_snake(name.replace(".", "_").removeprefix("$")), "item")
        for folder in folders:
            for child in _children(builder, folder):
                own = _template(child).rpartition("/")[2]
                if own.startswith("{") if folder == "item" else own == name:
                    found = self._below(child, rest)
                    if found is not None:
                        return found
        return None


@cache
def _builders() -> dict[str, Path]:
    """Return where what was found so far is written."""
    return {}


@cache
def _children(builder: Path, folder: str) -> list[Path]:
    names = dict.fromkeys(one for one in _CHILD.findall(_read(builder)) if one.partition(".")[0] == folder)
    return [builder.parent.joinpath(*name.split(".")).with_suffix(".py") for name in names]


@cache
def _template(builder: Path) -> str:
    found = _ADDRESS.search(_read(builder))
    return unquote(found[1]) if found else ""


@cache
def _operations(builder: Path) -> Json:
    source = _read(builder)
    address = _ADDRESS.search(source)
    query = [unquote(one) for one in (address[2] or "").split(",") if one] if address else []
    found: Json = {}
    for method, signature, body in _METHOD.findall(source):
        one: Json = {"responses": {"2XX": {}}, "x-query": query if method == "get" else []}
        if sent := _SENT.search(body):
            one["responses"]["2XX"] = _content({"$ref": REF + _named(builder, sent[1])})
        elif simple := _PRIMITIVE.search(body):
            one["responses"]["2XX"] = _content(_SCALAR.get(simple[1], _TEXT))
        if taken := _BODY.search(signature):
            one["requestBody"] = _content({"$ref": REF + _named(builder, taken[1])})
        found[method] = one
    return found


def _content(spec: Json) -> Json:
    return {"content": {"application/json": {"schema": spec}}}


def _named(file: Path, name: str) -> str:
    """Return the full name of a class that a module knows by import."""
    found = re.search(_IMPORT.format(name), _read(file))
    if found is None:
        return _full(file, name)
    folder = file.parent
    for _ in found[1][1:]:
        folder = folder.parent
    return _full(folder.joinpath(*found[2].split(".")).with_suffix(".py"), name)


def _full(file: Path, name: str) -> str:
    """Return a model's name as Graph has it; what is a builder's own is named by where it is."""
    place = file.relative_to(root()).parts
    if place[0] == "models":
        return GRAPH + ".".join([*place[1:-1], name[:1].lower() + name[1:]])
    return "/".join([*place[:-1], file.stem, name])


class Types(Mapping[str, Json]):
    """Each type by its full name."""

    def __getitem__(self, name: str) -> Json:
        file = _file(name)
        if file is None:
            raise KeyError(name)
        return _type(file)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and _file(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@cache
def _file(name: str) -> Path | None:
    if name.startswith(GRAPH):
        *folders, last = name.removeprefix(GRAPH).split(".")
        file = root().joinpath("models", *folders, f"{_snake(last)}.py")
    else:
        file = root().joinpath(*name.split("/")[:-1]).with_suffix(".py")
    return file if name and file.is_file() else None


@cache
def _type(file: Path) -> Json:
    source = _read(file)
    base = _CLASS.search(source)
    assert base is not None, file
    found: Json = {"type": "object", "properties": {"@odata.type": _TEXT}}
    if base[2] not in {"AdditionalDataHolder", "BackedModel", "Parsable"}:
        found["x-base"] = REF + _named(file, base[2])
    for name, sort, several, what in _FIELD.findall(source):
        found["properties"][name] = _property(file, name, f"{sort}{several}", what)
    return found


def _property(file: Path, name: str, sort: str, what: str) -> Json:
    match sort:
        case "object":
            return _refers(file, what)
        case "collection_of_objects" | "collection_of_object":
            return _list(_refers(file, what))
        case "enum":
            return {**_TEXT, "enum": _members(file, what)}
        case "collection_of_enums" if f'write_enum_value("{name}"' in _read(file):
            return {**_TEXT, "x-flags": _members(file, what)}  # one word or several, in one text
        case "collection_of_enums":
            return _list({**_TEXT, "enum": _members(file, what)})
        case "collection_of_primitives":
            return _list(_SCALAR.get(what, _TEXT))
        case _:
            return _SCALAR.get(sort, _TEXT)


def _list(items: Json) -> Json:
    """Say that it is a list; one of what leads elsewhere leads there as well."""
    return {"type": "array", "items": items} | ({"x-navigation": True} if items.get("x-navigation") else {})


def _refers(file: Path, what: str) -> Json:
    """Refer to a type; what has an id of its own is elsewhere and only led to (OData's navigation).

    But an action is handed it, whole.
    """
    name = _named(file, what)
    found: Json = {"$ref": REF + name}
    led_to = _ENTITY in _chain(name) and not file.stem.endswith("_request_body")
    return {**found, "x-navigation": True} if led_to else found


@cache
def _chain(name: str) -> tuple[str, ...]:
    file = _file(name)
    source = _read(file) if file else ""
    base = _CLASS.search(source)
    if file is None or base is None or base[2] in {"AdditionalDataHolder", "BackedModel", "Parsable", "str"}:
        return (name,)
    return (name, *_chain(_named(file, base[2])))


@cache
def _members(file: Path, what: str) -> list[str]:
    found = _file(_named(file, what))
    return _MEMBER.findall(_read(found)) if found else []
