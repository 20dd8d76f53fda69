"""The store on a real, fresh database, as its owner and as the desk's own role, with a clock that is told to move."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from bot.config import environment
from bot.store import grants
from bot.store.postgres import PostgresStore
from tests.adapters.rows import Stopped
from tests.adapters.test_commands import WHOLE
from tests.adapters.trail import KEYS
from tests.stores import patient


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[PostgresStore]:
    async with patient(database_url, Stopped()) as opened:
        yield opened


@pytest.fixture
def desk_settings(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    for name, value in {**WHOLE, "VOUCHSAFE_AUDIT_KEYS": KEYS, "VOUCHSAFE_DATABASE_URL": database_url}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def role(database_url: str) -> Iterator[str]:
    """A role that may run the desk, and nothing else."""
    name = f"desk_{uuid4().hex}"
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
        grants.grant(database_url, name)
        yield name
        owner.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
        owner.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@pytest.fixture
def runtime_url(database_url: str, role: str) -> str:
    return database_url.replace("postgres:@", f"{role}:@", 1)


@pytest.fixture
async def keyed(database_url: str) -> AsyncIterator[PostgresStore]:
    async with PostgresStore(database_url, clock=Stopped(), wait=60, keys=environment.load().keys) as opened:
        yield opened
