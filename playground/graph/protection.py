"""Protection: ID Protection's part of Graph: whom it has flagged, what it noticed, and what was decided about it.

https://learn.microsoft.com/graph/api/resources/identityprotection-overview
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from playground.graph import odata
from playground.graph.refusals import RefusedByGraph, bad
from playground.graph.users import body, stamp
from playground.people import Person, guid
from playground.tenant.risks import Detection, Risk
from playground.world import World

Json = dict[str, Any]
_LISTED: Final = ("$filter", "$orderby", "$select", "$top", "$count", "$skiptoken")
_AT_ONCE: Final = 60  # https://learn.microsoft.com/graph/api/riskyuser-dismiss
_OFFLINE: Final = frozenset({"leakedCredentials", "anomalousToken", "unlikelyTravel"})


class Protection:
    def __init__(self, world: World) -> None:
        self._world = world

    async def user(self, request: web.Request) -> web.Response:
        odata.known(request, "$select")
        person = self._world.people.find(request.match_info["user"])
        risk = None if person is None else self._world.graph.risks.get(person.key)
        if person is None or risk is None:
            raise _unknown(request.match_info["user"])
        whole = _risky(person, risk)
        shown = odata.select(request, "riskyUser", whole, whole)
        return odata.single(self._world, "identityProtection/riskyUsers", shown)

    async def detections(self, request: web.Request) -> web.Response:
        odata.known(request, *_LISTED)
        items = [
            _noticed(person, detection)
            for person in self._world.people
            if (risk := self._world.graph.risks.get(person.key))
            for detection in risk.detections
        ]
        kept = odata.filtered(request, items, "userId", "riskState", "riskLevel", "riskEventType")
        kept = odata.ordered(request, kept, "detectedDateTime", "activityDateTime")
        shown = [odata.select(request, "riskDetection", item, item) for item in kept]
        return odata.listed(self._world, request, "identityProtection/riskDetections", shown)

    async def dismiss(self, request: web.Request) -> web.Response:
        return await self._decide(request, self._world.graph.risks.dismiss)

    async def confirm_safe(self, request: web.Request) -> web.Response:
        return await self._decide(request, self._world.graph.risks.confirm_safe)

    async def confirm_compromised(self, request: web.Request) -> web.Response:
        return await self._decide(request, self._world.graph.risks.compromise)

    async def _decide(self, request: web.Request, decide: Callable[[str], None]) -> web.Response:
        """Decide about all of these people, or about nobody where one of them is not the tenant's to decide about."""
        ids = (await body(request)).get("userIds")
        if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
            raise bad("The parameter 'userIds' must be a collection of strings.", code="BadRequest")
        if not 0 < len(ids) <= _AT_ONCE:
            raise bad(f"The parameter 'userIds' names one to {_AT_ONCE} users.", code="BadRequest")
        for key in [self._key(one) for one in dict.fromkeys(ids)]:
            decide(key)
        return web.Response(status=204)

    def _key(self, id_: str) -> str:
        person = self._world.people.find(id_)
        if person is None or person.guest:
            raise _unknown(id_)
        return person.key


def _unknown(name: str) -> RefusedByGraph:
    return RefusedByGraph(404, "NotFound", f"The risky user '{name}' could not be found.")


def _risky(person: Person, risk: Risk) -> Json:
    return {
        "id": person.id,
        "isDeleted": False,
        "isProcessing": risk.processing,
        "riskLevel": risk.level,
        "riskState": risk.state,
        "riskDetail": risk.detail,
        "riskLastUpdatedDateTime": stamp(risk.at),
        "userDisplayName": person.name,
        "userPrincipalName": person.upn,
    }


def _noticed(person: Person, one: Detection) -> Json:
    at = None if one.at is None else stamp(one.at)
    place = {"city": one.city, "state": None, "countryOrRegion": one.country, "geoCoordinates": None}
    return {
        "id": one.id,
        "activity": "user" if one.kind == "leakedCredentials" else "signin",
        "activityDateTime": at,
        "additionalInfo": "[]",
        "correlationId": guid(f"correlation/{one.id}"),
        "detectedDateTime": at,
        "detectionTimingType": "offline" if one.kind in _OFFLINE else "realtime",
        "ipAddress": one.ip or None,
        "lastUpdatedDateTime": at,
        "location": place if one.city or one.country else None,
        "requestId": guid(f"request/{one.id}"),
        "riskDetail": one.detail,
        "riskEventType": one.kind,
        "riskLevel": one.level,
        "riskState": one.state,
        "source": "IdentityProtection",
        "tokenIssuerType": "AzureAD",
        "userDisplayName": person.name,
        "userId": person.id,
        "userPrincipalName": person.upn,
    }
