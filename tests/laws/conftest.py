"""An office for each test: the desk on a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.entra import FakeClock
from tests.fakes import Office, office
from tests.stores import patient


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Office]:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        yield office(store, clock)
