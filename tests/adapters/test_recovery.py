"""Jobs whose worker stops, is killed, or loses its database: they run again, here or elsewhere."""

from __future__ import annotations

import asyncio
import sys
import time

import pytest

from bot.core.errors import Unavailable
from bot.core.ports import Job
from bot.store.postgres import PostgresStore
from tests.adapters.workers import CARDS, ROOT, Counted, defer, queued, until, working


async def test_stopping_hands_back_what_does_not_end(
    store: PostgresStore, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.process.jobs.GRACE", 1.0)
    begun, ended, counted = 0, 0, Counted()

    async def handler(job: Job) -> None:
        nonlocal begun, ended
        begun += 1
        await asyncio.sleep(0.8 if job.name == "due" else 50)
        ended += 1

    await defer(store, CARDS, Job("due", "r1"))
    async with working(store, handler, counted):
        await until(lambda: begun == 2)
    assert ended == 1
    assert counted == {("cards", "handed_back"): 1, ("due", "done"): 1}
    assert await queued(database_url) == [("todo", "cards")]


async def test_what_still_runs_while_its_worker_stops_is_not_given_to_another(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.process.jobs.BEAT", 0.3)
    monkeypatch.setattr("bot.process.jobs.SILENT", 1.0)
    runs = 0

    async def handler(_: Job) -> None:
        nonlocal runs
        runs += 1
        await asyncio.sleep(4)

    await defer(store, CARDS)
    async with working(store, handler), working(store, handler):
        await until(lambda: runs == 1)
    assert runs == 1


async def deferred(store: PostgresStore) -> None:
    """Enqueue a job as soon as the store has a connection again: what was cut off is told, and tried again."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await defer(store, CARDS)
            except Unavailable:
                await asyncio.sleep(0.1)


async def test_the_worker_outlives_a_restart_of_the_database(store: PostgresStore) -> None:
    seen: list[Job] = []

    async def handler(job: Job) -> None:
        seen.append(job)

    async with working(store, handler):
        await defer(store, CARDS)
        await until(lambda: len(seen) == 1)
        async with store.connections("test", 1) as pool, pool.connection() as connection:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await deferred(store)
        await until(lambda: len(seen) == 2)


async def test_a_job_whose_end_was_never_written_down_comes_back(store: PostgresStore, database_url: str) -> None:
    await defer(store, CARDS)
    async with store.connections("test", 1) as pool, pool.connection() as connection:
        await connection.execute(
            "SELECT procrastinate_fetch_job_v2(NULL, worker_id) FROM procrastinate_register_worker_v1()"
        )
    await defer(store, CARDS)  # a newer one like it must not be in the way
    assert await store.recover(silent=60, longest=60, tries=10) == ()
    assert await queued(database_url) == [("doing", "cards"), ("todo", "cards")]
    assert await store.recover(silent=60, longest=0, tries=10) == ()
    assert await queued(database_url) == [("todo", "cards"), ("todo", "cards")]


async def test_a_job_that_kills_every_process_is_given_up(store: PostgresStore, database_url: str) -> None:
    await defer(store, CARDS)
    for last in (False, False, True):
        async with store.connections("test", 1) as pool, pool.connection() as connection:
            await connection.execute("SELECT procrastinate_fetch_job_v2(NULL, NULL)")
        assert await store.recover(silent=60, longest=60, tries=3) == (("cards",) if last else ())
    assert await queued(database_url) == [("failed", "cards")]


DYING = """
import asyncio, sys
from datetime import UTC, datetime
from bot.process.jobs import Jobs
from bot.store.postgres import PostgresStore

class Now:
    def now(self): return datetime.now(UTC)

async def handler(job):
    print("running", flush=True)
    await asyncio.sleep(600)

async def main():
    async with PostgresStore(sys.argv[1], clock=Now()) as store:
        await Jobs(store, clock=Now(), handlers={"cards": handler}, workers=1).run(asyncio.Event())

asyncio.run(main())
"""


@pytest.mark.slow
async def test_a_killed_process_leaves_its_job_to_others(store: PostgresStore, database_url: str) -> None:
    at: list[float] = []

    async def handler(_: Job) -> None:
        at.append(time.monotonic())

    await defer(store, CARDS)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DYING, database_url, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        assert await asyncio.wait_for(process.stdout.readline(), 20) == b"running\n"
    finally:
        process.kill()
        await process.wait()
    async with working(store, handler):
        await until(lambda: bool(at), 60)  # about ten seconds on a machine that has time
