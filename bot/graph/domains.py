"""The tenant's domains: who signs in with Entra and who elsewhere. A domain that is not the tenant's is no answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Final

from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.base_graph_service_client import BaseGraphServiceClient
from msgraph.generated.models.verified_domain import VerifiedDomain
from msgraph.generated.organization.organization_request_builder import OrganizationRequestBuilder

from bot.core.errors import Rejected
from bot.core.ports import Clock
from bot.graph.cache import Cache
from bot.graph.calls import Calls
from bot.graph.pages import every
from bot.graph.readings import needed
from bot.graph.refusals import INCOMPLETE

FRESH: Final = timedelta(minutes=10)
UNKNOWN_DOMAIN: Final = "unknown_domain"
_FEDERATED: Final = {"federated": True, "managed": False}

_Query = OrganizationRequestBuilder.OrganizationRequestBuilderGetQueryParameters


class Domains:
    """https://learn.microsoft.com/graph/api/resources/verifieddomain."""

    def __init__(self, graph: BaseGraphServiceClient, calls: Calls, clock: Clock) -> None:
        self._organizations = graph.organization
        self._calls = calls
        self._federated = Cache(self._found, clock, FRESH)

    async def federated(self, upn: str) -> bool:
        name, _, domain = upn.rpartition("@")
        federated = (await self._federated.get()).get(domain.casefold()) if name else None
        if federated is None:
            raise Rejected("federated: not a name in a domain of the tenant", code=UNKNOWN_DOMAIN)
        return federated

    async def _found(self) -> Mapping[str, bool]:
        organizations = self._organizations
        query = RequestConfiguration(query_parameters=_Query(select=["id", "verifiedDomains"]))
        first = partial(organizations.get, query)
        found = await every(self._calls, "domains", first, lambda link: organizations.with_url(link).get())
        domains = [d for one in found for d in needed(one.verified_domains, "verifiedDomains")]
        return {needed(domain.name, "name").casefold(): _elsewhere(domain) for domain in domains}


def _elsewhere(domain: VerifiedDomain) -> bool:
    federated = _FEDERATED.get(needed(domain.type, "type").casefold())
    if federated is None:
        raise Rejected("Graph calls a domain neither managed nor federated", code=INCOMPLETE)
    return federated
