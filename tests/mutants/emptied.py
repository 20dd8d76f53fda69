"""One database for all tests of a run, emptied before each: making and dropping one takes longer than most tests do."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import psycopg
from psycopg import sql

from tests import conftest

NAME = "mutants"


def use() -> None:
    """Let every test that asks for a database of its own have this one."""
    conftest._database = emptied


def emptied(server: str, how: str) -> Iterator[str]:
    """Return its URL; what the migrations put into it stays."""
    url = server.replace("/postgres?", f"/{NAME}?", 1)
    tables = _made(server, how, url)
    with psycopg.connect(url, autocommit=True, connect_timeout=60) as connection:
        connection.execute("SET session_replication_role = replica")  # the trail may not be changed otherwise
        for table in tables:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
    yield url


@cache
def _made(server: str, how: str, url: str) -> tuple[str, ...]:
    """Make the database, and return the tables that are empty in the beginning."""
    conftest._run(server, f"CREATE DATABASE {NAME} {how}")
    with psycopg.connect(url, connect_timeout=60) as connection:
        every = [row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        held = sql.SQL("SELECT 1 FROM {} LIMIT 1")
        return tuple(t for t in every if not connection.execute(held.format(sql.Identifier(t))).fetchall())
