"""Entra played by plain objects: who is who, what it made and was asked, and the trouble it is in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from bot.core.alterations import AccountChange
from bot.core.directory import Account, ApproversGroup, Directory, Manager, Standing
from bot.core.errors import AnswerLost, Forged, Missing, Rejected, Unavailable
from bot.core.methods import Method, MethodKind
from bot.core.model import Secret
from bot.core.passes import IssuedPass, Pass, PassPolicy
from bot.core.risk import Detection, Risk
from bot.core.signins import SignedIn
from bot.core.verifier import Presentation
from bot.graph.contexts import People
from bot.graph.flights import Once

TENANT = "11111111-1111-1111-1111-111111111111"
QR = "data:image/png;base64,iVBORw0KGgo="
PASS_POLICY = PassPolicy(True, 10, 480, 60, frozenset({"all_users"}), frozenset())


@dataclass
class FakeClock:
    time: datetime = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def advance(self, **how: float) -> None:
        self.time += timedelta(**how)


@dataclass
class FakeDirectory:
    """Entra: who is who, and the passes it made. `trouble` is raised by the call of that name."""

    clock: FakeClock
    accounts: dict[str, Account] = field(default_factory=dict)
    managers: dict[str, Manager] = field(default_factory=dict)
    privileged: dict[str, Standing] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)
    looks: dict[str, ApproversGroup] = field(default_factory=dict)
    nested: dict[str, frozenset[str]] = field(default_factory=dict)
    contexts: frozenset[str] = frozenset({"c1"})
    guarded: dict[str, frozenset[str]] = field(default_factory=dict)  # for whom other contexts are
    policy: PassPolicy = PASS_POLICY
    live: dict[str, Pass] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    risks: dict[str, Risk] = field(default_factory=dict)
    noticed: dict[str, tuple[Detection, ...]] = field(default_factory=dict)
    registered: dict[str, list[Method]] = field(default_factory=dict)
    changed: dict[str, tuple[AccountChange, ...]] = field(default_factory=dict)
    heard: dict[str, tuple[AccountChange, ...]] | None = None  # what is kept of that, where anything is
    passwords: dict[str, str] = field(default_factory=dict)
    banned: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()  # domains that sign in elsewhere
    kept: dict[str, dict[str, str | int]] = field(default_factory=dict)
    readers: frozenset[str] = frozenset()  # whose token may read proofs: the token is their name
    trouble: dict[str, Exception] = field(default_factory=dict)
    lose_answers: bool = False
    slow: float = 0.0  # seconds a write takes
    numbers: count[int] = field(default_factory=lambda: count(1))
    installed: list[tuple[str, str]] = field(default_factory=list)  # who got which app
    given: Callable[[str], object] = str  # what Teams does with that

    def add(self, name: str, *groups: str, **what: Any) -> None:
        self.accounts[name] = replace(
            Account(name, name.title(), f"{name}@contoso.example", True, False, False, False), **what
        )
        for group in groups:
            self.members.setdefault(group, set()).add(name)

    def _trouble(self, call: str) -> None:
        if call in self.trouble:
            raise self.trouble[call]

    def once(self, *, act: bool = False) -> Directory:
        return Once(self, act=act)

    async def account(self, person: str) -> Account:
        return self._account(person)

    def _account(self, person: str) -> Account:
        self._trouble("account")
        if person.casefold() not in self.accounts:  # Entra takes an id in either case
            raise Missing("no such person")
        return self.accounts[person.casefold()]

    async def install_app(self, person: str, app: str) -> None:
        self._trouble("install_app")
        self.installed.append((person, app))
        self.given(person)
        if self.lose_answers:
            raise AnswerLost("cut")

    async def people(self, text: str, limit: int) -> tuple[Account, ...]:
        self._trouble("people")
        found = [a for a in self.accounts.values() if text.casefold() in (a.upn.casefold(), *a.name.casefold().split())]
        return tuple([*found, *(a for a in self.accounts.values() if a.name == text and a not in found)][:limit])

    async def manager(self, person: str) -> Manager | None:
        self._trouble("manager")
        return self.managers.get(person)

    async def acquainted(self, person: str) -> tuple[Account, Manager | None]:
        self._trouble("acquainted")
        return self._account(person), self.managers.get(person)

    async def standing(self, person: str) -> Standing:
        self._trouble("standing")
        return self.privileged.get(person.casefold(), Standing((), ()))

    async def groups(self, person: str, among: frozenset[str]) -> frozenset[str]:
        self._trouble("groups")
        return frozenset(g for g in among if person in self.members.get(g, ()))

    async def within(self, groups: frozenset[str]) -> frozenset[str]:
        self._trouble("within")
        return groups.union(*(self.nested.get(group, frozenset()) for group in groups))

    async def approvers_group(self, group: str) -> ApproversGroup:
        self._trouble("approvers_group")
        if group not in self.looks:
            members = frozenset(self.members.get(group, ()))
            fit = frozenset(one for one in members if self.accounts[one].enabled and not self.accounts[one].guest)
            return ApproversGroup(
                public=False, dynamic=False, owners=frozenset(), members=members, guests=0, usable=fit, unnamed=0
            )
        return self.looks[group]

    async def hidden_groups(self) -> tuple[str, ...]:
        return ()

    async def guarded_contexts(self, person: str, people: People | None = None) -> frozenset[str]:  # noqa: ARG002 - the port's shape
        self._trouble("guarded_contexts")
        return self.guarded.get(person, self.contexts)

    async def unguarded(self, contexts: frozenset[str]) -> Mapping[str, str]:
        return dict.fromkeys(contexts - self.contexts, "no enabled policy guards it")

    async def spared(self, approvers: frozenset[str], context: str) -> Mapping[str, int]:
        none = sum(1 for one in approvers if context not in self.guarded.get(one, self.contexts))
        return {"no policy covers them": none} if none else {}

    async def pass_policy(self) -> PassPolicy:
        self._trouble("pass_policy")
        return self.policy

    async def usual_pass_policy(self) -> PassPolicy:
        return await self.pass_policy()

    @property
    def pass_groups(self) -> frozenset[str]:
        return self.policy.groups

    async def passes(self, person: str) -> tuple[Pass, ...]:
        self._trouble("passes")
        found = self.live.get(person)
        return (found,) if found else ()

    async def issue_pass(self, person: str, lifetime: timedelta, *, one_time: bool) -> IssuedPass:
        self._trouble("issue_pass")
        await asyncio.sleep(self.slow)
        now, number = self.clock.now(), next(self.numbers)
        self.writes.append(f"issue {person} {one_time}")
        secret = f"Canary+{number:04d}*_#xyzzy"
        self.secrets.append(secret)
        self.live[person] = Pass(f"pass-{number}", now, now + lifetime, True, "EnabledByPolicy")
        if self.lose_answers:
            raise AnswerLost("cut")
        return IssuedPass(self.live[person], Secret(secret))

    async def delete_pass(self, person: str, pass_id: str) -> None:
        self._trouble("delete_pass")
        self.writes.append(f"delete {person} {pass_id}")
        if person in self.live and self.live[person].id == pass_id:
            del self.live[person]

    async def revoke_sessions(self, person: str) -> None:
        self._trouble("revoke_sessions")
        self._written(f"revoke {person}")
        self._change(person, sessions_from=self.clock.now())
        self._lose()

    async def risk(self, person: str) -> Risk | None:
        self._trouble("risk")
        return self.risks.get(person)

    async def at_risk(self, person: str) -> bool:
        self._trouble("at_risk")
        found = self.risks.get(person)
        return found is not None and found.flagged

    async def detections(self, person: str, limit: int) -> tuple[Detection, ...]:
        self._trouble("detections")
        return self.noticed.get(person, ())[:limit]

    async def dismiss_risk(self, person: str) -> None:
        self._risk(person, "dismiss_risk", "dismissed")

    async def confirm_safe(self, person: str) -> None:
        self._risk(person, "confirm_safe", "confirmedSafe")

    async def confirm_compromised(self, person: str) -> None:
        self._risk(person, "confirm_compromised", "confirmedCompromised")

    async def changes(self, person: str, within: timedelta) -> tuple[AccountChange, ...]:
        heard = await self.changes_now(person, within)
        return heard if self.heard is None else self.heard.setdefault(person, heard)

    async def changes_now(self, person: str, within: timedelta) -> tuple[AccountChange, ...]:
        self._trouble("changes")
        return tuple(c for c in self.changed.get(person, ()) if c.at >= self.clock.now() - within)

    async def federated(self, upn: str) -> bool:
        self._trouble("federated")
        return upn.partition("@")[2] in self.elsewhere

    def change_password(self, person: str) -> None:
        """They choose one of their own, elsewhere."""
        self._change(person, password_changed_at=self.clock.now())

    async def set_password(self, person: str, password: Secret, *, change_next: bool) -> None:
        self._trouble("set_password")
        if password.reveal() in self.banned:
            raise Rejected("banned", code="password_rule")
        self._written(f"password {person} {change_next}")
        self.secrets.append(password.reveal())
        self.passwords[person] = password.reveal()
        self._change(person, password_changed_at=self.clock.now())
        self._lose()

    async def methods(self, person: str) -> tuple[Method, ...]:
        self._trouble("methods")
        return tuple(self.registered.get(person, ()))

    async def passkeys(self, person: str) -> tuple[Method, ...]:
        self._trouble("passkeys")
        return tuple(m for m in self.registered.get(person, ()) if m.kind is MethodKind.PASSKEY)

    async def remove_method(self, person: str, method: Method) -> None:
        self._trouble("remove_method")
        self._written(f"remove {person} {method.kind} {method.id}")
        self.registered[person] = [m for m in self.registered.get(person, ()) if m.id != method.id]
        self._lose()

    async def keep_proof(self, person: str, proof: Mapping[str, str | int]) -> None:
        self._trouble("keep_proof")
        self._written(f"proof {person}")
        self.kept[person] = dict(proof)

    async def proof_of(self, person: str, token: Secret) -> Mapping[str, str | int]:
        self._trouble("proof_of")
        if token.reveal() not in self.readers:
            raise Rejected("no right to look", code="not_allowed")
        return self.kept.get(person, {})

    def _risk(self, person: str, call: str, state: str) -> None:
        self._trouble(call)
        self._written(f"{call} {person}")
        before = self.risks.get(person) or Risk("none", "none", "none", None)
        self.risks[person] = replace(before, state=state, at=self.clock.now())
        self._lose()

    def _change(self, person: str, **what: Any) -> None:
        if person in self.accounts:
            self.accounts[person] = replace(self.accounts[person], **what)

    def _written(self, what: str) -> None:
        self.writes.append(what)

    def _lose(self) -> None:
        if self.lose_answers:
            raise AnswerLost("cut")


@dataclass
class FakeVerifier:
    """Verified ID: what it was asked, with the secrets it was given, and why it may not be there."""

    clock: FakeClock
    missing: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    trouble: Exception | None = None

    async def unavailable(self) -> str:
        return self.missing

    async def probe(self) -> str:
        return self.missing

    async def begin(self, *, upn: str, state: Secret, key: Secret, threshold: int, language: str) -> Presentation:
        if self.trouble is not None:
            raise self.trouble
        number = len(self.asked) + 1
        self.asked.append(
            {
                "upn": upn,
                "state": state.reveal(),
                "key": key.reveal(),
                "threshold": str(threshold),
                "language": language,
            }
        )
        until = self.clock.now() + timedelta(minutes=5)
        return Presentation(
            f"presentation-{number}", f"openid-vc://?request_uri=https://vid.example/{number}", QR, until
        )


@dataclass
class FakeSignIns:
    """Entra's sign-in: what it will say of whoever comes next. Each is another one, unless it is `kept`.

    `trouble` is raised by the call of that name.
    """

    clock: FakeClock
    silent: bool = False
    who: str = ""
    tenant: str = TENANT
    contexts: frozenset[str] = frozenset({"c1"})
    age: timedelta = timedelta(0)
    kept: datetime | None = None  # the one sign-in that answers to everything
    trouble: dict[str, Exception] = field(default_factory=dict)
    numbers: count[int] = field(default_factory=lambda: count(1))

    def _trouble(self, call: str) -> None:
        if call in self.trouble:
            raise self.trouble[call]

    def _proven(self, person: str) -> SignedIn:
        at = self.kept or self.clock.now() - self.age - timedelta(milliseconds=next(self.numbers))
        return SignedIn(self.tenant, self.who or person, self.contexts, at)

    async def silently(self, token: str, *, tenant: str, person: str, context: str) -> SignedIn:  # noqa: ARG002 - the port's shape
        self._trouble("silently")
        if token.startswith("forged"):
            raise Forged("not a token of theirs", code="wrong_person")
        if not self.silent:
            raise Unavailable("interaction required")
        return self._proven(person)

    async def delegated(self, token: Secret, *, tenant: str, person: str) -> Secret:  # noqa: ARG002 - the port's shape
        """The token's text says whose it is."""
        self._trouble("delegated")
        if token.reveal() != person:
            raise Forged("somebody else's token", code="wrong_person")
        return token

    async def begin(self, *, context: str, login_hint: str) -> Mapping[str, object]:  # noqa: ARG002
        self._trouble("begin")
        return {"auth_uri": "https://login.example/authorize", "hint": login_hint}

    async def finish(self, flow: Mapping[str, object], answer: Mapping[str, str]) -> SignedIn:  # noqa: ARG002
        self._trouble("finish")
        return self._proven(str(flow["hint"]).partition("@")[0])
