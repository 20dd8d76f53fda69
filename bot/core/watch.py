"""Watch: when what somebody tried, or allowed, is out of the ordinary; it stops nobody, it says so once an hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.core.model import Person

BUDGET: Final = 20  # entries of the trail that one person's failures may fill within an hour; the rest is counted
WINDOWS: Final = (timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))
STEP: Final = timedelta(seconds=10)  # what happened within it is counted together


class Sort(StrEnum):
    """What is counted, person by person; as stored."""

    BY = "proof_by"  # proofs this person offered that did not hold
    ABOUT = "proof_about"  # proofs about this person that did not hold, whoever else offered them
    REFUSED = "refused"  # their yes or no, which was not theirs to give
    YES = "yes"  # their yes, which counted
    OPENED = "opened"  # what they opened for colleagues
    ASKED = "asked"  # what gives access and was asked for: of each, and once an hour of each for all of them together
    OVER = "over"  # what was refused to them, because it was one too many within the hour: each time
    OVER_ALL = "over_all"  # the same, to everybody: each time
    STRANGER = "stranger"  # proofs from nobody who is known, for nothing that is there: all of them together
    DISOWNED = "disowned"  # what they say is not theirs, of what the directory says of them: each time
    NAMED = "named"  # an emergency account, as that of a colleague who is on the telephone: each time
    NAMED_LOCK = "named_lock"  # the same, as the one they want locked: each time
    NAMED_LOOK = "named_look"  # the same, as the one whose history or proof they want to see: each time
    UNSENT = "unsent"  # notices by mail that could not be sent, whoever they are about: each time
    QUIET = "quiet"  # they want nobody of the helpdesk to ask them for a day: each time
    ASKS_MANY = "asks_many"  # colleagues an agent asked within a day, far more than is usual for them
    OPENS_MANY = "opens_many"  # the same, of what they opened for colleagues
    DENIED = "denied"  # a no, or a wrong number, to too much of what an agent asked within a day
    LATE = "late"  # an agent acts for others outside office hours
    CROWD = "crowd"  # many agents ask about this person within a day
    REFUSED_SHARE = "refused_share"  # an approver's decisions that were not theirs to make, of all within a day
    VOUCHING = "vouching"  # their word for somebody of theirs, which an agent had them asked for
    INSTALLED = "installed"  # the app, for a colleague whom an agent asks: tried, whatever came of it
    PRESS = "press"  # anything else that was refused to them: it only has its budget


@dataclass(frozen=True, slots=True)
class Count:
    """How often it happened up to now, this time included; `found`: security hears of this time."""

    minute: int
    hour: int
    day: int
    found: bool = False


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From how many on security hears of it: within an hour, but for a yes, which is also looked at more closely."""

    failed: int = 5
    refused: int = 3
    yes_minute: int = 4
    yes_hour: int = 15
    yes_day: int = 50
    strangers: int = 20


@dataclass(frozen=True, slots=True)
class Notice:
    """What security is told of one person: so many of a sort within a `window`; `request` is the last one.

    `what` is what they said is not theirs: as its kind calls it, or by its own name. `of`: what `count` is seen
    against, where there is such a thing.
    """

    id: str
    person: Person
    sort: Sort
    window: str
    count: int
    at: datetime
    request: str
    what: str = ""
    of: int = 0

    @property
    def tenant(self) -> str:
        return self.person.tenant


USUAL: Final = Thresholds()
# Of these security hears once a day: they speak of a whole day, which is looked at again and again.
DAILY: Final = frozenset(
    {Sort.ASKS_MANY, Sort.OPENS_MANY, Sort.DENIED, Sort.LATE, Sort.CROWD, Sort.REFUSED_SHARE, Sort.QUIET},
)


def unusual(sort: Sort, count: Count, limits: Thresholds) -> tuple[str, int] | None:
    """Return within which window there were too many, and how many, or None; the shortest window says most."""
    kept: tuple[tuple[str, int, int], ...]
    match sort:
        case Sort.BY | Sort.ABOUT:
            kept = (("hour", count.hour, limits.failed),)
        case Sort.REFUSED:
            kept = (("hour", count.hour, limits.refused),)
        case Sort.STRANGER:
            kept = (("hour", count.hour, limits.strangers),)
        case Sort.YES:
            kept = (
                ("minute", count.minute, limits.yes_minute),
                ("hour", count.hour, limits.yes_hour),
                ("day", count.day, limits.yes_day),
            )
        case (
            Sort.OVER
            | Sort.OVER_ALL
            | Sort.DISOWNED
            | Sort.NAMED
            | Sort.NAMED_LOCK
            | Sort.NAMED_LOOK
            | Sort.UNSENT
            | Sort.QUIET
        ):
            kept = (("hour", count.hour, 1),)
        case Sort.PRESS | Sort.OPENED | Sort.ASKED | Sort.VOUCHING | Sort.INSTALLED:
            kept = ()
        case Sort.ASKS_MANY | Sort.OPENS_MANY | Sort.DENIED | Sort.LATE | Sort.CROWD | Sort.REFUSED_SHARE:
            kept = ()  # nobody counts these one by one: see `unusual`
    return next(((window, many) for window, many, limit in kept if many >= limit), None)


def hour(at: datetime) -> datetime:
    """Return the hour of the clock in which security hears of a person and a sort once."""
    return at.replace(minute=0, second=0, microsecond=0)


def told_since(sort: Sort, at: datetime) -> datetime:
    """Return since which hour of the clock security must not have heard of a person and a sort, to hear of it now."""
    return hour(at) - (timedelta(hours=23) if sort in DAILY else timedelta())


def slot(at: datetime) -> datetime:
    """Return the beginning of the ten seconds in which things are counted together."""
    return at.replace(second=at.second - at.second % STEP.seconds, microsecond=0)
