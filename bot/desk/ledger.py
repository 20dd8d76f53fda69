"""Ledger: the one way a request changes. State, audit entry and follow-up job commit together or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, assert_never
from uuid import uuid4

from bot.core.audit import Deed, Note
from bot.core.errors import Conflict
from bot.core.events import (
    Approved,
    AskSignIn,
    CarryOut,
    Changed,
    Effect,
    Event,
    FollowUp,
    Freeze,
    Look,
    Revoke,
    Serve,
    SteppedUp,
    Watch,
)
from bot.core.hourly import Limited, TooMuch, unlimited
from bot.core.life.advance import advance
from bot.core.life.step import Step, refused
from bot.core.model import Chat, Evidence, EvidenceType, Person, Refusal, Request, Status, Way
from bot.core.policy import Policy
from bot.core.ports import Clock, Job, Purpose, SignIn, SignInStage, Store, Unit, Urgency
from bot.core.reasons import Reason
from bot.core.watch import USUAL, Sort, Thresholds
from bot.desk.record import Record

TRIES: Final = 5  # two people press at once: the second loads again and decides again
PROMPT_LIFE: Final = timedelta(minutes=5)
OWN: Final = frozenset({Purpose.STEP_UP, Purpose.ENTER})  # a requester's own sign-ins

# Ends that those who decide about the same person should know of.
WRONG: Final = frozenset(
    {
        Status.DENIED,
        Status.REFUSED,
        Status.EXPIRED,
        Status.WITHDRAWN,
        Status.FAILED,
        Status.REVOKING,
    }
)

Happening = Callable[[Request], Awaitable[Event | Refusal]]
Also = Callable[[Unit, Request], Awaitable[None]]
Moved = Callable[[str, str], None]
Listener = Callable[[Request], Iterable[Job]]
Home = tuple[Person, Chat]  # somebody's private chat


class _There(Exception):
    """A request is there already: the one it is raised with."""


def _unheard(_kind: str, _status: str) -> None:
    """Nobody counts."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """`listeners` say which jobs follow whenever something about a request changed.

    `moved` is told the kind and the new status of a request once that is committed; from `thresholds` on what was
    tried and what was allowed is out of the ordinary.
    """

    store: Store
    clock: Clock
    policies: Mapping[str, Policy]
    listeners: tuple[Listener, ...]
    moved: Moved = _unheard
    thresholds: Thresholds = USUAL

    async def load(self, request_id: str) -> Request | None:
        async with self.store.unit() as unit:
            return await unit.load(request_id)

    async def open(
        self, request: Request, event: Event, also: Also | None = None, *, counted: Limited = unlimited
    ) -> tuple[Request, Step | None]:
        """Begin a request with its first event; return the one that is there already, and no step, if there is.

        `also` joins the transaction that begins it; `counted` may say that it is one too many: it raises `TooMuch`.
        """
        step = advance(request, event, self.policies[request.kind], self.clock.now())
        first = replace(step.request, version=1)
        try:
            await self._opened(first, step, also, counted)
        except _There as rival:
            return rival.args[0], None
        self.moved(first.kind, first.status)
        return first, replace(step, request=first)

    async def _opened(self, first: Request, step: Step, also: Also | None, counted: Limited) -> None:
        """Write it all in one transaction. Where that raises (`_There`, `TooMuch`), what was counted is not."""
        async with self.store.unit() as unit:
            reads = unit.add(first), unit.private_chat(first.tenant, first.requester.id), counted(unit, first)
            there, home, no = await asyncio.gather(*reads)
            if there is not None:
                raise _There(there)
            if no is not None:
                raise TooMuch(no)
            await self._follow(unit, first, step, home)
            await self._heard(unit, None, first)
            if also is not None:
                await also(unit, first)

    async def change(
        self, request_id: str, happening: Happening, also: Also | None = None, *, known: Request | None = None
    ) -> Step | None:
        """Apply what happened to a request, however many others change it meanwhile; None when there is none.

        `happening` looks at the request as it is (outside any transaction: it may ask Entra) and says what
        happened, or why nothing may. `also` joins the transaction that saves it. `known` is the
        request as it has just been read: where it is another by then, it is read anew.
        """
        for tried in range(TRIES):
            request = known if known is not None and not tried else await self.load(request_id)
            if request is None:
                return None
            event = await happening(request)
            if tried and isinstance(event, SteppedUp | Approved) and await self._used(request, event.evidence):
                event = Refusal(Reason.USED_SIGN_IN)  # that was the conflict: another request was faster
            try:
                if isinstance(event, Refusal):
                    return await self._keep(request, Step(request, (), (refused(event),), event), also)
                step = advance(request, event, self.policies[request.kind], self.clock.now())
                return await self._keep(request, step, also)
            except Conflict:
                continue
        raise Conflict(f"request {request_id} changed {TRIES} times while it was being decided")

    async def used(self, tenant: str, person: str, at: datetime, *, but: str) -> bool:
        """Whether a person's sign-in of that moment has served another request than `but`: one serves one."""
        async with self.store.unit() as unit:
            return await unit.used_for(tenant, person, at) not in {"", but}

    async def _used(self, request: Request, evidence: Evidence) -> bool:
        """A press without a sign-in uses none up."""
        return bool(evidence.strength) and await self.used(request.tenant, evidence.by, evidence.at, but=request.id)

    @property
    def record(self) -> Record:
        """Where what was tried and failed is written down."""
        return Record(self.store, self.clock, self.thresholds)

    async def refuse(
        self, request: Request, refusal: Refusal, by: Person | None = None, sort: Sort = Sort.PRESS
    ) -> None:
        """Write a refusal down that changes nothing, as far as that person's part of the trail goes."""
        await self.record.refused(request, refusal, by, sort)

    async def note(self, request: Request, *notes: Note) -> None:
        async with self.store.unit() as unit:
            await unit.note(request, *notes)

    async def changed(self, unit: Unit, request: Request, urgency: Urgency = Urgency.CARDS) -> None:
        """Let everybody who listens know, in the transaction of what changed, and as urgently as that."""
        jobs = (job for listener in self.listeners for job in listener(request))
        await unit.defer(*(replace(job, urgency=max(job.urgency, urgency)) for job in jobs))

    async def _keep(self, before: Request, step: Step, also: Also | None) -> Step:
        async with self.store.unit() as unit:
            after = await unit.save(step.request) if step.request != before else before
            for evidence in after.evidence[len(before.evidence) :]:
                if evidence.strength:
                    await unit.use_sign_in(after.tenant, evidence.by, evidence.at, after.id)
            asks = any(isinstance(effect, AskSignIn) for effect in step.effects)
            home = await unit.private_chat(after.tenant, after.requester.id) if asks else None
            await self._follow(unit, after, step, home)
            await self._heard(unit, before, after)
            if also is not None:
                await also(unit, after)
        if after.status is not before.status:
            self.moved(after.kind, after.status)
        return replace(step, request=after)

    async def _heard(self, unit: Unit, before: Request | None, after: Request) -> None:
        """Let who decides about what else this person asks see what has gone wrong here: it stands on those cards."""
        if wrong(before, after):
            for other in await unit.on_its_way(after.tenant, after.subject.id):
                if other.id != after.id and other.status in {
                    Status.CONSENT,
                    Status.STEP_UP,
                    Status.PROOF,
                    Status.APPROVAL,
                }:
                    await self.changed(unit, other)

    async def _follow(self, unit: Unit, request: Request, step: Step, home: Home | None) -> None:
        await unit.note(request, *step.notes)
        for effect in step.effects:
            await self._effect(unit, request, effect, home)

    async def _effect(self, unit: Unit, request: Request, effect: Effect, home: Home | None) -> None:
        match effect:
            case Changed():
                await self.changed(unit, request)
            case Revoke(again=again):  # what waits already goes on when it was told to
                await unit.defer(Job("revoke", request.id, urgency=Urgency.ACT if again else Urgency.ALARM))
            case Look():
                await unit.defer(Job("look", request.id, urgency=_urgency(request)))
            case CarryOut():
                await unit.defer(Job("act", request.id, urgency=_urgency(request)))
            case Watch():
                await unit.defer(Job("watch", request.id))
            case FollowUp():
                await unit.defer(Job("follow", request.id, urgency=_urgency(request)))
            case Serve():
                await unit.defer(Job("serve", request.id, urgency=_urgency(request)))
            case Freeze():
                await unit.defer(Job("lock", request.id, urgency=Urgency.ALARM))
            case AskSignIn(context, enter):
                if home is not None:
                    await self.prompt(unit, request, home, context, Purpose.ENTER if enter else Purpose.STEP_UP)
            case _:
                assert_never(effect)

    async def prompt(self, unit: Unit, request: Request, home: Home, context: str, purpose: Purpose) -> SignIn:
        """Begin a step-up of the requester in their private chat."""
        person = replace(home[0], language=request.requester.language)  # as they asked, whatever their client's is
        sign_in = begin(request, purpose, (person, home[1]), context, self.clock.now())
        await unit.keep_sign_in(sign_in)
        await unit.note(request, Note(Deed.STEP_UP_BEGUN, {"by": home[0].id, "context": context}))
        await self.changed(unit, request, Urgency.PROMPT)
        return sign_in


