"""Turns that all replicas share: one bucket in the database, by its clock; a turn is taken before it is used."""

from __future__ import annotations

import asyncio
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from bot.core.budgets import Budget, Share
from bot.core.errors import Unavailable
from bot.store import sql
from bot.store.faults import translated


class TurnBudget(Budget):
    """One turn each `every` seconds, and after a rest `burst` at once, for everybody who names the same budget."""

    def __init__(
        self, pool: AsyncConnectionPool[AsyncConnection[DictRow]], name: str, every: float, burst: int = 1
    ) -> None:
        self._pool = pool
        self._name = name
        self._every = every
        self._burst = burst

    async def turn(self, patience: float) -> None:
        taken = await self.share(1, patience)
        await asyncio.sleep(taken.wait)  # no connection is held meanwhile

    async def share(self, count: int, patience: float) -> Share:
        values = {"every": self._every, "count": count, "slack": self._every * (self._burst - 1), "patience": patience}
        taken = await self._row(sql.TAKE_TURNS, values)
        if taken is None:
            ahead = await self._row(sql.NEXT_TURN, {})
            raise Unavailable("others have the next turns", retry_after=ahead["wait"] if ahead else self._every)
        return Share(max(0.0, taken["wait"]), max(1, taken["replicas"]))

    async def _row(self, statement: str, values: dict[str, Any]) -> DictRow | None:
        with translated():
            async with self._pool.connection() as connection:
                return await (await connection.execute(statement, {"name": self._name, **values})).fetchone()
