"""The trail against whoever may write the database: what its role may not do, and what is found when it was done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

import app
from bot.config import environment
from bot.core.audit import GENESIS, PLAIN, About, Deed, Key, Keys, Note, link, verify
from bot.core.errors import Misconfigured
from bot.core.ports import Job
from bot.process.heads import Heads
from bot.store import codec, grants
from bot.store.postgres import PostgresStore
from bot.store.schema import migrate
from tests.adapters.rows import ANN, HOME, Stopped, added, ask
from tests.adapters.test_commands import WHOLE
from tests.stores import patient

KEYS = "2026-11:kZ3v1Qw8Lr5tYb0nXc7uMe2sJd4fGh6iPa9oRqTlVxE"
OTHER = "2026-12:Ua7d2Kq0Zs5mWc9xTb4yNe1rLg6jHf3vPi8oQuXkRtY"
KEY, NEXT = Key("2026-11", b"k" * 32), Key("2026-12", b"n" * 32)
HELD = ["SELECT FROM audit", "INSERT INTO audit"]


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
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


async def written(store: PostgresStore, *deeds: Deed) -> str:
    """Write entries down, one transaction each; return where the chain ends, as the log says it."""
    for deed in deeds:
        async with store.unit() as unit:
            await unit.note(ask("r1"), Note(deed, {"by": "ann"}))
    seq, digest = store.written["contoso"]
    return f"{digest}:{seq}"


async def checked(*arguments: str) -> Result:
    """What `vouchsafe audit verify` says; it runs a loop of its own."""
    return await asyncio.to_thread(CliRunner().invoke, app.cli, ["audit", "verify", *arguments], catch_exceptions=False)


@contextmanager
def owner(url: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Who owns the tables gets past the triggers."""
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE audit DISABLE TRIGGER USER")
        connection.execute("ALTER TABLE chains DISABLE TRIGGER USER")
        yield connection


