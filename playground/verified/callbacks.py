"""Callbacks: tells the verifier by real HTTP what happened, with the bad habits of a network where they are wanted."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from yarl import URL

from playground.clock import Clock
from playground.journal import REDACTED, Call, Journal
from playground.verified.asked import Asked

Json = dict[str, Any]
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)
_PAUSE: Final = 0.2
_SECRET: Final = frozenset({"api-key", "authorization"})


@dataclass(slots=True)
class Habits:
    """How news travels: each `twice`, `late` by seconds, the retrieval `swapped` behind the result, some `lost`.

    `retries` is how often news is sent again that was not taken. `lost` holds statuses such as "request_retrieved".
    """

    twice: bool = False
    late: float = 0.0
    swapped: bool = False
    retries: int = 0
    lost: set[str] = field(default_factory=set)


class Callbacks:
    """What was sent is in the journal, under `verified`; the verifier's secret and the photo are not."""

    def __init__(self, *, clock: Clock, journal: Journal) -> None:
        self.habits = Habits()
        self._clock = clock
        self._journal = journal
        self._tasks: set[asyncio.Task[int]] = set()
        self._held: dict[str, Json] = {}

    async def tell(self, asked: Asked, body: Json) -> int | None:
        """Bring the news; the status of the answer, 0 for none, `None` when nobody waited for it."""
        status, request = body["requestStatus"], body["requestId"]
        if status in self.habits.lost:
            return None
        if self.habits.swapped and status == "request_retrieved":
            self._held[request] = body
            return None
        first = await self._after(asked, body)
        if (held := self._held.pop(request, None)) is not None:
            await self._after(asked, held)
        return first

    async def settled(self) -> None:
        """Wait until nothing is under way any more."""
        while self._tasks:
            await asyncio.wait(self._tasks, timeout=_TIMEOUT.total)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _after(self, asked: Asked, body: Json) -> int | None:
        if not self.habits.late:
            return await self._send(asked, body)
        task = asyncio.create_task(self._later(asked, body, self.habits.late))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return None

    async def _later(self, asked: Asked, body: Json, seconds: float) -> int:
        await asyncio.sleep(seconds)
        return await self._send(asked, body)

    async def _send(self, asked: Asked, body: Json) -> int:
        status = await self._post(asked, body)
        for _ in range(self.habits.retries):
            if taken(status):
                break
            await asyncio.sleep(_PAUSE)
            status = await self._post(asked, body)
        if self.habits.twice:
            await self._post(asked, body)
        return status

    async def _post(self, asked: Asked, body: Json) -> int:
        at, status = self._clock.now().isoformat(), 0
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT) as session,
                session.post(asked.url, json=body, headers=asked.headers, allow_redirects=False) as answer,
            ):
                status = answer.status
        except (aiohttp.ClientError, TimeoutError):
            status = 0
        finally:
            self._journal.add(_entry(asked, body, at, status))
        return status


def taken(status: int) -> bool:
    """Say whether an answer was a yes."""
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def _entry(asked: Asked, body: Json, at: str, status: int) -> Call:
    headers = {name: REDACTED if name.lower() in _SECRET else value for name, value in asked.headers.items()}
    return Call("verified", at, "POST", URL(asked.url).path_qs, headers, _plain(body), status)


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {name: REDACTED if name == "photo" else _plain(held) for name, held in value.items()}
        case list():
            return [_plain(one) for one in value]
        case _:
            return value
