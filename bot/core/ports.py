"""What the desk needs of the outside world, as protocols; the edges fulfil them, fakes do in tests."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Final, Protocol

from bot.core.audit import About, Note
from bot.core.locks import Locks
from bot.core.matters import MatterUnit
from bot.core.model import Chat, Person, Request
from bot.core.past import PastUnit
from bot.core.queue import QueueUnit
from bot.core.unusual import UnusualUnit
from bot.core.watch import Count, Notice, Sort


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the time, aware, in UTC."""


class SignInStage(StrEnum):
    BEGUN = "begun"
    STARTED = "started"  # the browser holds the cookie and went to Entra
    RETURNED = "returned"  # Entra's answer was valid; the code must still come back through Teams
    FINISHED = "finished"


class Purpose(StrEnum):
    STEP_UP = "prove"  # as stored: the requester's own step-up
    APPROVE = "approve"  # an approver's yes, which counts when the sign-in is through
    DENY = "deny"  # an approver's no that locks somebody out, which counts when the sign-in is through
    CALL = "call"  # the colleague of whom an agent asks whether they are on the telephone
    VOUCH = "vouch"  # their manager, where they cannot be asked: that they have just heard or seen them
    LIFT = "lift"  # an approver's word that a locked account is in its owner's hands, when the sign-in is through
    THREAT = "threat"  # somebody of security raises the threat level, or lowers it before its time
    LOCK = "lock"  # an agent, or somebody of security, has a colleague's account locked
    ENTER = "enter"  # opens the page where its subject enters a new password
    LOOK = "look"  # an approver looks at a proof of identity, with their own rights


PUT_OFF: Final = "put_off"  # stands in `failed` of one that is over because its approver left it for later


@dataclass(frozen=True, slots=True)
class SignIn:
    """A one-time step-up transaction, bound to tenant, person, conversation, request and time.

    `cookie` and `code` are SHA-256 hashes; `flow` is MSAL's (state, nonce, PKCE verifier), gone with the answer.
    `at` is the `auth_time` of the sign-in that was proved; `choice` and `reason` are the verdict an approver came with
    and what they wrote to it, `level` how grave the case was at their press. `failed` is why the one before it, begun
    for the same, came to nothing. `request_version` is kept for the record only.
    """

    id: str
    purpose: Purpose
    person: Person
    chat: Chat
    request: str
    request_version: int
    context: str
    stage: SignInStage
    created_at: datetime
    expires_at: datetime
    cookie: str = ""
    code: str = ""
    tries: int = 0
    flow: Mapping[str, object] | None = None
    at: datetime | None = None
    choice: str = ""
    reason: str = ""
    level: str = ""
    failed: str = ""
    version: int = 0

    @property
    def proved_at(self) -> datetime:
        """When its person signed in: without a sign-in of its own, when they were asked."""
        return self.at or self.created_at


class Slot(StrEnum):
    """The places where a request has a message; one that is about a person is keyed by their id as well."""

    REQUESTER = "requester"
    APPROVERS = "approvers"
    REMINDER = "reminder"
    CONFIRM = "confirm"  # an approver's private card
    PROMPT = "prompt"  # the OAuth card by which Teams hands over the token of an approver who wants to look
    SECRET = "secret"  # noqa: S105 - the name of a place: the private message that holds the secret, where the policy reveals by message
    SECURITY = "security"
    LIFT = "lift"  # the private card of an approver who lifts a lock
    OPENER = "opener"  # how far a request is, for the agent who opened it for its subject
    MANAGER = "manager"  # that their colleague's account was locked, as the manager reads it
    AGENT = "agent"  # a verification, as the agent who asked for it reads it in private; or a doubt about them
    THREAT = "threat"  # the private card of somebody of security who raises the threat level, or lowers it
    ASKER = "asker"  # a doubt, as whoever asks whether it is really the helpdesk reads it in private
    CALLER = "caller"  # the same, as the colleague does who is asked
    LEAD = "lead"  # an escalation, as who leads the helpdesk reads it in private
    VOUCHER = "voucher"  # the same, as their manager does


