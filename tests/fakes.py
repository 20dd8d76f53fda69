"""The desk on a real PostgreSQL with people, Entra and Teams played by plain objects one can look into."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from bot.acts import Acts
from bot.approvals import Approvals
from bot.core.actions import Approve, Ref, ReturnCode, Show, Submit
from bot.core.answers import Answer, RequestCard
from bot.core.errors import AnswerLost, DeskError, Missing, Unavailable
from bot.core.model import Actor, Chat, Mode, Person, Request, Secret, Status
from bot.core.passes import IssuedPass, Pass, PassPolicy
from bot.core.policy import Policy
from bot.core.ports import Account, Job, Messenger, Proven, Standing
from bot.desk import Desk
from bot.facts import Inquiry
from bot.ledger import Ledger
from bot.requests import KINDS
from bot.signin import StepUp
from bot.store.postgres import PostgresStore
from bot.teams.delivery import Addresses, Delivery

TENANT = "11111111-1111-1111-1111-111111111111"
EMPLOYEES, HELPDESK = "employees", "helpdesk"
POLICY = Policy(
    allowed_groups=frozenset({EMPLOYEES}),
    approvers_group=HELPDESK,
    deny_list=frozenset({"emma"}),
    step_up="c1",
    approvals=1,
    approver_step_up="c1",
)


PASS_POLICY = PassPolicy(True, 10, 480, 60, False, frozenset({"all_users"}), frozenset())


def person(name: str) -> Person:
    return Person(TENANT, name, name.title())


def private(name: str) -> Chat:
    return Chat(TENANT, f"a:{name}", "https://connector.example/", personal=True, user=f"29:{name}")


def at_home(name: str) -> Actor:
    return Actor(person(name), private(name))


def in_channel(name: str) -> Actor:
    return Actor(person(name), Chat(TENANT, "19:helpdesk@thread.tacv2", "https://connector.example/", personal=False))


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
    privileged: dict[str, Standing] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)
    contexts: frozenset[str] = frozenset({"c1"})
    policy: PassPolicy = PASS_POLICY
    live: dict[str, Pass] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    trouble: dict[str, Exception] = field(default_factory=dict)
    lose_answers: bool = False
    slow: float = 0.0  # seconds a write takes
    numbers: count[int] = field(default_factory=lambda: count(1))

    def add(self, name: str, *groups: str, **what: Any) -> None:
        self.accounts[name] = replace(
            Account(name, name.title(), f"{name}@contoso.example", True, False, False, False), **what
        )
        for group in groups:
            self.members.setdefault(group, set()).add(name)

    def _trouble(self, call: str) -> None:
        if call in self.trouble:
            raise self.trouble[call]

    async def account(self, person: str) -> Account:
        self._trouble("account")
        if person not in self.accounts:
            raise Missing("no such person")
        return self.accounts[person]

    async def standing(self, person: str) -> Standing:
        self._trouble("standing")
        return self.privileged.get(person, Standing((), ()))

    async def groups(self, person: str, among: frozenset[str]) -> frozenset[str]:
        self._trouble("groups")
        return frozenset(g for g in among if person in self.members.get(g, ()))

    async def guarded_contexts(self) -> frozenset[str]:
        self._trouble("guarded_contexts")
        return self.contexts

    async def pass_policy(self) -> PassPolicy:
        self._trouble("pass_policy")
        return self.policy

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
        self.writes.append(f"revoke {person}")


@dataclass
class FakeSignIns:
    """Entra's sign-in: what it will say of whoever comes next."""

    clock: FakeClock
    silent: bool = False
    who: str = ""
    contexts: frozenset[str] = frozenset({"c1"})
    age: timedelta = timedelta(0)

    def _proven(self, person: str) -> Proven:
        return Proven(TENANT, self.who or person, self.contexts, self.clock.now() - self.age)

    async def silently(self, token: str, *, tenant: str, person: str, context: str) -> Proven:  # noqa: ARG002 - the port's shape
        if not self.silent:
            raise Unavailable("interaction required")
        return self._proven(person)

    async def begin(self, *, context: str, login_hint: str) -> Mapping[str, object]:  # noqa: ARG002
        return {"auth_uri": "https://login.example/authorize", "hint": login_hint}

    async def finish(self, flow: Mapping[str, object], answer: Mapping[str, str]) -> Proven:  # noqa: ARG002
        return self._proven(str(flow["hint"]).partition("@")[0])


