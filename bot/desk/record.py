"""Record: what was tried and failed is written down, within bounds; what is out of the ordinary security hears of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from uuid import uuid4

from bot.core.audit import About, Deed, Note
from bot.core.hourly import TooMuch
from bot.core.model import Person, Refusal, Request
from bot.core.ports import Clock, Job, Store, Unit, Urgency
from bot.core.reasons import Reason
from bot.core.unusual import LOOK
from bot.core.watch import BUDGET, Count, Notice, Sort, Thresholds, unusual

# A yes or no that came too late, twice, or while something was away says nothing about who gave it.
HARMLESS: Final = frozenset(
    {
        Reason.ALREADY_APPROVED,
        Reason.APPROVED_MANY,
        Reason.ASKED_MANY,
        Reason.BUSY,
        Reason.CHANGED,
        Reason.CLOSED,
        Reason.ENTRA_REFUSED,
        Reason.LOCKDOWN,
        Reason.NOT_PERMITTED,
        Reason.NO_PRIVATE_CHAT,
        Reason.OPENED_MANY,
        Reason.REASON_REQUIRED,
        Reason.STEP_UP_UNGUARDED,
        Reason.THREAT_HOLDS,
        Reason.THREAT_SECOND,
        Reason.UNAVAILABLE,
        Reason.UNKNOWN,
        Reason.USED_SIGN_IN,
    }
)


@dataclass(frozen=True, slots=True)
class Try:
    """A proof that did not hold: `about` whom, `by` whom if that is known, at which door, and why. Never a token."""

    reason: str
    door: str
    about: Person
    by: Person | None = None
    deed: Deed = Deed.PROOF_FAILED


@dataclass(frozen=True, slots=True)
class Record:
    store: Store
    clock: Clock
    thresholds: Thresholds

    async def failed(self, request: Request | None, tried: Try) -> None:
        """Write down in a transaction of its own that a proof did not hold."""
        async with self.store.unit() as unit:
            await self.failing(unit, request, tried)

    async def absent(self, by: Person, door: str) -> None:
        """Write down that somebody offered a proof, or pressed a card, for what is not there."""
        async with self.store.unit() as unit:
            count = await self.counted(unit, by, Sort.BY, None)
            await _noted(unit, About(by.tenant), Deed.PROOF_FAILED, _of_nothing(by.id, door), count)

    async def knocked(self, tenant: str, door: str, many: int) -> None:
        """The same of so many of whom nobody knows who they are; the last one came to this door."""
        async with self.store.unit() as unit:
            count = await self.counted(unit, everybody(tenant), Sort.STRANGER, None, many)
            await _noted(unit, About(tenant), Deed.PROOF_FAILED, _of_nothing("", door), count, many)

    async def failing(self, unit: Unit, request: Request | None, tried: Try) -> None:
        """The same, in a transaction that is open."""
        by = tried.by.id if tried.by is not None else ""
        data = {"by": by, "about": tried.about.id, "reason": tried.reason, "door": tried.door}
        told = request if request is not None else About(tried.about.tenant, subject=tried.about.id)
        counts = []
        if tried.by is not None:
            counts.append(await self.counted(unit, tried.by, Sort.BY, request))
        if by != tried.about.id:
            counts.append(await self.counted(unit, tried.about, Sort.ABOUT, request))
        await _noted(unit, told, tried.deed, data, counts[0])

    async def refused(self, request: Request, refusal: Refusal, by: Person | None, sort: Sort) -> None:
        """Write down that something was refused which changes nothing, and count it as what it was."""
        data = {"reason": refusal.reason, "by": by.id if by is not None else "", **refusal.params}
        sort = Sort.PRESS if refusal.reason in HARMLESS else sort
        async with self.store.unit() as unit:
            who = by if by is not None else request.requester
            count = await self.counted(unit, who, sort, request)
            if sort is Sort.BY and who.id != request.subject.id:
                await self.counted(unit, request.subject, Sort.ABOUT, request)
            await _noted(unit, request, Deed.REFUSED, data, count)

    async def declined(self, about: About, refusal: Refusal, by: Person, sort: Sort) -> None:
        """Write down that something was refused which is about no request, and count it as what it was."""
        data = {"reason": refusal.reason, "by": by.id, **refusal.params}
        async with self.store.unit() as unit:
            count = await self.counted(unit, by, Sort.PRESS if refusal.reason in HARMLESS else sort, None)
            await _noted(unit, about, Deed.REFUSED, data, count)

    async def disowned(self, by: Person, kind: str, what: str) -> bool:
        """Write down what somebody says is not theirs; return whether security hears of it, which it does once an hour.

        Nothing of theirs changes by it: it may be said by whoever sits at their Teams.
        """
        async with self.store.unit() as unit:
            count = await self.counted(unit, by, Sort.DISOWNED, None, what=what)
            about = About(by.tenant, kind=kind, subject=by.id)
            await _noted(unit, about, Deed.DISOWNED, {"by": by.id, "what": what}, count)
        return count.found

    async def over(self, much: TooMuch, by: Person) -> None:
        """Count that it was one too many, of them or of everybody: security hears of it once an hour."""
        all_ = much.refusal.reason == Reason.ASKED_MANY
        async with self.store.unit() as unit:
            await self.counted(unit, everybody(by.tenant) if all_ else by, Sort.OVER_ALL if all_ else Sort.OVER, None)

    async def counted(
        self, unit: Unit, person: Person, sort: Sort, request: Request | None, many: int = 1, what: str = ""
    ) -> Count:
        """Count one more of a person, or so many; of what is out of the ordinary security hears once an hour."""
        now = self.clock.now()
        count = await unit.tried(person, sort, now, many)
        if too_many := unusual(sort, count, self.thresholds):
            about = request.id if request is not None else ""
            if await self.finding(unit, Notice(uuid4().hex, person, sort, *too_many, now, about, what)):
                count = replace(count, found=True)
        if sort is Sort.REFUSED and request is not None:
            await unit.defer(Job(LOOK, request.id, person=person.id))
        return count

    async def finding(self, unit: Unit, found: Notice) -> bool:
        """Let security hear of what is out of the ordinary, unless it has just heard that; say whether it does."""
        if not await unit.found(found):
            return False
        told = {"sort": found.sort.value, "person": found.person.id, "window": found.window, "count": str(found.count)}
        await unit.note(About(found.tenant, subject=found.person.id), Note(Deed.FOUND, told))
        await unit.defer(Job("finding", found.id, urgency=Urgency.ALARM))
        return True


def everybody(tenant: str) -> Person:
    """Return who stands for all of a tenant, where what they do is counted together."""
    return Person(tenant, "", "")


def _of_nothing(by: str, door: str) -> Mapping[str, str]:
    return {"by": by, "about": "", "reason": "no_such", "door": door}


async def _noted(
    unit: Unit, about: Request | About, deed: Deed, data: Mapping[str, str], count: Count, many: int = 1
) -> None:
    """Write it down unless this person's failures have filled their part; the last one says that more may follow."""
    if count.hour - many < BUDGET:
        await unit.note(about, Note(deed, {**data, "further": "counted"} if count.hour >= BUDGET else data))
