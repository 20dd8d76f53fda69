"""Listed: what somebody reads of themselves when they ask how things stand."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.callers import Verification
from bot.core.lookups import Seen
from bot.core.model import Person, Request


@dataclass(frozen=True, slots=True)
class StatusCard:
    """How one's requests stand, who lately looked at what there is of one, and by what one keeps agents `quiet`."""

    person: Person
    requests: tuple[Request, ...]
    looks: tuple[Seen, ...] = ()
    quiet: Verification | None = None