def begin(request: Request, purpose: Purpose, home: Home, context: str, now: datetime, choice: str = "") -> SignIn:
    """Make a one-time step-up transaction for this person, conversation, request and version."""
    waits = request.expires_at if purpose in OWN else None  # its button is on the request's own card
    return SignIn(
        id=uuid4().hex,
        purpose=purpose,
        person=home[0],
        chat=home[1],
        request=request.id,
        request_version=request.version,
        context=context,
        stage=SignInStage.BEGUN,
        created_at=now,
        expires_at=waits or now + PROMPT_LIFE,
        choice=choice,
        level=request.level,
    )


def asks(request: Request) -> Purpose | None:
    """Say which sign-in a request wants of its requester just now; the button for it is on the request's own card."""
    if request.way is Way.ENTER and request.status in {Status.READY, Status.UNKNOWN}:
        return Purpose.ENTER
    return Purpose.STEP_UP if request.status in {Status.STEP_UP, Status.UNKNOWN} else None


def once_more(sign_in: SignIn, failed: str, now: datetime) -> SignIn:
    """Make of one that came to nothing another for the same, so that its button stays: a window of its own, no longer.

    It is a new transaction: whoever holds the link of the old one has nothing.
    """
    begun = replace(sign_in, id=uuid4().hex, stage=SignInStage.BEGUN, created_at=now, failed=failed, version=0)
    return replace(begun, cookie="", code="", tries=0, flow=None, at=None)


def wrong(before: Request | None, after: Request) -> bool:
    """Whether a request has just ended otherwise than it was asked for, or become an alarm."""
    alarmed = after.alarmed_at is not None or after.reported
    if before is None:
        return alarmed or after.status in WRONG
    known = before.alarmed_at is not None or before.reported
    return (alarmed and not known) or (after.status in WRONG and after.status is not before.status)


def proved(sign_in: SignIn, sort: EvidenceType) -> Evidence:
    """Make evidence of a sign-in that is through."""
    at, person = sign_in.proved_at, sign_in.person
    return Evidence(sort, person.id, person.name, at, sign_in.context, sign_in.request, sign_in.choice, sign_in.level)


def _urgency(request: Request) -> Urgency:
    return Urgency.ALARM if request.reported else Urgency.ACT


def happened(event: Event | Refusal) -> Happening:
    """Make of an event that asks for nothing to be looked up what `Ledger.change` takes; or of a refusal."""

    async def given(_: Request) -> Event | Refusal:
        return event

    return given
