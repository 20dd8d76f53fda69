"""Matters in the database: one version after another, one in a lane, and what a newer version wrote outlives us."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.callers import Stand, Verification
from bot.core.errors import Conflict
from bot.core.model import Person
from bot.core.proven import Proven
from bot.store.postgres import PostgresStore

TENANT = "11111111-1111-1111-1111-111111111111"
AT = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
BEN, ANN = Person(TENANT, "ben", "Ben"), Person(TENANT, "ann", "Ann", "de-DE")
ONE = Verification(id="v1", by=BEN, about=ANN, created_at=AT, due_at=AT + timedelta(minutes=5), seed="00ff")
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
TIME = st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is beside it


async def begun(store: PostgresStore, one: Verification) -> bool:
    async with store.unit() as unit:
        return await unit.begin(one)


async def read(store: PostgresStore, key: str = "v1") -> Verification | None:
    async with store.unit() as unit:
        return await unit.matter(Verification, key)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    name=TEXT,
    status=st.sampled_from(Stand),
    proven=st.none() | st.sampled_from(Proven),
    at=st.none() | TIME,
    numbered=st.booleans(),
    count=st.integers(0, 10**9),
)
async def test_what_is_written_is_what_is_read(
    store: PostgresStore,
    name: str,
    status: Stand,
    proven: Proven | None,
    at: datetime | None,
    *,
    numbered: bool,
    count: int,
) -> None:
    one = replace(ONE, id=f"{count}-{name}-{at}", about=replace(ANN, id=f"{count}-{at}", name=name))
    one = replace(one, status=status, proven=proven, proven_at=at, due_at=at, by_number=numbered)
    if await begun(store, one):
        assert await read(store, one.id) == one


async def test_of_two_who_change_one_version_the_second_is_told(store: PostgresStore) -> None:
    assert await begun(store, ONE)
    async with store.unit() as unit:
        kept = await unit.keep(replace(ONE, status=Stand.VERIFIED))
    assert kept.version == 2
    assert await read(store) == kept
    with pytest.raises(Conflict):
        async with store.unit() as unit:
            await unit.keep(replace(ONE, status=Stand.REFUSED))
    assert await read(store) == kept


async def test_one_holds_a_lane_until_it_lets_it_go(store: PostgresStore) -> None:
    other = replace(ONE, id="v2")
    assert await begun(store, ONE)
    assert not await begun(store, ONE)
    assert not await begun(store, other)
    async with store.unit() as unit:
        assert await unit.in_lane(Verification, TENANT, "ann") == ONE
        await unit.keep(replace(ONE, status=Stand.CANCELLED))
    assert await begun(store, other)


async def test_they_are_found_by_whom_they_are_about_and_by(store: PostgresStore) -> None:
    ended = replace(ONE, status=Stand.UNANSWERED)
    later = replace(ended, id="v2", created_at=AT + timedelta(hours=1))
    for one in (ended, later, replace(ended, id="v3", by=ANN, about=BEN)):
        assert await begun(store, one)
    async with store.unit() as unit:
        about = await unit.about(Verification, TENANT, "ann", AT - timedelta(days=1))
        by = await unit.begun_by(Verification, TENANT, "ben", AT)
        assert [one.id for one in about] == ["v2", "v1"]
        assert [one.id for one in by] == ["v2"]
        assert list(await unit.about(Verification, "another tenant", "ann", AT - timedelta(days=1))) == []


async def test_what_a_newer_version_has_added_stays_and_what_an_older_left_out_is_usual(
    store: PostgresStore, database_url: str
) -> None:
    assert await begun(store, ONE)
    with psycopg.connect(database_url) as connection:
        connection.execute("""UPDATE matters SET doc = (doc - 'by_number') || '{"tomorrow": 1}'""")
    found = await read(store)
    assert found == ONE
    async with store.unit() as unit:
        await unit.keep(ONE)
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT doc -> 'tomorrow' FROM matters").fetchone() == (1,)
