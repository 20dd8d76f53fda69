"""Past: what we know of a person ourselves, read for each decision in one round trip."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from bot.core.callers import DAY, Verification, disproved
from bot.core.kind import Kinds
from bot.core.lately import Lately, Limits, lately, twice
from bot.core.limits import Tally
from bot.core.model import Request
from bot.core.past import Since
from bot.core.ports import Clock, Store
from bot.core.threat import Posture, Threat, posture

LATELY: Final = timedelta(days=7)  # what a policy may make of an earlier no, and what approvers are told of


@dataclass(frozen=True, slots=True)
class Past:
    """How often they asked and who said no, by kind; since when they are frozen, and what makes the desk stricter.

    `threat` holds for everybody; it is asked beside the rest.
    """

    recent: Mapping[str, Tally]
    denied: Mapping[str, Mapping[str, datetime]]
    frozen: datetime | Literal["never"]
    threat: Posture
    lately: Lately

    def of(self, kind: str) -> dict[str, Any]:
        """Return what a request of a kind is decided by; none of it is known where the past is not."""
        asked, denied = self.recent.get(kind, Tally()), self.denied.get(kind, {})
        own = {"recent": asked.counted, "shown": asked.shown, "denied": denied, "frozen_at": self.frozen}
        return {**own, "threat": self.threat, "lately": self.lately}


def giving(kinds: Kinds) -> tuple[str, ...]:
    """Name the kinds that give access."""
    return tuple(kind.name for kind in kinds.values() if kind.gives_access)


@dataclass(frozen=True, slots=True)
class Pasts:
    store: Store
    kinds: Kinds
    clock: Clock
    limits: Limits

    async def of(self, request: Request) -> Past:
        tenant, subject, now = request.tenant, request.subject.id, self.clock.now()
        cooling = now - self.limits.cool_down
        since = Since(given=now - self.limits.repeat, unlike=cooling - self.limits.cool_down)
        async with self.store.unit() as unit:
            recent, denied, locks, raised, happened, calls = await asyncio.gather(
                unit.recent(tenant, subject, now, but=request.id),
                unit.denied(tenant, subject, now - LATELY),
                unit.locks(tenant, subject),
                unit.in_lanes(Threat, tenant),
                unit.happened(request, giving(self.kinds), now, since),
                # An answer may come that much later than its question.
                unit.about(Verification, tenant, subject, cooling - DAY),
            )
        unlike_them = twice(happened.unlike, self.limits.cool_down)  # one may be bad light
        doubts = (locks.last, disproved(calls), unlike_them)
        last = max((at for at in doubts if at is not None), default=None)
        stricter = lately(self.limits, happened.given, last)
        return Past(recent, denied, locks.since(request.created_at) or "never", posture(raised, now), stricter)
