"""Places: how many bodies may be on their way at a time; each address has its own, so that one cannot take all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from aiohttp import web

from bot.web.limit import address_of

EACH: Final = 16  # of one address: a house of many people sends small forms, and sends them quickly
ALL: Final = 512  # of everybody together: what they may hold in memory has an end


class Places:
    """Taken while a body arrives, and given back when it has, or has not in time."""

    def __init__(self, *, each: int = EACH, together: int = ALL) -> None:
        self._each = each
        self._together = together
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken(self, request: web.Request) -> Iterator[None]:
        """Hold one for this request's address. Raises `HTTPTooManyRequests` when there is none: nobody waits."""
        address = address_of(request)
        if self._taken[address] >= self._each or self._taken.total() >= self._together:
            raise web.HTTPTooManyRequests(headers={"Retry-After": "1"})
        self._taken[address] += 1
        try:
            yield
        finally:
            self._taken[address] -= 1
            if not self._taken[address]:
                del self._taken[address]


PLACES: Final = web.AppKey("places", Places)
