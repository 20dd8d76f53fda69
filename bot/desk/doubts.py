"""Doubts: somebody on the telephone asks whether it is really the helpdesk. Whom they named tells no clock anything.

At the press nobody looks at who that is; one job does, and another tells what came of it, at its time.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, assert_never
from uuid import uuid4

from bot.core.answers import Answer, Refused, Said
from bot.core.audit import About
from bot.core.doubtful import DoubtCard, DoubtForm
from bot.core.doubting import AskDoubt, Doubting, SayDifferent, SayNotCalling, SaySame, SeeDoubt
from bot.core.doubts import (
    HOUR,
    LOOK,
    CallDoubt,
    DoubtDue,
    DoubtHeard,
    DoubtStand,
    LookedUp,
    Picked,
    SaidDifferent,
    SaidNotCalling,
    SaidSame,
    doubted,
    settled,
)
from bot.core.errors import DeskError, Missing
from bot.core.matters import Turned
from bot.core.model import Actor, Person, Refusal
from bot.core.ports import Job, Slot, Unit, Urgency
from bot.core.reasons import Reason
from bot.core.watch import Sort
from bot.desk.agents import Agents
from bot.desk.ledger import Ledger
from bot.desk.newcomers import Newcomers
from bot.desk.register import Register

SEED: Final = 16  # bytes that make the code
LONGEST: Final = 100  # of what a client says it picked: ids are shorter
FOUND: Final = "doubt_look"  # the job that looks who that is
DOUBT: Final = "doubt"  # the one that brings its messages: a version that knows no doubts leaves both to one that does


@dataclass(frozen=True, slots=True)
class Doubts:
    ledger: Ledger
    agents: Agents
    newcomers: Newcomers
    register: Register

    def door(self) -> Answer:
        """Show the way, or say that the desk cannot tell where nobody is named as an agent."""
        return DoubtForm() if self.agents.group else Refused(Refusal(Reason.DOUBT_UNSURE))

    async def handle(self, actor: Actor, action: Doubting) -> Answer:
        match action:
            case AskDoubt():
                return await self._asking(actor, action)
            case SaySame(key):
                return await self._answered(actor, CallDoubt.named(key), Slot.ASKER, action)
            case SayDifferent(key):
                return await self._answered(actor, CallDoubt.named(key), Slot.ASKER, action)
            case SayNotCalling(key):
                return await self._answered(actor, CallDoubt.named(key), Slot.AGENT, action)
            case SeeDoubt(key):
                return await self._seen(actor, CallDoubt.named(key))
            case _:
                assert_never(action)

    async def _asking(self, actor: Actor, action: AskDoubt) -> Answer:
        refusal = await self._objection(actor)
        if refusal is not None:
            return Refused(refusal)
        if action.person:
            return await self._ask(actor, action.person[:LONGEST])
        if not action.text:
            return DoubtForm(fault="nobody")
        try:
            found = await self.agents.find("", action.text)
        except (DeskError, TimeoutError):
            return Refused(Refusal(Reason.DOUBT_UNSURE))
        return DoubtForm(action.text, "" if found else "no_match", found)

    async def _objection(self, actor: Actor) -> Refusal | None:
        """Say why this person may not ask, or None: of a guest it is none of the desk's business who is an agent."""
        if not actor.chat.personal:
            return Refusal(Reason.NOT_PRIVATE)
        if not self.agents.group:
            return Refusal(Reason.DOUBT_UNSURE)
        try:
            account = await self.agents.looked_up(actor.person.id)
        except (DeskError, TimeoutError):
            return Refusal(Reason.DOUBT_UNSURE)
        return Refusal(Reason.GUEST) if account.guest else None

    async def _ask(self, actor: Actor, picked: str) -> Answer:
        refusal = await self._begun(actor.person, picked)
        if refusal is None:
            return Said("doubt.asking", MappingProxyType({"seconds": str(round(LOOK.total_seconds()))}))
        about = About(actor.person.tenant, kind=CallDoubt.SORT, subject=actor.person.id)
        await self.ledger.record.declined(about, refusal, actor.person, Sort.PRESS)
        return Refused(refusal)

    async def _begun(self, asker: Person, picked: str) -> Refusal | None:
        """Begin the doubt, or say why not; whoever presses twice asks once."""
        now = self.ledger.clock.now()
        who = Person(asker.tenant, picked, "")
        one = CallDoubt(id=CallDoubt.named(uuid4().hex), by=asker, about=who, created_at=now)
        async with self.ledger.store.unit() as unit:
            rival = await self._rival(unit, one)
            if rival is not None:
                return None if rival.about.id.casefold() == picked.casefold() else Refusal(Reason.DOUBT_OPEN)
            begun = doubted(one, await unit.begun_by(CallDoubt, asker.tenant, asker.id, now - HOUR))
            if begun.refusal is not None:
                return begun.refusal
            if await self.register.begin(unit, begun):
                await unit.defer(Job(FOUND, one.id, urgency=Urgency.PROMPT))
                return None
        return Refusal(Reason.DOUBT_OPEN)

    async def _rival(self, unit: Unit, one: CallDoubt) -> CallDoubt | None:
        """Return the doubt of the same person that is open; one whose time is over makes way."""
        rival = await unit.in_lane(CallDoubt, one.tenant, one.by.id)
        if rival is None or not rival.over(one.created_at):
            return rival
        kept = await self.register.keep(unit, rival, settled(rival, DoubtDue(), one.created_at))
        return kept.matter if kept.matter.lane else None

    async def look(self, doubt: str) -> None:
        """Look who was named, and keep it until it is told."""
        one = await self.register.load(CallDoubt, doubt)
        if one is None or one.status is not DoubtStand.ASKED or one.picked is not None:
            return
        picked, person = await self._picked(one)
        if picked is Picked.AGENT and isinstance(await self.newcomers.reach(person, one.by), Refusal):
            picked = Picked.UNKNOWN  # they could not be shown a code
        async with self.ledger.store.unit() as unit:
            codes = await unit.about(CallDoubt, one.tenant, person.id, self.ledger.clock.now() - HOUR)
        await self._settled(one.id, LookedUp(picked, person, secrets.token_hex(SEED), codes))

    async def _picked(self, one: CallDoubt) -> tuple[Picked, Person]:
        """Say what whoever was named is just now; an id may be written in several ways, so it is looked up first."""
        try:
            account = await self.agents.looked_up(one.about.id)
        except Missing:
            return Picked.NOBODY, one.about
        except (DeskError, TimeoutError):
            return Picked.UNKNOWN, one.about
        person = account.person(one.tenant)
        same, refusal = await asyncio.gather(
            self.agents.one_human(one.by.id, account.id), self.agents.objection(account.id)
        )
        if same or (refusal is not None and refusal.reason == self.agents.otherwise):
            return Picked.NOBODY, person
        if refusal is not None and refusal.reason == Reason.APPROVER_IN_DOUBT:
            return Picked.IN_DOUBT, person
        return Picked.AGENT if same is False and refusal is None else Picked.UNKNOWN, person

    async def _answered(
        self, actor: Actor, doubt: str, slot: Slot, action: SaySame | SayDifferent | SayNotCalling
    ) -> Answer:
        """Take what the two say, each in their own private chat; the answer is the card as it stands then."""
        one = await self.register.load(CallDoubt, doubt)
        if one is None or slot not in _slots(one, actor):
            await self.ledger.record.absent(actor.person, "doubt")
            return Refused(Refusal(Reason.NOT_FOUND))
        if not actor.chat.personal:
            return Refused(Refusal(Reason.NOT_PRIVATE))
        match action:
            case SaySame():
                turned = await self._same(doubt)
            case SayDifferent():
                turned = await self._settled(doubt, SaidDifferent())
            case SayNotCalling():
                turned = await self._settled(doubt, SaidNotCalling())
            case _:
                assert_never(action)
        return DoubtCard(turned.matter, slot)

    async def _same(self, doubt: str) -> Turned[CallDoubt]:
        """Take it that they hear the code; only who has one to compare learns, or makes wait, who was named."""
        now = self.ledger.clock.now()

        async def same(one: CallDoubt) -> Turned[CallDoubt]:
            compares = one.status is DoubtStand.MATCHING and not one.over(now)
            picked = (await self._picked(one))[0] if compares else Picked.UNKNOWN  # an agent still, at this moment
            return settled(one, SaidSame(picked), now)

        return await self.register.change(CallDoubt, doubt, same)

    async def _seen(self, actor: Actor, doubt: str) -> Answer:
        """Show a doubt as it stands to the two it is between, each in private; it is nobody else's."""
        one = await self.register.load(CallDoubt, doubt)
        slots = _slots(one, actor) if one is not None else ()
        if one is None or not slots:
            return Refused(Refusal(Reason.NOT_FOUND))
        if not actor.chat.personal:
            return Refused(Refusal(Reason.NOT_PRIVATE))
        if one.lane and one.over(self.ledger.clock.now()):
            one = (await self._settled(doubt, DoubtDue())).matter
        return DoubtCard(one, slots[0])

    async def due(self, doubt: str) -> None:
        """Look at one whose time may have come."""
        now = self.ledger.clock.now()
        await self.register.due(CallDoubt, doubt, lambda one: settled(one, DoubtDue(), now))

    async def _settled(self, doubt: str, event: DoubtHeard) -> Turned[CallDoubt]:
        """Let something happen to a doubt that is there."""
        now = self.ledger.clock.now()
        return await self.register.happen(CallDoubt, doubt, lambda one: settled(one, event, now))


def _slots(one: CallDoubt, actor: Actor) -> tuple[Slot, ...]:
    """Return as what this person may see a doubt: whom it names never hears of one they got no code for."""
    if one.tenant != actor.person.tenant:
        return ()
    mine = (Slot.ASKER,) if actor.person.id == one.by.id else ()
    theirs = (Slot.AGENT,) if one.code_at is not None and actor.person.id == one.about.id else ()
    return (*mine, *theirs)
