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
from bot.core.errors import NO_PREMIUM, NotGranted
from bot.graph.calls import Calls
from bot.graph.hidden import FIELDS, HiddenGroups, assignable
from bot.graph.pages import every
from bot.graph.readings import needed

_Held = RoleAssignmentsRequestBuilder.RoleAssignmentsRequestBuilderGetQueryParameters
_Instances = eligibility.RoleEligibilityScheduleInstancesRequestBuilder
_Eligible = _Instances.RoleEligibilityScheduleInstancesRequestBuilderGetQueryParameters
_Memberships = member_of.GraphGroupRequestBuilder.GraphGroupRequestBuilderGetQueryParameters
_Owned = owned.GraphGroupRequestBuilder.GraphGroupRequestBuilderGetQueryParameters

_PAGE: Final = 999  # the most Graph gives at once: every page more is time a person waits


async def standing(graph: BaseGraphServiceClient, calls: Calls, hidden: HiddenGroups, person: str) -> Standing:
    """Ask the four questions at once; one that gets no answer is the answer to all."""
    try:
        async with asyncio.TaskGroup() as group:
            held = group.create_task(held_roles(graph, calls, person))
            eligible = group.create_task(_eligible(graph, calls, person))
            memberships = group.create_task(_memberships(graph, calls, person))
            owns = group.create_task(_owns(graph, calls, person))
    except ExceptionGroup as several:
        first = several.exceptions[0]
    else:
        shown = await hidden.shown([*memberships.result(), *owns.result()])
        return Standing(
            roles=tuple(sorted({*held.result(), *eligible.result()})),
            guarded_groups=tuple(sorted(assignable(shown))),
            owned=frozenset(needed(group.id, "id") for group in owns.result()),
        )
    raise first


async def held_roles(graph: BaseGraphServiceClient, calls: Calls, person: str) -> list[str]:
    roles = graph.role_management.directory.role_assignments
    query = RequestConfiguration(query_parameters=_Held(filter=f"principalId eq '{person}'"))
    found = await every(calls, "role_assignments", partial(roles.get, query), lambda link: roles.with_url(link).get())
    return [needed(role.role_definition_id, "roleDefinitionId") for role in found]


async def eligible_roles(graph: BaseGraphServiceClient, calls: Calls, person: str) -> list[str]:
    roles = graph.role_management.directory.role_eligibility_schedule_instances
    query = RequestConfiguration(query_parameters=_Eligible(filter=f"principalId eq '{person}'"))
    found = await every(calls, "eligible_roles", partial(roles.get, query), lambda link: roles.with_url(link).get())
    return [needed(role.role_definition_id, "roleDefinitionId") for role in found]


async def _eligible(graph: BaseGraphServiceClient, calls: Calls, person: str) -> list[str]:
    """Without a licence for Privileged Identity Management nobody is eligible: what there was has been removed.

    Only PIM's own word for it counts (`refusals.py`); `/readyz` says that eligible roles are not looked at.
    https://learn.microsoft.com/entra/id-governance/licensing-fundamentals#what-happens-when-a-license-expires
    """
    try:
        return await eligible_roles(graph, calls, person)
    except NotGranted as error:
        if error.code != NO_PREMIUM:
            raise
        return []


async def _memberships(graph: BaseGraphServiceClient, calls: Calls, person: str) -> list[Group]:
    groups = graph.users.by_user_id(person).transitive_member_of.graph_group
    query = RequestConfiguration(
        query_parameters=_Memberships(select=list(FIELDS), count=True, top=_PAGE), headers=_eventual()
    )
    again = RequestConfiguration[_Memberships](headers=_eventual())
    return await every(calls, "memberships", partial(groups.get, query), lambda link: groups.with_url(link).get(again))


async def _owns(graph: BaseGraphServiceClient, calls: Calls, person: str) -> list[Group]:
    groups = graph.users.by_user_id(person).owned_objects.graph_group
    query = RequestConfiguration(
        query_parameters=_Owned(select=list(FIELDS), count=True, top=_PAGE), headers=_eventual()
    )
    again = RequestConfiguration[_Owned](headers=_eventual())
    return await every(calls, "owned_groups", partial(groups.get, query), lambda link: groups.with_url(link).get(again))


def _eventual() -> HeadersCollection:
    """Casting in the path is an advanced query: https://learn.microsoft.com/graph/aad-advanced-queries."""
    headers = HeadersCollection()
    headers.add("ConsistencyLevel", "eventual")
    return headers
