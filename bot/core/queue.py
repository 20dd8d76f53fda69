"""Queue: what waits for an approver; and the line of those requests that have no thread in the channel yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from bot.core.attention import Attention
from bot.core.model import Mode, Request, Status

FEW: Final = 5  # so many at the front of the line have a thread begun for them; who stands behind them waits for that
BOARD: Final = "queue"  # the name of the job that shows the line
LINE_ID: Final = "queue:line"  # what its message is kept by: no request has an id with a colon
STOOD: Final = "queue"  # in the place of a person: a request stood in the line, where approvers could open it


@dataclass(frozen=True, slots=True)
class Queued:
    """What everybody in the channel may see of what waits. `takers` are the names of who has opened it."""

    id: str
    version: int
    kind: str
    name: str
    since: datetime
    level: str
    trial: bool
    takers: tuple[str, ...] = ()
    attention: Attention | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many of a kind wait, and since when the first of them does."""

    kind: str
    count: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """How many wait in all, by kind where that was asked, and some of them in the order in which they asked."""

    count: int
    some: tuple[Queued, ...]
    kinds: tuple[Waiting, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of what waits: of these kinds, behind the request of that id, and so many.

    `only`: of this kind alone; `by`: what this person is looking at just now; `late`: what has half its time behind it.
    """

    kinds: Sequence[str]
    now: datetime
    limit: int
    after: str = ""
    only: str = ""
    by: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """How many asked before this one and wait too, and how many of them shall have a thread before it."""

    before: int
    ahead: int

    @property
    def number(self) -> int:
        return self.before + 1

    @property
    def queued(self) -> bool:
        """Whether no thread is begun for it yet, because it is nobody's turn who stands so far back."""
        return self.ahead >= FEW


class QueueUnit(Protocol):
    """What a transaction asks of what waits."""

    async def waiting(self, tenant: str, wanted: Wanted) -> WaitingLine:
        """Return what waits for an approver, whether it has a thread in the channel or not, and how much by kind."""

    async def line(self, tenant: str, limit: int) -> WaitingLine:
        """Return who waits for an approver without a thread of their own."""

    async def place(self, request: Request) -> Place:
        """Say where in the line a request stands."""

    async def front(self, tenant: str, limit: int) -> Sequence[str]:
        """Return which of the first so many in the line stood there, and shall have their thread now."""


def queued(request: Request, takers: tuple[str, ...] = ()) -> Queued:
    """Return what is shown of what waits: who asks, for what, since when, how grave it is, and who looks at it."""
    trial = request.mode is Mode.EVALUATE
    name, since = request.requester.name, request.created_at
    shown = (request.id, request.version, request.kind, name, since, request.level, trial, takers)
    return Queued(*shown, request.attention)


def looked_at(one: Request | Queued, now: datetime) -> Attention | None:
    """Return who is looking at what waits just now."""
    there = one.attention
    waits = isinstance(one, Queued) or one.status is Status.APPROVAL
    return there if there is not None and waits and there.until > now else None
