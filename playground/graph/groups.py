"""Groups: what sort they are, who is in them through others too, and who owns them; a person as far as one may read."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from playground.graph import odata
from playground.graph.refusals import denied, missing
from playground.graph.users import nulls, readable_group, whole_group, whole_user
from playground.people import Group, Person
from playground.world import World

Json = dict[str, Any]
_OPTIONS: Final = ("$select", "$top", "$count", "$filter", "$skiptoken")
_USUAL: Final = ("displayName", "groupTypes", "securityEnabled", "visibility")


class Groups:
    def __init__(self, world: World) -> None:
        self._world = world

    async def group(self, request: web.Request) -> web.Response:
        odata.known(request, "$select")
        whole = self._alone(whole_group(self._asked(request)))
        return odata.single(self._world, "groups", odata.select(request, "group", whole, _USUAL))

    async def members(self, request: web.Request) -> web.Response:
        return self._objects(request, self._world.people.members_of(self._asked(request).id))

    async def owners(self, request: web.Request) -> web.Response:
        return self._objects(request, sorted(self._asked(request).owners))

    def _alone(self, whole: Json) -> Json:
        match self._world.graph.hidden.get(whole["id"]):
            case "altogether":
                raise denied()
            case "as_nulls":
                return nulls(whole)
            case _:
                return whole

    def _asked(self, request: web.Request) -> Group:
        name = request.match_info["group"]
        group = self._world.people.groups.get(name.lower())
        if group is None:
            raise missing(name)
        return group

    def _objects(self, request: web.Request, ids: list[str] | tuple[str, ...]) -> web.Response:
        odata.known(request, *_OPTIONS)
        return odata.listed(self._world, request, "directoryObjects", [self._shown(request, one) for one in ids])

    def _shown(self, request: web.Request, found: str) -> Json:
        """One that is of several types has its type in it; what its type has not is left out, as Graph does it."""
        group = self._world.people.groups.get(found)
        if group is not None:
            return self._selected(request, "group", readable_group(self._world, whole_group(group)))
        person: Person | None = self._world.people.find(found)
        if person is None:
            raise missing(found)
        return self._selected(request, "user", whole_user(self._world, person))

    def _selected(self, request: web.Request, kind: str, whole: Json) -> Json:
        names = [name.strip() for name in request.query.get("$select", "id,displayName").split(",")]
        shown = {name: whole[name] for name in names if name in whole}
        return {"@odata.type": f"#microsoft.graph.{kind}", "id": whole["id"], **shown}
