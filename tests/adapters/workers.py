"""A worker for a test's time, and what its jobs came to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from bot.core.ports import Job
from bot.process.jobs import Jobs
from bot.store.postgres import PostgresStore

ROOT = Path(__file__).parents[2]
CARDS = Job("cards", "r1")


class Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Counted(dict[tuple[str, str], int]):
    def __call__(self, name: str, outcome: str) -> None:
        self[name, outcome] = self.get((name, outcome), 0) + 1


async def defer(store: PostgresStore, *jobs: Job) -> None:
    async with store.unit() as unit:
        await unit.defer(*jobs)


@asynccontextmanager
async def working(
    store: PostgresStore,
    handler: Callable[[Job], Awaitable[None]],
    count: Counted | None = None,
    names: Sequence[str] = ("cards", "deliver", "due"),
) -> AsyncIterator[None]:
    stop = asyncio.Event()
    handlers = dict.fromkeys(names, handler)
    jobs = Jobs(store, clock=Now(), handlers=handlers, workers=4, count=Counted() if count is None else count)
    running = asyncio.create_task(jobs.run(stop))
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(20):
            await running


async def until(true: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


async def queued(url: str) -> list[tuple[str, str]]:
    """Return status and name of every job there is."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        cursor = await connection.execute("SELECT status::text, args ->> 'name' FROM procrastinate_jobs ORDER BY id")
        return await cursor.fetchall()
