"""Definitions: which custom security attributes the tenant knows; a definition is made once and never deleted.

https://learn.microsoft.com/graph/api/resources/customsecurityattributedefinition
"""

from __future__ import annotations

import re
from typing import Any, Final

from aiohttp import web

from playground.graph import odata
from playground.graph.refusals import RefusedByGraph, bad, missing
from playground.graph.users import body
from playground.tenant.attributes import Definition, Set
from playground.world import World

Json = dict[str, Any]
_OPTIONS: Final = ("$select", "$top", "$count", "$skiptoken")
_TYPES: Final = frozenset({"String", "Integer", "Boolean"})
_NAME: Final = re.compile(r"[A-Za-z0-9]{1,32}")  # neither spaces nor special characters
_OF_SET: Final[dict[str, type]] = {"id": str, "description": str, "maxAttributesPerSet": int}
_OF_DEFINITION: Final[dict[str, type]] = {
    "attributeSet": str,
    "name": str,
    "type": str,
    "description": str,
    "status": str,
    "isCollection": bool,
    "isSearchable": bool,
    "usePreDefinedValuesOnly": bool,
}
_NEEDED: Final = frozenset(_OF_DEFINITION) - {"description"}


class Definitions:
    def __init__(self, world: World) -> None:
        self._world = world
        self._held = world.graph.attributes

    async def sets(self, request: web.Request) -> web.Response:
        odata.known(request, *_OPTIONS)
        items = [_set(one) for one in self._held.sets.values()]
        shown = [odata.select(request, "attributeSet", item, item) for item in items]
        return odata.listed(self._world, request, "directory/attributeSets", shown)

    async def set(self, request: web.Request) -> web.Response:
        odata.known(request)
        name = request.match_info["set"]
        if name not in self._held.sets:
            raise missing(name)
        return odata.single(self._world, "directory/attributeSets", _set(self._held.sets[name]))

    async def add_set(self, request: web.Request) -> web.Response:
        wish = _checked(await body(request), _OF_SET, frozenset({"id"}))
        name = _named(wish["id"])
        _fresh(name, self._held.sets)
        made = Set(name, wish.get("description", ""), wish.get("maxAttributesPerSet", 25))
        self._held.sets[name] = made
        return odata.single(self._world, "directory/attributeSets", _set(made), status=201)

    async def definitions(self, request: web.Request) -> web.Response:
        odata.known(request, *_OPTIONS, "$filter")
        items = [_definition(one) for one in self._held.definitions.values()]
        kept = odata.filtered(request, items, "attributeSet", "name", "status", "type")
        shown = [odata.select(request, "customSecurityAttributeDefinition", item, item) for item in kept]
        return odata.listed(self._world, request, "directory/customSecurityAttributeDefinitions", shown)

    async def definition(self, request: web.Request) -> web.Response:
        odata.known(request)
        name = request.match_info["definition"]
        if name not in self._held.definitions:
            raise missing(name)
        shown = _definition(self._held.definitions[name])
        return odata.single(self._world, "directory/customSecurityAttributeDefinitions", shown)

    async def add_definition(self, request: web.Request) -> web.Response:
        wish = _checked(await body(request), _OF_DEFINITION, _NEEDED)
        made = self._made(wish)
        _fresh(made.id, self._held.definitions)
        if len([one for one in self._held.definitions.values() if one.set == made.set]) >= self._most(made.set):
            raise bad(f"The attribute set '{made.set}' has as many attributes as it may have.")
        self._held.definitions[made.id] = made
        context = "directory/customSecurityAttributeDefinitions"
        return odata.single(self._world, context, _definition(made), status=201)

    def _made(self, wish: Json) -> Definition:
        if wish["attributeSet"] not in self._held.sets:
            raise bad(f"The attribute set '{wish['attributeSet']}' does not exist.")
        if wish["type"] not in _TYPES or wish["status"] not in {"Available", "Deprecated"}:
            raise bad("The property 'type' or 'status' has a value that it cannot have.")
        if wish["type"] == "Boolean" and (wish["isCollection"] or wish["usePreDefinedValuesOnly"]):
            raise bad("A Boolean attribute is neither a collection nor one of predefined values.")
        return Definition(
            set=wish["attributeSet"],
            name=_named(wish["name"]),
            type=wish["type"],
            description=wish.get("description", ""),
            collection=wish["isCollection"],
            searchable=wish["isSearchable"],
            predefined=wish["usePreDefinedValuesOnly"],
            status=wish["status"],
        )

    def _most(self, set_: str) -> int:
        return self._held.sets[set_].most


def _checked(wish: Json, types: dict[str, type], needed: frozenset[str]) -> Json:
    wish = {name: value for name, value in wish.items() if name != "@odata.type"}
    if unknown := set(wish) - set(types):
        raise bad(f"The property '{min(unknown)}' cannot be set.")
    if left := needed - set(wish):
        raise bad(f"The property '{min(left)}' is required.")
    for name, value in wish.items():
        if type(value) is not types[name]:
            raise bad(f"The property '{name}' is not of the type {types[name].__name__}.")
    return wish


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise bad("A name has up to 32 letters and digits, without spaces.")
    return name


def _fresh(name: str, held: dict[str, Any]) -> None:
    if name.casefold() in {one.casefold() for one in held}:
        text = "Another object with the same value for property id already exists."
        raise RefusedByGraph(409, "Request_MultipleObjectsWithSameKeyValue", text)


def _set(one: Set) -> Json:
    return {"id": one.id, "description": one.description or None, "maxAttributesPerSet": one.most}


def _definition(one: Definition) -> Json:
    return {
        "id": one.id,
        "attributeSet": one.set,
        "name": one.name,
        "type": one.type,
        "description": one.description or None,
        "status": one.status,
        "isCollection": one.collection,
        "isSearchable": one.searchable,
        "usePreDefinedValuesOnly": one.predefined,
    }
