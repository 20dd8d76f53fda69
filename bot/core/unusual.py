"""Unusual: what of an agent's days, and of the questions about one person, security should look at. Pure; stops nobody.

It is looked for after the fact, by a job of its own: what it comes to neither holds up nor fails what it is about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Final, Protocol

from bot.core.officehours import OfficeHours
from bot.core.watch import Sort

LOOK: Final = "unusual"  # the job that looks
DAY: Final = timedelta(days=1)
BACK: Final = timedelta(days=28)  # from which somebody's usual day is learned
TIMES: Final = 3  # as much as usual
FLOOR: Final = 10  # within a day: less than that is much for nobody
SHARE: Final = 0.3  # of what somebody asked, or decided, that was no
ASKED_FEW, DECIDED_FEW = 5, 10  # of so few no share is told
CROWD: Final = 3  # agents who ask about one person within a day


@dataclass(frozen=True, slots=True)
class AgentDay:
    """What an agent did on one day: whom they asked, what they opened, and how often it was no.

    A no is one of the colleague's or of their manager, at once or about what was opened, or a wrong number.
    """

    asked: int = 0
    opened: int = 0
    denied: int = 0


@dataclass(frozen=True, slots=True)
class Strange:
    """So much of a sort; `of` is what that is seen against: what is usual, or how many there were in all."""

    sort: Sort
    count: int
    of: int = 0


def agents(days: Mapping[int, AgentDay], at: datetime, office: OfficeHours | None) -> Iterator[Strange]:
    """Say what is out of the ordinary of an agent who asked somebody `at` then; day 0 are the last 24 hours."""
    today, before = days.get(0, AgentDay()), [day for number, day in days.items() if number]
    yield from _much(Sort.ASKS_MANY, today.asked, [day.asked for day in before])
    yield from _much(Sort.OPENS_MANY, today.opened, [day.opened for day in before])
    yield from _share(Sort.DENIED, today.denied, today.asked, ASKED_FEW)
    if office is not None and not office.has(at):
        yield Strange(Sort.LATE, 1)


def asked_about(by: int) -> Iterator[Strange]:
    """Say whether so many agents about one person, within a day, are out of the ordinary."""
    if by >= CROWD:
        yield Strange(Sort.CROWD, by)


def approvers(refused: int, counted: int) -> Iterator[Strange]:
    """Say whether it is out of the ordinary how many of an approver's decisions were not theirs to make."""
    yield from _share(Sort.REFUSED_SHARE, refused, refused + counted, DECIDED_FEW)


def _much(sort: Sort, today: int, before: list[int]) -> Iterator[Strange]:
    """Compare with the days on which there was any: weekends and holidays say nothing of what is usual."""
    worked = [many for many in before if many]
    usual = median(worked) if worked else 0
    if today >= FLOOR and today > TIMES * usual:
        yield Strange(sort, today, round(usual))


def _share(sort: Sort, no: int, of: int, few: int) -> Iterator[Strange]:
    if of >= few and no > SHARE * of:
        yield Strange(sort, no, of)


class UnusualUnit(Protocol):
    """What a transaction can be asked about what people did for others."""

    async def agent_days(self, tenant: str, agent: str, now: datetime) -> Mapping[int, AgentDay]:
        """Say what an agent did on each of the last days, counted back from now; where there was nothing is no day."""

    async def agents_about(self, tenant: str, person: str, since: datetime) -> int:
        """Say how many agents have asked about a person since then."""

    async def tally(self, tenant: str, person: str, sort: Sort, since: datetime) -> int:
        """Say how often this was counted of a person since then."""
