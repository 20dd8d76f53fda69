"""The desk: what a person does comes in, what the desk answers goes out; every press is authorised here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, assert_never
from uuid import uuid4

from bot.acts import Acts
from bot.approvals import Approvals
from bot.core import actions as do
from bot.core.answers import Answer, Form, HomeCard, Offer, Refused, RequestCard, Said, StatusCard
from bot.core.errors import Conflict, DeskError
from bot.core.events import Asked, Event, Hid, Reported, RevokeChosen, Withdrew
from bot.core.forms import check, clean
from bot.core.model import PENDING, Actor, Chat, Mode, Person, Refusal, Request, Status
from bot.core.policy import Moment, Reason, Refuse, decide
from bot.core.ports import Job, Slot
from bot.core.steps import Step
from bot.facts import Inquiry
from bot.ledger import Ledger, happened
from bot.signin import StepUp

NEWEST: Final = 5


@dataclass(frozen=True, slots=True)
class Desk:
    ledger: Ledger
    inquiry: Inquiry
    acts: Acts
    approvals: Approvals
    step_up: StepUp

    async def handle(self, actor: Actor, action: do.Action, *, card: str = "") -> Answer:
        """Do what `actor` asks for and say what came of it. `card` is the message that was pressed, if any."""
        try:
            match action:
                case do.Home():
                    return await self.home(actor.person)
                case do.Help():
                    return await self.home(actor.person, "home.help")
                case do.NotUnderstood():
                    return await self.home(actor.person, "home.not_understood")
                case do.ShowStatus():
                    return StatusCard(actor.person, await self._latest(actor.person))
                case do.Cancel():
                    return await self._cancel(actor)
                case do.Begin(kind):
                    return await self._form(actor, kind)
                case do.Submit():
                    return await self._ask(actor, action)
                case do.OfferToken():
                    return await self.step_up.offered(actor, action)
                case do.ReturnCode(code):
                    return await self.step_up.code_returned(actor, code)
                case _:
                    return await self._press(actor, action, card)
        except Conflict:
            return Refused(Refusal(Reason.CHANGED))

    async def installed(self, person: Person, chat: Chat) -> None:
        """Remember a person's private chat, or that its address changed."""
        async with self.ledger.store.unit() as unit:
            await unit.remember(person, chat)

    async def removed(self, person: Person) -> None:
        async with self.ledger.store.unit() as unit:
            await unit.forget(person.tenant, person.id)

    async def first_time(self, tenant: str, key: str) -> bool:
        """Say whether this delivery was not seen before; Teams sends some things twice."""
        async with self.ledger.store.unit() as unit:
            return await unit.first_time(tenant, key, self.ledger.clock.now())

    async def home(self, person: Person, lead: str = "home.lead") -> HomeCard:
        """Say what this person may ask for, and why not what they may not."""
        offers = [Offer(kind, await self._objection(person, kind)) for kind in self._offered()]
        latest = await self._latest(person)
        return HomeCard(person, tuple(offers), tuple(r for r in latest if r.status in PENDING), lead)

    def _offered(self) -> Sequence[str]:
        return [name for name in self.inquiry.kinds if self.inquiry.policies[name].mode is not Mode.OFF]

    async def _latest(self, person: Person) -> tuple[Request, ...]:
        async with self.ledger.store.unit() as unit:
            return tuple(await unit.latest(person.tenant, person.id, NEWEST))

    async def _objection(self, person: Person, kind: str) -> Refusal | None:
        draft = self._draft(person, kind, uuid4().hex)
        facts = await self.inquiry.about(draft)
        match decide(self.inquiry.policies[kind], facts, draft, Moment.ASK, self.ledger.clock.now()):
            case Refuse(refusal):
                return refusal
            case _:
                return None

    def _draft(self, person: Person, kind: str, request_id: str) -> Request:
        return Request(
            id=request_id,
            kind=kind,
            requester=person,
            subject=person,
            details={},
            mode=self.inquiry.policies[kind].mode,
            status=Status.STEP_UP,
            version=0,
            created_at=self.ledger.clock.now(),
        )

    async def _form(self, actor: Actor, kind: str) -> Answer:
        if kind not in self._offered():
            return Refused(Refusal(Reason.OFF))
        draft = self._draft(actor.person, kind, uuid4().hex)
        refusal = await self._objection(actor.person, kind)
        if refusal is not None:
            await self.ledger.refuse(draft, refusal, actor.person.id)
            return Refused(refusal)
        try:
            fields = await self.inquiry.kinds[kind].form(actor.person, self.inquiry.tools(kind))
        except DeskError:
            return Refused(Refusal(Reason.UNKNOWN))
        return Form(kind, draft.id, fields)

    async def _ask(self, actor: Actor, action: do.Submit) -> Answer:
        if action.kind not in self._offered():
            return Refused(Refusal(Reason.OFF))
        there = await self.ledger.load(action.request)
        if there is not None:  # the form was sent twice
            return RequestCard(there, Slot.REQUESTER) if _whose(actor, there) else Refused(Refusal(Reason.NOT_FOUND))
        try:
            fields = await self.inquiry.kinds[action.kind].form(actor.person, self.inquiry.tools(action.kind))
        except DeskError:
            return Refused(Refusal(Reason.UNKNOWN))
        values = clean(fields, action.values)
        errors = check(fields, values)
        if errors:
            return Form(action.kind, action.request, fields, values, errors)
        draft = self._draft(actor.person, action.kind, action.request or uuid4().hex)
        return await self._open(replace(draft, details=values))

    async def _open(self, draft: Request) -> Answer:
        facts = await self.inquiry.about(draft)
        now = self.ledger.clock.now()
        decision = decide(self.inquiry.policies[draft.kind], facts, draft, Moment.ASK, now)
        request, step = await self.ledger.open(draft, Asked(decision))
        if step is None and request.id != draft.id:
            return Refused(Refusal(Reason.ALREADY_OPEN), request)
        if step is not None and step.refusal is not None:
            return Refused(step.refusal)
        return RequestCard(request, Slot.REQUESTER)

    async def _cancel(self, actor: Actor) -> Answer:
        pending = [r for r in await self._latest(actor.person) if r.status in PENDING and _whose(actor, r)]
        if not pending:
            return Said("cancel.nothing")
        for request in pending:
            await self.ledger.change(request.id, happened(Withdrew(actor.person)))
        return Said("cancel.done")

    async def _press(self, actor: Actor, action: do.Press, card: str) -> Answer:
        request = await self.ledger.load(action.ref.request)
        if request is None or request.tenant != actor.person.tenant:
            return Refused(Refusal(Reason.NOT_FOUND))
        if card and actor.chat.personal:
            await self._forget_stray(request, actor.chat, card)
        if action.ref.version > request.version:
            return Refused(Refusal(Reason.CHANGED), request)
        match action:
            case do.Approve():
                return await self.approvals.approve(actor, request)
            case do.Deny():
                return await self.approvals.deny(actor, request, action.reason)
            case do.Refresh():
                return await self._refreshed(actor, request)
            case _:
                return await self._own(actor, action, request)

    async def _own(self, actor: Actor, action: do.Own, request: Request) -> Answer:
        """What only the person it is about may do, and only in their private chat."""
        refusal = _not_own(actor, request)
        if refusal is not None:
            await self.ledger.refuse(request, refusal, actor.person.id)
            return Refused(refusal)
        match action:
            case do.Show() | do.Replace():
                again = isinstance(action, do.Replace)
                return await self.acts.show(request, again=again, in_place=action.in_place)
            case do.SignInAgain():
                return await self.step_up.again(request)
            case do.Withdraw():
                return await self._change(request, Withdrew(actor.person))
            case do.Hide():
                return await self._change(request, Hid(actor.person))
            case do.RevokeIt():
                return await self._change(request, RevokeChosen(actor.person))
            case do.Report():
                return await self._change(request, Reported(actor.person))
            case _:
                assert_never(action)

    async def _change(self, request: Request, event: Event) -> Answer:
        step = await self.ledger.change(request.id, happened(event))
        return told(step)

    async def _refreshed(self, actor: Actor, request: Request) -> Answer:
        if _whose(actor, request) and actor.chat.personal:
            return RequestCard(request, Slot.REQUESTER)
        return await self.approvals.refreshed(actor, request)

    async def _forget_stray(self, request: Request, chat: Chat, card: str) -> None:
        """A card of ours that we do not know was posted twice because an answer was lost: it goes."""
        async with self.ledger.store.unit() as unit:
            here = [p for p in await unit.posted(request.id) if p.chat is not None and p.chat.id == chat.id]
            known = {p.activity for p in here if p.activity}
            if known and card not in known and all(p.activity or p.deleted for p in here):
                await unit.defer(Job("stray", request.id, slot=card, person=chat.id))


def told(step: Step | None) -> Answer:
    """Say what a step came to: a refusal with the request as it stands, or its card."""
    if step is None:
        return Refused(Refusal(Reason.NOT_FOUND))
    if step.refusal is not None:
        return Refused(step.refusal, step.request)
    return RequestCard(step.request, Slot.REQUESTER)


def _whose(actor: Actor, request: Request) -> bool:
    return actor.person.tenant == request.tenant and actor.person.id in {request.subject.id, request.requester.id}


def _not_own(actor: Actor, request: Request) -> Refusal | None:
    if actor.person.id != request.subject.id:
        return Refusal(Reason.NOT_YOURS)
    return None if actor.chat.personal else Refusal(Reason.NOT_PRIVATE)
