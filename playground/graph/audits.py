"""Audits: the tenant's own log about people, as Graph lists it, newest first.

https://learn.microsoft.com/graph/api/directoryaudit-list
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from playground.graph import odata
from playground.graph.refusals import bad
from playground.graph.users import stamp
from playground.tenant.history import Logged
from playground.world import World

Json = dict[str, Any]
_ABOUT: Final = re.compile(r"activityDateTime ge (\S+) and targetResources/any\(t:\s?t/id eq '([^']*)'\)")


class Audits:
    def __init__(self, world: World) -> None:
        self._world = world

    async def listed(self, request: web.Request) -> web.Response:
        """Answer one $filter: what happened to somebody since then."""
        odata.known(request, "$filter", "$top", "$skiptoken")
        clause = request.query.get("$filter", "")
        found = _ABOUT.fullmatch(clause)
        since = _moment(found[1]) if found is not None else None
        if found is None or since is None:
            raise bad(f"Invalid filter clause: '{clause}'.", code="BadRequest")
        person = self._world.people.find(found[2])
        known = [one for one in self._world.graph.history if person is not None and one.person == person.key]
        shown = [self._shown(one) for one in known if one.at >= since]
        return odata.listed(self._world, request, "auditLogs/directoryAudits", shown)

    def _shown(self, one: Logged) -> Json:
        person = self._world.people[one.person]
        who = {"id": person.id, "displayName": None, "userPrincipalName": person.upn, "ipAddress": None}
        app = {"appId": one.app, "displayName": "Vouchsafe", "servicePrincipalId": None, "servicePrincipalName": None}
        changed = [
            {"displayName": name, "oldValue": json.dumps([before]), "newValue": json.dumps([after])}
            for name, (before, after) in one.changed.items()
        ]
        return {
            "id": one.id,
            "activityDateTime": stamp(one.at),
            "activityDisplayName": one.activity,
            "additionalDetails": [],
            "category": "UserManagement",
            "correlationId": one.id,
            "initiatedBy": {"app": app, "user": None} if one.app else {"app": None, "user": who},
            "loggedByService": one.service,
            "operationType": "Add" if one.activity.startswith("Add") else "Update",
            "result": "success",
            "resultReason": one.reason or None,
            "targetResources": [
                {
                    "id": person.id,
                    "displayName": person.name,
                    "type": "User",
                    "userPrincipalName": person.upn,
                    "groupType": None,
                    "modifiedProperties": changed,
                }
            ],
        }


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
