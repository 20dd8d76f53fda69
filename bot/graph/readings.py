"""Graph's models read into the desk's values: a field that is missing is an error, never a No."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from msgraph.generated.models.authentication_method_configuration import AuthenticationMethodConfiguration
from msgraph.generated.models.authentication_method_state import AuthenticationMethodState
from msgraph.generated.models.directory_object import DirectoryObject
from msgraph.generated.models.temporary_access_pass_authentication_method import TemporaryAccessPassAuthenticationMethod
from msgraph.generated.models.temporary_access_pass_authentication_method_configuration import (
    TemporaryAccessPassAuthenticationMethodConfiguration,
)
from msgraph.generated.models.user import User

from bot.core.directory import Account, Manager
from bot.core.errors import Rejected
from bot.core.passes import Pass, PassPolicy
from bot.graph.refusals import INCOMPLETE

T = TypeVar("T")

ACCOUNT_FIELDS: Final = (
    "id",
    "displayName",
    "userPrincipalName",
    "accountEnabled",
    "userType",
    "onPremisesSyncEnabled",
    "isManagementRestricted",
    "externalUserState",
    "preferredLanguage",
    "mail",
    "otherMails",
    "jobTitle",
    "department",
    "createdDateTime",
    "lastPasswordChangeDateTime",
    "signInSessionsValidFromDateTime",
)

USER_TYPE_CAME: Final = datetime(2014, 8, 31, tzinfo=UTC)
_EXTENSIONS: Final = "onPremisesExtensionAttributes"


def _home(upn: str) -> str:
    """Return the domain a guest was invited from: `gus_fabrikam.com#EXT#@contoso.com`.

    https://learn.microsoft.com/entra/external-id/user-properties
    """
    name, mark, _ = upn.casefold().partition("#ext#")
    return name.rpartition("_")[2] if mark and "_" in name else ""


def needed(value: T | None, name: str) -> T:
    """Return `value`, or raise `Rejected` when Graph left it out."""
    if value is None:
        raise Rejected(f"Graph left out {name}", code=INCOMPLETE)
    return value


def of_human(attribute: str) -> tuple[str, ...]:
    """Return what must be selected to read the attribute that tells which human an account is of."""
    if not attribute:
        return ()
    return (_EXTENSIONS if attribute.startswith("extensionAttribute") else attribute,)


def human(user: User, attribute: str) -> str:
    """Return which human an account is of, folded: two systems may not write it alike; "" where it does not say.

    https://learn.microsoft.com/graph/api/resources/onpremisesextensionattributes
    """
    match attribute:
        case "":
            value: object = ""
        case "employeeId":
            value = user.employee_id
        case _:
            value = getattr(user.on_premises_extension_attributes, attribute.replace("Attribute", "_attribute"), "")
    return str(value or "").strip().casefold()


def account(user: User, human_attribute: str = "") -> Account:
    """Read a user. For `isManagementRestricted` and `onPremisesSyncEnabled` null is a no, as Graph documents them.

    https://learn.microsoft.com/graph/api/resources/user#properties
    """
    upn = needed(user.user_principal_name, "userPrincipalName")
    return Account(
        id=needed(user.id, "id"),
        name=user.display_name or upn,
        upn=upn,
        enabled=needed(user.account_enabled, "accountEnabled"),
        guest=not _member(user) or "#ext#" in upn.casefold() or user.external_user_state is not None,
        restricted=bool(user.is_management_restricted),
        synced=bool(user.on_premises_sync_enabled),
        language=user.preferred_language or "",
        work=", ".join(filter(None, (user.job_title, user.department))),
        mails=_mails(user),
        home=_home(upn),
        human=human(user, human_attribute),
        password_changed_at=perhaps(user.last_password_change_date_time),
        sessions_from=perhaps(user.sign_in_sessions_valid_from_date_time),
        created_at=perhaps(user.created_date_time),  # null for some of before June 2018: no credential is that old
    )


def _mails(user: User) -> tuple[str, ...]:
    """Return where somebody is written to, each address once however it is written, their mailbox first.

    https://learn.microsoft.com/graph/api/resources/user#properties
    """
    found: dict[str, str] = {}
    for told in (user.mail, *(user.other_mails or ())):
        if told and "@" in told:
            found.setdefault(told.strip().casefold(), told.strip())
    return tuple(found.values())


def manager(found: DirectoryObject) -> Manager:
    """Read who somebody's manager is: a person, or a contact of the organisation."""
    name = getattr(found, "display_name", None) or (found.additional_data or {}).get("displayName")
    return Manager(needed(found.id, "id"), str(name or ""))


def _member(user: User) -> bool:
    """Say whether somebody is the tenant's own.

    Accounts of before userType came, at the end of August 2014, have none, and nobody could be invited before that. In
    any later account, or where it is not known how old it is, a missing type is a hole.
    """
    if user.user_type is None and user.created_date_time is not None and utc(user.created_date_time) < USER_TYPE_CAME:
        return True
    return needed(user.user_type, "userType").casefold() == "member"


def pass_policy(found: AuthenticationMethodConfiguration) -> PassPolicy:
    if not isinstance(found, TemporaryAccessPassAuthenticationMethodConfiguration):
        raise Rejected("Graph sent another policy", code=INCOMPLETE)
    included = needed(found.include_targets, "includeTargets")
    excluded = found.exclude_targets or []  # Graph leaves an empty list out, and enforces it itself in any case
    return PassPolicy(
        enabled=needed(found.state, "state") is AuthenticationMethodState.Enabled,
        minimum=needed(found.minimum_lifetime_in_minutes, "minimumLifetimeInMinutes"),
        maximum=needed(found.maximum_lifetime_in_minutes, "maximumLifetimeInMinutes"),
        default=needed(found.default_lifetime_in_minutes, "defaultLifetimeInMinutes"),
        included=frozenset(needed(target.id, "includeTargets.id") for target in included),
        excluded=frozenset(needed(target.id, "excludeTargets.id") for target in excluded),
    )


def access_pass(method: TemporaryAccessPassAuthenticationMethod) -> Pass:
    created = utc(needed(method.created_date_time, "createdDateTime"))
    start = utc(method.start_date_time) if method.start_date_time else created
    lifetime = timedelta(minutes=needed(method.lifetime_in_minutes, "lifetimeInMinutes"))
    return Pass(
        id=needed(method.id, "id"),
        created_at=created,
        expires_at=start + lifetime,
        usable=bool(method.is_usable),  # not told counts as live by `usability`, and not as usable
        usability=method.method_usability_reason or "",
    )


def perhaps(moment: datetime | None) -> datetime | None:
    return utc(moment) if moment is not None else None


def utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