@dataclass
class FakeMessenger(Messenger):
    """Teams: every message there is, by conversation and id; and every body that ever went out."""

    messages: dict[tuple[str, str], Mapping[str, object]] = field(default_factory=dict)
    bodies: list[str] = field(default_factory=list)
    trouble: list[DeskError] = field(default_factory=list)
    numbers: count[int] = field(default_factory=lambda: count(1))
    seen: Callable[[str, str], Awaitable[object]] | None = None  # what a client does the moment a message is there

    def _send(self, chat: str, activity: str, message: Mapping[str, object]) -> None:
        if self.trouble:
            raise self.trouble.pop(0)
        self.bodies.append(json.dumps(message))
        self.messages[(chat, activity)] = message

    async def post(self, chat: Chat, message: Mapping[str, object]) -> str:
        activity = str(next(self.numbers))
        self._send(chat.id, activity, message)
        if self.seen is not None:
            await self.seen(chat.id, activity)
        return activity

    async def post_in_channel(self, tenant: str, channel: str, message: Mapping[str, object]) -> tuple[Chat, str]:
        activity = str(next(self.numbers))
        self._send(f"{channel};messageid={activity}", activity, message)
        return Chat(tenant, f"{channel};messageid={activity}", "https://connector.example/", personal=False), activity

    async def update(self, chat: Chat, activity: str, message: Mapping[str, object]) -> None:
        if (chat.id, activity) not in self.messages:
            raise Missing("no such message")
        self._send(chat.id, activity, message)

    async def delete(self, chat: Chat, activity: str) -> None:
        self.messages.pop((chat.id, activity), None)

    async def open_private(self, tenant: str, person: str) -> Chat:  # noqa: ARG002
        return private(person)

    def shown(self, chat: str) -> str:
        return "\n".join(json.dumps(m, ensure_ascii=False) for (c, _), m in self.messages.items() if c.startswith(chat))


@dataclass
class Office:
    """The whole desk, wired as `app.py` wires it, and hands to play it with."""

    store: PostgresStore
    clock: FakeClock
    directory: FakeDirectory
    messenger: FakeMessenger
    entra: FakeSignIns
    desk: Desk
    step_up: StepUp
    delivery: Delivery

    @property
    def ledger(self) -> Ledger:
        return self.desk.ledger

    async def load(self, request_id: str) -> Request:
        request = await self.ledger.load(request_id)
        assert request is not None
        return request

    async def ask(self, name: str = "ann", request_id: str = "r1", **values: str) -> Answer:
        await self.desk.installed(person(name), private(name))
        answers = {"reason": "new_phone", "minutes": "60", **values}
        return await self.desk.handle(at_home(name), Submit("tap", request_id, answers))

    async def sign_in(self, name: str = "ann", request_id: str = "r1") -> Answer:
        """Go through the popup: start, Entra, back, and the code through Teams."""
        async with self.store.unit() as unit:
            waiting = await unit.sign_in_for(request_id, name)
        assert waiting is not None
        cookie = f"{waiting.id}.browser"
        await self.step_up.start(waiting.id, cookie)
        code = await self.step_up.returned(cookie, {"code": "x"})
        assert isinstance(code, str), code
        return await self.desk.handle(at_home(name), ReturnCode(code))

    async def approve(self, name: str = "ben", request_id: str = "r1") -> Answer:
        await self.desk.installed(person(name), private(name))
        request = await self.load(request_id)
        first = await self.desk.handle(in_channel(name), Approve(Ref(request_id, request.version)))
        if isinstance(first, RequestCard) or "continue_in_private" not in str(first):
            return first
        return await self.sign_in(name, request_id)

    async def ready(self, request_id: str = "r1") -> Request:
        await self.ask(request_id=request_id)
        await self.sign_in(request_id=request_id)
        await self.approve(request_id=request_id)
        request = await self.load(request_id)
        assert request.status is Status.READY
        return request

    async def show(self, name: str = "ann", request_id: str = "r1", actor: Actor | None = None) -> Answer:
        request = await self.load(request_id)
        return await self.desk.handle(actor or at_home(name), Show(Ref(request_id, request.version)))

    async def job(self, name: str, request_id: str = "r1") -> None:
        await getattr(self, f"_{name}")(Job(name, request_id))

    async def _cards(self, job: Job) -> None:
        await self.delivery.cards(job)

    async def _look(self, job: Job) -> None:
        await self.desk.acts.look(job)

    async def _revoke(self, job: Job) -> None:
        await self.desk.acts.revoke(job)

    async def _due(self, job: Job) -> None:
        await self.desk.acts.due(job)

    async def deeds(self) -> list[str]:
        return [entry.deed async for entry in self.store.audit_entries(TENANT)]


def office(store: PostgresStore, clock: FakeClock, policy: Policy = POLICY, *, mode: Mode = Mode.ENFORCE) -> Office:
    directory = FakeDirectory(clock)
    for name in ("ann", "ben", "cleo", "mo", "emma"):
        directory.add(name, *([] if name == "mo" else [EMPLOYEES]), *([HELPDESK] if name in {"ben", "cleo"} else []))
    policies = {"tap": replace(policy, mode=mode)}
    messenger, entra = FakeMessenger(), FakeSignIns(clock)
    ledger = Ledger(store, clock, policies)
    inquiry = Inquiry(directory, store, KINDS, policies, clock, r"[A-Z]+\d+")
    addresses = Addresses(
        helpdesk="19:helpdesk@thread.tacv2",
        security="19:security@thread.tacv2",
        start="https://desk.example/step-up/start?t=",
        resource="api://desk.example/botid-1",
        contact="the helpdesk",
        language="en",
    )
    delivery = Delivery(ledger, inquiry, messenger, addresses)
    approvals = Approvals(ledger, inquiry)
    step_up = StepUp(ledger, inquiry, approvals, entra)
    desk = Desk(ledger, inquiry, Acts(ledger, inquiry, directory, delivery), approvals, step_up)
    return Office(store, clock, directory, messenger, entra, desk, step_up, delivery)
