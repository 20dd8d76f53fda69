"""The store on PostgreSQL: the truth about every request. Nothing outside is awaited while a transaction is open."""

from __future__ import annotations

import asyncio
import select
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Final, Self

import psycopg
from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from bot.core.audit import PLAIN, Entry, Keys
from bot.core.errors import Misconfigured
from bot.core.ports import Clock, Store
from bot.store import chain, codec, forming, sql
from bot.store.budget import TurnBudget
from bot.store.faults import translated
from bot.store.pipeline import Pipeline
from bot.store.shape import applied, checked, newest
from bot.store.unit import PostgresUnit

# A peer that vanished without a word is noticed within seconds, not when TCP gives up after minutes.
LINK: Final = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
WAIT: Final = 3.0  # seconds for a free connection, or to give one back
PAGE: Final = 500  # audit entries fetched at once
TOO_MUCH: Final = (
    ("owns", "it owns the audit trail"),
    ("changes", "it may change the audit trail"),
    ("makes", "it may make tables"),
    (
        "unguarded",
        "it may add to the audit trail where it likes: a trigger there was switched off or taken away",
    ),
)
LAST_WORDS: Final = 8  # pieces in which a server may say why it hangs up
SEEN_FOR: Final = timedelta(days=2)  # Teams delivers again within minutes; connectors have been seen to within a day
KEPT_FOR: Final = timedelta(days=1)  # sign-ins and finished jobs


