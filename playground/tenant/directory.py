"""What Graph remembers and tests may change; a pass's value is in `issued`, a password's in `passwords`."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from playground.clock import Clock
from playground.people import CREATED, DOMAIN, FEDERATED, NO_PASS, USER_ADMIN, People, Person
from playground.tenant.apps import Apps
from playground.tenant.attributes import Attributes
from playground.tenant.factors import YUBIKEY, Factors, authenticator, passkey
from playground.tenant.history import History
from playground.tenant.mails import Mails
from playground.tenant.passwords import Passwords
from playground.tenant.risks import Budget, Risk, Risks

GRANTED: Final = frozenset(
    {
        "User.Read.All",
        "GroupMember.Read.All",
        "RoleManagement.Read.Directory",
        "RoleEligibilitySchedule.Read.Directory",
        "Policy.Read.AuthenticationMethod",
        "AuthenticationContext.Read.All",
        "Policy.Read.All",
        "UserAuthMethod-TAP.ReadWrite.All",
        "User.RevokeSessions.All",
        "IdentityRiskyUser.Read.All",
        "IdentityRiskyUser.ReadWrite.All",
        "IdentityRiskEvent.Read.All",
        "User-PasswordProfile.ReadWrite.All",
        "Organization.Read.All",
        "UserAuthenticationMethod.Read.All",
        "UserAuthMethod-Passkey.Read.All",
        "UserAuthMethod-Passkey.ReadWrite.All",
        "UserAuthMethod-MicrosoftAuthApp.ReadWrite.All",
        "UserAuthMethod-Phone.ReadWrite.All",
        "UserAuthMethod-SoftwareOATH.ReadWrite.All",
        "UserAuthMethod-WindowsHello.ReadWrite.All",
        "UserAuthMethod-PlatformCred.ReadWrite.All",
        "UserAuthMethod-Email.ReadWrite.All",
        "UserAuthMethod-External.ReadWrite.All",
        "CustomSecAttributeAssignment.ReadWrite.All",
        "Mail.Send",
        "AuditLog.Read.All",
        "TeamsAppInstallation.ReadWriteSelfForUser.All",
    }
)
ALL_USERS: Final = "all_users"
_SYMBOLS: Final = "+&*%@!$#="
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"  # none that look alike

Licence = Literal["", "P1", "P2"]  # of Entra ID; each has what those before it have
Hiding = Literal["in_lists", "as_nulls", "altogether"]  # a group's properties: in lists, alone as well, or a no to it
Reason = Literal["EnabledByPolicy", "DisabledByPolicy", "Expired", "NotYetValid", "OneTimeUsed"]


@dataclass(slots=True)
class PassPolicy:
    """The tenant's Temporary Access Pass policy; lifetimes in minutes, targets are group ids or `all_users`."""

    enabled: bool = True
    minimum: int = 10
    maximum: int = 480
    default: int = 60
    length: int = 8
    one_time: bool = False
    included: list[str] = field(default_factory=lambda: [ALL_USERS])
    excluded: list[str] = field(default_factory=lambda: [NO_PASS])


@dataclass(frozen=True, slots=True)
class Pass:
    id: str
    person: str
    value: str
    created: datetime
    start: datetime
    lifetime: timedelta
    one_time: bool
    used: bool = False

    @property
    def end(self) -> datetime:
        return self.start + self.lifetime


@dataclass(frozen=True, slots=True)
class Issued:
    """A secret that was given out; `person` is a key, `value` is what no table, log or message may hold."""

    person: str
    value: str
    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Revoked:
    person: str
    at: datetime


