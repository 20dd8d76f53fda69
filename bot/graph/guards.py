"""Guard: what a Conditional Access policy asks for an authentication context, of whom; what is not plain is no guard.

https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from kiota_abstractions.serialization import AdditionalDataHolder
from msgraph.generated.models.authentication_strength_policy import AuthenticationStrengthPolicy
from msgraph.generated.models.authentication_strength_requirements import AuthenticationStrengthRequirements
from msgraph.generated.models.conditional_access_client_app import ConditionalAccessClientApp as Client
from msgraph.generated.models.conditional_access_condition_set import ConditionalAccessConditionSet
from msgraph.generated.models.conditional_access_grant_control import ConditionalAccessGrantControl as Control
from msgraph.generated.models.conditional_access_policy import ConditionalAccessPolicy
from msgraph.generated.models.conditional_access_policy_state import ConditionalAccessPolicyState
from msgraph.generated.models.conditional_access_users import ConditionalAccessUsers
from msgraph.generated.models.sign_in_frequency_authentication_type import SignInFrequencyAuthenticationType
from msgraph.generated.models.sign_in_frequency_interval import SignInFrequencyInterval

EVERYBODY: Final = "all"
NOBODY: Final = "none"
GUESTS: Final = "guestsorexternalusers"
_NAMED: Final = "exclude no roles: name the emergency accounts instead"


@dataclass(frozen=True, slots=True)
class Covered:
    """Somebody as a policy sees them: which of its groups they are in, and their roles, held or eligible.

    `by_group`: they are in a group that roles may be given to, so that more of them may be theirs.
    """

    id: str
    groups: frozenset[str]
    roles: frozenset[str]
    guest: bool
    by_group: bool = False


@dataclass(frozen=True, slots=True)
class Guard:
    """A policy that counts for its contexts, and for whom.

    Who is in it by a role only is not covered: such a role may be eligible and not active.
    """

    contexts: frozenset[str]
    users: frozenset[str]
    groups: frozenset[str]
    but_users: frozenset[str]
    but_groups: frozenset[str]
    but_roles: frozenset[str]
    but_guests: bool

    def covers(self, who: Covered) -> bool:
        return not self.spares(who)

    def spares(self, who: Covered) -> str:
        """Say why somebody is not surely asked, with what to do about it; "" for whom it covers."""
        person = who.id.casefold()
        if not (self.users & {EVERYBODY, person} or self.groups & who.groups):
            return "its policy does not include them by name or group (include them)"
        if self.but_users & {EVERYBODY, person} or self.but_groups & who.groups:
            return "its policy excludes them, by name or by a group (take them out of what is excluded)"
        if self.but_roles & who.roles:
            return f"its policy excludes a role they hold or could activate ({_NAMED})"
        if self.but_roles and who.by_group:
            return f"its policy excludes roles, and they are in a group that roles may be given to ({_NAMED})"
        if self.but_guests and who.guest:
            return "its policy excludes guests (include them)"
        return ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A policy that names contexts and does not count for them, and why."""

    contexts: frozenset[str]
    why: str


def read(policy: ConditionalAccessPolicy) -> Guard | Gap:
    """Say what a policy is worth; one that names no context is a gap for none."""
    conditions = policy.conditions or ConditionalAccessConditionSet()
    applications = conditions.applications
    named = applications.include_authentication_context_class_references if applications else None
    contexts = frozenset(named or ())
    for fault, why in _FAULTS:
        if fault(policy):
            return Gap(contexts, why)
    users = conditions.users or ConditionalAccessUsers()
    but_users = _ids(users.exclude_users)
    return Guard(
        contexts=contexts,
        users=_ids(users.include_users),
        groups=_ids(users.include_groups),
        but_users=but_users,
        but_groups=_ids(users.exclude_groups),
        but_roles=_ids(users.exclude_roles),
        but_guests=GUESTS in but_users or users.exclude_guests_or_external_users is not None,
    )


def _off(policy: ConditionalAccessPolicy) -> bool:
    return policy.state is not ConditionalAccessPolicyState.Enabled


