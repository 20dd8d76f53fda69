"""Tenant: what Graph says of anybody who is asked about, the same each time: an employee with nothing to hide."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Final

from bench.http1 import response

HOST: Final = b"\r\nhost: graph.microsoft.com"
PERSON: Final = "11111111-1111-4111-8111-111111111111"
PASS: Final = "22222222-2222-4222-8222-222222222222"
CODE: Final = "Kn0wn+Pass"
_ACCOUNT: Final = {
    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users/$entity",
    "id": PERSON,
    "displayName": "Ann Archer",
    "userPrincipalName": "ann@contoso.example",
    "accountEnabled": True,
    "userType": "Member",
    "onPremisesSyncEnabled": None,
    "isManagementRestricted": None,
    "externalUserState": None,
    "preferredLanguage": "en-GB",
    "lastPasswordChangeDateTime": "2026-03-02T09:00:00Z",
    "signInSessionsValidFromDateTime": "2026-03-02T09:00:00Z",
}
_MADE: Final = {
    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users/authentication/temporaryAccessPassMethods/$entity",
    "id": PASS,
    "isUsable": True,
    "methodUsabilityReason": "EnabledByPolicy",
    "temporaryAccessPass": CODE,
    "createdDateTime": "2026-11-24T09:00:00Z",
    "startDateTime": "2026-11-24T09:00:00Z",
    "lifetimeInMinutes": 60,
    "isUsableOnce": True,
}
_POLICY: Final = {
    "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration",
    "id": "TemporaryAccessPass",
    "state": "enabled",
    "minimumLifetimeInMinutes": 10,
    "maximumLifetimeInMinutes": 480,
    "defaultLifetimeInMinutes": 60,
    "isUsableOnce": False,
    "includeTargets": [{"id": "all_users", "targetType": "group"}],
}
_GUARD: Final = {
    "id": "p",
    "displayName": "Sensitive actions",
    "state": "enabled",
    "conditions": {
        "clientAppTypes": ["all"],
        "applications": {"includeAuthenticationContextClassReferences": ["c1"]},
        "users": {"includeUsers": ["All"]},
    },
    "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    "sessionControls": {
        "signInFrequency": {
            "authenticationType": "primaryAndSecondaryAuthentication",
            "frequencyInterval": "everyTime",
            "isEnabled": True,
        }
    },
}
_NOTHING: Final[dict[str, object]] = {"value": []}

_APPROVERS, _EMPLOYEES = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2))

# The first whose words, parted by a star, are in the request's first line, in lower case.
_TOLD: Final[tuple[tuple[bytes, object], ...]] = (
    (b"/users/00000000-0000-4000-8000-001*/checkmembergroups", {"value": [_APPROVERS, _EMPLOYEES]}),  # who is asked
    (b"/users/00000000-0000-4000-8000-000000000007*/checkmembergroups", {"value": [_APPROVERS, _EMPLOYEES]}),  # who was
    (b"/checkmembergroups", {"value": [_EMPLOYEES]}),
    (b"/revokesigninsessions", {"value": True}),
    (b"post /v1.0/users/", _MADE),
    (b"/temporaryaccesspassmethods", _NOTHING),
    (b"/authentication/", _NOTHING),
    (b"/memberof", _NOTHING),
    (b"/transitivememberof", _NOTHING),
    (b"/ownedobjects", _NOTHING),
    (b"get /v1.0/users/", _ACCOUNT),
    (b"/authenticationmethodconfigurations/", _POLICY),
    (b"/authenticationcontextclassreferences", {"value": [{"id": "c1", "isAvailable": True}]}),
    (b"/conditionalaccess/policies", {"value": [_GUARD]}),
    (b"/organization", {"value": [{"id": "o", "verifiedDomains": [{"name": "contoso.example", "type": "Managed"}]}]}),
    (b"/rolemanagement/", _NOTHING),
    (b"/identityprotection/riskdetections", _NOTHING),
    (b"/identityprotection/riskyusers/", {"id": PERSON, "riskLevel": "none", "riskState": "none"}),
    (b"/transitivemembers", _NOTHING),
    (b"/auditlogs/directoryaudits", _NOTHING),
    (b"/owners", _NOTHING),
    (b"get /v1.0/groups/", {"id": _APPROVERS, "securityEnabled": True, "groupTypes": [], "visibility": "Private"}),
)
ANSWERS: Final = MappingProxyType(
    {f"graph {words.decode()}": response(200, json.dumps(told).encode()) for words, told in _TOLD}
)


def sort(line: bytes) -> str:
    """Return the sort of a call to Graph, by its first line."""
    plain = line.replace(b"//", b"/")  # the SDK as it is shipped writes /v1.0//users
    told = (words for words, _ in _TOLD if all(word in plain for word in words.split(b"*")))
    return next((f"graph {words.decode()}" for words in told), "unknown")
