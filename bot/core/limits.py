"""Limits: how often somebody may ask: by the day what came to something, by the hour what approvers were shown.

Whoever has to wait is told until when.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from bot.core.facts import Facts
from bot.core.model import Refusal
from bot.core.policy import Policy
from bot.core.reasons import Reason

DAY: Final = timedelta(hours=24)
HOUR: Final = timedelta(hours=1)  # what nobody signed in for counts so long: it must shut nobody out for a day
SHOWN: Final = 2  # times what may be asked a day: so many cards within an hour are no errand any more


@dataclass(frozen=True, slots=True)
class Tally:
    """What somebody asked of a kind: until when each counts, and each that approvers were shown; the earliest first."""

    counted: tuple[datetime, ...] = ()
    shown: tuple[datetime, ...] = ()


def too_often(policy: Policy, facts: Facts) -> Refusal | None:
    """Say why no more may be asked for just now, and from when on it may, or None."""
    limits = (
        (Reason.TOO_MANY, facts.recent or (), policy.per_day),
        (Reason.TOO_MANY_SHOWN, facts.shown or (), SHOWN * policy.per_day),
    )
    for reason, counted, limit in limits:
        if len(counted) >= limit:
            ends = counted[len(counted) - limit]  # then there is one less than may be
            return Refusal(reason, MappingProxyType({"limit": str(limit), "again": ends.isoformat()}))
    return None
