"""Office hours: when the helpdesk works, as the file of policies says it; outside of them nothing is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY: Final = "|".join(DAYS)
_SAID: Final = re.compile(rf"({_DAY})(?:-({_DAY}))? ([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d) (\S{{1,60}})")
LIKE: Final = 'must be days, hours and a time zone, such as "Mon-Fri 07:00-19:00 Europe/Berlin"'


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """On these days (Monday is 0), from `opens` until before `closes`, as clocks show it in that zone."""

    days: frozenset[int]
    opens: time
    closes: time
    zone: ZoneInfo

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what the file says. Raises `ValueError` with what it must be."""
        said = _SAID.fullmatch(text)
        if said is None:
            raise ValueError(LIKE)
        first, last = DAYS.index(said[1]), DAYS.index(said[2] or said[1])
        opens, closes = time(int(said[3]), int(said[4])), time(int(said[5]), int(said[6]))
        if opens >= closes:
            raise ValueError("must open before it closes, on the same day")
        days = frozenset((first + n) % len(DAYS) for n in range((last - first) % len(DAYS) + 1))
        try:
            return cls(days, opens, closes, ZoneInfo(said[7]))
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f'knows no time zone "{said[7]}"; one is "Europe/Berlin"') from error

    def has(self, at: datetime) -> bool:
        """Whether this moment lies in them."""
        there = at.astimezone(self.zone)
        return there.weekday() in self.days and self.opens <= there.time() < self.closes
