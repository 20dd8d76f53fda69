"""Which authentication contexts are guarded, and for whom: Entra grants one that no policy protects to anybody."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final, Protocol, TypeVar

from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.base_graph_service_client import BaseGraphServiceClient
from msgraph.generated.identity.conditional_access.policies.policies_request_builder import PoliciesRequestBuilder
from msgraph.generated.models.authentication_context_class_reference import AuthenticationContextClassReference
from msgraph.generated.models.conditional_access_policy import ConditionalAccessPolicy

from bot.core.directory import Account, Standing
from bot.core.errors import NO_PREMIUM, NotGranted, Unavailable
from bot.core.ports import Clock
from bot.graph import guards
from bot.graph.cache import Cache
from bot.graph.calls import Calls
from bot.graph.guards import Covered, Gap, Guard
from bot.graph.pages import every

T = TypeVar("T")

FRESH: Final = timedelta(minutes=5)
# Conditional Access grants one request a second to a whole tenant, and its 429 says nothing of when to come back:
# https://learn.microsoft.com/graph/throttling-limits
PACE: Final = 1.0

_FIELDS: Final = ["id", "state", "conditions", "grantControls", "sessionControls"]
_Query = PoliciesRequestBuilder.PoliciesRequestBuilderGetQueryParameters


@dataclass(frozen=True, slots=True)
class _Found:
    """What the tenant publishes, and what its policies are worth."""

    published: frozenset[str]
    guards: tuple[Guard, ...]
    gaps: tuple[Gap, ...]
    unlicensed: bool = False


class People(Protocol):
    """Who can say what a policy's conditions come to for one person."""

    async def account(self, person: str) -> Account: ...

    async def standing(self, person: str) -> Standing: ...

    async def groups(self, person: str, among: frozenset[str]) -> frozenset[str]: ...


class Contexts:
    """Asks for policies at most once in five minutes, for everybody who waits; a failure is not kept."""

    def __init__(self, graph: BaseGraphServiceClient, calls: Calls, clock: Clock) -> None:
        self._access = graph.identity.conditional_access
        self._calls = calls
        self._known = Cache(self._found, clock, FRESH)

    async def guarded(self, person: str, people: People) -> frozenset[str]:
        """Return the published contexts that are guarded for this person. Raises what `people` raise."""
        found = await self._known.get()
        who = await _covered(person, found.guards, people)
        return found.published & {context for guard in found.guards if guard.covers(who) for context in guard.contexts}

    async def lacking(self, contexts: frozenset[str]) -> Mapping[str, str]:
        """Say of each of these contexts that is guarded for nobody why it is not."""
        found = await self._known.get()
        guarded = {context for guard in found.guards for context in guard.contexts}
        return {context: _why(found, context) for context in contexts if context not in guarded & found.published}

    async def spared(self, approvers: frozenset[str], context: str, people: People) -> Mapping[str, int]:
        """Say why some of these people are not surely asked where others are, and how many they are by each reason."""
        found = await self._known.get()
        among = [guard for guard in found.guards if context in guard.contexts & found.published]
        if not among:  # nobody is asked, which is told elsewhere
            return {}
        seen = await asyncio.gather(*(_covered(person, among, people) for person in sorted(approvers)))
        whys = ([guard.spares(who) for guard in among] for who in seen)
        return Counter(", or ".join(dict.fromkeys(each)) for each in whys if all(each))

    async def _found(self) -> _Found:
        """Without a licence for Conditional Access no policy holds, so nothing is guarded for anybody."""
        try:
            return await self._read()
        except NotGranted as error:
            if error.code != NO_PREMIUM:
                raise
            return _Found(frozenset(), (), (), unlicensed=True)

    async def _read(self) -> _Found:
        published = frozenset(c.id for c in await self._paced(self._published) if c.is_available and c.id)
        read = [guards.read(policy) for policy in await self._paced(self._policies)]
        return _Found(
            published,
            tuple(one for one in read if isinstance(one, Guard) and one.contexts & published),
            tuple(one for one in read if isinstance(one, Gap)),
        )

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
        query = RequestConfiguration(query_parameters=_Query(select=_FIELDS))
        first = partial(policies.get, query)
        return await every(self._calls, "ca_policies", first, lambda link: policies.with_url(link).get())


async def _covered(person: str, among: Sequence[Guard], people: People) -> Covered:
    """Ask about a person only what the guards make a difference by, all of it at the same time."""
    named = frozenset[str]().union(*(guard.groups | guard.but_groups for guard in among))
    groups, standing, account = await asyncio.gather(
        people.groups(person, named),
        people.standing(person) if any(guard.but_roles for guard in among) else _nothing(),
        people.account(person) if any(guard.but_guests for guard in among) else _nothing(),
    )
    roles = frozenset(role.casefold() for role in standing.roles) if standing else frozenset[str]()
    by_group = bool(standing and standing.guarded_groups)
    return Covered(person, groups, roles, guest=account.guest if account else False, by_group=by_group)


async def _nothing() -> None:
    """Nothing needs to be known."""


def _why(found: _Found, context: str) -> str:
    if found.unlicensed:
        return "the tenant has no Entra ID P1, hence no Conditional Access"
    if context not in found.published:
        return "it is not published"
    whys = dict.fromkeys(gap.why for gap in found.gaps if context in gap.contexts)
    return ", or ".join(whys) or "no Conditional Access policy targets it"
