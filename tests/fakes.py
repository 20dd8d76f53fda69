"""The desk on a real PostgreSQL with people, Entra and Teams played by plain objects one can look into."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, assert_never

import cards
from bot.core.actions import Approve, Ref, ReturnCode, Show, Submit
from bot.core.answers import Answer, Entered, EntryWanted, PasswordCheck, RequestCard, SignInRefused
from bot.core.errors import AnswerLost, Closed, DeskError, Missing, Rejected, Unavailable
from bot.core.events import Lifted
from bot.core.lately import Limits
from bot.core.methods import Method, MethodKind
from bot.core.model import Actor, Chat, Mode, Person, Request, Status, Way
from bot.core.notices import Letter, Mailer
from bot.core.options import TELL_MANAGER
from bot.core.policy import Policy
from bot.core.ports import Job, Messenger, Purpose, SignIn
from bot.core.risk import Risk
from bot.desk.acts import Acts
from bot.desk.alarms import Alarms
from bot.desk.approvals import Approvals
from bot.desk.desk import Desk
from bot.desk.facts import Inquiry
from bot.desk.homes import Homes
from bot.desk.identity import Identity
from bot.desk.ledger import Ledger, happened
from bot.desk.notices import Notices
from bot.desk.passwords import PasswordEntry
from bot.desk.proving import Proving
from bot.desk.queue import ApproversQueue
from bot.desk.reception import Reception
from bot.desk.requester import OwnStepUp
from bot.desk.stepup import StepUp
from bot.desk.strangers import Strangers
from bot.desk.upkeep import Upkeep
from bot.kinds import KINDS
from bot.process import helping, looking
from bot.process.noticing import NOTICING
from bot.process.service import LISTENERS, uses
from bot.store.postgres import PostgresStore
from bot.teams.delivery import Delivery
from bot.teams.findings import Findings
from bot.teams.signboard import PACE, Signboard
from bot.teams.tidings import Tidings
from bot.teams.views import Addresses
from tests.entra import TENANT, FakeClock, FakeDirectory, FakeSignIns, FakeVerifier

__all__ = [
    "EMPLOYEES",
    "HELPDESK",
    "ISSUER",
    "LEADS",
    "POLICY",
    "SECURITY",
    "TENANT",
    "TYPED",
    "USUAL",
    "FakeClock",
    "FakeMessenger",
    "Office",
    "at_home",
    "in_channel",
    "office",
    "person",
    "private",
]

UNBRAKED = Limits(repeat=timedelta(0), cool_down=timedelta(0))
EMPLOYEES, HELPDESK, SECURITY, LEADS = "employees", "helpdesk", "security", "leads"
TYPED = "Kettle-7-Harbour-Moss"  # a new password somebody enters
APPROVERS = frozenset({"ben", "cleo"})
LONG_AGO = datetime(2025, 2, 3, 8, 0, tzinfo=UTC)
POLICY = Policy(
    allowed_groups=frozenset({EMPLOYEES}),
    approvers_group=HELPDESK,
    deny_list=frozenset({"emma"}),
    step_up="c1",
    approvals=1,
    approver_step_up="c1",
    options={TELL_MANAGER: False},
)


NOTHING: Mapping[str, Mapping[str, Any]] = {}
ISSUER = "did:web:desk.example"
PAGE = "https://desk.example/desk/report?t="
USUAL: Mapping[str, Mapping[str, str]] = {
    "tap": {"reason": "new_phone", "minutes": "60"},
    "sessions": {"reason": "other"},
    "risk": {"reason": "travel"},
    "password": {"reason": "forgotten"},
    "methods": {"method": "fido2:key-1", "why": "lost"},
}  # what is filled in where a test does not care


def person(name: str) -> Person:
    return Person(TENANT, name, name.title())


def private(name: str) -> Chat:
    return Chat(TENANT, f"a:{name}", "https://connector.example/", personal=True, user=f"29:{name}")


def at_home(name: str) -> Actor:
    return Actor(person(name), private(name))


def in_channel(name: str) -> Actor:
    return Actor(person(name), Chat(TENANT, "19:helpdesk@thread.tacv2", "https://connector.example/", personal=False))


@dataclass
class FakeMessenger(Messenger):
    """Teams: every message there is, by conversation and id; and every body that ever went out."""

    messages: dict[tuple[str, str], Mapping[str, object]] = field(default_factory=dict)
    bodies: list[str] = field(default_factory=list)
    trouble: list[DeskError] = field(default_factory=list)
    shut: list[DeskError] = field(default_factory=list)  # what opening a private chat runs into
    kept: list[DeskError] = field(default_factory=list)  # what taking a message away runs into
    gone: set[str] = field(default_factory=set)  # chats and channels that are not there any more
    nameless: set[str] = field(default_factory=set)  # where what is sent is taken, and no id comes back
    moved: dict[str, str] = field(default_factory=dict)  # whose private chat is another one by now
    opened: list[str] = field(default_factory=list)  # whose private chat we asked for
    strangers: set[str] = field(default_factory=set)  # who do not have the app
    crowded: set[str] = field(default_factory=set)  # channels whose turn it is not now
    numbers: count[int] = field(default_factory=lambda: count(1))
    seen: Callable[[str, str], Awaitable[object]] | None = None  # what a client does the moment a message is there

    def _send(self, chat: str, activity: str, message: Mapping[str, object]) -> None:
        if self.trouble:
            raise self.trouble.pop(0)
        if chat.partition(";")[0] in self.gone:
            raise Closed("the conversation is not there", code="ConversationNotFound")
        self.bodies.append(json.dumps(message))
        self.messages[(chat, activity)] = message

    async def post(self, chat: Chat, message: Mapping[str, object]) -> str:
        activity = str(next(self.numbers))
        self._send(chat.id, activity, message)
        if self.seen is not None:
            await self.seen(chat.id, activity)
        return "" if chat.place in self.nameless else activity

    async def typing(self, chat: Chat) -> None:
        if self.trouble:
            raise self.trouble.pop(0)
        if chat.place in self.gone:
            raise Closed("the conversation is not there", code="ConversationNotFound")

    async def thread_turn(self, channel: str, *, first: bool = False) -> None:  # noqa: ARG002 - here nobody waits
        if channel in self.crowded:
            raise Unavailable("others have the next turns", retry_after=2)

    async def post_in_channel(self, tenant: str, channel: str, message: Mapping[str, object]) -> tuple[Chat, str]:
        activity = str(next(self.numbers))
        self._send(f"{channel};messageid={activity}", activity, message)
        if channel in self.nameless:
            return Chat(tenant, channel, "https://connector.example/", personal=False), ""
        return Chat(tenant, f"{channel};messageid={activity}", "https://connector.example/", personal=False), activity

    async def update(self, chat: Chat, activity: str, message: Mapping[str, object]) -> None:
        if (chat.id, activity) not in self.messages:
            raise Missing("no such message")
        self._send(chat.id, activity, message)

    async def delete(self, chat: Chat, activity: str) -> None:
        if self.kept:
            raise self.kept.pop(0)
        self.messages.pop((chat.id, activity), None)

    async def open_private(self, tenant: str, person: str) -> Chat:  # noqa: ARG002
        self.opened.append(person)
        if self.trouble:
            raise self.trouble.pop(0)
        if self.shut:
            raise self.shut.pop(0)
        if person in self.strangers:
            raise Rejected("the app is not installed", code="ForbiddenOperationException")
        return replace(private(person), id=self.moved.get(person, private(person).id), user="")

    def shown(self, chat: str) -> str:
        return "\n".join(json.dumps(m, ensure_ascii=False) for (c, _), m in self.messages.items() if c.startswith(chat))


@dataclass
class FakeMailer(Mailer):
    """Exchange: every mail it took. `trouble` comes before it takes one, `lost` after."""

    mails: list[Letter] = field(default_factory=list)
    trouble: list[DeskError] = field(default_factory=list)
    lost: int = 0

    async def send(self, letter: Letter) -> None:
        if self.trouble:
            raise self.trouble.pop(0)
        self.mails.append(letter)
        if self.lost:
            self.lost -= 1
            raise AnswerLost("cut")


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
    findings: Findings
    upkeep: Upkeep
    entry: PasswordEntry
    verifier: FakeVerifier
    signboard: Signboard
    told: helping.Announcers
    mailer: FakeMailer
    notices: Notices
    tidings: Tidings

    @property
    def ledger(self) -> Ledger:
        return self.desk.ledger

    async def load(self, request_id: str) -> Request:
        request = await self.ledger.load(request_id)
        assert request is not None
        return request

    async def ask(self, name: str = "ann", request_id: str = "r1", *, kind: str = "tap", **values: str) -> Answer:
        await self.desk.installed(person(name), private(name))
        answers = {**USUAL.get(kind, {}), **values}
        return await self.desk.handle(at_home(name), Submit(kind, request_id, answers))

    async def waiting(self, name: str, request_id: str) -> SignIn:
        """The step-up this person is asked for."""
        async with self.store.unit() as unit:
            every = (Purpose.STEP_UP, Purpose.LIFT, Purpose.APPROVE, Purpose.DENY)
            found = await asyncio.gather(*(unit.sign_in_for(request_id, name, purpose) for purpose in every))
        return next(sign_in for sign_in in found if sign_in is not None)

    async def sign_in(self, name: str = "ann", request_id: str = "r1") -> Answer:
        """Go through the popup: start, Entra, back, and the code through Teams."""
        waiting = await self.waiting(name, request_id)
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

    async def open_page(self, name: str = "ann", request_id: str = "r1") -> str:
        """Open the page where something is entered, sign in there, and return the browser's cookie."""
        async with self.store.unit() as unit:
            waiting = await unit.sign_in_for(request_id, name, Purpose.ENTER)
        assert waiting is not None
        cookie = f"{waiting.id}.browser"
        await self.step_up.start(waiting.id, cookie)
        opened = await self.step_up.returned(cookie, {"code": "x"})
        assert isinstance(opened, EntryWanted), opened
        return cookie

    async def enter(self, cookie: str, text: str = TYPED) -> Entered | PasswordCheck | SignInRefused:
        return await self.entry.entered(cookie, text)

    async def prove_all(self, request_id: str = "r1") -> Request:
        """Sign in and have it approved, as far as a request asks for it."""
        request = await self.load(request_id)
        if request.status is Status.STEP_UP:
            await self.sign_in(request.subject.id, request_id)
        if (await self.load(request_id)).status is Status.APPROVAL:
            await self.approve("cleo" if request.subject.id == "ben" else "ben", request_id)
        return await self.load(request_id)

    async def act(self, request_id: str = "r1") -> Request:
        """Let a request that is ready come about in its way."""
        request = await self.load(request_id)
        match request.way:
            case Way.SHOW:
                await self.show(request.subject.id, request_id)
            case Way.ENTER:
                await self.enter(await self.open_page(request.subject.id, request_id))
            case Way.ALONE:
                await self.job("act", request_id)
            case _:
                assert_never(request.way)
        return await self.load(request_id)

    async def bring(self, kind: str, name: str = "ann", request_id: str = "r1", **values: str) -> Request:
        """Ask for a kind, prove what it wants proved, and let it come about."""
        await self.ask(name, request_id, kind=kind, **values)
        await self.prove_all(request_id)
        return await self.act(request_id)

    async def lift(self, request_id: str) -> None:
        """Let Ben say that the account an alarm is about is in its owner's hands again."""
        await self.ledger.change(request_id, happened(Lifted(person("ben"), "she rang back")))

    async def job(self, name: str, request_id: str = "r1") -> None:
        """Do a job of a request now, as the worker would."""
        handlers = {
            "alert": self.delivery.alert,
            "lock": self.desk.alarms.lock,
            "finding": self.findings.tell,
            "cards": self._delivered,
            "act": self.desk.acts.alone,
            "look": self.upkeep.look,
            "watch": self.upkeep.watch,
            "follow": self.upkeep.follow,
            "revoke": self.upkeep.revoke,
            "serve": self.desk.others.faces.served,
            "due": self.upkeep.due,
            **self.told.handlers,
            "notice": self.notices.tell,
            "notice_line": self.tidings.tell,
        }
        await handlers[name](Job(name, request_id))

    async def _delivered(self, job: Job) -> None:
        """Every message, the alarm first, as urgent as it is."""
        request = await self.load(job.request)
        for follows in (f for listener in self.ledger.listeners for f in listener(request)):
            await (self.delivery.alert if follows.name == "alert" else self.delivery.cards)(follows)

    async def deeds(self) -> list[str]:
        return [entry.deed async for entry in self.store.audit_entries(TENANT)]


