"""The desk's own role in the database: what it may do with the trail, and what it may not."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from bot.config import environment
from bot.core.audit import Deed, Note
from bot.core.errors import Misconfigured
from bot.core.ports import Job
from bot.process.heads import Heads
from bot.store import grants
from bot.store.postgres import PostgresStore
from bot.store.schema import migrate
from tests.adapters.rows import ANN, HOME, Stopped, added, ask
from tests.adapters.trail import as_owner, checked, written
from tests.stores import patient

pytestmark = pytest.mark.usefixtures("desk_settings")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET deed = 'denied'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "DROP TABLE audit",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "ALTER TABLE audit ADD COLUMN more text",
        "DROP TRIGGER audit_stays ON audit",
        "ALTER FUNCTION vouchsafe_refuse_change() RENAME TO gone",
        "CREATE TABLE mine (n int)",
        "DELETE FROM chains",
        "UPDATE chains SET seq = 0",
        "DROP TABLE chains",
        "UPDATE served SET oldest = '9999'",
        "DELETE FROM requests",
        "SET session_replication_role = replica",
    ],
)
async def test_the_desks_own_role_cannot_touch_what_was_written(
    runtime_url: str, keyed: PostgresStore, change: str
) -> None:
    await written(keyed, Deed.ASKED)
    with psycopg.connect(runtime_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(change.encode())
    assert (await checked()).exit_code == 0


async def test_the_desks_own_role_passes_nothing_on(runtime_url: str) -> None:
    """PostgreSQL only warns of a GRANT that gives nothing."""
    with psycopg.connect(runtime_url, autocommit=True) as connection:
        connection.execute("GRANT UPDATE ON audit TO PUBLIC")
    async with patient(runtime_url, Stopped()) as own:
        assert await own.too_much() == ""


async def test_the_desks_own_role_is_enough_for_the_desk(runtime_url: str) -> None:
    """Every statement on the way of a request; the stories run as such a role too."""
    async with patient(runtime_url, Stopped()) as store:
        assert await store.migrated()
        assert await store.too_much() == ""
        await added(store, ask("r1"))
        async with store.unit() as unit:
            request = await unit.load("r1")
            assert request is not None
            await unit.save(request)
            await unit.remember(ANN, HOME)
            await unit.note(request, Note(Deed.ASKED))
            await unit.defer(Job("cards", "r1"))
            assert await unit.first_time("contoso", "k", Stopped().at)
            await unit.forget("contoso", "ann")
        await store.budget("x", 1.0).share(1, 5)
        await store.recover(silent=1, longest=1, tries=1)
        await store.orphans(("cards",), 0)
        await store.prune(Stopped().at)
        assert [entry.deed async for entry in store.audit_entries("contoso")] == ["asked"]


async def test_a_role_that_may_more_is_told(
    store: PostgresStore, database_url: str, role: str, runtime_url: str
) -> None:
    assert "owns the audit trail" in await store.too_much()
    asked = Heads(store, environment.load()).checks()["role"]
    assert "more than it needs" in await asked.run()
    assert asked.warning
    async with patient(runtime_url, Stopped()) as own:
        assert await Heads(own, environment.load()).checks()["role"].run() == ""
        as_owner(database_url, f'GRANT UPDATE (deed) ON audit TO "{role}"')
        assert "may change the audit trail" in await own.too_much()
        grants.grant(database_url, role)
        assert await own.too_much() == ""
        as_owner(database_url, f'GRANT CREATE ON SCHEMA public TO "{role}"')
        assert "may make tables" in await own.too_much()


async def test_what_a_later_version_adds_is_granted_by_its_migrate(empty_database_url: str) -> None:
    """A role that ran the desk goes on running it: nobody has to think of the grants at an upgrade."""
    with psycopg.connect(empty_database_url, autocommit=True) as owner:
        name = f"desk_{uuid4().hex}"
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
        await asyncio.to_thread(migrate, empty_database_url)
        grants.grant(empty_database_url, name)
        owner.execute(sql.SQL("REVOKE ALL ON used_sign_ins FROM {}").format(sql.Identifier(name)))  # as if it were new
        await asyncio.to_thread(migrate, empty_database_url)
        asked = "SELECT has_table_privilege(%s, 'used_sign_ins', 'INSERT'), has_table_privilege(%s, 'audit', 'UPDATE')"
        assert owner.execute(asked, [name, name]).fetchone() == (True, False)
        owner.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
        owner.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def test_every_table_has_its_grants(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert {name for (name,) in rows if not name.startswith(grants.QUEUE)} == set(grants.NEEDS)


def test_a_role_that_cannot_be_bounded_is_not_granted(database_url: str, empty_database_url: str) -> None:
    with pytest.raises(Misconfigured, match="no role nobody_at_all"):
        grants.grant(database_url, "nobody_at_all")
    with pytest.raises(Misconfigured, match="superuser"):
        grants.grant(database_url, "postgres")
    with pytest.raises(Misconfigured, match="vouchsafe migrate"):
        grants.grant(empty_database_url, "postgres")


def test_only_the_owner_grants(runtime_url: str, role: str) -> None:
    with pytest.raises(Misconfigured, match="VOUCHSAFE_DATABASE_OWNER_URL"):
        grants.grant(runtime_url, role)
