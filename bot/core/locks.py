"""Locks: what alarms make of an account; while one holds nothing goes on, and nothing of before it goes on after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Locks:
    """What alarms make of an account: `held` are the requests that freeze it, by id, and since when each does.

    `last` is when the newest alarm was raised, lifted or not.
    """

    held: Mapping[str, datetime]
    last: datetime | None

    def since(self, asked: datetime) -> datetime | None:
        """Return since when what was asked then may not go on, or None: a lift spares nothing of before the alarm."""
        if self.held:
            return max(self.held.values())
        return self.last if self.last is not None and self.last >= asked else None
