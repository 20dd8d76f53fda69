"""What would make a person privileged: roles held or eligible, role-assignable groups they are in or own."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.headers_collection import HeadersCollection
from msgraph.generated.base_graph_service_client import BaseGraphServiceClient
from msgraph.generated.models.group import Group
from msgraph.generated.role_management.directory.role_assignments.role_assignments_request_builder import (
    RoleAssignmentsRequestBuilder,
)
from msgraph.generated.role_management.directory.role_eligibility_schedule_instances import (
    role_eligibility_schedule_instances_request_builder as eligibility,
)
from msgraph.generated.users.item.owned_objects.graph_group import graph_group_request_builder as owned
from msgraph.generated.users.item.transitive_member_of.graph_group import graph_group_request_builder as member_of

from bot.core.directory import Standing
from bot.graph.calls import Calls
from bot.graph.pages import every
from bot.graph.readings import needed

_Held = RoleAssignmentsRequestBuilder.RoleAssignmentsRequestBuilderGetQueryParameters
_Instances = eligibility.RoleEligibilityScheduleInstancesRequestBuilder
_Eligible = _Instances.RoleEligibilityScheduleInstancesRequestBuilderGetQueryParameters
_Memberships = member_of.GraphGroupRequestBuilder.GraphGroupRequestBuilderGetQueryParameters
_Owned = owned.GraphGroupRequestBuilder.GraphGroupRequestBuilderGetQueryParameters

_GROUP_FIELDS: Final = ["id", "isAssignableToRole"]
_PAGE: Final = 999  # the most Graph gives at once: every page more is time a person waits


async def standing(graph: BaseGraphServiceClient, calls: Calls, person: str) -> Standing:
    """Ask the four questions at once; one that gets no answer is the answer to all."""
    try:
        async with asyncio.TaskGroup() as group:
            held = group.create_task(_held(graph, calls, person))
            eligible = group.create_task(_eligible(graph, calls, person))
            memberships = group.create_task(_memberships(graph, calls, person))
            owns = group.create_task(_owns(graph, calls, person))
    except ExceptionGroup as several:
        first = several.exceptions[0]
    else:
        owned = owns.result()
        return Standing(
            roles=tuple(sorted({*held.result(), *eligible.result()})),
            guarded_groups=tuple(sorted({*memberships.result(), *_guarded(owned)})),
            owned=frozenset(needed(group.id, "id") for group in owned),
        )
    raise first


async def _held(graph: BaseGraphServiceClient, calls: Calls, person: str) -> list[str]:
    roles = graph.role_management.directory.role_assignments
    query = RequestConfiguration(query_parameters=_Held(filter=f"principalId eq '{person}'"))
    found = await every(calls, "role_assignments", partial(roles.get, query), lambda link: roles.with_url(link).get())
    return [needed(role.role_definition_id, "roleDefinitionId") for role in found]


async def _eligible(graph: BaseGraphServiceClient, calls: Calls, person: str) -> list[str]:
    roles = graph.role_management.directory.role_eligibility_schedule_instances
    query = RequestConfiguration(query_parameters=_Eligible(filter=f"principalId eq '{person}'"))
    found = await every(calls, "eligible_roles", partial(roles.get, query), lambda link: roles.with_url(link).get())
    return [needed(role.role_definition_id, "roleDefinitionId") for role in found]


async def _memberships(graph: BaseGraphServiceClient, calls: Calls, person: str) -> list[str]:
    groups = graph.users.by_user_id(person).transitive_member_of.graph_group
    query = RequestConfiguration(
        query_parameters=_Memberships(select=_GROUP_FIELDS, count=True, top=_PAGE), headers=_eventual()
    )
    again = RequestConfiguration[_Memberships](headers=_eventual())
    found = await every(calls, "memberships", partial(groups.get, query), lambda link: groups.with_url(link).get(again))
    return _guarded(found)


async def _owns(graph: BaseGraphServiceClient, calls: Calls, person: str) -> list[Group]:
    groups = graph.users.by_user_id(person).owned_objects.graph_group
    query = RequestConfiguration(
        query_parameters=_Owned(select=_GROUP_FIELDS, count=True, top=_PAGE), headers=_eventual()
    )
    again = RequestConfiguration[_Owned](headers=_eventual())
    return await every(calls, "owned_groups", partial(groups.get, query), lambda link: groups.with_url(link).get(again))


def _eventual() -> HeadersCollection:
    """Casting in the path is an advanced query: https://learn.microsoft.com/graph/aad-advanced-queries."""
    headers = HeadersCollection()
    headers.add("ConsistencyLevel", "eventual")
    return headers


def _guarded(groups: list[Group]) -> list[str]:
    """Return ids of the groups a role could be given to; null is Graph's no, for it is set at creation or never."""
    return [needed(group.id, "id") for group in groups if group.is_assignable_to_role]
