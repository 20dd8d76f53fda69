"""Query: whether the query options of a call are ones that its operation knows, naming what its type has."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from tests.contracts.shape import Shape, is_guid, is_time

Json = dict[str, Any]
_CLAUSE: Final = re.compile(r"\(*\s*([\w/]+)\s+(eq|ne|gt|ge|lt|le)\s+('(?:[^']|'')*'|[\w.:+-]+)\s*\)*")
_ANY: Final = re.compile(r"(\w+)/any\((\w+):\s?\2/(\w+) eq ('(?:[^']|'')*')\)")
_ORDER: Final = re.compile(r"(\w+)(?:\s+(?:asc|desc))?")


def faults(query: Mapping[str, str], allowed: Collection[str], shape: Shape, kind: str | None) -> Iterator[str]:
    """`kind` is the type that comes back, of each item where it is a list; None when it has no properties."""
    known = shape.properties(kind) if kind else {}
    checks: dict[str, Callable[[str, Json], Iterator[str]]] = {
        "$select": _select,
        "$filter": _filter,
        "$orderby": _orderby,
        "$expand": _expand,
        "$top": _number,
        "$skip": _number,
        "$count": _truth,
        "$search": _search,
    }
    for option, text in query.items():
        if option not in allowed or option not in checks:
            yield f"the query option {option} is not known here"
        else:
            yield from (f"{option}: {fault}" for fault in checks[option](text, known))


def _select(text: str, known: Json) -> Iterator[str]:
    for name in text.split(","):
        if known.get(name, {"x-navigation": True}).get("x-navigation"):
            yield f"there is no property {name!r}"


def _expand(text: str, known: Json) -> Iterator[str]:
    """What options it takes of its own, in parentheses, is for the type it leads to; only names are told apart here."""
    for name in re.sub(r"\([^()]*\)", "", text).split(","):
        if not known.get(name, {}).get("x-navigation"):
            yield f"{name!r} leads nowhere"


def _filter(text: str, known: Json) -> Iterator[str]:
    for clause in re.split(r"\s+(?:and|or)\s+", text.strip()):
        if (among := _ANY.fullmatch(clause)) is not None:  # one of many has it; of what type they are is not looked up
            if known.get(among[1], {}).get("type") != "array":
                yield f"{among[1]!r} is no list"
            continue
        found = _CLAUSE.fullmatch(clause)
        if found is None:
            yield f"{clause!r} is no comparison"
            continue
        spec = known.get(found[1].partition("/")[0])
        if spec is None or (spec.get("x-navigation") and "/" not in found[1]):
            yield f"there is no property {found[1]!r}"
        elif "/" not in found[1]:
            yield from _literal(found[3], spec, found[1])


def _literal(text: str, spec: Json, name: str) -> Iterator[str]:
    quoted = text.startswith("'")
    bare = text[1:-1] if quoted else text
    match spec.get("format") or spec.get("type"):
        case _ if bare == "null" and not quoted:
            return
        case "date-time":
            right = not quoted and is_time(text)
        case "uuid":
            right = not quoted and is_guid(text)
        case "string":
            right = quoted and bare in spec.get("enum", [bare])
        case "boolean":
            right = text in {"true", "false"}
        case "integer" | "number":
            right = text.lstrip("-").isdigit()
        case _:
            right = False
    if not right:
        yield f"{text} cannot be compared with {name}"


def _orderby(text: str, known: Json) -> Iterator[str]:
    for part in text.split(","):
        found = _ORDER.fullmatch(part.strip())
        if found is None or found[1] not in known:
            yield f"{part.strip()!r} is nothing to order by"


def _number(text: str, _known: Json) -> Iterator[str]:
    if not (text.isascii() and text.isdigit()):
        yield "no number"


def _truth(text: str, _known: Json) -> Iterator[str]:
    if text.lower() not in {"true", "false"}:
        yield "neither true nor false"


def _search(text: str, _known: Json) -> Iterator[str]:
    if not re.fullmatch(r'"[^"]+"(\s+(AND|OR)\s+"[^"]+")*', text):
        yield "not in quotation marks"
