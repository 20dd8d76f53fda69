"""Grants: what the tenant has given the desk, found out by asking about nobody: who may ask hears of no such person."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from msgraph.generated.base_graph_service_client import BaseGraphServiceClient

from bot.core.directory import Directory
from bot.core.errors import NO_PREMIUM, DeskError, NotGranted
from bot.graph.calls import Calls
from bot.graph.reports import Reports
from bot.graph.standings import eligible_roles, held_roles

NOBODY: Final = "00000000-0000-0000-0000-000000000000"
PATIENCE: Final = 2.5  # seconds; who does not answer by then is asked another time
NOT_GRANTED: Final = "is not granted to the app"
UNLICENSED: Final = "the tenant has no licence for what it opens"
# What a licence that is not there comes to, where that is no more than a check the less.
WITHOUT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "RoleEligibilitySchedule.Read.Directory": "the tenant has no Entra ID P2, hence no Privileged Identity "
        "Management: only roles that are held are looked at; if the licence has run out, put those who were eligible "
        "for one on the deny-list",
        "IdentityRiskyUser.Read.All": "the tenant has no Entra ID P2, hence no ID Protection: nobody is flagged as "
        "risky, approvers neither, and no alarm is told to it (`confirm_compromised`)",
    }
)

Ask = Callable[[], Awaitable[object]]


class Grants:
    """By the permission, the least of the calls that need it; what only writes is found out when it is needed."""

    def __init__(self, graph: BaseGraphServiceClient, calls: Calls, directory: Directory, reports: Reports) -> None:
        group, access = graph.groups.by_group_id(NOBODY), graph.identity.conditional_access
        contexts, policies = access.authentication_context_class_references, access.policies
        self._asks: Mapping[str, Ask] = MappingProxyType(
            {
                "User.Read.All": lambda: directory.account(NOBODY),
                "GroupMember.Read.All": lambda: calls.read("group", group.get),
                "RoleManagement.Read.Directory": lambda: held_roles(graph, calls, NOBODY),
                "RoleEligibilitySchedule.Read.Directory": lambda: eligible_roles(graph, calls, NOBODY),
                "AuthenticationContext.Read.All": lambda: calls.read("contexts", contexts.get),
                "Policy.Read.All": lambda: calls.read("ca_policies", policies.get),
                "Policy.Read.AuthenticationMethod": directory.pass_policy,
                "UserAuthMethod-TAP.ReadWrite.All": lambda: directory.passes(NOBODY),
                "IdentityRiskyUser.Read.All": lambda: directory.risk(NOBODY),
                "UserAuthenticationMethod.Read.All": lambda: directory.methods(NOBODY),
                "UserAuthMethod-Passkey.Read.All": lambda: directory.passkeys(NOBODY),
                "AuditLog.Read.All": lambda: reports.probe(NOBODY),
                "Organization.Read.All": lambda: directory.federated(f"nobody@{NOBODY}"),
            }
        )

    async def lacking(self, permissions: Iterable[str]) -> Mapping[str, str]:
        """Say of each of these that cannot be used, and only of these, why not."""
        asked = [name for name in sorted(permissions) if name in self._asks]
        told = await asyncio.gather(*(self._told(name) for name in asked))
        return {name: why for name, why in zip(asked, told, strict=True) if why}

    async def _told(self, permission: str) -> str:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._asks[permission]()
        except NotGranted as error:
            return WITHOUT.get(permission, UNLICENSED) if error.code == NO_PREMIUM else NOT_GRANTED
        except (DeskError, TimeoutError):  # nobody is there, or nobody answers: other checks are about that
            return ""
        return ""
