"""Reception: what somebody may ask for, what they read and fill in before, and how a request begins."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import uuid4

from bot.core import actions as do
from bot.core.answers import Answer, Form, HomeCard, MissCard, Offer, OfferCard, Refused, RequestCard, Said
from bot.core.decide import Refuse, decide
from bot.core.errors import DeskError
from bot.core.events import Asked, AskedAgain
from bot.core.facts import Facts, Moment
from bot.core.forms import Sheet, check, clean
from bot.core.hourly import TooMuch, over
from bot.core.model import PENDING, Actor, Person, Refusal, Request, Status
from bot.core.ports import Slot, Unit
from bot.core.reasons import Reason
from bot.core.threat import ThreatLevel
from bot.core.watch import Sort
from bot.desk.answered import not_now, whose
from bot.desk.facts import Inquiry
from bot.desk.ledger import Ledger, happened
from bot.desk.record import everybody

NEWEST: Final = 5
NEAREST: Final = 2  # kinds that are offered for words that were not understood
SHEET: Final = 4.0  # seconds for what a person reads before they ask


@dataclass(frozen=True, slots=True)
class Reception:
    ledger: Ledger
    inquiry: Inquiry

    async def home(self, person: Person, lead: str = "home.lead") -> HomeCard:
        """Say what this person may ask for, and why not what they may not."""
        async with asyncio.TaskGroup() as group:
            offers = group.create_task(self._offers(person))
            latest = group.create_task(self.latest(person))
        pending = tuple(r for r in latest.result() if r.status in PENDING)
        offered, threat = offers.result()
        return HomeCard(person, offered, pending, lead, threat)

    async def _offers(self, person: Person) -> tuple[tuple[Offer, ...], ThreatLevel]:
        """Every kind this tenant offers, and how strict the desk is just now.

        What is off for somebody, or missing in the tenant, is not spoken of.
        """
        there = [kind for kind in self._offered() if not await self._missing(kind)]
        drafts = [self.draft(person, kind, uuid4().hex) for kind in there]
        if not drafts:
            return (), ThreatLevel.NORMAL
        found = await self.inquiry.at_home(drafts)
        refusals = [self._refusal(draft, facts, Moment.HOME) for draft, facts in zip(drafts, found, strict=True)]
        offers = tuple(
            self._offering(kind, refusal)
            for kind, refusal in zip(there, refusals, strict=True)
            if refusal is None or refusal.reason != Reason.OFF
        )
        return offers, found[0].threat.level if found[0].threat is not None else ThreatLevel.NORMAL

    def _offering(self, kind: str, refusal: Refusal | None = None) -> Offer:
        """Return the offer of a kind; an alarm is taken from everybody."""
        said = self.inquiry.kinds[kind]
        return Offer(kind, None if said.alarm else refusal, alarm=said.alarm, icon=said.icon)

    def _offered(self) -> Sequence[str]:
        return [name for name in self.inquiry.kinds if self.inquiry.policies[name].offered]

    async def _missing(self, kind: str) -> str:
        """Say what the tenant lacks for a kind; the admin hears of it where the desk tells its health."""
        try:
            return await self.inquiry.kinds[kind].missing(self.inquiry.tools(kind, moment=Moment.HOME))
        except DeskError:
            return ""

    async def latest(self, person: Person) -> tuple[Request, ...]:
        async with self.ledger.store.unit() as unit:
            return tuple(await unit.latest(person.tenant, person.id, NEWEST))

    def _refusal(self, draft: Request, facts: Facts, moment: Moment) -> Refusal | None:
        match decide(self.inquiry.policies[draft.kind], facts, draft, moment, self.ledger.clock.now()):
            case Refuse(refusal):
                return refusal
            case _:
                return None

    def draft(self, person: Person, kind: str, request_id: str) -> Request:
        policy = self.inquiry.policies[kind]
        return Request(
            id=request_id,
            kind=kind,
            requester=person,
            subject=person,
            details={},
            mode=policy.mode,
            status=Status.STEP_UP,
            version=0,
            created_at=self.ledger.clock.now(),
            way=self.inquiry.kinds[kind].way(policy),
            reported=self.inquiry.kinds[kind].alarm,
        )

    async def offer(self, actor: Actor, kind: str, said: str) -> Answer:
        """Show the way to a kind: its button, or its form with what was said already. Nothing is begun or noted."""
        refusal = await self._shut(actor, kind)
        if refusal is not None:
            return Refused(refusal)
        if self.inquiry.kinds[kind].alarm:
            return OfferCard(actor.person, self._offering(kind))
        draft = self.draft(actor.person, kind, uuid4().hex)
        if said:
            refusal, form = await self._shown(draft, self.inquiry.kinds[kind].heard(said))
            return form if refusal is None else Refused(refusal)
        refusal = self._refusal(draft, await self.inquiry.about(draft, Moment.HOME), Moment.HOME)
        return OfferCard(actor.person, self._offering(kind)) if refusal is None else Refused(refusal)

    async def missed(self, likely: Sequence[str]) -> MissCard:
        """Answer what was not understood: with kinds that come near it, where this tenant offers them at all."""
        kinds, offered = self.inquiry.kinds, self._offered()
        near = [kind for kind in likely if kind in offered and not kinds[kind].alarm]
        return MissCard(tuple([kind for kind in near if not await self._missing(kind)][:NEAREST]))

    async def begin(self, actor: Actor, kind: str) -> Answer:
        refusal = await self._shut(actor, kind)
        if refusal is not None:
            return Refused(refusal)
        if self.inquiry.kinds[kind].alarm:  # one press is enough
            return await self.ask(actor, do.Submit(kind, "", {}))
        draft = self.draft(actor.person, kind, uuid4().hex)
        refusal, form = await self._shown(draft, {})
        if refusal is not None:
            await self.ledger.refuse(draft, refusal, actor.person)
            return Refused(refusal)
        return form

    async def _shown(self, draft: Request, said: Mapping[str, str]) -> tuple[Refusal | None, Answer]:
        """Say why there is no form for this person, and what the form is: what both need is asked together, once."""
        one = self.inquiry.once(Moment.HOME)
        facts, form = await asyncio.gather(one.about(draft, Moment.HOME), self._form(one, draft, said))
        return self._refusal(draft, facts, Moment.HOME), form

    async def _form(self, one: Inquiry, draft: Request, said: Mapping[str, str]) -> Answer:
        """Return the form, with what was said already; what is wrong with that is told, and not what is missing."""
        try:
            sheet = await self._sheet(one, draft.requester, draft.kind, Moment.HOME)
        except (DeskError, TimeoutError) as error:
            return Refused(not_now(error))
        values = clean(sheet.fields, said) if said else {}
        errors = {name: error for name, error in check(sheet.fields, values).items() if values.get(name)}
        return Form(draft.kind, draft.id, sheet, values, errors)

    async def _shut(self, actor: Actor, kind: str) -> Refusal | None:
        """Say why nobody can ask for this here, whoever they are."""
        if kind not in self._offered():
            return Refusal(Reason.OFF)
        if not actor.chat.personal:
            return Refusal(Reason.NOT_PRIVATE)
        return Refusal(Reason.UNAVAILABLE) if await self._missing(kind) else None

    async def _sheet(self, one: Inquiry, person: Person, kind: str, moment: Moment) -> Sheet:
        """Return what is read and filled in: to be looked at, or, once it is sent, only to check what was."""
        async with asyncio.timeout(SHEET):
            return await one.kinds[kind].sheet(person, one.tools(kind, moment=moment))

    async def ask(self, actor: Actor, action: do.Submit) -> Answer:
        refusal = await self._shut(actor, action.kind)
        if refusal is not None:
            return Refused(refusal)
        there = await self.ledger.load(action.request)
        if there is not None:  # the form was sent twice
            return RequestCard(there, Slot.REQUESTER) if whose(actor, there) else Refused(Refusal(Reason.NOT_FOUND))
        one = self.inquiry.once(Moment.ASK)
        try:
            sheet = await self._sheet(one, actor.person, action.kind, Moment.ASK)
        except (DeskError, TimeoutError) as error:
            return Refused(not_now(error))
        values = clean(sheet.fields, action.values)
        errors = check(sheet.fields, values)
        if errors or sheet.closed:
            return Form(action.kind, action.request, sheet, values, errors)
        draft = self.draft(actor.person, action.kind, action.request or uuid4().hex)
        answer = await self._opened(one, replace(draft, details=values))
        match answer:
            case Refused(Refusal(Reason.ALREADY_OPEN), Request() as there) if not self.inquiry.kinds[there.kind].alarm:
                return await self._again(actor, there, values)
            case _:
                return answer

    async def choose(self, actor: Actor, action: do.Choose) -> Answer:
        """Ask what belongs to the line that was chosen, as long as it is there: nothing begins, or is written down.

        No wall stands before it: it shows no more than the form did, and whatever is sent is decided.
        """
        refusal = await self._shut(actor, action.kind)
        if refusal is not None:
            return Refused(refusal)
        draft = self.draft(actor.person, action.kind, action.request)
        return await self._form(self.inquiry.once(Moment.HOME), draft, action.values)

    async def disown(self, actor: Actor, action: do.Disown) -> Answer:
        """Ask which of what a kind's form shows is not theirs, and have security hear of it: nothing else comes of it.

        No wall stands before it, as before nothing that only locks; whose account it is in the end, security finds out.
        """
        refusal = await self._shut(actor, action.kind)
        if refusal is not None:
            return Refused(refusal)
        try:
            sheet = await self._sheet(self.inquiry.once(Moment.ASK), actor.person, action.kind, Moment.ASK)
        except (DeskError, TimeoutError) as error:
            return Refused(not_now(error))
        field = sheet.disowns
        if field is None:
            return Form(action.kind, action.request, sheet)
        values = clean((field,), action.values)
        errors = check((field,), values)
        if errors:
            wrong = errors if field.name in action.values else {}  # a first press has nothing filled in
            return Form(action.kind, action.request, Sheet((field,)), values, wrong, disowns=True)
        chosen = next(choice.title for choice in field.choices if choice.value == values[field.name])
        heard = await self.ledger.record.disowned(actor.person, action.kind, chosen)
        alarm = next((kind for kind in self._offered() if self.inquiry.kinds[kind].alarm), "")
        lead = "home.disowned" if heard else "home.disowned_before"
        return OfferCard(actor.person, self._offering(alarm), lead) if alarm else Said(lead)

    async def _again(self, actor: Actor, request: Request, values: Mapping[str, str]) -> Answer:
        """Show the one that is open, as its newest message, with what they said this time added to it."""
        said = {name: words for name, words in values.items() if name in self.inquiry.kinds[request.kind].reasons}
        step = await self.ledger.change(request.id, happened(AskedAgain(actor.person, said)))
        if step is None or step.refusal is not None:
            return Refused(Refusal(Reason.ALREADY_OPEN), request)
        return RequestCard(step.request, Slot.REQUESTER)

    async def open(self, actor: Actor, kind: str, request_id: str, details: Mapping[str, str]) -> Answer:
        """Begin a request whose details the desk itself knows."""
        refusal = await self._shut(actor, kind)
        draft = replace(self.draft(actor.person, kind, request_id), details=details)
        return Refused(refusal) if refusal is not None else await self._opened(self.inquiry.once(Moment.ASK), draft)

    async def counted(self, unit: Unit, made: Request) -> Refusal | None:
        """Count whoever something that gives access is about, once an hour, and say whether they are one too many.

        Asking again and again, or for what is refused, is no way to use up what is for everybody.
        """
        limits, giving = self.inquiry.limits, self.inquiry.kinds[made.kind].gives_access
        if not limits.per_tenant_hour or not giving or made.status is Status.REFUSED:
            return None
        record, theirs = self.ledger.record, await unit.tried(made.subject, Sort.ASKED, self.ledger.clock.now())
        if theirs.hour > 1:
            return None
        return over(limits, Sort.ASKED, await record.counted(unit, everybody(made.tenant), Sort.ASKED, None))

    async def _opened(self, one: Inquiry, draft: Request) -> Answer:
        facts = await one.about(draft, Moment.ASK)
        now = self.ledger.clock.now()
        decision = decide(self.inquiry.policies[draft.kind], facts, draft, Moment.ASK, now)
        first = replace(draft, details={**draft.details, **facts.found}, means=facts.means)
        try:
            request, step = await self.ledger.open(first, Asked(decision), counted=self.counted)
        except TooMuch as much:
            await self.ledger.record.over(much, draft.requester)
            return Refused(much.refusal)
        if step is None and request.id != draft.id:
            return Refused(Refusal(Reason.ALREADY_OPEN), request)
        if step is not None and step.refusal is not None and not request.reported:
            return Refused(step.refusal)
        return RequestCard(request, Slot.REQUESTER)
