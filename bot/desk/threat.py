"""Threat: security says how strict the desk is for everybody, each time with a sign-in. One raises, two people lower.

Whoever presses is looked at with each press and again when their sign-in is through, as an approver is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, assert_never
from uuid import uuid4

from bot.core.answers import Answer, Done, Refused, Said, SignInPage, ThreatCard, ThreatDoor, ThreatForm
from bot.core.audit import About
from bot.core.errors import Conflict, Missing
from bot.core.forms import objection
from bot.core.matters import Turned
from bot.core.model import Actor, Person, Refusal, Request
from bot.core.ports import Job, Purpose, SignIn, Slot, Unit, Urgency
from bot.core.raising import OFFERED, BeginThreat, LowerThreat, RaiseThreat, Raising, SeeThreat
from bot.core.reasons import Reason
from bot.core.threat import (
    CONFIRM,
    RAISED,
    LowerPressed,
    LowerSigned,
    Threat,
    ThreatDue,
    ThreatLevel,
    ThreatStand,
    happened,
    raised,
    replaced,
    wanted,
)
from bot.core.watch import Sort
from bot.desk.agents import Agents
from bot.desk.homes import Homes
from bot.desk.ledger import Home, Ledger
from bot.desk.purposes import Close
from bot.desk.register import TRIES, Along, Register, asking, spent

LOWERS: Final = "lower"  # stands as the choice of a sign-in that is to lower it


@dataclass(frozen=True, slots=True)
class Threats:
    """`security` are those who may, signing in with its context; `channel` is theirs."""

    ledger: Ledger
    security: Agents
    homes: Homes
    register: Register
    channel: str

    async def door(self, person: Person) -> Answer:
        """Show security the way; to anybody else, what it is not."""
        refusal = await self.security.objection(person.id)
        return ThreatDoor() if refusal is None else Refused(refusal)

    async def handle(self, actor: Actor, action: Raising) -> Answer:
        if isinstance(action, SeeThreat):
            return await self._seen(actor, Threat.named(action.threat))
        refusal = await self._objection(actor)
        if refusal is not None:
            about = About(actor.person.tenant, kind=Threat.SORT)
            await self.ledger.record.declined(about, refusal, actor.person, Sort.REFUSED)
            return Refused(refusal)
        match action:
            case BeginThreat():
                return ThreatForm(uuid4().hex)
            case RaiseThreat():
                return await self._raise(actor, action)
            case LowerThreat(threat):
                return await self._lower(actor, Threat.named(threat))
            case _:
                assert_never(action)

    async def _objection(self, actor: Actor) -> Refusal | None:
        """Say why this person may not do this here just now, or None."""
        refusal = await self.security.objection(actor.person.id)
        elsewhere = not actor.chat.personal and actor.chat.place != self.channel
        return Refusal(Reason.THREAT_ELSEWHERE) if refusal is None and elsewhere else refusal

    async def _raise(self, actor: Actor, action: RaiseThreat) -> Answer:
        """Take the form, and ask for the sign-in that makes it count in the private chat of whoever filled it in."""
        form = _checked(action)
        if form.faults:
            return form
        home = await self.homes.reach(actor)
        if isinstance(home, Refusal):
            return Refused(home)
        now, tenant = self.ledger.clock.now(), actor.person.tenant
        until = now + timedelta(hours=int(action.hours))
        who, level = actor.person, ThreatLevel(action.level)
        key = Threat.named(action.form)
        one = Threat(id=key, by=who, about=who, created_at=now, level=level, until=until, reason=form.reason)
        async with self.ledger.store.unit() as unit:
            begun = wanted(one, await unit.in_lanes(Threat, tenant))
            if begun.refusal is not None:
                return Refused(begun.refusal)
            if await self.register.begin(unit, begun):  # a form that was sent twice is there already
                await unit.keep_sign_in(self._sign_in(begun.matter, home))
        return Said("threat.continue_in_private")

    async def _lower(self, actor: Actor, threat: str) -> Answer:
        one = await self.register.load(Threat, threat)
        if one is None or one.tenant != actor.person.tenant:
            await self.ledger.record.absent(actor.person, "threat")
            return Refused(Refusal(Reason.NOT_FOUND))
        home = await self.homes.reach(actor)
        if isinstance(home, Refusal):
            return Refused(home)
        asks, now = self._sign_in(one, home, LOWERS), self.ledger.clock.now()

        async def asked(unit: Unit) -> None:
            await unit.close_sign_ins(threat, actor.person.id, {Purpose.THREAT}, but="")
            await unit.keep_sign_in(asks)

        turned = await self.register.happen(
            Threat, threat, lambda one: happened(one, LowerPressed(actor.person), now), asked
        )
        return Said("threat.continue_in_private") if turned.refusal is None else Refused(turned.refusal)

    def _sign_in(self, one: Threat, home: Home, choice: str = "") -> SignIn:
        now = self.ledger.clock.now()
        return asking(one, Purpose.THREAT, home, self.security.context, now, now + CONFIRM, choice)

    async def finish(self, sign_in: SignIn, also: Close, known: Request | None) -> Answer:
        """Let a sign-in of security's count, which then serves nothing else; they are looked at once more."""
        del known  # it is no request's
        person, used = sign_in.person, spent(sign_in, also)
        refusal = await self.security.objection(person.id)
        if refusal is not None:
            about = About(person.tenant, sign_in.request, Threat.SORT)
            await self.ledger.record.declined(about, refusal, person, Sort.REFUSED)
            return Refused(refusal)
        if sign_in.choice == LOWERS:
            turned = await self._lowered(sign_in, used)
        else:
            turned = await self._raised(sign_in, used)
        return Done() if turned.refusal is None else Refused(turned.refusal)

    async def _raised(self, sign_in: SignIn, also: Along) -> Turned[Threat]:
        """Let it hold, in place of one of the same level that ends sooner; no act is claimed while that is saved."""
        for _ in range(TRIES):
            try:
                async with self.ledger.store.unit() as unit:
                    await unit.exclude(sign_in.person.tenant)
                    return await self._holds(unit, sign_in, also)
            except Conflict:
                continue
        raise Conflict(f"threat {sign_in.request} changed {TRIES} times while it was being raised")

    async def _holds(self, unit: Unit, sign_in: SignIn, also: Along) -> Turned[Threat]:
        one = await unit.matter(Threat, sign_in.request)
        if one is None:
            raise Missing(f"there is no threat {sign_in.request}")
        held = await unit.in_lanes(Threat, one.tenant)
        turned = raised(one, held, sign_in.context, self.ledger.clock.now())
        for other in held if turned.matter.lane else ():
            if other.lane == turned.matter.lane:
                await self.register.keep(unit, other, replaced(other, one))
        kept = await self.register.keep(unit, one, turned)
        await also(unit)
        return kept

    async def _lowered(self, sign_in: SignIn, also: Along) -> Turned[Threat]:
        person, context = sign_in.person, sign_in.context
        now = self.ledger.clock.now()

        async def signed(one: Threat) -> Turned[Threat]:
            first = one.first(now)
            why = await self.security.beside(first.id, person.id) if first is not None and first != person else None
            return happened(one, LowerSigned(person, context, why), now)

        return await self.register.change(Threat, sign_in.request, signed, also)

    async def again(self, unit: Unit, sign_in: SignIn) -> bool:
        """Say whether a sign-in that came to nothing may be begun anew, and have its card say so."""
        one, now = await unit.matter(Threat, sign_in.request), self.ledger.clock.now()
        waits = ThreatStand.HELD if sign_in.choice == LOWERS else ThreatStand.WANTED
        if one is None or one.status is not waits or sign_in.expires_at <= now:
            return False
        await unit.defer(Job(Threat.SIREN, one.id, urgency=Urgency.ALARM))
        return True

    async def page(self, sign_in: SignIn) -> SignInPage | None:
        """Say what a sign-in would bring about."""
        one = await self.register.load(Threat, sign_in.request)
        if one is None:
            return None
        what = "threat.page.lower" if sign_in.choice == LOWERS else f"threat.page.{one.level}"
        times = (sign_in.created_at, sign_in.expires_at)
        return SignInPage(sign_in.person, sign_in.purpose, what, sign_in.person.name, *times)

    async def due(self, threat: str) -> None:
        """Look at one whose time may have come."""
        now = self.ledger.clock.now()
        await self.register.due(Threat, threat, lambda one: happened(one, ThreatDue(), now))

    async def _seen(self, actor: Actor, threat: str) -> Answer:
        """Show it as it stands to those of security who have a card of it in private; it is nobody else's."""
        async with self.ledger.store.unit() as unit:
            one = await unit.matter(Threat, threat)
            mine = await unit.posted(threat)
        known = any(p.slot is Slot.THREAT and p.person == actor.person.id for p in mine)
        if one is None or not known or one.tenant != actor.person.tenant:
            return Refused(Refusal(Reason.NOT_FOUND))
        if not actor.chat.personal:
            return Refused(Refusal(Reason.NOT_PRIVATE))
        return ThreatCard(one, Slot.THREAT)


def _checked(action: RaiseThreat) -> ThreatForm:
    """Return what was filled in, with what is missing or wrong: it is read as typed, whoever sent it."""
    faults = (
        *(() if action.level in RAISED else ("level",)),
        *(() if action.hours in map(str, OFFERED) else ("hours",)),
        *(() if objection(action.reason, Reason.REASON_REQUIRED) is None else ("reason",)),
    )
    return ThreatForm(action.form, action.level, action.hours, action.reason.strip(), faults)
