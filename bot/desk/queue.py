"""The approvers' line: who may decide about a request opens it, and gets it as a card of their own in private."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from bot.core.answers import Answer, QueueCard, Refused, Said
from bot.core.approval import unfit
from bot.core.model import Actor, Chat, Person, Refusal, Request
from bot.core.ports import Job, Posted, Slot, Urgency
from bot.core.queue import LINE_ID, Queued, WaitingLine
from bot.core.reasons import Reason
from bot.core.watch import Sort
from bot.desk.approvals import Approvals
from bot.desk.homes import Homes
from bot.desk.ledger import Ledger

PAGE: Final = 12  # requests of the line on one card in a private chat
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

    async def see(self, actor: Actor, after: str, card: str) -> Answer:
        """Show an approver the line, as far as it is about what they decide; asked in the channel, in private."""
        await self._forget_twin(actor, card)
        if self.approvals.elsewhere(actor.chat):
            return Refused(Refusal(Reason.NOT_HERE))
        async with self.ledger.store.unit() as unit:
            line = await unit.line(actor.person.tenant, PAGE, after)
        theirs = await self._theirs(actor.person, line.some)
        if isinstance(theirs, Refusal):
            return Refused(theirs)
        on = line.some[-1].id if len(line.some) == PAGE else ""
        shown = WaitingLine(line.count, tuple(one for one in line.some if one.kind in theirs))
        if actor.chat.personal:
            return QueueCard(shown, on)
        home = await self.homes.reach(actor)
        return Refused(home) if isinstance(home, Refusal) else QueueCard(shown, on, home[1])

    async def _theirs(self, person: Person, some: tuple[Queued, ...]) -> frozenset[str] | Refusal:
        """Say which kinds of these this person decides about just now, or why about none of them."""
        policies, theirs, no = self.ledger.policies, set[str](), None
        first = {policies[one.kind].approvers_group: one for one in reversed(some)}
        for group, one in first.items():
            request = await self.ledger.load(one.id)
            if request is None:
                continue
            # Whether it is their own is asked of each request when it is opened: nobody's account stops the line.
            facts = await self.approvals.inquiry.about_approver(
                person.id, replace(request, requester=person, subject=person)
            )
            facts = replace(facts, same_human=False)
            for kind in {each.kind for each in some if policies[each.kind].approvers_group == group}:
                refusal = unfit(policies[kind], facts)
                if refusal is None:
                    theirs.add(kind)
                else:
                    no = refusal
                    await self.ledger.refuse(request, refusal, person, Sort.REFUSED)
        return frozenset(theirs) if theirs or no is None else no

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
