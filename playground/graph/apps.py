"""Apps: one of the tenant's catalogue is installed for a person.

https://learn.microsoft.com/graph/api/userteamwork-post-installedapps; its noes as people report them.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web

from playground.graph.refusals import RefusedByGraph, bad, missing
from playground.graph.users import body
from playground.world import World

_BOUND: Final = "teamsApp@odata.bind"
_CATALOG: Final = "/v1.0/appCatalogs/teamsApps/"


class Installations:
    def __init__(self, world: World) -> None:
        self._world = world

    async def add(self, request: web.Request) -> web.Response:
        name, wish = request.match_info["user"], await body(request)
        person, apps = self._world.people.find(name), self._world.graph.apps
        if person is None:
            raise missing(name)
        before, at, app = str(wish.get(_BOUND, "")).partition(_CATALOG)
        if not before or not at:
            raise bad("The teamsApp to install is not bound.", code="BadRequest")
        if app not in apps.catalog:
            raise RefusedByGraph(404, "NotFound", f"The definition for app {app!r} was not found.")
        if person.key in apps.blocked:
            who = f"TenantId: {self._world.tenant}, UserObjectId: {person.id}, AppId: {app}, AppType: Private"
            raise RefusedByGraph(403, "Forbidden", f"App is blocked by app permission policy. {who}")
        if person.key in apps.installed:
            raise RefusedByGraph(409, "Conflict", "App already installed in users scope.")
        apps.give(person.key)
        return web.Response(status=201)
