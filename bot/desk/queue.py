"""What waits for an approver: who may decide about it looks it through, and opens one as a card of their own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Final

from bot.core.answers import Answer, Done, QueueCard, Refused, Said
from bot.core.approval import unfit
from bot.core.attention import Attended, Left
from bot.core.audit import About
from bot.core.model import Actor, Chat, Mode, Person, Refusal, Request, Status
from bot.core.ports import Job, Posted, Slot, Urgency
from bot.core.queue import LINE_ID, WaitingLine, Wanted
from bot.core.queueing import LATE, MINE, QUEUE, Attend, Attending, SeeQueue
from bot.core.reasons import Reason
from bot.core.watch import Sort
from bot.desk.answered import answered
from bot.desk.approvals import Approvals, where
from bot.desk.homes import Homes
from bot.desk.ledger import Ledger, happened

PAGE: Final = 10  # requests of the queue on one card
LOOKS_ALL_THE_SAME: Final = frozenset({Reason.ALREADY_APPROVED})  # who said yes already may look once more


@dataclass(frozen=True, slots=True)
class ApproversQueue:
    """What is opened here is decided as everywhere: by the presses on its card, each authorised by itself."""

    ledger: Ledger
    approvals: Approvals
    homes: Homes

    async def take(self, actor: Actor, request: Request, card: str) -> Answer:
        """Bring a request to an approver's private chat; opened once more, it is their newest message there."""
        await self._forget_twin(actor, card)
        refusal = await self.approvals.objection(actor.person.id, request)
        if refusal is not None and refusal.reason not in LOOKS_ALL_THE_SAME:
            await self.ledger.refuse(request, refusal, actor.person, Sort.REFUSED)
            return Refused(refusal)
        if await self.approvals.inquiry.frozen(request):
            refusal = Refusal(Reason.FROZEN)
            await self.ledger.refuse(request, refusal, actor.person)
            return Refused(refusal)
        home = await self.homes.reach(actor)
        if isinstance(home, Refusal):
            return Refused(home)
        await self._opened(request, actor.person, home[1])
        return Said("queue.taken")

    async def attend(self, actor: Actor, request: Request, action: Attend) -> Answer:
        """Let the others see who is looking at a request. It gates nobody's yes or no.

        Whoever looked may say so no more whatever has become of them; to begin, one must be able to decide.
        """
        person, there = actor.person, request.attention
        ends = action.how is Attending.END
        own = ends and there is not None and there.by == person.id
        refusal = None if own else await self.approvals.objection(person.id, request)
        if refusal is not None:
            await self.ledger.refuse(request, refusal, person, Sort.REFUSED)
            return Refused(refusal, request)
        begun = Attended(person.id, person.name, over=action.how is Attending.OVER)
        event = Left(person.id, person.name) if ends else begun
        step = await self.ledger.change(request.id, happened(event), known=request)
        if action.page is not None and step is not None and step.refusal is None:
            return await self.see(actor, action.page, "")
        return answered(step, where(actor))

    async def see(self, actor: Actor, page: SeeQueue, card: str) -> Answer:
        """Show an approver what waits, as far as it is about what they decide; asked in the channel, in private."""
        await self._forget_twin(actor, card)
        if self.approvals.elsewhere(actor.chat):
            return Refused(Refusal(Reason.NOT_HERE))
        theirs = await self.theirs(actor.person)
        if isinstance(theirs, Refusal):
            about = About(actor.person.tenant, kind=QUEUE)
            await self.ledger.record.declined(about, theirs, actor.person, Sort.REFUSED)
            return Refused(theirs)
        if actor.chat.personal:
            return await self._page(actor.person, theirs, page)
        home = await self.homes.reach(actor)
        if isinstance(home, Refusal):
            return Refused(home)
        return replace(await self._page(actor.person, theirs, page), home=home[1])

    async def said(self, actor: Actor) -> Answer | None:
        """Answer words for it: in the approvers' channel with what all of them may see, else in private.

        None to whoever decides about nothing: they learn nothing of it. `Done` where it goes on in private.
        """
        if not actor.chat.personal and self.approvals.elsewhere(actor.chat):
            return Done()
        theirs = await self.theirs(actor.person)
        if actor.chat.personal:
            return None if isinstance(theirs, Refusal) else await self._page(actor.person, theirs, SeeQueue())
        if isinstance(theirs, Refusal):
            return Done()
        kinds = tuple(self.approvals.inquiry.policies)
        return QueueCard(await self._waiting(actor.person, Wanted(kinds, self.ledger.clock.now(), PAGE)), board=True)

    async def _page(self, person: Person, theirs: frozenset[str], page: SeeQueue) -> QueueCard:
        only = page.which if page.which in theirs else ""
        mine = person.id if page.which == MINE else ""
        now = self.ledger.clock.now()
        wanted = Wanted(sorted(theirs), now, PAGE, page.after, only, mine, page.which == LATE)
        line = await self._waiting(person, wanted)
        on = line.some[-1].id if len(line.some) == PAGE else ""
        return QueueCard(line, on, page=page, kinds=tuple(k for k in self.approvals.inquiry.kinds if k in theirs))

    async def _waiting(self, person: Person, wanted: Wanted) -> WaitingLine:
        async with self.ledger.store.unit() as unit:
            return await unit.waiting(person.tenant, wanted)

    async def theirs(self, person: Person) -> frozenset[str] | Refusal:
        """Say which kinds this person decides about just now, or why about none of them."""
        policies, inquiry = self.ledger.policies, self.approvals.inquiry
        first = {policies[kind].approvers_group: kind for kind in reversed(tuple(inquiry.kinds))}
        now = self.ledger.clock.now()
        # Whether one is their own is asked of each request when it is opened: nobody's account stops the queue.
        drafts = (Request("", k, person, person, {}, Mode.ENFORCE, Status.APPROVAL, 1, now) for k in first.values())
        known = await asyncio.gather(*(inquiry.about_approver(person.id, draft) for draft in drafts))
        facts = {group: replace(found, same_human=False) for group, found in zip(first, known, strict=True)}
        noes = {kind: unfit(policies[kind], facts[policies[kind].approvers_group]) for kind in inquiry.kinds}
        theirs = frozenset(kind for kind, no in noes.items() if no is None)
        said = [no for no in noes.values() if no is not None]
        return theirs or min(
            said, key=lambda no: no.reason == Reason.NOT_APPROVER
        )  # what is wrong with an approver first

    async def _opened(self, request: Request, person: Person, home: Chat) -> None:
        """Keep that it is on its way to them, in the transaction that has it brought there."""
        async with self.ledger.store.unit() as unit:
            posted = await unit.posted(request.id)
            mine = next((p for p in posted if p.slot is Slot.CONFIRM and p.person == person.id and not p.deleted), None)
            there = mine if mine is not None and mine.chat is not None else None
            on_its_way = Posted(request.id, Slot.CONFIRM, person.id, home, "", "")
            await unit.keep_posted(replace(there, shown="") if there is not None else on_its_way)
            await self.ledger.changed(unit, request, Urgency.PROMPT)

    async def _forget_twin(self, actor: Actor, card: str) -> None:
        """A message with the line that we do not know was posted twice because an answer was lost: it goes."""
        if actor.chat.personal or not card:
            return
        async with self.ledger.store.unit() as unit:
            here = [p for p in await unit.posted(LINE_ID) if p.chat is not None and p.chat.place == actor.chat.place]
            if here and all(p.activity and p.activity != card for p in here):
                await unit.defer(Job("stray", LINE_ID, slot=card, person=actor.chat.id))
