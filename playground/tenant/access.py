"""What Entra remembers: contexts, the policies that guard them, codes, and how each person signed in to Teams."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from playground.clock import Clock
from playground.people import People, guid

Method = Literal["passkey", "authenticator", "password"]
Strength = Literal["none", "mfa", "phishing_resistant"]
PolicyState = Literal["enabled", "disabled", "enabledForReportingButNotEnforced"]

CODE_LIFE: Final = timedelta(minutes=5)
# Entra allows five minutes of skew with "every time":
# https://learn.microsoft.com/entra/identity/conditional-access/concept-session-lifetime
EVERY_TIME: Final = timedelta(minutes=5)
_STRONG: Final[dict[Strength, frozenset[Method]]] = {
    "none": frozenset(get_args(Method)),
    "mfa": frozenset({"passkey", "authenticator"}),
    "phishing_resistant": frozenset({"passkey"}),
}


@dataclass(frozen=True, slots=True)
class Context:
    """An authentication context: something an app may demand by its id."""

    id: str
    name: str
    description: str
    available: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """A Conditional Access policy for authentication contexts.

    It binds everybody, or the people (keys) or groups (ids) it is for; those who are `excluded` it does not bind, by
    name, group or a role (by its template's id) that they hold.
    """

    id: str
    name: str
    contexts: frozenset[str]
    strength: Strength
    state: PolicyState = "enabled"
    every_time: bool = True
    included: frozenset[str] = frozenset()
    included_groups: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    excluded_groups: frozenset[str] = frozenset()
    excluded_roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Session:
    """How and when somebody really signed in."""

    method: Method
    at: datetime


@dataclass(frozen=True, slots=True)
class Code:
    """What an authorization code stands for until it is redeemed, once."""

    person: str
    redirect: str
    scope: str
    nonce: str
    challenge: str
    contexts: tuple[str, ...]
    session: Session
    at: datetime


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody signed in to Entra's own pages; `unchanged`: their password has to be changed before anything else."""

    person: str
    at: datetime
    strong: bool
    unchanged: bool = False


def _contexts() -> dict[str, Context]:
    first = Context("c1", "Identity desk", "A fresh sign-in with more than a password")
    second = Context("c2", "Identity desk, strong", "A fresh sign-in with a passkey")
    return {context.id: context for context in (first, second)}


def _policies() -> list[Policy]:
    return [
        Policy(guid("policy/c1"), "Identity desk: sign in afresh", frozenset({"c1"}), "mfa"),
        Policy(guid("policy/c2"), "Identity desk: passkey", frozenset({"c2"}), "phishing_resistant"),
    ]


class EntraState:
    """The knobs: `contexts`, `policies`, `consented`, and `silent`, by key: their Teams session is as fresh as can be.

    `consented` says whether an administrator agreed to what the app may do in a person's name.
    """

    def __init__(self, clock: Clock, people: People) -> None:
        self._people = people
        self.contexts = _contexts()
        self.policies = _policies()
        self.consented = True
        self.silent: dict[str, bool] = {}
        self.visits: dict[str, Visit] = {}
        self.sessions: dict[str, Session] = {}
        self.codes: dict[str, Code] = {}
        self.redeemed: set[str] = set()
        self._clock = clock
        self._last: dict[str, datetime] = {}
        self._elsewhere: dict[str, datetime] = {}
        self._morning = clock.now() - timedelta(hours=3)

    def session(self, key: str) -> Session:
        """Return a person's Teams session: this morning's, unless a test or the `silent` knob says otherwise.

        With the knob they have signed in elsewhere a minute ago, and again when that has grown old; in between it is
        one and the same sign-in, whoever asks for it.
        """
        if not self.silent.get(key):
            self._elsewhere.pop(key, None)
            return self.sessions.get(key, Session("authenticator", self._morning))
        now, at = self._clock.now(), self._elsewhere.get(key)
        if at is None or not timedelta() <= now - at < EVERY_TIME:
            at = self._elsewhere[key] = now - timedelta(minutes=1)
        return Session("passkey", at)

    def fresh(self, key: str, method: Method) -> Session:
        """Return the session of somebody who signs in now; two sign-ins of one person never share a second.

        Tokens say when in whole seconds, and nobody is through two pages in one; a test's driver is.
        """
        now, last = self._clock.now(), self._last.get(key, self._morning)
        return Session(method, max(now, last.replace(microsecond=0) + timedelta(seconds=1)))

    def signed_in(self, key: str, at: datetime | None = None) -> None:
        """Somebody signed in anywhere: a session that was ended is good again, though no fresher than it was."""
        self._last[key] = at or self._clock.now()

    def last(self, key: str) -> datetime:
        """Return when this person signed in last, for whatever they did then."""
        return max(self.session(key).at, self._last.get(key, self._morning))

    def guards(self, context: str, key: str) -> list[Policy]:
        """Return the policies in force that bind this person when an app demands this context."""
        in_force = [p for p in self.policies if p.state == "enabled" and context in p.contexts]
        return [policy for policy in in_force if self._binds(policy, key)]

    def _binds(self, policy: Policy, key: str) -> bool:
        person = self._people[key].id
        groups = {group.id for group in self._people.groups_of(person)}
        everybody = not policy.included and not policy.included_groups
        included = everybody or key in policy.included or not groups.isdisjoint(policy.included_groups)
        excluded = key in policy.excluded or not policy.excluded_roles.isdisjoint(self._people.roles_of(person))
        return included and not excluded and groups.isdisjoint(policy.excluded_groups)

    def unmet(self, contexts: tuple[str, ...], key: str, session: Session) -> Policy | None:
        """Return the first policy the session falls short of.

        A context no policy guards is granted to anybody: that is what Entra documents, and what an app must look
        after itself. https://learn.microsoft.com/entra/identity-platform/developer-guide-conditional-access-authentication-context
        """
        for policy in (policy for context in contexts for policy in self.guards(context, key)):
            stale = policy.every_time and session.at < self._clock.now() - EVERY_TIME
            if stale or session.method not in _STRONG[policy.strength]:
                return policy
        return None
