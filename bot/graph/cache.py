"""An answer that all who wait for it share and that stays good for a while; a failure is never kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from bot.core.ports import Clock

T = TypeVar("T")


class Cache(Generic[T]):
    """Asks at most once in the time an answer is `fresh`."""

    def __init__(self, ask: Callable[[], Awaitable[T]], clock: Clock, fresh: timedelta) -> None:
        self._ask = ask
        self._clock = clock
        self._fresh = fresh
        self._known: tuple[datetime, T] | None = None
        self._flight: asyncio.Task[T] | None = None

    @property
    def stale(self) -> bool:
        """Whether nobody would be told what it knows, and nobody waits for it."""
        return self._flight is None and self._answer() is None

    def _answer(self) -> tuple[T] | None:
        if self._known is None:
            return None
        at, answer = self._known
        return (answer,) if timedelta() <= self._clock.now() - at < self._fresh else None

    @property
    def last(self) -> T | None:
        """What it was told last, however long ago that is."""
        return self._known[1] if self._known is not None else None

    async def anew(self) -> T:
        """Ask now, whatever is known and whoever asks already; what comes of it is known from then on."""
        answer = await self._ask()
        self._known = (self._clock.now(), answer)
        return answer

    async def get(self) -> T:
        known = self._answer()
        if known is not None:
            return known[0]
        if self._flight is None:
            self._flight = asyncio.create_task(self._asked())
            self._flight.add_done_callback(_heard)
        return await asyncio.shield(self._flight)

    async def _asked(self) -> T:
        try:
            return await self.anew()
        finally:
            self._flight = None


def _heard(flight: asyncio.Task[T]) -> None:
    """Take note of a failure nobody waited for any more: it was logged where it happened."""
    if not flight.cancelled():
        flight.exception()