def as_owner(url: str, *statements: str) -> None:
    with owner(url) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def rewritten(url: str, *, mode: str) -> None:
    """Change who it was in the second entry, and make every hash after it anew, as somebody can who knows the code."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        rows = connection.execute("SELECT * FROM audit ORDER BY seq").fetchall()
    previous = GENESIS
    with owner(url) as connection:
        for old in map(codec.entry_of, rows):
            note = Note(Deed(old.deed), {"by": "mallory"} if old.seq == 2 else old.data)
            about = About(old.tenant, old.request, old.kind, old.subject, old.mode)
            keys = PLAIN if mode == "plain" else Keys((Key(old.key, sha256(b"a guess").digest()),))
            new = link(previous, about=about, seq=old.seq, at=old.at, note=note, keys=keys)
            connection.execute(
                "UPDATE audit SET data = %s, previous = %s, hash = %s, key = %s WHERE seq = %s",
                [Jsonb(dict(new.data)), new.previous, new.hash, new.key, new.seq],
            )
            previous = new.hash
        connection.execute("UPDATE chains SET hash = %s", [previous])


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


@pytest.mark.parametrize("mode", ["plain", "guessed"])
async def test_a_rewrite_by_the_owner_without_the_key_is_found(
    keyed: PostgresStore, database_url: str, mode: str
) -> None:
    await written(keyed, Deed.ASKED, Deed.APPROVED, Deed.SHOWN)
    rewritten(database_url, mode=mode)
    found = await checked()
    assert found.exit_code == 1
    assert "BROKEN at entry" in found.output


async def test_a_tail_that_was_cut_off_is_found_by_a_head_that_was_kept(
    keyed: PostgresStore, database_url: str
) -> None:
    """The stored end is cut with it, so that the chain by itself is whole."""
    first = await written(keyed, Deed.ASKED)
    last = await written(keyed, Deed.APPROVED, Deed.SHOWN)
    assert (await checked("--head", last)).exit_code == (await checked("--head", first)).exit_code == 0
    assert (await checked("--head", last.partition(":")[0])).exit_code == 0
    as_owner(
        database_url,
        "DELETE FROM audit WHERE seq = 3",
        "UPDATE chains SET (seq, hash) = (SELECT seq, hash FROM audit WHERE seq = 2)",
    )
    assert (await checked()).exit_code == 0  # what the chain itself cannot say
    for head in (last, last.partition(":")[0]):
        found = await checked("--head", head)
        assert (found.exit_code, "cut off" in found.output) == (1, True)
    assert (await checked("--head", first)).exit_code == 0
    await written(keyed, Deed.DENIED)  # and something else stands there now
    found = await checked("--head", last)
    assert (found.exit_code, "entry 3: its hash is not the one that was kept" in found.output) == (1, True)


@pytest.mark.parametrize("head", ["deadbeef", "0" * 64 + ":", "0" * 64 + ":0", ""])
async def test_a_head_that_is_none_is_told(head: str) -> None:
    found = await checked("--head", head)
    assert found.exit_code == 2
    assert "--head" in found.output


async def test_what_was_plain_stays_so_and_the_first_key_holds_it(store: PostgresStore, database_url: str) -> None:
    await written(store, Deed.ASKED, Deed.APPROVED)
    found = await checked()
    assert (found.exit_code, "no entry carries a key" in found.output) == (1, True)
    async with PostgresStore(database_url, clock=Stopped(), keys=environment.load().keys) as keyed:
        heads = Heads(keyed, environment.load())
        await heads.seal()
        await heads.seal()  # there is nothing left to do
        assert [entry.deed async for entry in keyed.audit_entries("contoso")] == ["asked", "approved", "keyed"]
    found = await checked()
    assert found.exit_code == 0
    assert "3 entries, whole; with a key from entry 3 on (2026-11), which also holds the 2 plain ones" in found.output
    rewritten(database_url, mode="plain")
    assert (await checked()).exit_code == 1


async def test_nothing_plain_comes_after_a_key_unless_it_is_said_how_far(
    store: PostgresStore, keyed: PostgresStore
) -> None:
    """An older version beside the new one writes plain entries; so may whoever holds the database."""
    await written(keyed, Deed.ASKED)
    await written(store, Deed.APPROVED)
    await written(keyed, Deed.SHOWN)
    found = await checked()
    assert (found.exit_code, "entry 2: it carries no key" in found.output) == (1, True)
    assert (await checked("--plain-until", "1")).exit_code == 1
    assert (await checked("--plain-until", "2")).exit_code == 0


async def test_keys_are_changed_and_old_ones_still_verify(
    keyed: PostgresStore, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await written(keyed, Deed.ASKED)
    monkeypatch.setenv("VOUCHSAFE_AUDIT_KEYS", f"{OTHER}, {KEYS}")
    async with PostgresStore(database_url, clock=Stopped(), keys=environment.load().keys) as changed:
        await written(changed, Deed.APPROVED)
    found = await checked()
    assert (found.exit_code, "(2026-11, 2026-12)" in found.output) == (0, True)
    monkeypatch.setenv("VOUCHSAFE_AUDIT_KEYS", OTHER)
    found = await checked()
    assert (found.exit_code, "names the key '2026-11', which was not given" in found.output) == (1, True)


async def test_this_process_notices_what_is_rewritten_under_it(
    keyed: PostgresStore, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[str, dict[str, object]]] = []
    for level in ("info", "critical"):
        monkeypatch.setattr(f"bot.process.heads.log.{level}", lambda event, **more: said.append((event, more)))
    heads = Heads(keyed, environment.load())
    check = heads.checks()["trail"]
    end = await written(keyed, Deed.ASKED, Deed.APPROVED)
    await heads.look()
    await heads.look()
    assert [(event, f"{more['hash']}:{more['seq']}") for event, more in said] == [("audit_head", end)]
    assert await check.run() == ""
    rewritten(database_url, mode="plain")
    await heads.look()
    assert said[-1][0] == "audit_rewritten"
    assert "contoso" in await check.run()


def test_the_desk_does_not_start_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOUCHSAFE_AUDIT_KEYS")
    for command in (["serve"], ["audit", "verify"]):
        done = CliRunner().invoke(app.cli, command)
        assert done.exit_code == 2
        assert "VOUCHSAFE_AUDIT_KEYS: is missing; `vouchsafe audit key` makes one" in done.output
    assert CliRunner().invoke(app.cli, ["migrate"]).exit_code == 0  # whoever migrates must not hold it


@pytest.mark.parametrize("keys", ["secret", "2026-11:", KEYS[:-1], "n:" + "A" * 43, f"{KEYS},{KEYS}", "N:" + "x" * 43])
def test_a_key_that_is_none_is_told_and_not_repeated(monkeypatch: pytest.MonkeyPatch, keys: str) -> None:
    monkeypatch.setenv("VOUCHSAFE_AUDIT_KEYS", keys)
    with pytest.raises(Misconfigured) as told:
        environment.load()
    assert "VOUCHSAFE_AUDIT_KEYS" in str(told.value)
    assert keys.partition(":")[2] not in str(told.value) or not keys.partition(":")[2]


def test_a_key_that_is_made_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made = CliRunner().invoke(app.cli, ["audit", "key", "spring"], catch_exceptions=False).output.strip()
    assert made.startswith("spring:")
    monkeypatch.setenv("VOUCHSAFE_AUDIT_KEYS", made)
    assert environment.load().keys.current == "spring"
    assert made.partition(":")[2] not in repr(environment.load()) + repr(environment.load().keys)
    assert CliRunner().invoke(app.cli, ["audit", "key", "Not A Name"]).exit_code == 2


def test_every_field_of_an_entry_is_under_the_key() -> None:
    about = About("t", "r1", "tap", "ann", "enforce")
    entry = link(GENESIS, about=about, seq=1, at=Stopped().at, note=Note(Deed.ASKED, {"a": "b"}), keys=Keys((KEY,)))
    assert verify([entry], keys=Keys((NEXT, KEY))) is None
    assert verify([entry], keys=Keys((Key("2026-11", b"x" * 32),))) is not None
