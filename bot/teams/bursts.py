"""Bursts: what somebody raises again and again within a minute is one alarm that counts, and one card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.core.model import Request
from bot.core.ports import Store

WITHIN: Final = timedelta(minutes=1)  # between one alarm and the next of the same burst
BACK: Final = timedelta(hours=1)  # how far a burst is followed back


@dataclass(frozen=True, slots=True)
class Burst:
    """`first` is the request whose card counts, `count` how often the alarm was raised."""

    first: str
    count: int


async def burst(store: Store, alarm: Request) -> Burst:
    """Return the burst an alarm belongs to."""
    async with store.unit() as unit:
        raised = await unit.raised(alarm.tenant, alarm.subject.id, alarm.kind, alarm.created_at - BACK)
    return together(raised, alarm.id)


def together(raised: Sequence[tuple[str, datetime]], alarm: str) -> Burst:
    """Find the burst of `alarm` among what was `raised`, ids and moments in the order of time."""
    bursts: list[list[str]] = []
    last: datetime | None = None
    for request, at in raised:
        if last is None or at - last > WITHIN:
            bursts.append([])
        bursts[-1].append(request)
        last = at
    return next((Burst(ids[0], len(ids)) for ids in bursts if alarm in ids), Burst(alarm, 1))
