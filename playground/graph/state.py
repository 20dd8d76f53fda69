"""What Graph remembers: permissions granted, the pass policy, passes and revocations; a pass's value is in `issued`."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from playground.clock import Clock
from playground.people import NO_PASS, People, Person

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
    }
)
ALL_USERS: Final = "all_users"
_SYMBOLS: Final = "+&*%@!$#="
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"  # none that look alike

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
    """The knobs `granted`, `policy` and `page_size`, and what was done: `passes`, `issued`, `revoked`."""

    def __init__(self, *, people: People, clock: Clock) -> None:
        self.granted: set[str] = set(GRANTED)
        self.policy = PassPolicy()
        self.page_size = 100
        self.passes: dict[str, Pass] = {}  # by person key: everybody has one at most
        self.issued: list[Issued] = []
        self.revoked: list[Revoked] = []
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
        if found is None or not secrets.compare_digest(found.value.encode(), value.encode()):
            return None
        reason = self.reason(found)
        if reason == "EnabledByPolicy" and found.one_time:
            self.passes[key] = replace(found, used=True)
        return reason

    def _value(self) -> str:
        # One symbol at least, so that whoever shows a pass proves every time that symbols survive.
        signs = [
            secrets.choice(_SYMBOLS),
            *(secrets.choice(_LETTERS + _SYMBOLS) for _ in range(self.policy.length - 1)),
        ]
        secrets.SystemRandom().shuffle(signs)
        return "".join(signs)
