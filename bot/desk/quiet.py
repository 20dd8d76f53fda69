"""Quiet: whoever was asked may say that nobody is to ask them for a day; security hears, and they may take it back.

It stands in the verification by whose card they said it, and no question begins while it is being said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.callers import DAY, Verification, quieting
from bot.core.errors import Conflict
from bot.core.matters import Turned
from bot.core.model import Person
from bot.core.quiet import quieted, resumed
from bot.core.watch import Sort
from bot.desk.questions import CALL_ABOUT
from bot.desk.record import Record
from bot.desk.register import TRIES, Register


@dataclass(frozen=True, slots=True)
class Quiet:
    record: Record
    register: Register

    async def of(self, person: Person) -> Verification | None:
        """Return by which verification somebody has said that nobody is to ask them, where that holds."""
        now = self.record.clock.now()
        async with self.record.store.unit() as unit:
            found = await unit.about(Verification, person.tenant, person.id, now - DAY)
        return quieting(found, now)

    async def begin(self, one: Verification) -> Turned[Verification]:
        """Let nobody ask whom it is about: who asks at this moment has asked before, or is told."""
        for _ in range(TRIES):
            try:
                return await self._begun(one, self.record.clock.now())
            except Conflict:
                continue
        raise Conflict(f"{one.id} changed {TRIES} times while somebody pressed on it")

    async def _begun(self, one: Verification, now: datetime) -> Turned[Verification]:
        async with self.record.store.unit() as unit:
            await unit.alone(one.about, CALL_ABOUT)
            there = await unit.matter(Verification, one.id) or one
            turned = await self.register.keep(unit, there, quieted(there, now))
            if turned.matter != there:
                await self.record.counted(unit, one.about, Sort.QUIET, None)
            return turned

    async def end(self, person: Person) -> None:
        """Let them be asked again, by whichever card they had said that they are not to be."""
        while (one := await self.of(person)) is not None:
            await self.register.happen(Verification, one.id, resumed)
