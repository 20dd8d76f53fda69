"""Alarms: what follows when an account is in other hands, until nothing can be on its way, and who may end it.

A lock is lifted by an approver of what it was raised by, walled as for a yes, and with a sign-in like one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from bot.core.answers import Answer, Refused, RequestCard
from bot.core.approval import unfit
from bot.core.behalf import parties
from bot.core.each import each
from bot.core.errors import Unavailable
from bot.core.events import Event, Lifted, Stopped
from bot.core.forms import objection
from bot.core.life.acting import ACT_LIMIT
from bot.core.life.alarmed import accuser, raised_by
from bot.core.model import Actor, EvidenceType, Refusal, Request
from bot.core.ports import Job, Purpose, SignIn, Slot
from bot.core.reasons import Reason
from bot.core.watch import Sort
from bot.desk.facts import Inquiry
from bot.desk.homes import Homes
from bot.desk.intent import Intent, confirm_first, used_up
from bot.desk.ledger import Also, Ledger, happened, proved

SETTLED: Final = ACT_LIMIT + timedelta(seconds=10)  # no act that was begun before the alarm answers later than this


@dataclass(frozen=True, slots=True)
class Alarms:
    """`channels` are where the cards stand from which a lock may be lifted."""

    ledger: Ledger
    inquiry: Inquiry
    channels: frozenset[str]
    homes: Homes

    async def lock(self, job: Job) -> None:
        """Stop what is on its way in the name of whose account was called lost; what only locks goes on.

        Raises `Unavailable` until a last look has been taken, when what was under way at the alarm must have ended;
        also where the lock is lifted by then, which spares what was asked since and nothing of before.
        """
        alarm = await self.ledger.load(job.request)
        if alarm is None or alarm.alarmed_at is None:
            return
        async with self.ledger.store.unit() as unit:
            found = await unit.on_its_way(alarm.tenant, alarm.subject.id)
        stops = happened(Stopped(raised_by(alarm, self.inquiry.kinds[alarm.kind]), alarm.id))
        stopped = [request.id for request in found if self._stopped_by(alarm, alarm.alarmed_at, request)]
        await each(*(partial(self.ledger.change, request, stops) for request in stopped))
        again = alarm.alarmed_at + SETTLED - self.ledger.clock.now()
        if again > timedelta():
            raise Unavailable("what was under way may still answer", retry_after=again.total_seconds())

    def _stopped_by(self, alarm: Request, at: datetime, request: Request) -> bool:
        """Whether an alarm stops this request: what only locks goes on, and what was asked after it was lifted."""
        spared = alarm.frozen_at is None and request.created_at > at
        return request.id != alarm.id and not spared and not self.inquiry.kinds[request.kind].locks

    async def lift(self, actor: Actor, request: Request, reason: str) -> Answer:
        """Take an approver's press: let it count, or send them a private card to confirm it with a sign-in."""
        person, reason = actor.person, reason.strip()
        refusal = await self._objection(person.id, request)
        if not actor.chat.personal and actor.chat.place not in self.channels:
            refusal = Refusal(Reason.LIFT_ELSEWHERE)
        if refusal is not None:
            await self.ledger.refuse(request, refusal, person, Sort.REFUSED)
            return Refused(refusal)
        if (wrong := objection(reason, Reason.LIFT_REASON)) is not None:
            return Refused(wrong)
        if context := self.inquiry.policy(request).approver_step_up:
            lifts = Intent(Purpose.LIFT, context, reason=reason)
            return await confirm_first(self.ledger, self.homes, actor, request, lifts)
        return await self._lifted(request, Lifted(person, reason), self.ledger.clock.now())

    async def finish(self, sign_in: SignIn, also: Also, known: Request | None) -> Answer:
        """Lift a lock whose approver has confirmed it with a sign-in, which then serves nothing else."""
        proof = proved(sign_in, EvidenceType.LIFT)

        request = known or await self.ledger.load(sign_in.request)
        if request is None:
            return Refused(Refusal(Reason.NOT_FOUND))
        lifted = Lifted(sign_in.person, sign_in.reason, proof)
        return await self._lifted(request, lifted, sign_in.created_at, used_up(proof, also))

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
            locks = await unit.locks(alarm.tenant, alarm.subject.id)
        for other, since in locks.held.items():
            if since <= pressed:
                await self.ledger.change(other, said)
        return RequestCard(step.request, Slot.LIFT if event.proof is not None else Slot.SECURITY)

    async def _objection(self, approver: str, request: Request) -> Refusal | None:
        """Say why this person may not lift this lock just now, or None."""
        if request.frozen_at is None:
            return Refusal(Reason.CLOSED)
        accused = accuser(request, self.inquiry.kinds[request.kind])
        raised = frozenset({accused.id} if accused is not None else ())
        if approver in parties(request) | raised:
            return Refusal(Reason.OWN_LOCK)
        return unfit(self.inquiry.policy(request), await self.inquiry.about_approver(approver, request, raised))