class GraphState:
    """What was done is in `passes`, `issued` and `revoked`; everything else is a knob.

    What people have is looked up by their key: `risks`, `passwords`, `methods`, `attributes.values`.
    """

    def __init__(self, *, people: People, clock: Clock) -> None:
        self.granted: set[str] = set(GRANTED)
        self.licence: Licence = "P2"
        self.policy = PassPolicy()
        self.page_size = 100
        self.settling = timedelta()  # how long a new pass is not known yet where people sign in
        self.hidden: dict[str, Hiding] = {}  # groups by id that do not show what they are, whatever was granted
        self.passes: dict[str, Pass] = {}  # by person key: everybody has one at most
        self.issued: list[Issued] = []
        self.revoked: list[Revoked] = []
        self.risks = Risks(people=people, clock=clock)
        self.budget = Budget()
        self.reports = Budget(rate=0.5, burst=4)  # what is read of its log: five in ten seconds
        self.history = History(people=people, clock=clock)
        self.passwords = Passwords(people=people, clock=clock)
        self.methods = Factors(people=people, clock=clock, history=self.history)
        self.attributes = Attributes()
        self.mails = Mails()
        self.apps = Apps()
        self.domains = {DOMAIN: "Managed", FEDERATED: "Federated"}
        self.app_roles = {USER_ADMIN}  # directory roles of the app: a permission alone does not reset passwords
        self.attribute_readers = {"cleo"}  # who holds the role Attribute Assignment Reader
        self._people = people
        self._clock = clock

    def in_policy(self, person: Person) -> bool:
        """Say whether the pass policy lets this person have one; an exclusion wins."""
        groups = {group.id for group in self._people.groups_of(person.id)} | {ALL_USERS}
        policy = self.policy
        return policy.enabled and not groups.isdisjoint(policy.included) and groups.isdisjoint(policy.excluded)

    def reason(self, found: Pass) -> Reason:
        """Say why a pass works or does not: `methodUsabilityReason`."""
        now = self._clock.now()
        if not self.in_policy(self._people[found.person]):
            return "DisabledByPolicy"
        if found.used:
            return "OneTimeUsed"
        if now < found.start:
            return "NotYetValid"
        return "Expired" if now >= found.end else "EnabledByPolicy"

    def issue(self, key: str, *, pass_id: str, start: datetime, lifetime: timedelta, one_time: bool) -> Pass:
        """Make a pass; the one there was is gone with that."""
        now = self._clock.now()
        made = Pass(pass_id, key, self._value(), now, start, lifetime, one_time)
        self.passes[key] = made
        self.issued.append(Issued(key, made.value, made.id, now))
        return made

    def use(self, key: str, value: str) -> Reason | None:
        """Sign in with a pass: say why it worked or not, `None` when it is not the pass; one-time ones are spent."""
        found = self.passes.get(key)
        if (
            found is None
            or self._clock.now() < found.created + self.settling
            or not secrets.compare_digest(found.value.encode(), value.encode())
        ):
            return None
        reason = self.reason(found)
        if reason == "EnabledByPolicy" and found.one_time:
            self.passes[key] = replace(found, used=True)
        return reason

    def flag(self, key: str, **risk: Any) -> Risk:
        """Let ID Protection flag somebody: `flag("ann", level="low", detections=[...])`."""
        return self.risks.flag(key, **risk)

    def register_passkey(self, key: str, name: str, *, model: str = YUBIKEY, kind: str = "deviceBound") -> str:
        """Return the id of a passkey made now; `kind` is `deviceBound` or `synced`."""
        return self.methods.add(key, "fido2", **passkey(name, model=model, kind=kind))

    def register_authenticator(self, key: str, name: str) -> str:
        return self.methods.add(key, "microsoftAuthenticator", **authenticator(name))

    def password_ok(self, key: str, password: str) -> bool:
        return self.passwords.right(key, password)

    def must_change(self, key: str) -> bool:
        held = self.passwords[key]
        return held.must_change or held.with_mfa

    def change_password(self, key: str, new: str) -> None:
        """Change one's own password; raise `passwords.Weak` with the reason when Entra would not take it."""
        self.passwords.change(key, new)

    def sessions_from(self, key: str) -> datetime:
        """Return since when sign-ins count: what was signed in before is signed out."""
        return max((done.at for done in self.revoked if done.person == key), default=CREATED)

    def _value(self) -> str:
        # One symbol at least, so that whoever shows a pass proves every time that symbols survive.
        signs = [
            secrets.choice(_SYMBOLS),
            *(secrets.choice(_LETTERS + _SYMBOLS) for _ in range(self.policy.length - 1)),
        ]
        secrets.SystemRandom().shuffle(signs)
        return "".join(signs)
