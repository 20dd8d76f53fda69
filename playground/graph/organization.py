"""Organization: the tenant itself, and which of its domains sign in elsewhere.

https://learn.microsoft.com/graph/api/organization-list
"""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from playground.graph import odata
from playground.people import DOMAIN
from playground.world import World

Json = dict[str, Any]
_OPTIONS: Final = ("$select", "$top", "$count", "$skiptoken")


class Organization:
    def __init__(self, world: World) -> None:
        self._world = world

    async def listed(self, request: web.Request) -> web.Response:
        odata.known(request, *_OPTIONS)
        whole = {
            "id": self._world.tenant,
            "displayName": "Contoso",
            "countryLetterCode": "US",
            "createdDateTime": "2026-01-05T08:00:00Z",
            "onPremisesSyncEnabled": True,
            "preferredLanguage": "en",
            "tenantType": "AAD",
            "verifiedDomains": [_domain(name, type_) for name, type_ in self._world.graph.domains.items()],
        }
        shown = odata.select(request, "organization", whole, whole)
        return odata.listed(self._world, request, "organization", [shown])


def _domain(name: str, type_: str) -> Json:
    return {
        "capabilities": "Email, OfficeCommunicationsOnline",
        "isDefault": name == DOMAIN,
        "isInitial": name == DOMAIN,
        "name": name,
        "type": type_,
    }
