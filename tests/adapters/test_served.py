"""The schema says whom it serves: a version that is being replaced runs on, and starts again, beside the next one."""

from __future__ import annotations

import asyncio
import re

import psycopg
import pytest
from alembic.script import Script, ScriptDirectory

from bot.core.errors import Misconfigured
from bot.store.postgres import PostgresStore
from bot.store.schema import HERE, migrate
from bot.store.shape import REVISION, scripts

SILENT = frozenset({"0001", "0002", "0003"})  # older than the rule
# What a new procrastinate takes away must wait until nobody runs the old one: see docs/operating.md.
AFTER = [
    "03.00.00_50_post_cancel_notification.sql",
    "03.01.00_50_post_add_heartbeat.sql",
    "03.02.00_50_post_batch_defer_jobs.sql",
    "03.04.00_50_post_add_retry_failed_job_procedure.sql",
]


def history() -> list[Script]:
    return list(ScriptDirectory(str(HERE)).walk_revisions())


def _newer(url: str, oldest: str) -> None:
    """What a later version's `migrate` leaves behind."""
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("UPDATE served SET oldest = %s", [oldest])


async def test_a_newer_schema_that_only_grew_serves_this_code(store: PostgresStore, database_url: str) -> None:
    assert await store.migrated()
    await asyncio.to_thread(_newer, database_url, REVISION)
    assert await store.migrated()
    await asyncio.to_thread(migrate, database_url)  # as a process does that starts again in the middle of it
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999",)


async def test_a_newer_schema_that_took_something_away_is_refused(store: PostgresStore, database_url: str) -> None:
    await asyncio.to_thread(_newer, database_url, "9999")
    assert not await store.migrated()
    with pytest.raises(Misconfigured, match="newer version"):
        await asyncio.to_thread(migrate, database_url)


@pytest.mark.parametrize(
    "damage",
    ["UPDATE alembic_version SET version_num = '0003'", "DELETE FROM queue_scripts", "DELETE FROM served"],
)
async def test_an_older_schema_serves_nobody_newer(store: PostgresStore, database_url: str, damage: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(damage)
    assert not await store.migrated()


def test_every_migration_says_whom_it_serves() -> None:
    for script in history():
        assert re.fullmatch(r"\d{4}", script.revision), "revisions are compared as text"
        if script.revision not in SILENT:
            oldest = getattr(script.module, "oldest", "")
            assert re.fullmatch(r"\d{4}", oldest), f"{script.revision} does not say the oldest code it serves"
            assert oldest <= script.revision


def test_the_newest_schema_serves_the_code_before_it(database_url: str) -> None:
    """A migration that takes something away comes a version after the last code that used it."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT oldest FROM served").fetchone()
    before = next(script.down_revision for script in history() if script.revision == REVISION)
    assert row is not None
    assert isinstance(before, str)
    assert row[0] <= before


def test_procrastinate_takes_nothing_away_unseen() -> None:
    assert [path.name for path in scripts() if "_post_" in path.name] == AFTER
