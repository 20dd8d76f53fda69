"""The desk: what a person does comes in, what the desk answers goes out; every press is authorised here."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from bot.core import actions as do
from bot.core.answers import Answer, Refused, RequestCard, Said
from bot.core.calling import AboutOthers, ShowCaller
from bot.core.doubting import ShowDoubt
from bot.core.errors import Conflict
from bot.core.events import Event, Hid, Reported, RevokeChosen, TimePassed, Withdrew
from bot.core.life.advance import past
from bot.core.listed import StatusCard
from bot.core.locking import ShowLocking
from bot.core.looking import BeginLooking, FindColleague, LookAt
from bot.core.lookups import Lookup, Sight
from bot.core.model import Actor, Chat, Person, Refusal, Request
from bot.core.ports import Posted, Purpose, Slot
from bot.core.queueing import QUEUE, Attend, SeeQueue, Take
from bot.core.raising import ShowThreat
from bot.core.reasons import Reason
from bot.core.watch import Sort
from bot.desk.acts import Acts
from bot.desk.alarms import Alarms
from bot.desk.answered import LINES, answered, not_own, seemly, whose
from bot.desk.approvals import Approvals
from bot.desk.homes import Homes
from bot.desk.identity import Identity
from bot.desk.ledger import Ledger, happened
from bot.desk.lookups import Lookups
from bot.desk.others import Others
from bot.desk.proving import Proving
from bot.desk.queue import ApproversQueue
from bot.desk.reception import Reception
from bot.desk.requester import OwnStepUp
from bot.desk.stepup import StepUp
from bot.desk.twins import Twins


@dataclass(frozen=True, slots=True)
class Desk:
    ledger: Ledger
    reception: Reception
    acts: Acts
    approvals: Approvals
    own_step_up: OwnStepUp
    step_up: StepUp
    proofs: Identity
    alarms: Alarms
    proving: Proving
    homes: Homes
    queue: ApproversQueue
    others: Others
    lookups: Lookups

    async def handle(self, actor: Actor, action: do.Action, *, card: str = "") -> Answer:
        """Do what `actor` asks for and say what came of it. `card` is the message that was pressed, if any."""
        actor = replace(actor, person=await self.homes.named(actor.person))
        return seemly(actor, await self._handled(actor, action, card))

    async def _handled(self, actor: Actor, action: do.Action, card: str) -> Answer:
        try:
            if isinstance(action, do.Written):
                return await self._written(actor, action)
            if isinstance(action, do.Matters):
                return await self.others.handle(actor, action, card)
            match action:
                case do.Begin() | do.Submit() | do.Choose() | do.Disown():
                    return await self._asking(actor, action)
                case SeeQueue():
                    return await self.queue.see(actor, action, "" if action.said else card)
                case BeginLooking() | FindColleague() | LookAt():
                    return await self.lookups.handle(actor, action)
                case do.OfferToken():
                    return await self._offered_token(actor, action)
                case do.ReturnCode(code):
                    return await self.step_up.code_returned(actor, code)
                case _:
                    return await self._press(actor, action, card)
        except Conflict:
            return Refused(Refusal(Reason.CHANGED))

    async def _asking(self, actor: Actor, action: do.Asking) -> Answer:
        """What somebody wants for themselves: by a form, or by one press."""
        match action:
            case do.Begin(kind):
                return await self.reception.begin(actor, kind)
            case do.Submit():
                return await self.reception.ask(actor, action)
            case do.Choose():
                return await self.reception.choose(actor, action)
            case do.Disown():
                return await self.reception.disown(actor, action)
            case _:
                assert_never(action)

    async def _written(self, actor: Actor, action: do.Written) -> Answer:
        """Show or offer what words lead to: nothing here acts."""
        match action:
            case do.Home():
                return await self.reception.home(actor.person)
            case do.Help():
                return await self.reception.home(actor.person, "home.help")
            case do.ShowStatus():
                return await self._status(actor)
            case ShowCaller() | AboutOthers() | ShowDoubt() | ShowThreat() | ShowLocking() | do.Human():
                return await self.others.shown(actor, action)
            case do.ForSome(what, instead):
                seen = await self._of_some(actor, what)
                return seen if seen is not None else await self._written(actor, instead)
            case do.OfferKind(kind, said):
                return await self.reception.offer(actor, kind, said)
            case do.NotUnderstood(likely):
                return await self.reception.missed(likely)
            case do.Thanks() | do.NotWanted() | do.MachineMade() | do.NoWindow():
                return Said(LINES[type(action)])
            case _:
                assert_never(action)

    async def _of_some(self, actor: Actor, what: str) -> Answer | None:
        """Return what only some may see, and None to everybody else; `Done` where it goes on in private."""
        if what == QUEUE:
            return await self.queue.said(actor)
        return await self.lookups.door(actor, Sight(what))

    async def installed(self, person: Person, chat: Chat) -> None:
        """Remember a person's private chat, or that its address changed."""
        await self.homes.keep(person, chat)

    async def removed(self, person: Person) -> None:
        async with self.ledger.store.unit() as unit:
            await unit.forget(person.tenant, person.id)

    async def owned(self, chat: Chat, card: str) -> bool:
        """Say whether a message of this conversation is one of a request's: only what it is about changes that."""
        async with self.ledger.store.unit() as unit:
            return await unit.owned(chat.place, card)

    async def first_time(self, tenant: str, key: str) -> bool:
        """Say whether this delivery was not seen before; Teams sends some things twice."""
        async with self.ledger.store.unit() as unit:
            return await unit.first_time(tenant, key, self.ledger.clock.now())

    async def _offered_token(self, actor: Actor, action: do.OfferToken) -> Answer:
        async with self.ledger.store.unit() as unit:
            sign_in = await unit.sign_in(action.sign_in)
        if sign_in is not None and sign_in.request.startswith(Lookup.named("")):
            return await self.lookups.offered(actor, sign_in, action)
        if sign_in is not None and sign_in.purpose is Purpose.LOOK:
            return await self.proofs.offered(actor, sign_in, action)
        return await self.step_up.offered(actor, action)

    async def _press(self, actor: Actor, action: do.Press, card: str) -> Answer:
        request, posted = await self._pressed(action.ref.request)
        if request is None or request.tenant != actor.person.tenant:
            return await self._absent(actor, action)
        if card and not _listed(action):
            pressed = not isinstance(action, do.Refresh)
            await Twins(self.ledger.store).seen(request.id, posted, actor.chat, card, pressed=pressed)
        if past(request, self.reception.inquiry.policies[request.kind], self.ledger.clock.now()):
            closed = await self.ledger.change(request.id, happened(TimePassed()))
            request = closed.request if closed is not None else request
        if action.ref.version > request.version:
            return Refused(Refusal(Reason.CHANGED), request)
        match action:
            case do.Approve() | do.Deny() | do.SeeProof() | Take() | Attend() | do.NotNow() | do.Retract():
                return await self._decides(actor, action, request, card)
            case do.Lift():
                return await self.alarms.lift(actor, request, action.reason)
            case do.Refresh():
                return await self._refreshed(actor, request)
            case _:
                return await self._own(actor, action, request)

    async def _decides(self, actor: Actor, action: do.Deciding, request: Request, card: str) -> Answer:
        """What those do who decide: in their channel, or in their own private chat."""
        if self.approvals.elsewhere(actor.chat):
            await self.ledger.refuse(request, Refusal(Reason.NOT_HERE), actor.person, Sort.REFUSED)
            return Refused(Refusal(Reason.NOT_HERE))
        match action:
            case do.Approve() if action.ref.version < request.level_from:  # they saw a milder case
                return Refused(Refusal(Reason.CHANGED), request)
            case do.Approve():
                return await self.approvals.approve(actor, request, action.choice)
            case do.Deny():
                return await self.approvals.deny(actor, request, action.reason, action.choice)
            case do.SeeProof():
                return await self.proofs.ask(actor, request)
            case Take():
                return await self.queue.take(actor, request, "" if action.said else card)
            case Attend():
                return await self.queue.attend(actor, request, action)
            case do.NotNow():
                return await self.approvals.put_off(actor, request)
            case do.Retract():
                return await self.approvals.retract(actor, request)
            case _:
                assert_never(action)

    async def _absent(self, actor: Actor, action: do.Press) -> Answer:
        """A button about nothing was made up; a refresh comes by itself, for cards of a desk that is no more too."""
        if not isinstance(action, do.Refresh):
            await self.ledger.record.absent(actor.person, "card")
        return Refused(Refusal(Reason.NOT_FOUND))

    async def _own(self, actor: Actor, action: do.Own, request: Request) -> Answer:
        """What only the person it is about may do, and only in their private chat."""
        refusal = not_own(actor, request)
        if refusal is not None:
            sort = Sort.BY if refusal.reason == Reason.NOT_YOURS else Sort.PRESS
            await self.ledger.refuse(request, refusal, actor.person, sort)
            return Refused(refusal)
        match action:
            case do.Show() | do.Replace():
                again = isinstance(action, do.Replace)
                return await self.acts.show(request, again=again, in_place=action.in_place)
            case do.Consent():
                return await self.others.behalf.consent(actor, request)
            case do.RefuseConsent():
                return await self.others.behalf.disclaim(request)
            case do.SignInAgain():
                return await self.own_step_up.again(request)
            case do.Prove():
                return await self.proving.begin(actor, request)
            case do.Withdraw():
                return await self._change(request, Withdrew(actor.person))
            case do.WithdrawListed():
                answer = await self._change(request, Withdrew(actor.person))
                return await self._status(actor) if isinstance(answer, RequestCard) else answer
            case do.Hide():
                return await self._change(request, Hid(actor.person))
            case do.RevokeIt():
                return await self._change(request, RevokeChosen(actor.person))
            case do.Report():
                return await self._change(request, Reported(actor.person))
            case _:
                assert_never(action)

    async def _status(self, actor: Actor) -> Answer:
        asked = self.reception.latest(actor.person), self.lookups.of(actor.person), self.others.quiet(actor.person)
        return StatusCard(actor.person, *await asyncio.gather(*asked))

    async def _change(self, request: Request, event: Event) -> Answer:
        step = await self.ledger.change(request.id, happened(event), known=request)
        return answered(step)

    async def _refreshed(self, actor: Actor, request: Request) -> Answer:
        """What stands in a channel is the same for everybody; that it was seen is all there is to learn."""
        if not actor.chat.personal:
            return Refused(Refusal(Reason.NOT_PRIVATE))
        if whose(actor, request):
            return RequestCard(request, Slot.REQUESTER)
        if request.opened_by is not None and request.opened_by.id == actor.person.id:
            return RequestCard(request, Slot.OPENER)
        return await self.approvals.refreshed(actor, request)

    async def _pressed(self, request_id: str) -> tuple[Request | None, Sequence[Posted]]:
        async with self.ledger.store.unit() as unit:
            return await asyncio.gather(unit.load(request_id), unit.posted(request_id))


def _listed(action: do.Press) -> bool:
    """Say whether it was pressed in a list, which is no request's twin."""
    return isinstance(action, do.WithdrawListed | Take) or (isinstance(action, Attend) and action.page is not None)
