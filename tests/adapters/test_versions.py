"""Two versions on one queue: a job that only one of them knows is left to it, and not for ever."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import psycopg
import pytest

from bot.core.ports import Job
from bot.store.postgres import PostgresStore
from tests.adapters.rows import added, ask
from tests.adapters.workers import Counted, defer, queued, until, working

NEW = Job("greet", "r1")
KNOWN = ("cards", "due", "default")
# How versions enqueued before each name had a queue of its own.
EARLIER = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args)
    VALUES ('default', 'wake', 0, 'greet:r1', 'greet:r1', '{"name": "greet", "request": "r1"}')
"""


@pytest.mark.parametrize("earlier", [False, True])
async def test_a_job_that_only_the_new_version_knows_is_left_to_it(
    store: PostgresStore, database_url: str, *, earlier: bool
) -> None:
    """Those that know it find it; those that do not never fetch it, or put it where they do not see it again."""
    old, new, counted = list[str](), list[str](), Counted()

    async def older(job: Job) -> None:
        old.append(job.name)

    async def newer(job: Job) -> None:
        new.append(job.name)

    if earlier:
        run(database_url, EARLIER)
    else:
        await defer(store, NEW)
    async with working(store, older, counted, names=("cards",)):
        await defer(store, Job("cards", "r1"))
        await until(lambda: ("greet", "handed_back") in counted if earlier else bool(old))
        await until(lambda: bool(old))
        await left(database_url, [("todo", "greet")])
        async with working(store, newer, names=("cards", "greet")):
            await until(lambda: "greet" in new)
    assert "greet" not in old
    assert await queued(database_url) == []
    assert ("greet", "failed") not in counted


async def left(url: str, jobs: list[tuple[str, str]], seconds: float = 10) -> None:
    """Wait until these are all the jobs there are: one that has just been done is still being taken out."""
    async with asyncio.timeout(seconds):
        while await queued(url) != jobs:
            await asyncio.sleep(0.02)


async def test_what_no_version_knows_any_more_is_dropped_in_the_end(store: PostgresStore, database_url: str) -> None:
    await defer(store, NEW, Job("cards", "r2"))
    assert await store.orphans(KNOWN, 60) == ()
    run(database_url, "UPDATE procrastinate_events SET at = at - interval '2 minutes'")
    assert await store.orphans((*KNOWN, "greet"), 60) == ()
    assert await store.orphans(KNOWN, 60) == ("greet",)
    assert sorted(await queued(database_url)) == [("cancelled", "greet"), ("todo", "cards")]


@pytest.mark.parametrize(
    "why",
    [
        "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 minute'",  # its time has not come
        "UPDATE procrastinate_jobs SET lock = 'same'",  # somebody is before it
    ],
)
async def test_what_cannot_be_taken_yet_is_no_orphan(store: PostgresStore, database_url: str, why: str) -> None:
    await defer(store, Job("cards", "r1"))
    await defer(store, NEW)
    run(database_url, "UPDATE procrastinate_events SET at = at - interval '2 minutes'")
    run(database_url, why)
    assert await store.orphans(KNOWN, 60) == ()


async def test_what_a_newer_version_has_written_outlives_a_save_of_this_one(
    store: PostgresStore, database_url: str
) -> None:
    await added(store, ask("r1"))
    run(database_url, """UPDATE requests SET doc = doc || '{"tomorrow": [1]}'""")
    async with store.unit() as unit:
        request = await unit.load("r1")
        assert request is not None
        await unit.save(replace(request, stage="used"))
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT doc ->> 'stage', doc -> 'tomorrow' FROM requests").fetchone()
    assert row == ("used", [1])


def run(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement)