def _weak(policy: ConditionalAccessPolicy) -> bool:
    """Whether somebody may pass without a second factor; where one control of several is enough, each must be one."""
    grant = policy.grant_controls
    if grant is None:
        return True
    proofs = [control is Control.Mfa for control in grant.built_in_controls or ()]
    proofs += [False for _ in (*(grant.custom_authentication_factors or ()), *(grant.terms_of_use or ()))]
    if grant.authentication_strength is not None:
        proofs.append(_strong(grant.authentication_strength))
    together = (grant.operator or "").upper() == "AND"
    return not (any(proofs) if together else proofs and all(proofs))


def _strong(strength: AuthenticationStrengthPolicy) -> bool:
    found: object = strength.requirements_satisfied  # of an enum of flags the SDK makes a list, whatever its type says
    return found == [AuthenticationStrengthRequirements.Mfa]


def _blocks(policy: ConditionalAccessPolicy) -> bool:
    grant = policy.grant_controls
    return grant is not None and Control.Block in (grant.built_in_controls or ())


def _seldom(policy: ConditionalAccessPolicy) -> bool:
    """Whether a session of before will do, or a password of before beside a new second factor."""
    frequency = policy.session_controls.sign_in_frequency if policy.session_controls else None
    if frequency is None or not frequency.is_enabled:
        return True
    partly = frequency.authentication_type is SignInFrequencyAuthenticationType.SecondaryAuthentication
    return partly or frequency.frequency_interval is not SignInFrequencyInterval.EveryTime


def _narrow(policy: ConditionalAccessPolicy) -> bool:
    """Whether it holds only somewhere, sometimes or on some devices: from elsewhere the context is granted freely."""
    found = policy.conditions
    if found is None:
        return True
    clients = set(found.client_app_types or ())
    everywhere = Client.All in clients or {Client.Browser, Client.MobileAppsAndDesktopClients} <= clients
    where, on, device, what = found.locations, found.platforms, found.devices, found.applications
    return not everywhere or any(
        (
            found.sign_in_risk_levels,
            found.user_risk_levels,
            found.insider_risk_levels,
            found.service_principal_risk_levels,
            found.client_applications,
            found.authentication_flows and found.authentication_flows.transfer_methods,
            where and _some(where.include_locations, where.exclude_locations),
            on and _some(on.include_platforms, on.exclude_platforms),
            device and device.device_filter,
            what and (what.application_filter or what.exclude_applications),
            *(_unheard_of(part) for part in (found, device, found.users)),
        )
    )


def _some(within: Sequence[str] | None, without: Sequence[str] | None) -> bool:
    """Whether a condition on places or platforms leaves any out; one that names nothing is none."""
    return bool(without) or (bool(within) and _ids(within) != {EVERYBODY})


def _unheard_of(part: AdditionalDataHolder | None) -> bool:
    """Whether something is set that is newer than the SDK."""
    return part is not None and any(value for name, value in part.additional_data.items() if "@" not in name)


def _nobody(policy: ConditionalAccessPolicy) -> bool:
    users = policy.conditions.users if policy.conditions else None
    named = _ids(users.include_users) - {NOBODY, GUESTS} if users else frozenset[str]()
    return not named and not (users and users.include_groups)


def _ids(names: Iterable[str] | None) -> frozenset[str]:
    return frozenset((name or "").casefold() for name in names or ())  # an enum the SDK does not know is None


# In the order in which an administrator would mend them.
_FAULTS: Final[tuple[tuple[Callable[[ConditionalAccessPolicy], bool], str], ...]] = (
    (_off, "its policy is off or only reports"),
    (_blocks, "its policy blocks, so that nobody could sign in"),
    (_weak, "its policy grants access without multifactor authentication or an authentication strength"),
    (_seldom, 'its policy does not demand a fresh sign-in (session: sign-in frequency "every time")'),
    (_narrow, "its policy holds only under conditions (place, platform, client, device, risk)"),
    (_nobody, "its policy covers nobody the desk serves (it names no users and no groups)"),
)
