"""Roles: who holds a directory role now and who could take one; both count, and neither is told as the other."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from playground.graph import odata
from playground.graph.refusals import missing
from playground.people import ROLES, guid
from playground.world import World

Json = dict[str, Any]
_OPTIONS = ("$filter", "$select", "$top", "$count", "$skiptoken")


class Roles:
    def __init__(self, world: World) -> None:
        self._world = world

    async def assignments(self, request: web.Request) -> web.Response:
        held = self._world.people.active
        items = [_assignment(holder, role) for holder, roles in held.items() for role in sorted(roles)]
        return self._listed(request, "unifiedRoleAssignment", "roleAssignments", items)

    async def eligible(self, request: web.Request) -> web.Response:
        held = self._world.people.eligible
        items = [_eligibility(holder, role) for holder, roles in held.items() for role in sorted(roles)]
        kind, context = "unifiedRoleEligibilityScheduleInstance", "roleEligibilityScheduleInstances"
        return self._listed(request, kind, context, items)

    async def definition(self, request: web.Request) -> web.Response:
        odata.known(request, "$select")
        role = request.match_info["role"]
        if role not in ROLES:
            raise missing(role)
        whole = {
            "id": role,
            "description": None,
            "displayName": ROLES[role],
            "isBuiltIn": True,
            "isEnabled": True,
            "templateId": role,
        }
        shown = odata.select(request, "unifiedRoleDefinition", whole, whole)
        return odata.single(self._world, "roleManagement/directory/roleDefinitions", shown)

    def _listed(self, request: web.Request, kind: str, context: str, items: list[Json]) -> web.Response:
        odata.known(request, *_OPTIONS)
        kept = odata.filtered(request, items, "principalId", "roleDefinitionId")
        shown = [odata.select(request, kind, item, item) for item in kept]
        return odata.listed(self._world, request, f"roleManagement/directory/{context}", shown)


def _assignment(holder: str, role: str) -> Json:
    return {
        "id": guid(f"assignment/{holder}/{role}"),
        "appScopeId": None,
        "directoryScopeId": "/",
        "principalId": holder,
        "roleDefinitionId": role,
    }


def _eligibility(holder: str, role: str) -> Json:
    return {
        "id": guid(f"eligibility/{holder}/{role}"),
        "appScopeId": None,
        "directoryScopeId": "/",
        "endDateTime": None,
        "memberType": "Direct",
        "principalId": holder,
        "roleDefinitionId": role,
        "roleEligibilityScheduleId": guid(f"schedule/{holder}/{role}"),
        "startDateTime": "2026-01-05T08:00:00Z",
    }
