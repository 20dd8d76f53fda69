"""OData: the query options the routes here understand; one that is not understood is refused, never ignored."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from playground.graph.refusals import bad
from playground.world import World

Json = dict[str, Any]
_EQUALS: Final = re.compile(r"^\s*(\w+)\s+eq\s+(?:'([^']*)'|(true|false))\s*$")
_LARGEST: Final = 999


def known(request: web.Request, *options: str) -> None:
    """Refuse every query option but these."""
    for option in request.query:
        if option not in options:
            raise bad(f"The query option '{option}' is not supported here.", code="BadRequest")


def select(request: web.Request, kind: str, whole: Json, usual: Collection[str]) -> Json:
    """Keep the properties that $select names, or the usual ones."""
    asked = request.query.get("$select", "")
    names = [name.strip() for name in asked.split(",")] if asked else list(usual)
    for name in names:
        if name not in whole:
            text = f"Could not find a property named '{name}' on type 'microsoft.graph.{kind}'."
            raise bad(f"Parsing OData Select and Expand failed: {text}", code="BadRequest")
    return {name: whole[name] for name in dict.fromkeys(["id", *names])}


def expanded(request: web.Request, name: str) -> bool:
    """Say whether $expand names this one, with its id and name; anything else is refused.

    https://learn.microsoft.com/graph/api/user-list-manager
    """
    clause = request.query.get("$expand")
    if clause is not None and clause != f"{name}($select=id,displayName)":
        raise bad(f"Parsing OData Select and Expand failed: '{clause}' is not supported here.", code="BadRequest")
    return clause is not None


def filtered(request: web.Request, items: Sequence[Json], *properties: str) -> list[Json]:
    """Apply a $filter of the form `property eq 'value'` for one of these properties."""
    clause = request.query.get("$filter")
    if clause is None:
        return list(items)
    found = _EQUALS.match(clause)
    if found is None or found[1] not in properties:
        raise bad(f"Invalid filter clause: '{clause}'.", code="BadRequest")
    value = found[2] if found[3] is None else found[3] == "true"
    return [item for item in items if item[found[1]] == value]


def ordered(request: web.Request, items: Sequence[Json], *properties: str) -> list[Json]:
    """Apply an $orderby of the form `property desc` for one of these properties."""
    clause = request.query.get("$orderby")
    if clause is None:
        return list(items)
    name, _, way = clause.strip().partition(" ")
    if name not in properties or way.strip() not in {"", "asc", "desc"}:
        raise bad(f"Invalid orderby clause: '{clause}'.", code="BadRequest")
    return sorted(items, key=lambda item: str(item[name]), reverse=way.strip() == "desc")


def searched(request: web.Request, name: str) -> list[str] | None:
    """Return the words of a $search for one property; only an advanced query may search."""
    clause = request.query.get("$search")
    if clause is None:
        return None
    found = re.fullmatch(rf'"{name}:([^"]*)"', clause)
    if found is None:
        raise bad(f"Syntax error: '{clause}'.", code="BadRequest")
    if request.headers.get("ConsistencyLevel", "").lower() != "eventual":
        text = "Request with $search query parameter only works through MSGraph with a special request header: "
        raise bad(f"{text}'ConsistencyLevel: eventual'", code="Request_BadRequest")
    return found[1].casefold().split()


def advanced(request: web.Request) -> None:
    """Refuse a cast without what makes a query an advanced one.

    https://learn.microsoft.com/graph/aad-advanced-queries
    """
    eventual = request.headers.get("ConsistencyLevel", "").lower() == "eventual"
    if not eventual or request.query.get("$count", "").lower() != "true":
        text = "A cast needs the header ConsistencyLevel: eventual and the query option $count=true."
        raise bad(text, code="Request_UnsupportedQuery")


def listed(world: World, request: web.Request, context: str, items: Sequence[Json]) -> web.Response:
    """Answer a page of a collection, with the link to the next one where there is more."""
    start, size = _number(request.query, "$skiptoken", 0), world.graph.page_size
    size = min(size, max(1, _number(request.query, "$top", _LARGEST)))
    body: Json = {"@odata.context": f"{world.origin}/graph/v1.0/$metadata#{context}"}
    if request.query.get("$count", "").lower() == "true" and not start:
        body["@odata.count"] = len(items)
    if start + size < len(items):
        query = {**request.query, "$skiptoken": str(start + size)}
        body["@odata.nextLink"] = f"{world.origin}{request.rel_url.with_query(query)}"
    return web.json_response(body | {"value": list(items[start : start + size])})


def single(world: World, context: str, item: Json, *, status: int = 200) -> web.Response:
    body = {"@odata.context": f"{world.origin}/graph/v1.0/$metadata#{context}/$entity"} | item
    return web.json_response(body, status=status)


def _number(query: Mapping[str, str], option: str, otherwise: int) -> int:
    text = query.get(option)
    if text is None:
        return otherwise
    if not text.isascii() or not text.isdigit() or int(text) > _LARGEST:
        raise bad(f"Invalid value '{text}' for the query option '{option}'.", code="BadRequest")
    return int(text)
