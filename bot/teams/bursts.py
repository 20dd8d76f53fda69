"""Bursts: what is raised about a person again and again within a minute is one alarm that counts, and one card."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from bot.core.matters import Matter
from bot.core.model import Request
from bot.core.ports import Store

M = TypeVar("M", bound=Matter)
WITHIN: Final = timedelta(minutes=1)  # between one alarm and the next of the same burst
BACK: Final = timedelta(hours=1)  # how far a burst is followed back


@dataclass(frozen=True, slots=True)
class Burst:
    """`first` is that whose card counts, `ids` are all of them, as they were raised."""

    ids: tuple[str, ...]

    @property
    def first(self) -> str:
        return self.ids[0]

    @property
    def count(self) -> int:
        return len(self.ids)


async def burst(store: Store, alarm: Request) -> Burst:
    """Return the burst an alarm belongs to."""
    async with store.unit() as unit:
        raised = await unit.raised(alarm.tenant, alarm.subject.id, alarm.kind, alarm.created_at - BACK)
    return together(raised, alarm.id)


def of_matters(raised: Iterable[M], alarm: M) -> tuple[M, ...]:
    """Return the burst of a matter that alarms, as it was raised, among those that alarm about the same person."""
    known = {one.id: one for one in sorted((*raised, alarm), key=lambda one: (one.created_at, one.id))}
    found = together([(one.id, one.created_at) for one in known.values()], alarm.id)
    return tuple(known[key] for key in found.ids)


def together(raised: Sequence[tuple[str, datetime]], alarm: str) -> Burst:
    """Find the burst of `alarm` among what was `raised`, ids and moments in the order of time."""
    bursts: list[list[str]] = []
    last: datetime | None = None
    for key, at in raised:
        if last is None or at - last > WITHIN:
            bursts.append([])
        bursts[-1].append(key)
        last = at
    return next((Burst(tuple(ids)) for ids in bursts if alarm in ids), Burst((alarm,)))