@dataclass(frozen=True, slots=True)
class Posted:
    """A message of ours: where it is and a fingerprint of what it shows.

    Teams may take one and name no id: it stands there, unchangeable. Of one that is `deleted` a line may stand.
    """

    request: str
    slot: Slot
    person: str  # "" for the requester and for channels
    chat: Chat | None
    activity: str
    shown: str
    deleted: bool = False

    @property
    def going(self) -> bool:
        """Whether it is on its way: nobody knows yet whether it stands there."""
        return not self.activity and not self.shown and not self.deleted

    @property
    def nameless(self) -> bool:
        return not self.activity and bool(self.shown) and not self.deleted


class Urgency(IntEnum):
    """Which job goes first when many wait; the queue's own priority, so a greater one goes first."""

    CARDS = 0  # what stands in Teams, and what is tidied
    ACT = 10  # somebody's request goes on
    PROMPT = 20  # somebody waits for a sign-in
    ALARM = 30  # it locks, takes back, or tells security; what waits for its next try goes on, too


@dataclass(frozen=True, slots=True)
class Job:
    """Work that follows a transaction: a name and ids. Its `urgency` is the queue's, and no part of what it is."""

    name: str
    request: str
    slot: str = ""
    person: str = ""
    urgency: Urgency = field(default=Urgency.CARDS, compare=False)


