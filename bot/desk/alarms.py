"""Alarms: what follows when an account is in other hands, until nothing can be on its way, and who may end it.

A lock is lifted by an approver of what it was raised by, walled as for a yes, and with a sign-in like one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.core.answers import Answer, Refused, RequestCard, Said
from bot.core.approval import unfit
from bot.core.audit import Deed, Note
from bot.core.errors import Unavailable
from bot.core.events import Event, Lifted, Stopped
from bot.core.life.acting import ACT_LIMIT
from bot.core.model import Actor, EvidenceType, Person, Refusal, Request
from bot.core.ports import Job, Purpose, SignIn, SignInStage, Slot, Unit, Urgency
from bot.core.reasons import Reason
from bot.core.watch import Sort
from bot.desk.facts import Inquiry
from bot.desk.ledger import Also, Ledger, begin, happened, proved

SETTLED: Final = ACT_LIMIT + timedelta(seconds=10)  # no act that was begun before the alarm answers later than this


@dataclass(frozen=True, slots=True)
class Alarms:
    """`channels` are where the cards stand from which a lock may be lifted."""

    ledger: Ledger
    inquiry: Inquiry
    channels: frozenset[str]

    async def lock(self, job: Job) -> None:
        """Stop what is on its way in the name of whose account was called lost; what only locks goes on.

        Raises `Unavailable` until a last look has been taken, when what was under way at the alarm must have ended.
        """
        alarm = await self.ledger.load(job.request)
        if alarm is None or alarm.frozen_at is None:
            return
        async with self.ledger.store.unit() as unit:
            found = await unit.on_its_way(alarm.tenant, alarm.subject.id)
        for request in found:
            if request.id != alarm.id and not self.inquiry.kinds[request.kind].locks:
                await self.ledger.change(request.id, happened(Stopped(raised_by(alarm), alarm.id)))
        again = alarm.frozen_at + SETTLED - self.ledger.clock.now()
        if again > timedelta():
            raise Unavailable("what was under way may still answer", retry_after=again.total_seconds())

    async def lift(self, actor: Actor, request: Request, reason: str) -> Answer:
        """Take an approver's press: let it count, or send them a private card to confirm it with a sign-in."""
        person, reason = actor.person, reason.strip()
        refusal = await self._objection(person.id, request)
        if not actor.chat.personal and actor.chat.place not in self.channels:
            refusal = Refusal(Reason.LIFT_ELSEWHERE)
        if refusal is not None:
            await self.ledger.refuse(request, refusal, person, Sort.REFUSED)
            return Refused(refusal)
        if not reason:
            return Refused(Refusal(Reason.LIFT_REASON))
        if self.inquiry.policy(request).approver_step_up:
            return await self._confirm_first(person, request, reason)
        return await self._lifted(request, Lifted(person, reason), self.ledger.clock.now())

    async def finish(self, sign_in: SignIn, also: Also) -> Answer:
        """Lift a lock whose approver has confirmed it with a sign-in, which then serves nothing else."""
        proof = proved(sign_in, EvidenceType.LIFT)

        async def used_up(unit: Unit, request: Request) -> None:
            await unit.use_sign_in(request.tenant, proof.by, proof.at, request.id)
            await also(unit, request)

        request = await self.ledger.load(sign_in.request)
        if request is None:
            return Refused(Refusal(Reason.NOT_FOUND))
        lifted = Lifted(sign_in.person, sign_in.reason, proof)
        return await self._lifted(request, lifted, sign_in.created_at, used_up)

    async def _lifted(self, alarm: Request, event: Lifted, pressed: datetime, also: Also | None = None) -> Answer:
        """Lift this lock, and what else locked the same person when it was pressed: that is what was looked at.

        Each lock is looked at for itself: one that its approver could not lift alone stays.
        """

        async def said(request: Request) -> Event | Refusal:
            refusal = await self._objection(event.by.id, request)
            return event if refusal is None else refusal

        step = await self.ledger.change(alarm.id, said, also)
        if step is None:
            return Refused(Refusal(Reason.NOT_FOUND))
        if step.refusal is not None:
            return Refused(step.refusal)
        async with self.ledger.store.unit() as unit:
            others = await unit.frozen(alarm.tenant, alarm.subject.id)
        for other, since in others.items():
            if since <= pressed:
                await self.ledger.change(other, said)
        return RequestCard(step.request, Slot.LIFT if event.proof is not None else Slot.SECURITY)

    async def _objection(self, approver: str, request: Request) -> Refusal | None:
        """Say why this person may not lift this lock just now, or None."""
        if request.frozen_at is None:
            return Refusal(Reason.CLOSED)
        if approver in {request.requester.id, request.subject.id}:
            return Refusal(Reason.OWN_LOCK)
        return unfit(self.inquiry.policy(request), await self.inquiry.about_approver(approver, request))

    async def _confirm_first(self, person: Person, request: Request, reason: str) -> Answer:
        """Ask for the sign-in that makes it count; what was pressed last is what it confirms."""
        now, context = self.ledger.clock.now(), self.inquiry.policy(request).approver_step_up
        async with self.ledger.store.unit() as unit:
            home = await unit.private_chat(person.tenant, person.id)
            if home is None:
                return Refused(Refusal(Reason.NO_PRIVATE_CHAT))
            waiting = await unit.sign_in_for(request.id, person.id, Purpose.LIFT)
            fresh = waiting is not None and waiting.expires_at > now and waiting.stage is SignInStage.BEGUN
            if not fresh or waiting is None or waiting.reason != reason:
                wanted = begin(request, Purpose.LIFT, home, context, now)
                await unit.keep_sign_in(replace(wanted, reason=reason))
                await unit.note(request, Note(Deed.LIFT_INTENDED, {"by": person.id, "name": person.name}))
            await self.ledger.changed(unit, request, Urgency.PROMPT)
        return Said("approve.continue_in_private")


def raised_by(alarm: Request) -> Person:
    """Return who says that the account is in other hands: an approver with their no, or its owner."""
    ending = alarm.ending
    if alarm.reported or ending is None or not ending.by:
        return alarm.requester
    return Person(alarm.tenant, ending.by, ending.name)
