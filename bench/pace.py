"""Pace: turns delivered so many a second or so many at once, each answer read and told apart from its neighbours'."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from bench.http1 import Reader
from bench.load import OK, PATIENCE
from bench.rounds import Unsuited


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is sent: a turn of that sort with that number, and what its answer must hold."""

    sort: str
    number: int
    request: bytes
    answer: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """A delivery that was answered, and when, in seconds of a clock that only runs forward."""

    sort: str
    began: float
    ended: float

    @property
    def took(self) -> float:
        return self.ended - self.began


class Door:
    """Connections to a bot, as many as there are deliveries under way, kept for the next."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[_Line] = []
        self._every: list[_Line] = []

    async def deliver(self, one: Delivery) -> Told:
        """Deliver and wait for the answer. Raises `Unsuited` for one that is not what it must be."""
        line = self._idle.pop() if self._idle else await self._opened()
        began = time.perf_counter()
        async with asyncio.timeout(PATIENCE):
            status, body = await line.ask(one.request)
        ended = time.perf_counter()
        self._idle.append(line)
        if status not in OK or one.answer not in body or (not one.answer and body.strip()):
            raise Unsuited(f"{one.sort} {one.number}: {status} {body[-900:].decode(errors='replace')}")
        return Told(one.sort, began, ended)

    def close(self) -> None:
        for line in self._every:
            line.close()

    async def _opened(self) -> _Line:
        _, line = await asyncio.get_running_loop().create_connection(_Line, "127.0.0.1", self._port)
        self._every.append(line)
        return line


class _Line(asyncio.Protocol):
    def __init__(self) -> None:
        self._reader = Reader()
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        for head, body in self._reader.feed(data):
            if self._answer is not None and not self._answer.done():
                self._answer.set_result((int(head[9:12]), body))

    def connection_lost(self, _: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(Unsuited("the bot hung up on a delivery"))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        self._answer = asyncio.get_running_loop().create_future()
        if self._transport is None or self._transport.is_closing():
            raise Unsuited("the bot hung up between two deliveries")
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def paced(port: int, every: Iterable[Delivery], *, rate: float) -> list[Told]:
    """Deliver so many a second, whether or not those before were answered."""
    door, loop = Door(port), asyncio.get_running_loop()
    begin, under_way = loop.time(), []
    try:
        for place, one in enumerate(every):
            await asyncio.sleep(max(0.0, begin + place / rate - loop.time()))
            under_way.append(asyncio.create_task(door.deliver(one)))
        return list(await asyncio.gather(*under_way))
    finally:
        for task in under_way:
            task.cancel()
        door.close()


async def crowded(port: int, every: Sequence[Delivery], *, at_once: int) -> list[Told]:
    """Deliver all, so many at once."""
    door, left = Door(port), iter(every)
    try:
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(_worked(door, left)) for _ in range(at_once)]
    except ExceptionGroup as several:
        raise several.exceptions[0] from None
    finally:
        door.close()
    return [told for worker in workers for told in worker.result()]


async def _worked(door: Door, left: Iterator[Delivery]) -> list[Told]:
    return [await door.deliver(one) for one in left]
