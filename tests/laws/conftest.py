"""An office for each test: the desk on a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.store.postgres import PostgresStore
from tests.entra import FakeClock
from tests.fakes import Office, office


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Office]:
    clock = FakeClock()
    async with PostgresStore(database_url, clock=clock) as store:
        yield office(store, clock)