class PostgresStore(Store):
    """Open it with `async with`; `url` is anything libpq understands.

    `wait` is how many seconds somebody waits for a free connection; the audit trail is written with the `keys`.
    `written` are the ends of the chains as this very process wrote them last.
    """

    def __init__(self, url: str, *, clock: Clock, size: int = 10, wait: float = WAIT, keys: Keys = PLAIN) -> None:
        self.written: dict[str, tuple[int, str]] = {}
        self._clock = clock
        self._keys = keys
        self._wait = wait
        self._shape = newest()
        self._url = checked(url)
        self._pool = self.connections("store", size)

    async def __aenter__(self) -> Self:
        """Begin to connect; a database that is away is `Unavailable` to whoever asks for it, not here."""
        await self._pool.open(wait=False)
        return self

    async def __aexit__(
        self, sort: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.close(timeout=WAIT)

    def connections(self, name: str, size: int) -> AsyncConnectionPool[AsyncConnection[DictRow]]:
        """Make a pool, not open yet, whose sessions are set up like the store's own."""
        return AsyncConnectionPool(
            self._url,
            connection_class=AsyncConnection[DictRow],
            kwargs={"row_factory": dict_row, **LINK},
            min_size=1,
            max_size=size,
            timeout=self._wait,
            configure=configure,
            check=listening,
            name=name,
            open=False,
        )

    def budget(self, name: str, every: float, burst: int = 1) -> TurnBudget:
        """Return turns that every process on this database shares under this name."""
        return TurnBudget(self._pool, name, every, burst)

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[PostgresUnit]:
        """Open one transaction; it commits when the block ends well.

        Raises `Conflict`, `Unavailable` (nothing was saved), `Rejected` (a value PostgreSQL cannot keep) and
        `AnswerLost` (the connection broke during the commit).
        """
        with translated():
            line = Pipeline(await self._pool.getconn(), self._instead)
        try:
            try:
                unit = PostgresUnit(line, self._clock, self._keys, self.written)
                with translated():
                    yield unit
                    await unit.finish()
                await line.commit()
                for tenant, head in unit.heads.items():
                    self.written[tenant] = max(head, self.written.get(tenant, head))
            except BaseException:
                for connection in line.connections:
                    await _undo(connection)
                raise
        finally:
            line.end()
            for connection in line.connections:
                await self._pool.putconn(connection)

    async def _instead(self, broken: AsyncConnection[DictRow]) -> AsyncConnection[DictRow]:
        """Give a connection back before another is asked for: else all might hold one and wait for one."""
        await broken.close()
        await self._pool.putconn(broken)
        return await self._pool.getconn()

    async def ping(self) -> None:
        """Raise `Unavailable` when the database does not answer."""
        with translated():
            async with self._pool.connection() as connection:
                await connection.execute(sql.PING)

    async def migrated(self) -> bool:
        """Say whether the schema is the one this code was written for, or a newer one that still serves it."""
        try:
            rows = await self._all(forming.APPLIED, {})
        except Misconfigured:  # not even the tables
            return False
        return any(applied(row["revision"], row["scripts"], row["oldest"]).serves(self._shape) for row in rows)

    async def too_much(self) -> str:
        """Say what the role of this URL may do with the trail beyond adding to it; "" when that is all."""
        (may,) = await self._all(chain.TOO_MUCH, {"guards": list(chain.GUARDS)})
        return next((told for what, told in TOO_MUCH if may[what]), "")

    async def tenants(self) -> tuple[str, ...]:
        return tuple(row["tenant"] for row in await self._all(chain.TENANTS, {}))

    async def head(self, tenant: str) -> tuple[int, str] | None:
        """Return the end of a tenant's chain: the last seq and its hash."""
        rows = await self._all(chain.HEAD, {"tenant": tenant})
        return (rows[0]["seq"], rows[0]["hash"]) if rows else None

    async def beyond(self, tenant: str) -> int | None:
        """Return the first seq that stands in a tenant's trail after the end of its chain: there should be none."""
        (row,) = await self._all(chain.BEYOND, {"tenant": tenant})
        return None if row["seq"] is None else int(row["seq"])

    async def hash_at(self, tenant: str, seq: int) -> str:
        """Return the hash of one entry, or "" when it is not there."""
        rows = await self._all(chain.HASH_AT, {"tenant": tenant, "seq": seq})
        return str(rows[0]["hash"]) if rows else ""

    async def plain_ends(self) -> tuple[str, ...]:
        """Return the tenants whose chain ends with an entry that carries no key."""
        return tuple(row["tenant"] for row in await self._all(chain.PLAIN_ENDS, {}))

    async def audit_entries(
        self, tenant: str, upto: int | None = None, since: datetime | None = None
    ) -> AsyncGenerator[Entry]:
        """Walk a tenant's chain from its beginning, up to and with `upto` (a head that was read before).

        With `since`, only what was written from then on.
        """
        with translated():
            async with (
                self._pool.connection() as connection,
                connection.transaction(),
                connection.cursor("trail") as cursor,
            ):
                await connection.execute(chain.NO_HURRY)
                cursor.itersize = PAGE
                values = {"tenant": tenant, "upto": upto, "since": since}
                await cursor.execute(chain.ENTRIES if since is None else chain.ENTRIES_SINCE, values)
                async for row in cursor:
                    yield codec.entry_of(row)

    async def recover(
        self, *, silent: float, longest: float, tries: int, forever: Collection[str] = ()
    ) -> tuple[str, ...]:
        """Put back jobs whose worker was silent for `silent` seconds or that began `longest` seconds ago.

        Return the names of those that were given up, having been abandoned `tries` times; those of `forever` are not.
        """
        with translated():
            async with self._pool.connection() as connection, connection.transaction():
                turn = await (await connection.execute(sql.TURN)).fetchone()
                if turn is None or not turn["mine"]:  # another replica is at it
                    return ()
                values = {"silent": silent, "longest": longest, "tries": tries, "forever": list(forever)}
                cursor = await connection.execute(sql.RECOVER, values)
                return tuple(row["name"] for row in await cursor.fetchall() if row["failed"])

    async def orphans(self, known: Collection[str], age: float) -> tuple[str, ...]:
        """Drop jobs in other queues than the `known` that nobody took for `age` seconds; return their names."""
        return tuple(row["name"] for row in await self._all(sql.DROP_ORPHANS, {"known": list(known), "age": age}))

    async def prune(self, now: datetime) -> None:
        """Delete what nobody will ask for again."""
        for statement, values in (
            (sql.PRUNE_SEEN, {"before": now - SEEN_FOR}),
            (sql.PRUNE_SIGN_INS, {"before": now - KEPT_FOR}),
            (sql.PRUNE_USED_SIGN_INS, {"before": now - KEPT_FOR}),
            (sql.PRUNE_TRIES, {"before": now - 2 * KEPT_FOR}),
            (sql.PRUNE_JOBS, {"age": KEPT_FOR.total_seconds()}),
        ):
            with translated():
                async with self._pool.connection() as connection:
                    await connection.execute(statement, values)

    async def _all(self, statement: str, values: dict[str, Any]) -> list[DictRow]:
        with translated():
            async with self._pool.connection() as connection:
                return await (await connection.execute(statement, values)).fetchall()


async def configure(connection: AsyncConnection[Any]) -> None:
    """Set a session up: UTC, and no statement or idle transaction without an end; transactions only where begun."""
    async with asyncio.timeout(5):
        await connection.set_autocommit(True)
        await connection.execute(sql.SESSION)


async def listening(connection: AsyncConnection[Any]) -> None:
    """Raise `psycopg.OperationalError` when the server has hung up. It is not asked: that would cost a round trip.

    Nobody waits for an answer on a connection of the pool, so all there is to be read there is its end and what the
    server said before it. A peer that vanished without a word is found out by keepalives, which end it here too.
    """
    ear = select.poll()
    ear.register(connection.fileno(), select.POLLIN)
    for _ in range(LAST_WORDS):
        if not ear.poll(0):
            return
        connection.pgconn.consume_input()
    raise psycopg.OperationalError("the server talks without being asked")


async def _undo(connection: AsyncConnection[Any]) -> None:
    """End what was begun, if anything was; a connection that cannot do even that is thrown away by the pool."""
    if connection.pgconn.transaction_status == TransactionStatus.IDLE:
        return
    try:
        async with asyncio.timeout(WAIT):
            await connection.rollback()
    except (psycopg.Error, TimeoutError):
        await connection.close()
