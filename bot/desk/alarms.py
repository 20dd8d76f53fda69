"""Alarms: what follows when an account is in other hands, again and again until nothing can be on its way any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.core.errors import Unavailable
from bot.core.events import Stopped
from bot.core.life.acting import ACT_LIMIT
from bot.core.model import Person, Request
from bot.core.ports import Job
from bot.desk.facts import Inquiry
from bot.desk.ledger import Ledger, happened

SETTLED: Final = ACT_LIMIT + timedelta(seconds=10)  # no act that was begun before the alarm answers later than this


@dataclass(frozen=True, slots=True)
class Alarms:
    ledger: Ledger
    inquiry: Inquiry

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


def raised_by(alarm: Request) -> Person:
    """Return who says that the account is in other hands: an approver with their no, or its owner."""
    ending = alarm.ending
    if alarm.reported or ending is None or not ending.by:
        return alarm.requester
    return Person(alarm.tenant, ending.by, ending.name)
