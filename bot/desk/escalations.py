"""Escalations: an agent asks who leads the helpdesk about a call; a lead may ask anew, or say no."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final, assert_never
from uuid import uuid4

from bot.core.answers import Answer, Refused, Said
from bot.core.callers import Verification
from bot.core.errors import DeskError
from bot.core.escalating import AskLead, Escalating, EscalationCard, SayNo, SeeEscalation, TakeOver
from bot.core.escalations import Escalation, answered, asked, lapsed, so_far
from bot.core.model import Actor, Person, Refusal, Request
from bot.core.ports import Slot
from bot.core.reasons import Reason
from bot.core.watch import Sort
from bot.desk.agents import Agents
from bot.desk.answered import not_now
from bot.desk.callers import Callers
from bot.desk.questions import mine
from bot.desk.register import Register

MOST: Final = 12  # leads who are asked at once


@dataclass(frozen=True, slots=True)
class Escalations:
    """`leads` is who leads the helpdesk; where nobody does, security's channel reads of it."""

    callers: Callers
    leads: Agents
    register: Register

    async def handle(self, actor: Actor, action: Escalating) -> Answer:
        match action:
            case AskLead(key):
                return await self._ask(actor, key)
            case TakeOver(key) | SayNo(key):
                return await self._answered(actor, Escalation.named(key), takes=isinstance(action, TakeOver))
            case SeeEscalation(key):
                return await self._seen(actor, Escalation.named(key))
            case _:
                assert_never(action)

    async def _ask(self, actor: Actor, key: str) -> Answer:
        """Ask the leads about this agent's own call, where it came to nothing; once for each."""
        ledger, register = self.callers.ledger, self.register
        call = await mine(ledger, actor, await register.load(Verification, Verification.named(key)))
        if call is None:
            return Refused(Refusal(Reason.NOT_FOUND))
        request = await ledger.load(call.used_for) if call.used_for else None
        now = ledger.clock.now()
        what = so_far(call, request, now)
        refusal = await self.callers.agents.objection(actor.person.id)
        if refusal is None and not what:
            refusal = Refusal(Reason.CLOSED)
        leads = refusal if refusal is not None else await self._leads(call)
        if isinstance(leads, Refusal):
            return await self._refused(actor.person, leads, call)
        one = Escalation(
            id=Escalation.named(call.key),
            by=call.by,
            about=call.about,
            created_at=now,
            so_far=what,
            wanted=_kind(call, request),
            leads=leads,
        )
        async with ledger.store.unit() as unit:
            await register.begin(unit, asked(one))  # a second time is nothing
        return Said("escalation.sent", {"name": call.about.name})

    async def _leads(self, call: Verification) -> tuple[str, ...] | Refusal:
        """Return who leads the helpdesk just now, without the two it is about: of a crowd only some are asked."""
        if not self.leads.group:
            return ()
        try:
            group = await self.leads.directory.approvers_group(self.leads.group)
        except (DeskError, TimeoutError) as error:
            return not_now(error)
        return tuple(sorted(group.usable - {call.by.id, call.about.id}))[:MOST]

    async def _answered(self, actor: Actor, key: str, *, takes: bool) -> Answer:
        one = await self.register.load(Escalation, key)
        if one is None or one.tenant != actor.person.tenant:
            await self.callers.ledger.record.absent(actor.person, Escalation.SORT)
            return Refused(Refusal(Reason.NOT_FOUND))
        refusal = await self._objection(actor, one, takes=takes)
        if refusal is not None:
            return await self._refused(actor.person, refusal, one)
        now = self.callers.ledger.clock.now()
        turned = await self.register.happen(
            Escalation, key, lambda found: answered(found, actor.person, now, takes=takes)
        )
        if turned.refusal is not None:
            return Refused(turned.refusal)
        if not takes:
            return EscalationCard(turned.matter, Slot.LEAD)
        return await self.callers.found(uuid4().hex, one.about.id, "", one.wanted)

    async def _objection(self, actor: Actor, one: Escalation, *, takes: bool) -> Refusal | None:
        """Say why this is no lead's to answer, or not theirs: whoever takes it over asks as an agent does."""
        if not actor.chat.personal:
            return Refusal(Reason.NOT_PRIVATE)
        person = actor.person.id
        refusal = await self.leads.objection(person)
        if refusal is None and takes:
            refusal = await self.callers.agents.objection(person)
        if refusal is not None:
            return refusal
        same = await asyncio.gather(*(self.leads.one_human(person, other.id) for other in (one.by, one.about)))
        if True in same:
            return Refusal(Reason.LEAD_OWN)
        return Refusal(Reason.UNKNOWN) if None in same else None

    async def _seen(self, actor: Actor, key: str) -> Answer:
        """Show it as it stands to whoever asked, and to those who are asked, each in private."""
        one = await self.register.load(Escalation, key)
        person = actor.person
        if one is None or one.tenant != person.tenant or person.id not in {one.by.id, *one.leads}:
            return Refused(Refusal(Reason.NOT_FOUND))
        if not actor.chat.personal:
            return Refused(Refusal(Reason.NOT_PRIVATE))
        return EscalationCard(one, Slot.AGENT if person.id == one.by.id else Slot.LEAD)

    async def due(self, key: str) -> None:
        """Look at one whose time may have come."""
        now = self.callers.ledger.clock.now()
        await self.register.due(Escalation, key, lambda one: lapsed(one, now))

    async def _refused(self, who: Person, refusal: Refusal, one: Verification | Escalation) -> Refused:
        await self.callers.ledger.record.declined(one.entry, refusal, who, Sort.PRESS)
        return Refused(refusal)


def _kind(call: Verification, request: Request | None) -> str:
    return request.kind if request is not None else call.wanted
