"""The store on a real, fresh database, with a clock that moves when it is told to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.store.postgres import PostgresStore
from tests.adapters.rows import Stopped
from tests.stores import patient


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[PostgresStore]:
    async with patient(database_url, Stopped()) as opened:
        yield opened
