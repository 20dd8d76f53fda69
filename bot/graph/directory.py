"""The Directory by Microsoft Graph: facts as they are now, and the few writes, each sent once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Final
from uuid import UUID

from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.users.item.check_member_groups.check_member_groups_post_request_body import (
    CheckMemberGroupsPostRequestBody,
)
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder

from bot.cloud import Cloud
from bot.core.errors import Rejected
from bot.core.passes import IssuedPass, Pass, PassPolicy
from bot.core.ports import Account, Clock, Directory, Standing
from bot.graph import readings, warmth
from bot.graph.calls import Calls, Observe, Tokens
from bot.graph.client import connect
from bot.graph.contexts import Contexts
from bot.graph.passes import Passes
from bot.graph.readings import ACCOUNT_FIELDS, needed
from bot.graph.standings import standing

CHUNK: Final = 20  # groups at once: https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups

_UserQuery = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters


class GraphDirectory(Directory):
    """`observe` is told of every call: its name, its outcome (`ok`, `rejected`, `lost` ...), its seconds."""

    def __init__(self, *, cloud: Cloud, tokens: Tokens, clock: Clock, observe: Observe | None = None) -> None:
        self._graph, self._http = connect(cloud, tokens)
        self._calls = Calls(tokens, cloud.graph_scope, observe)
        self._passes = Passes(self._graph, self._calls)
        self._contexts = Contexts(self._graph, self._calls, clock)

    async def warm(self) -> None:
        """Load what the SDK would load at the first call, a second's work, away from the event loop."""
        await asyncio.to_thread(warmth.load, self._graph)

    async def close(self) -> None:
        await self._http.aclose()

    async def account(self, person: str) -> Account:
        user = self._graph.users.by_user_id(_checked(person))
        query = RequestConfiguration(query_parameters=_UserQuery(select=list(ACCOUNT_FIELDS)))
        return readings.account(await self._calls.read("account", lambda: user.get(query)))

    async def standing(self, person: str) -> Standing:
        return await standing(self._graph, self._calls, _checked(person))

    async def groups(self, person: str, among: frozenset[str]) -> frozenset[str]:
        if not among:
            return frozenset()
        person = _checked(person)
        answers = await asyncio.gather(*(self._member(person, some) for some in _chunks(sorted(among))))
        found = {group.casefold() for answer in answers for group in answer}
        return frozenset(group for group in among if group.casefold() in found)

    async def _member(self, person: str, some: list[str]) -> list[str]:
        check = self._graph.users.by_user_id(person).check_member_groups
        answer = await self._calls.read("groups", lambda: check.post(CheckMemberGroupsPostRequestBody(group_ids=some)))
        return needed(answer.value, "value")

    async def guarded_contexts(self) -> frozenset[str]:
        return await self._contexts.guarded()

    async def pass_policy(self) -> PassPolicy:
        return await self._passes.policy()

    async def passes(self, person: str) -> tuple[Pass, ...]:
        return await self._passes.of(_checked(person))

    async def issue_pass(self, person: str, lifetime: timedelta, *, one_time: bool) -> IssuedPass:
        return await self._passes.issue(_checked(person), lifetime, one_time=one_time)

    async def delete_pass(self, person: str, pass_id: str) -> None:
        await self._passes.delete(_checked(person), _checked(pass_id))

    async def revoke_sessions(self, person: str) -> None:
        revoke = self._graph.users.by_user_id(_checked(person)).revoke_sign_in_sessions
        answer = await self._calls.write("revoke_sessions", revoke.post)
        if answer.value is not True:
            raise Rejected("revoke_sessions: Graph said no", code="not_revoked")


def _checked(object_id: str) -> str:
    """Return an id that is one: it becomes part of an address and of a filter."""
    try:
        return str(UUID(object_id))
    except ValueError:
        raise Rejected("not an object id", code="bad_id") from None


def _chunks(ids: list[str]) -> Iterator[list[str]]:
    left = iter(ids)
    while some := list(islice(left, CHUNK)):
        yield some
