"""The store on a real, fresh database, with a clock that moves when it is told to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.store.postgres import PostgresStore
from tests.adapters.rows import Stopped


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[PostgresStore]:
    async with PostgresStore(database_url, clock=Stopped()) as opened:
        yield opened
