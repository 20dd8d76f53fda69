"""Queue: the line of requests that wait for an approver and have no thread of their own in the channel yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.core.model import Mode, Request

FEW: Final = 5  # so many at the front of the line have a thread begun for them; who stands behind them waits for that
BOARD: Final = "queue"  # the name of the job that shows the line
LINE_ID: Final = "queue:line"  # what its message is kept by: no request has an id with a colon
STOOD: Final = "queue"  # in the place of a person: a request stood in the line, where approvers could open it


@dataclass(frozen=True, slots=True)
class Queued:
    """What everybody in the channel may see of a request in the line. `takers` are the names of who has opened it."""

    id: str
    version: int
    kind: str
    name: str
    since: datetime
    level: str
    trial: bool
    takers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """How many wait in all, and some of them in the order in which they asked."""

    count: int
    some: tuple[Queued, ...]


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


def queued(request: Request, takers: tuple[str, ...] = ()) -> Queued:
    """Return what the line shows of a request: who asks, for what, since when, and how grave it is."""
    trial = request.mode is Mode.EVALUATE
    name, since = request.requester.name, request.created_at
    return Queued(request.id, request.version, request.kind, name, since, request.level, trial, takers)
