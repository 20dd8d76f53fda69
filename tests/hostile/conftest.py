"""A desk under siege: one for all tests that may change nothing in it, and a fresh one for those that do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import migrated
from tests.hostile.siege import Siege, siege


@pytest.fixture(scope="module")
def besieged(postgres: str) -> Iterator[Siege]:
    for url in migrated(postgres):
        with siege(url) as opened:
            yield opened


@pytest.fixture
def fresh(database_url: str) -> Iterator[Siege]:
    with siege(database_url) as opened:
        yield opened
