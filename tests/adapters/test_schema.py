"""The database as a thing that can be away, break, or be an older shape than the code."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory

from bot.core.errors import AnswerLost, Misconfigured, Unavailable
from bot.store.postgres import PostgresStore
from bot.store.schema import HERE, migrate
from bot.store.shape import REVISION
from tests.adapters.rows import Stopped, added, ask


async def test_a_database_that_is_away_is_unavailable(tmp_path: object) -> None:
    async with PostgresStore(f"postgresql://nobody@/none?host={tmp_path}", clock=Stopped()) as store:
        with pytest.raises(Unavailable):
            await store.ping()
        with pytest.raises(Unavailable):
            async with store.unit():
                raise AssertionError("a unit without a connection")


async def test_a_cut_connection_is_replaced(store: PostgresStore, database_url: str) -> None:
    async def write() -> None:
        async with store.unit() as unit:
            await unit.add(ask("r1"))
            await asyncio.to_thread(_cut, database_url)
            await unit.add(ask("r2"))

    with pytest.raises(Unavailable):
        await write()
    async with store.unit() as unit:
        assert await unit.load("r1") is None


def _cut(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_migrating_twice_and_at_once(empty_database_url: str) -> None:
    async with PostgresStore(empty_database_url, clock=Stopped()) as store:
        assert not await store.migrated()
        with pytest.raises(Misconfigured):
            async with store.unit() as unit:
                await unit.load("r1")
        await asyncio.gather(*(asyncio.to_thread(migrate, empty_database_url) for _ in range(3)))
        assert await store.migrated()
        await added(store, ask("r1"))
        await asyncio.to_thread(migrate, empty_database_url)
        async with store.unit() as unit:
            assert await unit.load("r1") == ask("r1")


def test_migrating_without_a_database(tmp_path: object) -> None:
    with pytest.raises(Unavailable):
        migrate(f"postgresql://nobody@/none?host={tmp_path}")


async def test_a_connection_that_breaks_before_the_commit_leaves_a_question(
    store: PostgresStore, database_url: str
) -> None:
    """Whether the database got the commit cannot be known from here."""

    async def write() -> None:
        async with store.unit() as unit:
            await unit.add(ask("r1"))
            await asyncio.to_thread(_cut, database_url)

    with pytest.raises(AnswerLost):
        await write()


async def test_scripts_of_a_newer_queue_are_applied_once(
    empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asyncio.to_thread(migrate, empty_database_url)
    (tmp_path / "99.00.00_01_pre.sql").write_text("CREATE TABLE newer (n int); INSERT INTO newer VALUES (1);")
    monkeypatch.setattr("bot.store.shape.SchemaManager.get_migrations_path", lambda: str(tmp_path))
    async with PostgresStore(empty_database_url, clock=Stopped()) as store:
        assert not await store.migrated()
        await asyncio.to_thread(migrate, empty_database_url)
        await asyncio.to_thread(migrate, empty_database_url)
        assert await store.migrated()
    with psycopg.connect(empty_database_url) as connection:
        assert connection.execute("SELECT count(*) FROM newer").fetchone() == (1,)


@pytest.mark.parametrize("url", ["postgresql+psycopg://desk:hunter2@db/desk", "hunter2@db/desk", "hunter2"])
def test_a_url_that_cannot_be_read_is_not_repeated(url: str) -> None:
    for use in (migrate, lambda wrong: PostgresStore(wrong, clock=Stopped())):
        with pytest.raises(Misconfigured) as told:
            use(url)
        assert "hunter2" not in str(told.value)


def test_the_shape_names_the_newest_migration() -> None:
    assert ScriptDirectory(str(HERE)).get_current_head() == REVISION


def test_the_files_of_migrations_say_their_order() -> None:
    """Whoever adds one sees in the folder which number is next, and two that take the same one collide in review."""
    every = list(ScriptDirectory(str(HERE)).walk_revisions())
    assert [script.revision for script in reversed(every)] == [f"{n + 1:04}" for n in range(len(every))]
    assert [script.path for script in every if not Path(script.path).name.startswith(f"{script.revision}_")] == []
