"""Behalf: what an agent opens for a colleague they have verified, and the colleague's word that makes it theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from uuid import uuid4

from bot.core.answers import Answer, Form, Refused, RequestCard, Said
from bot.core.behalf import UNPROVED, assisted, proof
from bot.core.callcards import CallerDoor
from bot.core.callers import DAY, CallUsed, Verification, heard
from bot.core.calling import AboutOthers, OpenForm, Opening, OpenRequest
from bot.core.decide import Refuse, decide
from bot.core.errors import Conflict, DeskError
from bot.core.events import Asked, Consented, Event
from bot.core.facts import Moment
from bot.core.forms import Sheet, check, clean
from bot.core.hourly import TooMuch, over
from bot.core.model import Actor, Evidence, EvidenceType, Person, Refusal, Request, Status
from bot.core.ports import Slot, Unit
from bot.core.reasons import Reason
from bot.core.watch import Sort
from bot.desk.answered import not_now
from bot.desk.callers import Callers
from bot.desk.facts import Inquiry
from bot.desk.ledger import Ledger
from bot.desk.questions import mine
from bot.desk.reception import SHEET, Reception


@dataclass(frozen=True, slots=True)
class Behalf:
    reception: Reception
    callers: Callers

    @property
    def ledger(self) -> Ledger:
        return self.reception.ledger

    async def open(self, actor: Actor, action: Opening) -> Answer:
        """Show an agent the form of a kind, or open with it what becomes the colleague's own request."""
        there, named = await self._there(action)
        if there is not None:  # the form was sent twice
            by, asks = there.opened_by, actor.person
            theirs = by is not None and (by.tenant, by.id) == (asks.tenant, asks.id)
            return _sent(there) if theirs else Refused(Refusal(Reason.NOT_FOUND))
        one = await self._verified(actor, action, named)
        if isinstance(one, Refusal):
            return Refused(one)
        match action:
            case OpenForm(kind=kind):
                return await self._form(one, kind)
            case OpenRequest():
                return await self._opened(one, action)

    async def meant(self, actor: Actor, said: AboutOthers) -> Answer:
        """Answer words about somebody else: an agent goes on to that colleague, everybody else hears who helps.

        Whom they have just verified, and opened nothing for, they have the form of; anybody else is asked first.
        """
        if await self.callers.agents.objection(actor.person.id) is not None:
            return Said("said.for_others")
        kind = self.callers.opened(said.kind)
        if not said.person and not said.name:
            return CallerDoor(kind)
        found = await self.callers.found(uuid4().hex, said.person, said.name, kind)
        if isinstance(found, Refused) or not kind or len(found.found) != 1:
            return found
        standing = await self._standing(actor.person, found.found[0].id, kind)
        return found if standing is None else await self._form(standing, kind)

    async def _standing(self, agent: Person, colleague: str, kind: str) -> Verification | None:
        """Return the agent's own verification of a colleague with which they may open this just now, or None."""
        now = self.ledger.clock.now()
        async with self.ledger.store.unit() as unit:
            lately = await unit.begun_by(Verification, agent.tenant, agent.id, now - DAY)
        theirs = (one for one in lately if one.about.id == colleague and not one.vouched)  # who may have no chat
        return next((one for one in theirs if kind in self.callers.offers(one).opens), None)

    async def _form(self, one: Verification, kind: str) -> Answer:
        sheet = await self._sheet(one, kind, Moment.HOME)
        if isinstance(sheet, Refusal):
            return Refused(sheet)
        return _asks(one, kind, sheet, uuid4().hex)

    async def _there(self, action: Opening) -> tuple[Request | None, Verification | None]:
        """Return what this form has opened already, and the verification that it names."""
        async with self.ledger.store.unit() as unit:
            verification = unit.matter(Verification, Verification.named(action.verification))
            if isinstance(action, OpenForm):
                return None, await verification
            return await asyncio.gather(unit.load(action.request), verification)

    async def _verified(self, actor: Actor, action: Opening, named: Verification | None) -> Verification | Refusal:
        """Return the agent's own verification, as long as it is worth anything; an agent is looked at each time."""
        one = await mine(self.ledger, actor, named)
        if one is None:
            return Refusal(Reason.NOT_FOUND)
        refusal = await self.callers.agents.objection(actor.person.id)
        refusal = refusal if refusal is not None else self._unopened(one, action.kind)
        if refusal is None and one.vouched and isinstance(await self.callers.homes.of(one.about), Refusal):
            refusal = Refusal(Reason.NO_CHAT_NO_WORD)  # nobody could ask them whether they want it, or show it to them
        if refusal is not None:
            await self.ledger.record.declined(one.entry, refusal, actor.person, Sort.PRESS)
            return refusal
        return one

    def _unopened(self, one: Verification, kind: str) -> Refusal | None:
        """Say why a kind is not opened with a verification, whoever it is for, or None."""
        policies, offered = self.ledger.policies, self.callers.offers(one)
        if kind not in assisted(policies):
            return Refusal(Reason.NOT_ASSISTED)
        return None if kind in offered.opens else Refusal(dict(offered.lacks).get(kind, Reason.UNVERIFIED))

    async def _sheet(self, one: Verification, kind: str, moment: Moment) -> Sheet | Refusal:
        inquiry = self.reception.inquiry.once(moment)
        try:
            async with asyncio.timeout(SHEET):
                return await inquiry.kinds[kind].sheet(one.about, inquiry.tools(kind, moment=moment))
        except (DeskError, TimeoutError) as error:
            return not_now(error)

    async def _opened(self, one: Verification, action: OpenRequest) -> Answer:
        sheet = await self._sheet(one, action.kind, Moment.ASK)
        if isinstance(sheet, Refusal):
            return Refused(sheet)
        values = clean(sheet.fields, action.values)
        errors = check(sheet.fields, values)
        if errors or sheet.closed:
            return _asks(one, action.kind, sheet, action.request, values, errors)
        draft = self.reception.draft(one.about, action.kind, action.request or uuid4().hex)
        request = replace(draft, details=values, opened_by=one.by, evidence=proof(one, draft.id))
        facts = await self.reception.inquiry.about(request, Moment.ASK)
        decision = decide(self.ledger.policies[request.kind], facts, request, Moment.ASK, self.ledger.clock.now())
        if isinstance(decision, Refuse) and decision.refusal.reason in UNPROVED:  # for this colleague it takes more
            await self.ledger.record.declined(one.entry, decision.refusal, one.by, Sort.PRESS)
            return Refused(decision.refusal)
        request = replace(request, details={**request.details, **facts.found}, means=facts.means)
        try:
            there, step = await self.ledger.open(
                request,
                Asked(decision),
                lambda unit, made: self._used(unit, one, made),
                counted=lambda unit, made: self._counted(unit, one.by, made),
            )
        except TooMuch as much:
            await self.ledger.record.over(much, one.by)
            await self.ledger.record.declined(one.entry, much.refusal, one.by, Sort.PRESS)
            return Refused(much.refusal)
        if step is None and there.id != request.id:
            return Refused(Refusal(Reason.THEY_HAVE_ONE, MappingProxyType({"name": one.about.name})))
        return _sent(there)

    async def _used(self, unit: Unit, one: Verification, request: Request) -> None:
        """Use the verification up, in the transaction that begins what it opens. Raises `Conflict` where it is."""
        turned = heard(one, CallUsed(request.id), self.ledger.clock.now())
        if turned.refusal is not None:
            raise Conflict("this verification is used up")
        await self.callers.register.keep(unit, one, turned)

    async def _counted(self, unit: Unit, agent: Person, request: Request) -> Refusal | None:
        """Count it for the agent, and for whom it is about; say whether it is one too many."""
        count = await self.ledger.record.counted(unit, agent, Sort.OPENED, None)
        no = over(self.reception.inquiry.limits, Sort.OPENED, count)
        return no if no is not None else await self.reception.counted(unit, request)

    async def consent(self, actor: Actor, request: Request) -> Answer:
        """Take the word of whom it is about: from here on it goes the way of any request of theirs."""
        given = Evidence(
            EvidenceType.CONSENT, actor.person.id, actor.person.name, self.ledger.clock.now(), "", request.id
        )
        step = await self.ledger.change(request.id, lambda one: self._consented(one, given), known=request)
        if step is None:
            return Refused(Refusal(Reason.NOT_FOUND))
        if step.refusal is not None:
            return Refused(step.refusal, step.request)
        return RequestCard(step.request, Slot.REQUESTER)

    async def _consented(self, request: Request, given: Evidence) -> Event:
        agreed = replace(request, evidence=(*request.evidence, given))
        inquiry: Inquiry = self.reception.inquiry
        facts = await inquiry.about(agreed, Moment.WAY)
        policy, now = inquiry.policies[request.kind], self.ledger.clock.now()
        return Consented(given, decide(policy, facts, agreed, Moment.WAY, now))

    async def disclaim(self, request: Request) -> Answer:
        """Take the no of whom it is about: it ends, and security hears whose question it was."""
        if request.status is not Status.CONSENT:
            return Refused(Refusal(Reason.CLOSED), request)
        for source in {given.source for given in request.evidence_of(EvidenceType.VERIFICATION)}:
            await self.callers.disclaimed(source)
        return RequestCard(await self.ledger.load(request.id) or request, Slot.REQUESTER)


def _asks(
    one: Verification,
    kind: str,
    sheet: Sheet,
    request: str,
    values: Mapping[str, str] = MappingProxyType({}),
    errors: Mapping[str, str] = MappingProxyType({}),
) -> Form:
    """Return the form of a kind, as an agent fills it in for the colleague whom they have verified."""
    return Form(kind, request, sheet, values, errors, call=(one.key, one.version), about=one.about.name)


def _sent(there: Request) -> Answer:
    """Say what an agent hears of what they opened: of a no only that it is one, for why is theirs to read.

    A form that is sent again hears no more than that, once it has gone on: its own card follows it.
    """
    name = MappingProxyType({"name": there.subject.name})
    match there.status:
        case Status.CONSENT:
            return Said("call.opened", name)
        case Status.REFUSED:
            return Refused(Refusal(Reason.NOT_FOR_THEM, name))
        case _:
            return Refused(Refusal(Reason.CLOSED))
