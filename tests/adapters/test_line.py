"""A unit on the wire: what goes together, what a broken or busy connection does to it, and that none is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import psycopg
import pytest

from bot.core.audit import Deed, Note
from bot.core.errors import AnswerLost, Conflict, Unavailable
from bot.core.model import Status
from bot.core.ports import Job
from bot.store import sql
from bot.store.postgres import PostgresStore
from tests.adapters.rows import ANN, HOME, NOW, Stopped, added, ask
from tests.stores import patient

LEAVE = "SELECT pg_terminate_backend(pg_backend_pid())"


@pytest.fixture
async def single(database_url: str) -> AsyncIterator[PostgresStore]:
    """A store with one connection: one that is lost is missed at once."""
    async with patient(database_url, Stopped(), size=1) as store:
        await store.ping()
        yield store


def cut(url: str) -> None:
    """End every other connection, and go on before anybody has heard of it."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_what_is_read_at_the_same_time_comes_back_to_whom_asked(single: PostgresStore) -> None:
    await added(single, ask("r1"), ask("r2", kind="verify"))
    async with single.unit() as unit:
        found = await asyncio.gather(*(unit.load(name) for name in ("r2", "r1", "r3", "r2")))
    assert [request and request.id for request in found] == ["r2", "r1", None, "r2"]


async def test_what_was_written_is_read_in_the_same_unit_and_by_nobody_else_before(
    single: PostgresStore, database_url: str
) -> None:
    async with patient(database_url, Stopped()) as other:
        async with single.unit() as unit:
            await unit.add(ask("r1"))
            await unit.save(replace(ask("r1"), status=Status.READY))
            loaded = await unit.load("r1")
            assert loaded is not None
            assert (loaded.status, loaded.version) == (Status.READY, 2)
            async with other.unit() as elsewhere:
                assert await elsewhere.load("r1") is None
        async with other.unit() as elsewhere:
            assert await elsewhere.load("r1") is not None


async def test_a_save_that_comes_too_late_takes_everything_with_it(single: PostgresStore) -> None:
    """Also what was put in line behind it: the trail, the wake-up and the chat."""
    await added(single, ask("r1"))

    async def late() -> None:
        async with single.unit() as unit:
            await unit.save(replace(ask("r1"), version=7))
            await unit.remember(ANN, HOME)
            await unit.note(ask("r1"), Note(Deed.READY))
            await unit.defer(Job("cards", "r1"))

    with pytest.raises(Conflict):
        await late()
    async with single.unit() as unit:
        assert await unit.private_chat("contoso", "ann") is None
    assert await single.tenants() == ()


async def test_a_connection_that_just_ended_costs_nobody_their_turn(single: PostgresStore, database_url: str) -> None:
    await added(single, ask("r1"))
    await asyncio.to_thread(cut, database_url)
    async with single.unit() as unit:
        assert await unit.load("r1") is not None  # it only reads
    await asyncio.to_thread(cut, database_url)
    await added(single, ask("r2", kind="verify"))  # it has not committed
    await asyncio.to_thread(cut, database_url)
    async with single.unit() as unit:
        await unit.remember(ANN, HOME)  # done twice, it is the same


async def test_what_may_have_been_done_is_not_done_again(
    single: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit that was sent and not answered, and a connection that ends later than at the first question."""

    async def noted() -> None:
        async with single.unit() as unit:
            await unit.note(ask("r1"), Note(Deed.READY))

    async def cut_between() -> None:
        async with single.unit() as unit:
            await unit.load("r1")
            monkeypatch.setattr(sql, "LOAD_REQUEST", LEAVE)
            await unit.load("r1")

    monkeypatch.setattr(sql, "COMMIT", LEAVE)
    with pytest.raises(AnswerLost):
        await noted()
    monkeypatch.undo()
    with pytest.raises(Unavailable):
        await cut_between()
    monkeypatch.undo()
    await noted()
    head = await single.head("contoso")
    assert head is not None
    assert head[0] == 1


async def test_one_who_stops_waiting_leaves_the_connection_fit_for_the_next(
    single: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = f"{sql.PRIVATE_CHAT} AND pg_sleep(30) IS NOT NULL"  # in the middle of a batch

    async def impatient() -> None:
        async with asyncio.timeout(0.3), single.unit() as unit:
            await unit.remember(ANN, HOME)
            await asyncio.gather(unit.load("r1"), unit.private_chat("contoso", "ann"))

    monkeypatch.setattr(sql, "PRIVATE_CHAT", slow)
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await impatient()
    monkeypatch.undo()
    await added(single, ask("r1"))
    async with single.unit() as unit:
        assert await unit.private_chat("contoso", "ann") is None
        assert await unit.first_time("contoso", "once", NOW)
