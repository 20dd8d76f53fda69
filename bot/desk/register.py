"""Register: the one way a matter changes. State, entries and the job that follows commit together or not at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar
from uuid import uuid4

from bot.core.errors import Conflict, Missing
from bot.core.interventions import Intervention
from bot.core.matters import Matter, Turned
from bot.core.ports import Clock, Job, Purpose, SignIn, SignInStage, Store, Unit, Urgency
from bot.core.threat import Threat
from bot.desk.ledger import Home
from bot.desk.purposes import Close

M = TypeVar("M", bound=Matter)
TRIES: Final = 5  # two people press at once: the second looks again
MATTER: Final = "matter"  # the job that brings a matter's messages, and looks when its time has come
WARN: Final = "warn"  # the one by which security hears of a matter; it is never given up

Turning = Callable[[M], Awaitable[Turned[M]]]
Along = Callable[[Unit], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Register:
    """`follows` is the job that brings a matter's messages, or looks at it, after each change; "" for none.

    `watches` is one that looks whether something about it is out of the ordinary: nobody waits for that.
    """

    store: Store
    clock: Clock
    follows: str = MATTER
    watches: str = ""

    async def load(self, sort: type[M], matter_id: str) -> M | None:
        async with self.store.unit() as unit:
            return await unit.matter(sort, matter_id)

    async def begin(self, unit: Unit, turned: Turned[M]) -> bool:
        """Begin a matter in a transaction that is open; say False where that one, or its rival, is there already."""
        if not await unit.begin(turned.matter):
            return False
        await self._follow(unit, turned)
        return True

    async def change(self, sort: type[M], matter_id: str, turning: Turning[M], also: Along | None = None) -> Turned[M]:
        """Apply what happened to a matter, however many others change it meanwhile. Raises `Missing`.

        `turning` looks at it as it is, outside any transaction, and says what it becomes; `also` joins that which
        saves it.
        """
        for _ in range(TRIES):
            matter = await self.load(sort, matter_id)
            if matter is None:
                raise Missing(f"there is no {sort.SORT} {matter_id}")
            turned = await turning(matter)
            try:
                async with self.store.unit() as unit:
                    kept = await self.keep(unit, matter, turned)
                    if also is not None:
                        await also(unit)
            except Conflict:
                continue
            return kept
        raise Conflict(f"{sort.SORT} {matter_id} changed {TRIES} times while somebody looked at it")

    async def happen(
        self, sort: type[M], matter_id: str, said: Callable[[M], Turned[M]], also: Along | None = None
    ) -> Turned[M]:
        """Let something happen to a matter which only that itself decides."""

        async def turning(one: M) -> Turned[M]:
            return said(one)

        return await self.change(sort, matter_id, turning, also)

    async def due(self, sort: type[M], matter_id: str, said: Callable[[M], Turned[M]]) -> None:
        """Let a matter that is there look whether its time has come, where one has been set that has."""
        one = await self.load(sort, matter_id)
        if one is not None and one.due_at is not None and one.due_at <= self.clock.now():
            await self.happen(sort, matter_id, said)

    async def keep(self, unit: Unit, before: M, turned: Turned[M]) -> Turned[M]:
        """Save what became of a matter in a transaction that is open; what changed nothing leaves nothing behind."""
        if turned.matter == before:
            return turned
        turned = replace(turned, matter=await unit.keep(turned.matter))
        await self._follow(unit, turned)
        return turned

    async def _follow(self, unit: Unit, turned: Turned[M]) -> None:
        matter = turned.matter
        await unit.note(matter.entry, *turned.notes)
        if self.follows:
            await unit.defer(Job(self.follows, matter.id, urgency=Urgency.PROMPT))
        if self.watches:
            await unit.defer(Job(self.watches, matter.id))
        if turned.alarms:
            await unit.defer(Job(matter.SIREN, matter.id, urgency=Urgency.ALARM))


def brings(matter_id: str) -> str:
    """Name the job that brings the cards of a matter for which somebody signs in."""
    return {one.SORT: one.SIREN for one in (Threat, Intervention)}.get(matter_id.partition(":")[0], MATTER)


def spent(sign_in: SignIn, also: Close) -> Along:
    """Let a sign-in serve its matter and nothing else, and close it, in the transaction that saves what came of it."""

    async def joined(unit: Unit) -> None:
        await unit.use_sign_in(sign_in.person.tenant, sign_in.person.id, sign_in.proved_at, sign_in.request)
        await also(unit, None)

    return joined


def asking(
    one: Matter, purpose: Purpose, home: Home, context: str, now: datetime, until: datetime, choice: str = ""
) -> SignIn:
    """Make a one-time transaction by which this person signs in for a matter, in this chat, until then."""
    return SignIn(
        id=uuid4().hex,
        purpose=purpose,
        person=home[0],
        chat=home[1],
        request=one.id,
        request_version=one.version,
        context=context,
        stage=SignInStage.BEGUN,
        created_at=now,
        expires_at=until,
        choice=choice,
    )