def office(
    store: PostgresStore,
    clock: FakeClock,
    policy: Policy = POLICY,
    *,
    mode: Mode = Mode.ENFORCE,
    own: Mapping[str, Mapping[str, Any]] = NOTHING,
    noticed: bool = False,
    approvers: bool = False,
    limits: Limits = UNBRAKED,
    app: str = "",
) -> Office:
    """Set an office up. `policy` is the one for passes; `own` changes those of other kinds by name.

    `noticed`: there is a mailbox from which people are told by mail what was done. `approvers` read histories too.
    `limits`: only what is about them has any. `app`: the desk's own, in the catalogue.
    """
    directory = FakeDirectory(clock)
    for name in ("ann", "ben", "cleo", "kim", "mo", "emma"):
        _furnish(directory, name)
        directory.add(name, *([] if name == "mo" else [EMPLOYEES]), *([HELPDESK] if name in APPROVERS else []))
    for name in ("sofia", "theo"):
        directory.add(name, EMPLOYEES, SECURITY)
    policies = {name: _of_kind(kind.policy, policy, mode) for name, kind in KINDS.items()} | {
        "tap": replace(policy, mode=mode)
    }
    policies |= {name: policies[name].changed(changes) for name, changes in own.items()}
    messenger, entra, verifier = FakeMessenger(), FakeSignIns(clock), FakeVerifier(clock)
    directory.given = messenger.strangers.discard
    ledger = Ledger(store, clock, policies, (*LISTENERS, NOTICING) if noticed else LISTENERS)
    inquiry = Inquiry(directory, verifier, store, KINDS, policies, clock, r"[A-Z]+\d+", agents=HELPDESK, limits=limits)
    addresses = Addresses(
        helpdesk="19:helpdesk@thread.tacv2",
        security="19:security@thread.tacv2",
        start="https://desk.example/step-up/start?t=",
        wallet="https://desk.example/verified-id/open?r=",
        resource="api://desk.example/botid-1",
        contact="the helpdesk",
        language="en",
    )
    delivery = Delivery(ledger, inquiry, messenger, messenger, addresses)
    homes = Homes(ledger, messenger, directory)
    approvals = Approvals(ledger, inquiry, addresses.helpdesk, homes)
    own_step_up, strangers = OwnStepUp(ledger, inquiry), Strangers(ledger.record, TENANT)
    alarms = Alarms(ledger, inquiry, frozenset({addresses.helpdesk, addresses.security}), homes)
    reception, mailer = Reception(ledger, inquiry), FakeMailer()
    groups = helping.Staff(HELPDESK, "c1", SECURITY, "c1", "c1", app, LEADS)
    others = helping.others(reception, homes, directory, groups, addresses)
    step_up = StepUp(ledger, inquiry, entra, uses(own_step_up, approvals, alarms, others), strangers)
    sending = (mailer, store.budget("mail", 0.0), partial(cards.letter, contact=addresses.contact))
    notices = Notices(reception, strangers, directory, *sending, page=PAGE, on=noticed)
    acts = Acts(ledger, inquiry, delivery.secrets, notices.queue)
    proofs = Identity(ledger, inquiry, entra, homes, strangers, issuer=ISSUER, type="VerifiedEmployee")
    proving, queue = Proving(reception), ApproversQueue(ledger, approvals, homes)
    lookups = looking.readers(queue, proofs, others.callers, LEADS, SECURITY, approvers)
    doors = (alarms, proving, homes, queue, others, lookups)
    desk = Desk(ledger, reception, acts, approvals, own_step_up, step_up, proofs, *doors)
    upkeep, entry = Upkeep(ledger, inquiry, directory), PasswordEntry(ledger, acts, strangers)
    findings = Findings(store, clock, messenger, addresses.security, "en", addresses.contact)
    where = (TENANT, addresses.helpdesk, "en", addresses.contact)
    signboard = Signboard(store, clock, messenger, store.budget("queue", PACE), *where)
    tidings = Tidings(store, clock, messenger, addresses.security, "en", addresses.contact)
    return Office(
        store,
        clock,
        directory,
        messenger,
        entra,
        desk,
        step_up,
        delivery,
        findings,
        upkeep,
        entry,
        verifier,
        signboard,
        helping.messages(others, homes, messenger, messenger, addresses),
        mailer,
        notices,
        tidings,
    )


def _furnish(directory: FakeDirectory, name: str) -> None:
    """Something for every kind to act on: a flag, and a key that may go because something as strong stays."""
    if name not in APPROVERS:  # whose yes would not count
        directory.risks[name] = Risk("atRisk", "medium", "none", LONG_AGO)
    directory.registered[name] = [
        Method(MethodKind.PASSKEY, "key-1", "YubiKey 5C", "deviceBound", LONG_AGO),
        Method(MethodKind.HELLO, "pc-1", "LAPTOP-7", "", LONG_AGO),
        Method(MethodKind.AUTHENTICATOR, "phone-1", "Pixel", "", LONG_AGO),
    ]


def _of_kind(own: Policy, common: Policy, mode: Mode) -> Policy:
    """A kind's own policy, with who may ask and approve as everywhere in the office."""
    return replace(
        own,
        mode=mode,
        allowed_groups=common.allowed_groups,
        approvers_group=common.approvers_group,
        deny_list=common.deny_list,
    )