class Unit(MatterUnit, PastUnit, QueueUnit, UnusualUnit, Protocol):
    """One transaction: everything in it commits together or not at all.

    What is written may wait until something is read or the unit ends, and raise what it has to raise then. What is
    read at the same time (`asyncio.gather`) costs no more than one question.
    """

    async def add(self, request: Request) -> Request | None:
        """Insert; return None, or the request that is there already (same id, or an open one of kind and subject)."""

    async def load(self, request_id: str) -> Request | None: ...

    async def save(self, request: Request) -> Request:
        """Write the next version; raise `Conflict` when somebody else did. Return it with its new version."""

    async def note(self, about: Request | About, *notes: Note) -> None:
        """Append to the tenant's audit chain."""

    async def defer(self, *jobs: Job) -> None: ...

    async def latest(self, tenant: str, person: str, limit: int) -> Sequence[Request]:
        """Return the newest requests about or by a person, open ones first."""

    async def locks(self, tenant: str, subject: str) -> Locks:
        """Return what alarms make of this person's account."""

    async def locked(self, tenant: str) -> Sequence[Request]:
        """Return every request that freezes its subject's account, oldest lock first."""

    async def on_its_way(self, tenant: str, subject: str) -> Sequence[Request]:
        """Return every request about this person that is open, or whose act left something that works for a time."""

    async def raised(self, tenant: str, subject: str, kind: str, since: datetime) -> Sequence[tuple[str, datetime]]:
        """Return the requests of a kind about a person made since then, and when, in that order."""

    async def due(self, now: datetime, limit: int) -> Sequence[str]:
        """Return ids of requests whose `due_at` has come."""

    async def remember(self, person: Person, chat: Chat) -> None:
        """Keep a person's private chat: the only address results can go to."""

    async def forget(self, tenant: str, person: str) -> None: ...

    async def private_chat(self, tenant: str, person: str) -> tuple[Person, Chat] | None: ...

    async def homes_of(self, request_id: str) -> Mapping[str, tuple[Person, Chat]]:
        """Return by id whose request that is, who opened it and who has messages about it, with their private chats."""

    async def posted(self, request_id: str) -> Sequence[Posted]: ...

    async def owned(self, place: str, activity: str) -> bool:
        """Say whether this message of a conversation is known as one of any request's."""

    async def keep_posted(self, posted: Posted) -> None: ...

    async def keep_sign_in(self, sign_in: SignIn) -> SignIn:
        """Insert or update by version; raise `Conflict` when somebody else was first."""

    async def move_sign_ins(self, person: Person, chat: Chat, now: datetime) -> Sequence[str]:
        """Bind every transaction of this person that still waits to this chat; return the requests they are for."""

    async def sign_in(self, sign_in_id: str) -> SignIn | None: ...

    async def exclude(self, tenant: str) -> None:
        """Let no act be claimed, and nobody else raise the threat level, until this transaction is over."""

    async def admit(self, tenant: str, now: datetime) -> None:
        """Raise `Conflict` where a lockdown holds by now; none begins until this transaction is over."""

    async def request_of(self, sign_in_id: str) -> Request | None:
        """Return the request that this transaction is about."""

    async def sign_in_for(self, request_id: str, person: str, purpose: Purpose) -> SignIn | None:
        """Return the newest transaction of this person and purpose for this request that is not finished."""

    async def hold(self, request_id: str) -> None:
        """Let nobody else hold or save this request until this transaction is over."""

    async def close_sign_ins(self, request_id: str, person: str, purposes: Collection[Purpose], but: str) -> None:
        """Finish every transaction of this person and these purposes for this request, `but` for the one of that id."""

    async def sign_ins(self, request_id: str) -> Sequence[SignIn]:
        """Return the newest transaction of each person and purpose for this request, finished ones included."""

    async def use_sign_in(self, tenant: str, person: str, at: datetime, request_id: str) -> None:
        """Let a person's sign-in of that moment serve this request; raise `Conflict` when it serves another."""

    async def used_for(self, tenant: str, person: str, at: datetime) -> str:
        """Return the id of the request that a person's sign-in of that moment serves, or ""."""

    async def tried(self, person: Person, sort: Sort, now: datetime, many: int = 1) -> Count:
        """Count that this happened so many times more, and return how often it did.

        One after the other: nobody else counts the same of them before this transaction is over.
        """

    async def alone(self, person: Person, what: str) -> None:
        """Let nobody else be at the same of this person until this transaction is over: read what it is after that."""

    async def found(self, finding: Notice) -> bool:
        """Keep what is out of the ordinary; say whether it is new for this person, sort and hour (or day)."""

    async def finding(self, finding_id: str) -> Notice | None: ...

    async def first_time(self, tenant: str, key: str, now: datetime) -> bool:
        """Say whether this key was not seen before, and remember it: Teams delivers some things twice."""


class Store(Protocol):
    def unit(self) -> AbstractAsyncContextManager[Unit]: ...


class Messenger(Protocol):
    """Messages by the Bot connector.

    Raises `Unavailable` (with Retry-After), `Missing`, `Closed`, `Rejected`, `AnswerLost`.
    """

    async def post(self, chat: Chat, message: Mapping[str, object]) -> str:
        """Post a message (an activity without its addressing); return its id, or "" where Teams names none."""

    async def typing(self, chat: Chat) -> None:
        """Show that we write there; raises `Closed` or `Missing`, as a message would, where nothing can be brought."""

    async def thread_turn(self, channel: str, *, first: bool = False) -> None:
        """Take the turn to start a thread in a channel; raises `Unavailable` when it is not now.

        Who goes `first` waits for the next one, before all who want one at once.
        """

    async def post_in_channel(self, tenant: str, channel: str, message: Mapping[str, object]) -> tuple[Chat, str]:
        """Start a thread in a channel whose turn was taken; return the thread and the id of its first message."""

    async def update(self, chat: Chat, activity: str, message: Mapping[str, object]) -> None: ...

    async def delete(self, chat: Chat, activity: str) -> None:
        """Delete a message; one that is gone already is no error."""

    async def open_private(self, tenant: str, person: str) -> Chat:
        """Open the 1:1 chat with a person; raises `Rejected` where the app is not installed for them."""
