"""Lanes: how many calls are under way at once; who comes later waits before the call, and not at its expense."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from bot.core.errors import Unavailable

# What Graph lets through in ten seconds, at most 8,000 units for one app in a tenant, needs some 120 at 150 ms a call:
# https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits
CALLS: Final = 256
PATIENCE: Final = 20.0  # seconds
AGAIN: Final = 2.0  # seconds


class Lanes:
    """Room for `number` calls. Whoever finds none in `patience` seconds is told so: nothing was sent."""

    def __init__(self, number: int = CALLS, patience: float = PATIENCE) -> None:
        self._free = asyncio.Semaphore(number)
        self._patience = patience

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Be in a lane. Raises `Unavailable` where none is free in time."""
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise Unavailable("too many calls to Graph are under way", retry_after=AGAIN) from None
        try:
            yield
        finally:
            self._free.release()
