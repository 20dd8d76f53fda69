"""Callers: an agent asks a colleague, in Teams, whether it is really them on the telephone. It opens nothing by itself.

The agent is checked at each press, as an approver is; the colleague answers in their own private chat.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import assert_never
from uuid import uuid4

from bot.core import calling as do
from bot.core.answers import Answer, Refused, Said, SignInPage
from bot.core.audit import About
from bot.core.behalf import Offers, assisted, offers
from bot.core.callcards import CallerCard, CallerDoor, CallerForm
from bot.core.callers import (
    WAITING,
    AnswerDue,
    CallerSignedIn,
    CallOver,
    Disclaimed,
    Heard,
    NotMe,
    NumberTyped,
    Stand,
    Verification,
    heard,
)
from bot.core.errors import DeskError
from bot.core.events import ConsentRefused, Event, Stopped
from bot.core.matters import Turned
from bot.core.model import Actor, Person, Refusal, Request, Status
from bot.core.ports import Job, SignIn, Slot, Unit, Urgency
from bot.core.reasons import Reason
from bot.core.watch import Sort
from bot.desk.agents import Agents
from bot.desk.answered import not_now
from bot.desk.colleagues import Colleagues, told
from bot.desk.homes import Homes
from bot.desk.ledger import Ledger
from bot.desk.newcomers import Newcomers
from bot.desk.purposes import Close
from bot.desk.questions import Questions, mine
from bot.desk.quiet import Quiet
from bot.desk.register import MATTER, Along, Register, spent
from bot.desk.vouching import Vouchers


@dataclass(frozen=True, slots=True)
class Callers:
    """`context` is what a colleague signs in with who proves more than that they hear the agent."""

    ledger: Ledger
    agents: Agents
    colleagues: Colleagues
    homes: Homes
    newcomers: Newcomers
    register: Register
    context: str
    leads: Agents

    @property
    def questions(self) -> Questions:
        return Questions(self.ledger, self.register, self.context)

    @property
    def quiet(self) -> Quiet:
        return Quiet(self.ledger.record, self.register)

    async def door(self, person: Person) -> Answer:
        """Show an agent the way; to anybody else, what it is not."""
        refusal = await self.agents.objection(person.id)
        return CallerDoor() if refusal is None else Refused(refusal)

    def opened(self, kind: str) -> str:
        """Return a kind that somebody named, if the helpdesk may open it for others at all."""
        return kind if kind in assisted(self.ledger.policies) else ""

    def offers(self, one: Verification) -> Offers:
        """Return what its agent may open with a verification just now, and what the rest of it would take."""
        return offers(self.ledger.policies, one, self.ledger.clock.now())

    @property
    def vouchers(self) -> Vouchers:
        return Vouchers(self.ledger, self.agents, self.colleagues, self.homes, self.register, self.context)

    async def handle(self, actor: Actor, action: do.Asking | do.Answering) -> Answer:
        match action:
            case do.BeginCaller() | do.FindCaller() | do.AskCaller():
                return await self._asking(actor, action)
            case do.TypeNumber(key, _, number):
                return await self._answered(actor, Verification.named(key), NumberTyped(number))
            case do.DenyCall(key):
                return await self._answered(actor, Verification.named(key), NotMe())
            case do.EndCall(key):
                return await self._ended(actor, Verification.named(key))
            case do.SeeCaller(key):
                return await self._seen(actor, Verification.named(key))
            case do.MuteCalls(key):
                return await self._quiet(actor, Verification.named(key))
            case do.ResumeCalls():
                return await self._resumed(actor)
            case do.AskManager(key):
                return await self.vouchers.ask(actor, Verification.named(key))
            case do.DenyVouch(key):
                answer = await self.vouchers.deny(actor, Verification.named(key))
                await self.stop(Verification.named(key))
                return answer
            case _:
                assert_never(action)

    async def _asking(self, actor: Actor, action: do.Asking) -> Answer:
        refusal = await self.agents.objection(actor.person.id)
        if refusal is not None:
            await self._refused(actor, refusal, About(actor.person.tenant, kind=Verification.SORT))
            return Refused(refusal)
        match action:
            case do.BeginCaller(kind):
                return CallerForm(uuid4().hex, kind=self.opened(kind))
            case do.FindCaller(form, person, text, kind):
                return await self.found(form, person, text, self.opened(kind))
            case do.AskCaller(form, person, kind):
                return await self._ask(actor, form, person, self.opened(kind))
            case _:
                assert_never(action)

    async def found(self, form: str, person: str, text: str, kind: str = "") -> CallerForm | Refused:
        """Show who that may be: whoever asks one of two people of one name has seen both."""
        if not person and not text:
            return CallerForm(form, fault="nobody", kind=kind)
        try:
            found = await self.agents.find(person, text)
        except (DeskError, TimeoutError) as error:
            return Refused(not_now(error))
        return CallerForm(form, text, "" if found else "no_match", found, kind)

    async def _ask(self, actor: Actor, form: str, person: str, kind: str) -> Answer:
        about = About(actor.person.tenant, kind=Verification.SORT, subject=person)
        colleague = await self.colleagues.one(actor.person, person)
        if isinstance(colleague, Refusal):
            await self._refused(actor, colleague, about)
            return Refused(told(colleague))
        mine, theirs = await asyncio.gather(
            self.homes.reach(actor),
            self.newcomers.reach(
                colleague, actor.person, lambda: self.questions.uninstalled(form, actor.person, colleague)
            ),
        )
        if isinstance(mine, Refusal):
            return Refused(mine)
        if isinstance(theirs, Refusal):
            return Refused(await self.vouchers.unreached(form, actor.person, colleague, theirs))
        refusal = await self.questions.begun(Verification.named(form), actor.person, theirs, kind, self.leads)
        if refusal is not None:
            await self._refused(actor, refusal, about)
            return Refused(refusal)
        return Said("call.sent", {"name": theirs[0].name})

    async def theirs(self, actor: Actor, verification: str) -> Verification | Refused:
        """Return a verification to the colleague whom it asks: them alone, in their own private chat."""
        one = await self.register.load(Verification, verification)
        if one is None or one.tenant != actor.person.tenant:
            await self.ledger.record.absent(actor.person, "call")
            return Refused(Refusal(Reason.NOT_FOUND))
        refusal = _not_theirs(actor, one)
        if refusal is not None:
            await self._refused(actor, refusal, one.entry, Sort.BY)
            return Refused(refusal)
        return one

    async def _answered(self, actor: Actor, verification: str, event: Heard) -> Answer:
        one = await self.theirs(actor, verification)
        if isinstance(one, Refused):
            return one
        turned = await self.turned(verification, event)
        if turned.refusal is not None:
            return Refused(turned.refusal)
        await self.stop(turned.matter.id)
        return CallerCard(turned.matter, Slot.CALLER, self.offers(turned.matter))

    async def _resumed(self, actor: Actor) -> Answer:
        """Let whoever presses be asked again."""
        if not actor.chat.personal:
            return Refused(Refusal(Reason.NOT_PRIVATE))
        await self.quiet.end(actor.person)
        return Said("call.resumed")

    async def _quiet(self, actor: Actor, verification: str) -> Answer:
        """Let nobody ask them for a day: what was asked already stays as it is."""
        one = await self.theirs(actor, verification)
        if isinstance(one, Refused):
            return one
        turned = await self.quiet.begin(one)
        if turned.refusal is not None:
            return Refused(turned.refusal)
        return CallerCard(turned.matter, Slot.CALLER, self.offers(turned.matter))

    async def disclaimed(self, verification: str) -> None:
        """Take a colleague's word that nothing of what was opened with a verification is theirs."""
        await self.turned(verification, Disclaimed())
        await self.stop(verification)

    async def stop(self, verification: str) -> None:
        """Let nothing go on that was opened with a verification which its colleague disowns; doing it again is nothing.

        The job that tells security does so too: whoever dies in between leaves it to that.
        """
        one = await self.register.load(Verification, verification)
        if one is not None and one.status is Stand.REFUSED and one.used_for:
            await self.ledger.change(one.used_for, lambda request: _stopped(request, one))

    async def _ended(self, actor: Actor, verification: str) -> Answer:
        if await mine(self.ledger, actor, await self.register.load(Verification, verification)) is None:
            return Refused(Refusal(Reason.NOT_FOUND))
        turned = await self.turned(verification, CallOver())
        if turned.refusal is not None:
            return Refused(turned.refusal)
        return CallerCard(turned.matter, Slot.AGENT)

    async def _seen(self, actor: Actor, verification: str) -> Answer:
        """Show a verification as it stands to those it is between, each in private; it is nobody else's."""
        one = await self.register.load(Verification, verification)
        slots = _slots(one) if one is not None else {}
        if one is None or actor.person.id not in slots or one.tenant != actor.person.tenant:
            return Refused(Refusal(Reason.NOT_FOUND))
        if not actor.chat.personal:
            return Refused(Refusal(Reason.NOT_PRIVATE))
        if one.status in WAITING and one.over(self.ledger.clock.now()):
            one = (await self.turned(verification, AnswerDue())).matter
        slot = slots[actor.person.id]
        return CallerCard(one, slot, self.offers(one))

    async def finish(self, sign_in: SignIn, also: Close, known: Request | None) -> Answer:
        """Let the colleague's sign-in count, if something made it one; it serves this call and nothing else."""
        del known  # it is no request's
        person = sign_in.person
        refusal = await self.agents.unguarded(person.id, sign_in.context)
        if refusal is not None:
            about = About(person.tenant, sign_in.request, Verification.SORT, person.id)
            await self.ledger.record.declined(about, refusal, person, Sort.PRESS)
            return Refused(refusal)
        event = CallerSignedIn(sign_in.proved_at, sign_in.context)
        turned = await self.turned(sign_in.request, event, spent(sign_in, also))
        if turned.refusal is not None:
            return Refused(turned.refusal)
        return CallerCard(turned.matter, Slot.CALLER, self.offers(turned.matter))

    async def again(self, unit: Unit, sign_in: SignIn) -> bool:
        """Say whether a sign-in that came to nothing may be begun anew, and have its card say so."""
        one = await unit.matter(Verification, sign_in.request)
        if one is None or one.over(self.ledger.clock.now()):
            return False
        await unit.defer(Job(MATTER, one.id, urgency=Urgency.PROMPT))
        return True

    async def page(self, sign_in: SignIn) -> SignInPage | None:
        """Say what a sign-in would prove, and to whom."""
        one = await self.register.load(Verification, sign_in.request)
        if one is None:
            return None
        return SignInPage(sign_in.person, sign_in.purpose, "call.title", one.by.name, one.created_at, one.ends_at)

    async def due(self, verification: str) -> None:
        """Look at one whose time may have come."""
        now = self.ledger.clock.now()
        await self.register.due(Verification, verification, lambda one: heard(one, AnswerDue(), now))

    async def turned(self, verification: str, event: Heard, also: Along | None = None) -> Turned[Verification]:
        now = self.ledger.clock.now()
        return await self.register.happen(Verification, verification, lambda one: heard(one, event, now), also)

    async def _refused(self, actor: Actor, refusal: Refusal, about: About, sort: Sort = Sort.PRESS) -> None:
        """Write a no down; that an agent named an emergency account, security hears."""
        named = refusal.reason == Reason.DENY_LIST
        await self.ledger.record.declined(about, refusal, actor.person, Sort.NAMED if named else sort)


async def _stopped(request: Request, one: Verification) -> Event:
    """Say what a no makes of what was opened with a verification: like an alarm, it takes back what works by now."""
    by = one.voucher if one.vouched is False and one.voucher is not None else one.about
    if request.status is Status.CONSENT and by is one.about:
        return ConsentRefused(by)
    return Stopped(by, one.id, Reason.DISOWNED)


def _not_theirs(actor: Actor, one: Verification) -> Refusal | None:
    if actor.person.id != one.about.id:
        return Refusal(Reason.NOT_YOURS)
    return None if actor.chat.personal else Refusal(Reason.NOT_PRIVATE)


def _slots(one: Verification) -> dict[str, Slot]:
    voucher = {one.voucher.id: Slot.VOUCHER} if one.voucher is not None else {}
    return {one.by.id: Slot.AGENT, one.about.id: Slot.CALLER, **voucher}
