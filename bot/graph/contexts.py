"""Which authentication contexts are guarded: Entra grants one that no enabled policy protects to anybody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Final, TypeVar

from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.base_graph_service_client import BaseGraphServiceClient
from msgraph.generated.identity.conditional_access.policies.policies_request_builder import PoliciesRequestBuilder
from msgraph.generated.models.authentication_context_class_reference import AuthenticationContextClassReference
from msgraph.generated.models.conditional_access_policy import ConditionalAccessPolicy
from msgraph.generated.models.conditional_access_policy_state import ConditionalAccessPolicyState

from bot.core.errors import Unavailable
from bot.core.ports import Clock
from bot.graph.cache import Cache
from bot.graph.calls import Calls
from bot.graph.pages import every

T = TypeVar("T")

FRESH: Final = timedelta(minutes=5)
# Conditional Access grants one request a second to a whole tenant, and its 429 says nothing of when to come back:
# https://learn.microsoft.com/graph/throttling-limits
PACE: Final = 1.0

_Query = PoliciesRequestBuilder.PoliciesRequestBuilderGetQueryParameters


class Contexts:
    """Asks at most once in five minutes, for everybody who waits; a failure is not kept."""

    def __init__(self, graph: BaseGraphServiceClient, calls: Calls, clock: Clock) -> None:
        self._access = graph.identity.conditional_access
        self._calls = calls
        self._guarded = Cache(self._found, clock, FRESH)

    async def guarded(self, _person: str) -> frozenset[str]:
        return await self._guarded.get()

    async def lacking(self, contexts: frozenset[str]) -> Mapping[str, str]:
        """Say why each of these contexts that is not guarded is not."""
        return dict.fromkeys(contexts - await self._guarded.get(), "no enabled policy guards it")

    async def _found(self) -> frozenset[str]:
        published = {c.id for c in await self._paced(self._published) if c.is_available and c.id}
        guarded: set[str] = set()
        for policy in await self._paced(self._policies):
            if policy.state is ConditionalAccessPolicyState.Enabled:
                guarded |= _demanded(policy)
        return frozenset(published & guarded)

    async def _paced(self, ask: Callable[[], Awaitable[list[T]]]) -> list[T]:
        try:
            return await ask()
        except Unavailable as fault:
            if fault.retry_after is not None:
                raise
        await asyncio.sleep(PACE)
        return await ask()

    async def _published(self) -> list[AuthenticationContextClassReference]:
        contexts = self._access.authentication_context_class_references
        return await every(self._calls, "contexts", contexts.get, lambda link: contexts.with_url(link).get())

    async def _policies(self) -> list[ConditionalAccessPolicy]:
        policies = self._access.policies
        query = RequestConfiguration(query_parameters=_Query(select=["id", "state", "conditions"]))
        first = partial(policies.get, query)
        return await every(self._calls, "ca_policies", first, lambda link: policies.with_url(link).get())


def _demanded(policy: ConditionalAccessPolicy) -> set[str]:
    applications = policy.conditions.applications if policy.conditions else None
    return set((applications.include_authentication_context_class_references if applications else None) or ())
