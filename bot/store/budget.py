"""Turns that all replicas share: one bucket in the database, by its clock; a turn is taken before it is used."""

from __future__ import annotations

import asyncio
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from bot.core.errors import Unavailable
from bot.core.ports import Budget
from bot.store import sql
from bot.store.faults import translated


class TurnBudget(Budget):
    """One turn each `every` seconds for everybody who names the same budget. Raises `Unavailable`."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[DictRow]], name: str, every: float) -> None:
        self._pool = pool
        self._name = name
        self._every = every

    async def turn(self, patience: float) -> None:
        taken = await self._row(sql.TAKE_TURN, {"every": self._every, "patience": patience})
        if taken is None:
            ahead = await self._row(sql.NEXT_TURN, {})
            raise Unavailable("others have the next turns", retry_after=ahead["wait"] if ahead else self._every)
        await asyncio.sleep(taken["wait"])  # no connection is held meanwhile

    async def _row(self, statement: str, values: dict[str, Any]) -> DictRow | None:
        with translated():
            async with self._pool.connection() as connection:
                return await (await connection.execute(statement, {"name": self._name, **values})).fetchone()
