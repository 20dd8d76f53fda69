"""Unusual: looks, after the fact, whether what somebody did for others is out of the ordinary; once a day each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import uuid4

from bot.core.callers import Verification
from bot.core.lately import Limits
from bot.core.model import Person
from bot.core.ports import Job
from bot.core.unusual import DAY, Strange, agents, approvers, asked_about
from bot.core.watch import Notice, Sort
from bot.desk.record import Record


@dataclass(frozen=True, slots=True)
class Unusual:
    record: Record
    limits: Limits

    async def look(self, job: Job) -> None:
        """Look at who began a verification, and at whom it is about; or at an approver, about a request."""
        if job.request.startswith(Verification.named("")):
            await self._call(job.request)
        else:
            await self._approver(job.request, job.person)

    async def _call(self, verification: str) -> None:
        now = self.record.clock.now()
        async with self.record.store.unit() as unit:
            one = await unit.matter(Verification, verification)
            if one is None:
                return
            days, by = await asyncio.gather(
                unit.agent_days(one.tenant, one.by.id, now),
                unit.agents_about(one.tenant, one.about.id, now - DAY),
            )
        await self._told(one.by, agents(days, one.created_at, self.limits.office), "")
        await self._told(one.about, asked_about(by), "")

    async def _approver(self, request: str, person: str) -> None:
        now = self.record.clock.now()
        async with self.record.store.unit() as unit:
            one = await unit.load(request)
            if one is None:
                return
            refused, counted, home = await asyncio.gather(
                unit.tally(one.tenant, person, Sort.REFUSED, now - DAY),
                unit.tally(one.tenant, person, Sort.YES, now - DAY),
                unit.private_chat(one.tenant, person),
            )
        who = home[0] if home is not None else Person(one.tenant, person, person)
        await self._told(who, approvers(refused, counted), request)

    async def _told(self, who: Person, found: Iterable[Strange], request: str) -> None:
        for one in found:
            notice = Notice(uuid4().hex, who, one.sort, "day", one.count, self.record.clock.now(), request, of=one.of)
            async with self.record.store.unit() as unit:
                await unit.alone(who, one.sort.value)
                await self.record.finding(unit, notice)
