"""Permissions: which of them open an address of Graph's; any one of a set is enough.

https://learn.microsoft.com/graph/permissions-reference
"""

from __future__ import annotations

from typing import Final

USER: Final = frozenset({"User.Read.All", "User.ReadWrite.All", "Directory.Read.All"})
GROUPS: Final = frozenset({"User.Read.All", "Directory.Read.All", "GroupMember.Read.All", "Group.Read.All"})
# https://learn.microsoft.com/graph/api/group-list-owners#permissions, and the same for the group and its members
GROUP: Final = frozenset({"GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"})
ROLES: Final = frozenset({"RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", "Directory.Read.All"})
ROLE: Final = ROLES | {"RoleManagement.Read.All"}
ELIGIBLE: Final = frozenset(
    {
        *("RoleEligibilitySchedule.Read.Directory", "RoleEligibilitySchedule.ReadWrite.Directory"),
        *("RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", "RoleManagement.Read.All"),
    }
)
METHOD_POLICY: Final = frozenset({"Policy.Read.AuthenticationMethod", "Policy.ReadWrite.AuthenticationMethod"})
CONTEXTS: Final = frozenset(
    {"AuthenticationContext.Read.All", "AuthenticationContext.ReadWrite.All", "Policy.Read.ConditionalAccess"}
)
ACCESS: Final = frozenset({"Policy.Read.All"})
REVOKE: Final = frozenset({"User.RevokeSessions.All", "User.ReadWrite.All", "Directory.ReadWrite.All"})
PASSWORD: Final = frozenset({"User-PasswordProfile.ReadWrite.All"})  # User.ReadWrite.All does not cover it
# The app itself, and no other, is enough: https://learn.microsoft.com/graph/api/userteamwork-post-installedapps
INSTALL: Final = frozenset(
    {"TeamsAppInstallation.ReadWriteSelfForUser.All", "TeamsAppInstallation.ReadWriteForUser.All"}
)
MAIL: Final = frozenset({"Mail.Send"})
# Its page names both, Microsoft's own map of permissions either: what is less is asked for.
AUDITS: Final = frozenset({"AuditLog.Read.All", "Directory.Read.All"})
ATTRIBUTES_WRITE: Final = frozenset({"CustomSecAttributeAssignment.ReadWrite.All"})
ATTRIBUTES_READ: Final = ATTRIBUTES_WRITE | {"CustomSecAttributeAssignment.Read.All"}
CHANGES: Final = PASSWORD | ATTRIBUTES_WRITE | {"User.ReadWrite.All", "Directory.ReadWrite.All"}
DEFINE: Final = frozenset({"CustomSecAttributeDefinition.ReadWrite.All"})
DEFINED: Final = DEFINE | {"CustomSecAttributeDefinition.Read.All"}
# The list holds more than the names of domains, so User.Read.All alone is not taken for it here.
ORGANIZATION: Final = frozenset({"Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All"})
RISK_WRITE: Final = frozenset({"IdentityRiskyUser.ReadWrite.All"})
RISK_READ: Final = frozenset({"IdentityRiskyUser.Read.All"})  # changing it is not documented to cover reading it
DETECTIONS: Final = frozenset({"IdentityRiskEvent.Read.All"})
METHODS_WRITE: Final = frozenset({"UserAuthenticationMethod.ReadWrite.All"})
METHODS_READ: Final = METHODS_WRITE | {"UserAuthenticationMethod.Read.All"}
# The collection of passkeys opens to this one alone; a single passkey to the wider ones as well.
PASSKEYS: Final = frozenset({"UserAuthMethod-Passkey.Read.All"})


def write(type_: str) -> frozenset[str]:
    """Return what opens the writing of one type of method, by the middle of its permissions' names."""
    return METHODS_WRITE | {f"UserAuthMethod-{type_}.ReadWrite.All"}


def read(type_: str) -> frozenset[str]:
    return write(type_) | METHODS_READ | {f"UserAuthMethod-{type_}.Read.All"}
