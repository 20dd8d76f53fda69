"""Crowd: many people told something by several replicas, in a time that passes at once; what Teams hears is counted."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from bot.core.budgets import Budget, Share, Shared
from bot.core.errors import Unavailable
from bot.teams.limits import TENANT, Limiter, Rank

T = TypeVar("T")

WORKERS: Final = 8  # jobs at once on each replica
ROUNDING: Final = 1e-6


class Swift(asyncio.SelectorEventLoop):
    """A loop whose time passes as soon as everybody waits, for what waits by the clock alone."""

    def __init__(self) -> None:
        self._ahead = 0.0
        super().__init__()

    def time(self) -> float:
        return self._ahead

    def _run_once(self) -> None:
        ready, scheduled = self._ready, self._scheduled  # type: ignore[attr-defined]
        if not ready and scheduled:
            self._ahead = max(self._ahead, scheduled[0].when())
        super()._run_once()  # type: ignore[misc]


def swiftly(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=Swift) as runner:
        return runner.run(work)


def now() -> float:
    return asyncio.get_running_loop().time()


@dataclass
class Bucket(Shared, Budget):
    """What the replicas share, as the database keeps it; `away`: it does not answer."""

    replicas: int = 1
    every: float = TENANT
    burst: int = 1
    next_at: float = float("-inf")
    away: bool = False
    asked: int = 0

    async def share(self, count: int, patience: float) -> Share:
        self.asked += 1
        await asyncio.sleep(3600 if self.away else 0.002)
        begun = max(self.next_at, now() - self.every * (self.burst - 1))
        if begun > now() + patience:
            raise Unavailable("others", retry_after=begun - now())
        self.next_at = begun + self.every * count
        return Share(max(0.0, begun - now()), self.replicas)

    async def turn(self, patience: float) -> None:
        await asyncio.sleep((await self.share(1, patience)).wait)


@dataclass
class Heard:
    """When Teams heard what."""

    sent: list[tuple[float, str, Rank]] = field(default_factory=list)

    async def send(self, limiter: Limiter, chat: str, rank: Rank, *, channel: bool = False) -> float:
        """Send one message, and again when it was turned away, as a job does. Return how long it took."""
        began = now()
        while True:
            try:
                if channel:
                    await limiter.thread(chat)
                await limiter.turn(chat, rank, channel=channel)
                break
            except Unavailable as error:
                await asyncio.sleep(error.retry_after or 0.5)
        self.sent.append((now(), chat, rank))
        return now() - began

    @property
    def took(self) -> float:
        return max(at for at, _, _ in self.sent)

    def most(self, seconds: float, chat: str = "") -> int:
        """Return the most messages within so many seconds, in one conversation or in all."""
        inside: deque[float] = deque()
        most = 0
        for at in sorted(at for at, where, _ in self.sent if chat in {"", where}):
            inside.append(at)
            while inside[0] <= at - seconds + ROUNDING:
                inside.popleft()
            most = max(most, len(inside))
        return most


async def crowd(heard: Heard, bucket: Bucket, people: int) -> list[float]:
    """Tell everybody something while somebody asks now and then on each replica; return how long answers took."""
    limiters = [Limiter(tenant=bucket, now=now) for _ in range(bucket.replicas)]
    left = iter(range(people))

    async def works(limiter: Limiter) -> None:
        for person in left:
            await heard.send(limiter, f"a:{person}", Rank.REST if person % 2 else Rank.NEWS)

    async def asks(limiter: Limiter, name: int) -> list[float]:
        waits = []
        for n in range(20):
            await asyncio.sleep(0.7)
            waits.append(await heard.send(limiter, f"a:asker-{name}-{n}", Rank.ANSWER))
        return waits

    async with asyncio.TaskGroup() as group:
        for limiter in limiters:
            for _ in range(WORKERS):
                group.create_task(works(limiter))
        answers = [group.create_task(asks(limiter, name)) for name, limiter in enumerate(limiters)]
    return [wait for task in answers for wait in task.result()]
