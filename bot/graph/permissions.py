"""The application permissions the desk needs of Graph, each with its reason: what is not listed is not asked for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# Whatever kinds are on. Names and what they cover: https://learn.microsoft.com/graph/permissions-reference
BASE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "User.Read.All": "Is the account enabled, a guest, or in a restricted management unit? "
        "Who is it, and who is their manager, for those who approve? Whom does a caller say they are?",
        "GroupMember.Read.All": "Is the person in a group that may ask or approve, or in a role-assignable one? "
        "Who could put themselves into a group that approves?",
        "IdentityRiskyUser.Read.All": "Is who approves flagged as risky, or the person who asks to be cleared?",
        "RoleManagement.Read.Directory": "Does the person hold a directory role?",
        "RoleEligibilitySchedule.Read.Directory": "Could the person activate a directory role?",
        "AuthenticationContext.Read.All": "Which authentication contexts are published?",
        "Policy.Read.All": "Does an enabled Conditional Access policy guard the context a step-up demands?",
        "User.RevokeSessions.All": "Sign a person out everywhere after they said: it was not me.",
    }
)

# Where notices are sent by mail. It is given for one mailbox, in Exchange, and not by consent: docs/setup.md says how.
OF_MAIL: Final[Mapping[str, str]] = MappingProxyType(
    {"Mail.Send": "Tell people by mail what was done to their account, from one mailbox."}
)

# Not needed: without it nobody knows what changed lately of an account, and what needs to know it is not offered.
OF_REPORTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AuditLog.Read.All": "What changed lately of an account that asks, or of its manager? "
        "It opens the whole tenant's log: there is nothing narrower for it."
    }
)

# Not needed: without it, or where no app of the catalogue is named, who never met the bot is not asked in Teams.
OF_APPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "TeamsAppInstallation.ReadWriteSelfForUser.All": "Install this app, and no other, for a colleague who never "
        "met the bot, to ask them whether they are on the telephone."
    }
)

# What kinds add, by the names in their `permissions`.
OF_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Policy.Read.AuthenticationMethod": "What does the tenant allow of Temporary Access Passes, and for whom?",
        "UserAuthMethod-TAP.ReadWrite.All": "List, make and delete Temporary Access Passes, and no other method.",
        "IdentityRiskyUser.ReadWrite.All": "Dismiss that the person is flagged as risky, or confirm it either way.",
        "IdentityRiskEvent.Read.All": "What was noticed about the person, so that they can say whether it was them?",
        "User-PasswordProfile.ReadWrite.All": "Set a password, and whether it must be changed at the next sign-in.",
        "Organization.Read.All": "Which domains sign in elsewhere, so that a password here would be none?",
        "UserAuthenticationMethod.Read.All": "List a person's sign-in methods: there is no narrower permission for it.",
        "UserAuthMethod-Passkey.Read.All": "List a person's passkeys, to see a new one arrive.",
        "UserAuthMethod-Passkey.ReadWrite.All": "Remove a passkey the person has lost.",
        "UserAuthMethod-MicrosoftAuthApp.ReadWrite.All": "Remove an authenticator app the person has lost.",
        "UserAuthMethod-Phone.ReadWrite.All": "Remove a phone number the person has lost.",
        "UserAuthMethod-SoftwareOATH.ReadWrite.All": "Remove an app for one-time codes the person has lost.",
        "UserAuthMethod-WindowsHello.ReadWrite.All": "Remove Windows Hello of a computer the person has lost.",
        "UserAuthMethod-PlatformCred.ReadWrite.All": "Remove a Mac's platform credential the person has lost.",
        "UserAuthMethod-Email.ReadWrite.All": "Remove an e-mail address the person has lost.",
        "UserAuthMethod-External.ReadWrite.All": "Remove another provider's method the person has lost.",
        "CustomSecAttributeAssignment.ReadWrite.All": "Write on a person when and how well their identity was proved.",
    }
)
