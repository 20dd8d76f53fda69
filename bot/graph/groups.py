"""Approvers' groups: what is nested in them, who is in them and who could put themselves there; known for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.base_graph_service_client import BaseGraphServiceClient
from msgraph.generated.groups.item.group_item_request_builder import GroupItemRequestBuilder
from msgraph.generated.groups.item.owners.owners_request_builder import OwnersRequestBuilder
from msgraph.generated.groups.item.transitive_members.transitive_members_request_builder import (
    TransitiveMembersRequestBuilder,
)
from msgraph.generated.models.directory_object import DirectoryObject
from msgraph.generated.models.group import Group
from msgraph.generated.models.user import User

from bot.core.directory import Account, ApproversGroup
from bot.core.errors import Missing
from bot.core.ports import Clock
from bot.graph.cache import Cache
from bot.graph.calls import Calls
from bot.graph.hidden import FIELDS, hides
from bot.graph.pages import every
from bot.graph.readings import needed

FRESH: Final = timedelta(minutes=5)
CROWD: Final = 50  # a group of approvers has a few people
_PAGE: Final = 999
_DYNAMIC: Final = "DynamicMembership"  # in groupTypes: https://learn.microsoft.com/graph/api/resources/group

_GroupQuery = GroupItemRequestBuilder.GroupItemRequestBuilderGetQueryParameters
_MembersQuery = TransitiveMembersRequestBuilder.TransitiveMembersRequestBuilderGetQueryParameters
_OwnersQuery = OwnersRequestBuilder.OwnersRequestBuilderGetQueryParameters

Ask = Callable[[str], Awaitable[Account]]


class Groups:
    """`account` looks at one person.

    https://learn.microsoft.com/graph/api/group-list-transitivemembers
    """

    def __init__(self, graph: BaseGraphServiceClient, calls: Calls, clock: Clock, account: Ask) -> None:
        self._groups = graph.groups
        self._calls = calls
        self._clock = clock
        self._account = account
        self._looks: dict[str, Cache[ApproversGroup]] = {}
        self._known: dict[str, Cache[Sequence[DirectoryObject]]] = {}

    async def within(self, groups: frozenset[str]) -> frozenset[str]:
        found = await asyncio.gather(*(self._members(group) for group in groups))
        nested = (needed(one.id, "id") for members in found for one in members if isinstance(one, Group))
        return groups.union(nested)

    async def look(self, group: str) -> ApproversGroup:
        """Raises `Missing` for a group that is not there."""
        if group not in self._looks:
            self._looks[group] = Cache(partial(self._looked, group), self._clock, FRESH)
        return await self._looks[group].get()

    async def _looked(self, group: str) -> ApproversGroup:
        """Of a crowd only some are looked at, one by one."""
        query = RequestConfiguration(query_parameters=_GroupQuery(select=[*FIELDS, "groupTypes", "visibility"]))
        item = self._groups.by_group_id(group)
        about, members, owners = await asyncio.gather(
            self._calls.read("group", lambda: item.get(query)), self._members(group), self._owners(group)
        )
        people = [needed(one.id, "id") for one in members if isinstance(one, User)]
        accounts = await asyncio.gather(*(self._account(person) for person in people[:CROWD]))
        usable = [one for one in accounts if one.enabled and not one.guest]
        return ApproversGroup(
            public=(about.visibility or "").casefold() == "public",
            dynamic=_DYNAMIC in (about.group_types or ()),
            owners=frozenset(needed(one.id, "id") for one in owners),
            members=frozenset(people),
            guests=sum(1 for one in accounts if one.guest),
            usable=frozenset(one.id for one in usable),
            unnamed=sum(1 for one in usable if not one.human),
            hidden=hides(about),
        )

    async def _members(self, group: str) -> Sequence[DirectoryObject]:
        if group not in self._known:
            self._known[group] = Cache(partial(self._listed, group), self._clock, FRESH)
        return await self._known[group].get()

    async def _listed(self, group: str) -> Sequence[DirectoryObject]:
        """A group that is not there has nobody in it: whoever asks is told that elsewhere."""
        members = self._groups.by_group_id(group).transitive_members
        query = RequestConfiguration(query_parameters=_MembersQuery(select=["id"], top=_PAGE))
        first = partial(members.get, query)
        try:
            return await every(self._calls, "group_members", first, lambda link: members.with_url(link).get())
        except Missing:
            return ()

    async def _owners(self, group: str) -> Sequence[DirectoryObject]:
        owners = self._groups.by_group_id(group).owners
        query = RequestConfiguration(query_parameters=_OwnersQuery(select=["id"], top=_PAGE))
        first = partial(owners.get, query)
        return await every(self._calls, "group_owners", first, lambda link: owners.with_url(link).get())
