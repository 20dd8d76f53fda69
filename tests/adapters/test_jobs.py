"""Jobs against a real PostgreSQL: never lost, never two of a kind at once, never too early."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from psycopg.types.json import Jsonb

from bot.core.errors import AnswerLost, Conflict, Rejected, Unavailable
from bot.core.model import Mode, Person, Request, Status
from bot.core.ports import Job, Urgency
from bot.store import sql
from bot.store.postgres import PostgresStore
from tests.adapters.workers import CARDS, Counted, defer, queued, until, working


async def test_a_job_runs_and_leaves_nothing(store: PostgresStore, database_url: str) -> None:
    seen: list[Job] = []

    async def handler(job: Job) -> None:
        seen.append(job)

    async with working(store, handler):
        await defer(store, Job("deliver", "r1", "confirm", "ben"))
        await until(lambda: bool(seen))
    assert seen == [Job("deliver", "r1", "confirm", "ben")]
    assert await queued(database_url) == []


async def test_a_job_of_a_transaction_that_failed_is_none(store: PostgresStore, database_url: str) -> None:
    async def fail() -> None:
        async with store.unit() as unit:
            await unit.defer(CARDS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await queued(database_url) == []


async def test_the_same_wake_up_waits_once(store: PostgresStore, database_url: str) -> None:
    await defer(store, CARDS, CARDS)
    await asyncio.gather(*(defer(store, CARDS, Job("due", "r1")) for _ in range(6)))
    assert sorted(await queued(database_url)) == [("todo", "cards"), ("todo", "due")]


async def test_a_running_job_does_not_swallow_a_newer_wake_up(store: PostgresStore) -> None:
    running, peak, runs, go = 0, 0, 0, asyncio.Event()

    async def handler(_: Job) -> None:
        nonlocal running, peak, runs
        running, runs = running + 1, runs + 1
        peak = max(peak, running)
        await go.wait()
        running -= 1

    await defer(store, CARDS)
    async with working(store, handler):
        await until(lambda: running == 1)
        await defer(store, CARDS)
        await asyncio.sleep(1.2)
        go.set()
        await until(lambda: runs == 2)
    assert peak == 1


async def test_a_wake_up_that_joins_another_holds_it_until_it_commits(store: PostgresStore, database_url: str) -> None:
    """Else the job could run before the commit, see nothing new, and nobody would come again."""
    seen: list[Job] = []

    async def handler(job: Job) -> None:
        seen.append(job)

    await defer(store, CARDS)
    async with store.connections("test", 1) as pool, pool.connection() as connection:
        await connection.execute(sql.BEGIN)
        args = [Jsonb({"name": "cards"})]
        same = {"keys": ["cards:r1::"], "locks": ["anything"], "args": args, "priorities": [0], "hurried": []}
        await connection.execute(sql.ENQUEUE, same)
        async with working(store, handler):
            await asyncio.sleep(1.5)
            assert not seen
            await connection.commit()
            await until(lambda: bool(seen))
    assert await queued(database_url) == []


async def test_retry_after_is_honoured(store: PostgresStore) -> None:
    at: list[float] = []
    counted = Counted()

    async def handler(_: Job) -> None:
        at.append(time.monotonic())
        if len(at) == 1:
            raise Unavailable("the connector is busy", retry_after=2)

    await defer(store, CARDS)
    async with working(store, handler, counted):
        await until(lambda: len(at) == 1)
        await defer(store, CARDS)  # a newer wake-up does not get past what we were told
        await until(lambda: len(at) == 3)
    assert at[1] - at[0] >= 2
    assert counted == {("cards", "again"): 1, ("cards", "done"): 2}


async def test_an_alarm_brings_forward_what_waits_for_its_next_try(store: PostgresStore, database_url: str) -> None:
    """The new row stood behind the one that waited, and so did the alarm."""
    at: list[Job] = []

    async def handler(job: Job) -> None:
        at.append(job)
        if job.request in [seen.request for seen in at[:-1]]:
            return
        raise Unavailable("busy", retry_after=3600)

    jobs = [Job("cards", request, urgency=Urgency.ALARM) for request in ("r1", "r2")]
    await defer(store, *jobs)
    async with working(store, handler):
        await until(lambda: len(at) == 2)
        while sorted(await queued(database_url)) != [("todo", "cards")] * 2:
            await asyncio.sleep(0.05)
        await defer(store, replace(jobs[0], urgency=Urgency.PROMPT), replace(jobs[1], urgency=Urgency.PROMPT))
        await asyncio.sleep(1.2)
        assert len(at) == 2  # nothing less does
        await defer(store, jobs[0])
        await until(lambda: len(at) == 4, 5)
    assert at[2:] == [jobs[0]] * 2
    assert await queued(database_url) == [("todo", "cards")] * 2  # those of the other one


@pytest.mark.parametrize("error", [Unavailable("away"), AnswerLost("gone"), ValueError("ours")])
async def test_other_failures_are_tried_again(store: PostgresStore, error: Exception) -> None:
    runs = 0

    async def handler(_: Job) -> None:
        nonlocal runs
        runs += 1
        if runs < 3:
            raise error

    await defer(store, CARDS)
    async with working(store, handler):
        await until(lambda: runs == 3)


async def test_what_cannot_heal_is_not_tried_again(store: PostgresStore, database_url: str) -> None:
    counted = Counted()

    async def handler(_: Job) -> None:
        raise Rejected("there is no such thing")

    await defer(store, CARDS)
    async with working(store, handler, counted):
        await until(lambda: bool(counted))
    assert counted == {("cards", "failed"): 1}
    assert await queued(database_url) == [("failed", "cards")]


async def test_a_conflict_is_tried_again_at_once(store: PostgresStore) -> None:
    at: list[float] = []

    async def handler(_: Job) -> None:
        at.append(time.monotonic())
        if len(at) < 4:
            raise Conflict("somebody else")

    await defer(store, CARDS)
    async with working(store, handler):
        await until(lambda: len(at) == 4)
    assert at[3] - at[0] < 4  # with the pauses other failures get it would be seven


async def test_a_mistake_is_given_up_in_the_end(
    store: PostgresStore, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.process.jobs.CAP", 0.01)
    counted = Counted()

    async def handler(_: Job) -> None:
        raise ValueError("ours")

    await defer(store, CARDS)
    async with working(store, handler, counted):
        await until(lambda: ("cards", "failed") in counted, 20)
    assert counted == {("cards", "again"): 9, ("cards", "failed"): 1}
    assert await queued(database_url) == [("failed", "cards")]
    async with store.connections("test", 1) as pool, pool.connection() as connection:
        await connection.execute("UPDATE procrastinate_events SET at = at - interval '25 hours'")
    await store.prune(datetime.now(UTC))
    assert await queued(database_url) == []


async def test_a_deadline_that_came_wakes_its_request(store: PostgresStore) -> None:
    ann = Person("contoso", "ann", "Ann")
    now = datetime.now(UTC)
    request = Request("r1", "tap", ann, ann, {}, Mode.ENFORCE, Status.READY, 1, now, due_at=now)
    seen: list[Job] = []

    async def handler(job: Job) -> None:
        seen.append(job)
        async with store.unit() as unit:
            there = await unit.load(job.request)
            assert there is not None
            if there.due_at:
                await unit.save(Request("r1", "tap", ann, ann, {}, Mode.ENFORCE, Status.READY, 1, now))

    async with store.unit() as unit:
        await unit.add(request)
    async with working(store, handler), working(store, handler):
        await until(lambda: bool(seen))
        await asyncio.sleep(1.5)
    assert 1 <= len(seen) <= 2
    assert seen[0] == Job("due", "r1")
