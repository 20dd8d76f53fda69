"""Refusals: what each of Graph's noes means, by the call and in one table; what is in none of its rows is a plain no.

Each of Graph's services says no in its own way, several of them without a code of its own for it:
https://learn.microsoft.com/graph/errors, and what people report of
https://learn.microsoft.com/entra/identity/authentication/howto-authentication-temporary-access-pass and
https://learn.microsoft.com/entra/identity/authentication/concept-password-ban-bad-combined-policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from bot.core.directory import APP_BLOCKED
from bot.core.errors import NO_PERMISSION, NO_PREMIUM, NotGranted, Rejected

OUT_OF_POLICY: Final = "out_of_policy"
GUEST: Final = "guest"
UNUSABLE: Final = "unusable"
INCOMPLETE: Final = "incomplete"
LIFETIME: Final = "lifetime"
PASSWORD_RULE: Final = "password_rule"  # noqa: S105 - a code
SYNCED: Final = "synced"
FEDERATED: Final = "federated"
DEFAULT_METHOD: Final = "default_method"
NOT_ALLOWED: Final = "not_allowed"
APP_THERE: Final = "app_there"


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """Holds for these `calls` or all, for one `status` or all, where all `pieces` are said, by code or words."""

    code: str
    sort: type[Rejected] = Rejected
    calls: tuple[str, ...] = ()
    status: int = 0
    pieces: tuple[str, ...] = ()

    def holds(self, call: str, status: int, said: str) -> bool:
        here = (not self.calls or call in self.calls) and self.status in {0, status}
        return here and all(piece in said for piece in self.pieces)


BAD, FORBIDDEN, CONFLICT = HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT
_ACCESS: Final = ("contexts", "ca_policies")
_PROTECTION: Final = ("risk", "detections", "dismiss_risk", "confirm_safe", "confirm_compromised")
# The first that holds. What only an administrator can change is `NotGranted`; `PASSWORD_RULE` and `LIFETIME` are about
# what was typed, which may be typed anew. A word as common as "default" counts in an answer to one call only.
TABLE: Final = (
    # A licence that is missing takes a wall down (nobody is eligible, nobody is flagged), so only a service's own word
    # with its own status to its own call says so.
    # Privileged Identity Management: "The tenant needs to have Microsoft Entra ID P2 or ... license."
    RefusalRow(NO_PREMIUM, NotGranted, calls=("eligible_roles",), status=BAD, pieces=("aadpremiumlicenserequired",)),
    # Conditional Access, the tenant's log, and of old ID Protection: "Neither tenant is B2C or tenant doesn't have
    # premium license"
    RefusalRow(
        NO_PREMIUM,
        NotGranted,
        calls=(*_ACCESS, *_PROTECTION, "changes"),
        status=FORBIDDEN,
        pieces=("authentication_requestfromnonpremiumtenantorb2ctenant",),
    ),
    # ID Protection, with the code Forbidden, which it also has for a missing permission
    RefusalRow(
        NO_PREMIUM,
        NotGranted,
        calls=_PROTECTION,
        status=FORBIDDEN,
        pieces=("your tenant is not licensed for this feature",),
    ),
    # A person's own token: what their role does not open is theirs to ask for, not the desk's
    RefusalRow(NOT_ALLOWED, calls=("proof_of",), status=FORBIDDEN),
    RefusalRow(OUT_OF_POLICY, pieces=("usercredentialpolicy",)),
    RefusalRow(GUEST, pieces=("external guest",)),
    RefusalRow(LIFETIME, calls=("issue_pass",), status=BAD, pieces=("lifetime",)),
    RefusalRow(SYNCED, calls=("set_password",), pieces=("on-premises mastered",)),
    RefusalRow(FEDERATED, calls=("set_password",), status=BAD, pieces=("identity provider",)),
    RefusalRow(FEDERATED, calls=("set_password",), status=BAD, pieces=("federated",)),
    # Whatever else is said of the password is about what was typed: Entra has many words for what it does not take
    RefusalRow(PASSWORD_RULE, calls=("set_password",), status=BAD, pieces=("password",)),
    RefusalRow(DEFAULT_METHOD, calls=("remove_method",), pieces=("default",)),
    # Teams' own words, with the code Forbidden, which it also has for a missing permission
    RefusalRow(APP_BLOCKED, calls=("install_app",), status=FORBIDDEN, pieces=("blocked by app permission policy",)),
    RefusalRow(APP_THERE, calls=("install_app",), status=CONFLICT),
    # Authorization_RequestDenied in the directory, accessDenied for methods and Conditional Access, Forbidden in ID
    # Protection, PermissionScopeNotGranted (within the words of an UnknownError) in Privileged Identity Management
    RefusalRow(NO_PERMISSION, NotGranted, status=FORBIDDEN),
)


def meant(call: str, status: int, code: str, message: str, what: str) -> Rejected:
    """Return what this no means; `what` is its text, which has nothing of Graph's message in it."""
    said = f"{code} {message}".casefold()
    for row in TABLE:
        if row.holds(call, status, said):
            return row.sort(what, code=row.code)
    return Rejected(what, code=code)
