"""Pipeline: the statements of one unit, in as few round trips as their order allows. Nothing is ever done twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow

from bot.core.errors import Conflict, Unavailable
from bot.store import sql
from bot.store.faults import alive, committing, translated

Instead = Callable[[AsyncConnection[DictRow]], Awaitable[AsyncConnection[DictRow]]]


@dataclass(slots=True, eq=False)
class _Asked:
    """A statement on its way. `conflict` is what it means when it changed no row; `again`: done twice, it is one."""

    statement: str
    values: dict[str, Any] = field(default_factory=dict)
    conflict: str = ""
    writes: bool = False
    again: bool = False
    rows: list[DictRow] | None = None


class Pipeline:
    """What is read needs no transaction, because each statement sees what is committed; the first write begins one.

    What is asked at the same time (`asyncio.gather`) goes in one round trip, and what was only put in line goes with
    whatever is asked next, in the order in which it came.
    """

    def __init__(self, connection: AsyncConnection[DictRow], instead: Instead) -> None:
        self.connections = [connection]  # the one in use, or none; whoever made the line takes it back
        self._instead: Instead | None = instead  # until something came back on this one
        self._waiting: list[_Asked] = []
        self._begun = False
        self._over = False
        self._travelling = asyncio.Lock()

    def end(self) -> None:
        """Take nothing any more: the connection is somebody else's now."""
        self._over = True

    def put(self, statement: str, values: dict[str, Any], *, conflict: str = "", again: bool = False) -> None:
        """Write later, in this order. `conflict` is raised before the commit when no row was changed.

        `again`: it may be done once more when nobody knows whether it was, because that changes nothing.
        """
        self._waiting.append(_Asked(statement, values, conflict, writes=True, again=again))

    async def rows(self, statement: str, values: dict[str, Any], *, writes: bool = False) -> list[DictRow]:
        """Return what a statement answers. Raises `Conflict` for what was put in line before it."""
        asked = _Asked(statement, values, writes=writes)
        self._waiting.append(asked)
        await asyncio.sleep(0)  # whoever asks at the same time comes along
        async with self._travelling:
            if asked in self._waiting and not self._over:
                await self._go(self._taken())
        if asked.rows is None:
            raise Unavailable("something that was asked at the same time failed")
        return asked.rows

    async def commit(self) -> None:
        """Send what is left and make it last. Raises `AnswerLost` when nobody knows whether it does."""
        left = self._taken()
        if self._begun or len(left) > 1:  # one statement is a transaction of its own
            doubtful = max((place for place, asked in enumerate(left, 1) if asked.conflict), default=0)
            if doubtful:
                with translated():
                    await self._go(left[:doubtful])
            left = [*self._begins(left[doubtful:]), *left[doubtful:], _Asked(sql.COMMIT)]
        if left:
            with committing():
                await self._send(left)

    def _taken(self) -> list[_Asked]:
        taken, self._waiting = self._waiting, []
        return taken

    async def _go(self, batch: list[_Asked]) -> None:
        await self._send([*self._begins(batch), *batch])

    def _begins(self, batch: list[_Asked]) -> list[_Asked]:
        """Begin a transaction with the first write."""
        if self._begun or not any(asked.writes for asked in batch):
            return []
        self._begun = True
        return [_Asked(sql.BEGIN)]

    async def _send(self, batch: list[_Asked]) -> None:
        """Send a batch in one round trip."""
        for asked, rows in zip(batch, await self._sent(batch), strict=True):
            asked.rows = rows
            if asked.conflict and not rows:
                raise Conflict(asked.conflict)

    async def _sent(self, batch: list[_Asked]) -> list[list[DictRow]]:
        """Send it; on another connection where the server had given this one up, if nothing can have been done yet."""
        try:
            answers = await _answers(self.connections[0], batch)
        except psycopg.OperationalError as error:
            if self._instead is None or alive(error) or not _harmless(batch):
                raise
            instead, self._instead = self._instead, None
            self.connections.append(await instead(self.connections.pop()))
            answers = await _answers(self.connections[0], batch)
        self._instead = None
        return answers


def _harmless(batch: list[_Asked]) -> bool:
    """What only reads, what is not committed here, and what may be done again."""
    begins, commits = (any(asked.statement == word for asked in batch) for word in (sql.BEGIN, sql.COMMIT))
    return not commits and (begins or all(asked.again or not asked.writes for asked in batch))


async def _answers(connection: AsyncConnection[DictRow], sent: Sequence[_Asked]) -> list[list[DictRow]]:
    if len(sent) == 1:
        return [await _fetched(await connection.execute(sent[0].statement, sent[0].values))]
    async with connection.pipeline():
        cursors = [await connection.execute(asked.statement, asked.values) for asked in sent]
    return [await _fetched(cursor) for cursor in cursors]


async def _fetched(cursor: AsyncCursor[DictRow]) -> list[DictRow]:
    return await cursor.fetchall() if cursor.description is not None else []
