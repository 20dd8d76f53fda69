"""The application permissions the desk needs of Graph, each with its reason: what is not listed is not asked for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# Whatever kinds are on. Names and what they cover: https://learn.microsoft.com/graph/permissions-reference
BASE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "User.Read.All": "Is the account enabled, a guest, or in a restricted management unit?",
        "GroupMember.Read.All": "Is the person in a group that may ask or approve, or in a role-assignable one?",
        "RoleManagement.Read.Directory": "Does the person hold a directory role?",
        "RoleEligibilitySchedule.Read.Directory": "Could the person activate a directory role?",
        "AuthenticationContext.Read.All": "Which authentication contexts are published?",
        "Policy.Read.All": "Does an enabled Conditional Access policy guard the context a step-up demands?",
        "User.RevokeSessions.All": "Sign a person out everywhere after they said: it was not me.",
    }
)

# What kinds add, by the names in their `permissions`.
OF_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Policy.Read.AuthenticationMethod": "What does the tenant allow of Temporary Access Passes, and for whom?",
        "UserAuthMethod-TAP.ReadWrite.All": "List, make and delete Temporary Access Passes, and no other method.",
    }
)
