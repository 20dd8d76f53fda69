"""Turns on a real database: as many replicas as there are share them, and one that was refused took none."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime

import psycopg
import pytest

from bot.core.errors import Unavailable
from bot.store.budget import TurnBudget
from bot.store.postgres import PostgresStore
from tests.adapters.rows import Stopped
from tests.stores import patient

EVERY = 0.1


async def test_replicas_share_the_turns(store: PostgresStore, database_url: str) -> None:
    async with patient(database_url, Stopped()) as other:
        budgets = [store.budget("one", EVERY), other.budget("one", EVERY)]
        await store.ping()
        await other.ping()
        at: list[float] = []

        async def take(budget: TurnBudget) -> None:
            await budget.turn(5)
            at.append(time.monotonic())

        began = time.monotonic()
        await asyncio.gather(*(take(budgets[n % 2]) for n in range(5)))
    assert at[-1] - began >= 4 * EVERY
    assert len(at) == 5


async def test_a_turn_refused_is_not_used_up(store: PostgresStore, database_url: str) -> None:
    budget = store.budget("one", 60)
    await budget.turn(0)
    ahead = _next(database_url)
    for _ in range(5):
        with pytest.raises(Unavailable) as caught:
            await budget.turn(0.01)
        assert caught.value.retry_after is not None
        assert 0 < caught.value.retry_after <= 60
    assert _next(database_url) == ahead


async def test_turns_nobody_took_do_not_add_up(store: PostgresStore, database_url: str) -> None:
    budget = store.budget("one", 60)
    await budget.turn(0)
    _move(database_url, "-1 hour")
    await budget.turn(0)
    with pytest.raises(Unavailable):
        await budget.turn(0)


async def test_budgets_of_other_names_have_turns_of_their_own(store: PostgresStore) -> None:
    await store.budget("one", 60).turn(0)
    await store.budget("two", 60).turn(0)
    with pytest.raises(Unavailable):
        await store.budget("one", 60).turn(0)


async def test_a_clock_that_was_set_back_stops_nobody_for_long(store: PostgresStore, database_url: str) -> None:
    budget = store.budget("one", 30)
    await budget.turn(0)
    _move(database_url, "1 hour")
    await budget.turn(0)
    with pytest.raises(Unavailable) as caught:
        await budget.turn(0)
    assert caught.value.retry_after is not None
    assert caught.value.retry_after <= 30


async def test_without_a_database_there_is_no_turn(tmp_path: object) -> None:
    async with PostgresStore(f"postgresql://nobody@/none?host={tmp_path}", clock=Stopped()) as away:
        with pytest.raises(Unavailable):
            await away.budget("one", EVERY).turn(1)


def _next(url: str) -> datetime:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT next_at FROM budgets").fetchone()
        assert row is not None
        at: datetime = row[0]
        return at


def _move(url: str, by: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE budgets SET next_at = now() + %s::interval", [by])
