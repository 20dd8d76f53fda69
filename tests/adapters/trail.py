"""The trail as tests write it, check it and rewrite it: by the owner of the tables, and by the desk's own role."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import psycopg
from click.testing import CliRunner, Result
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

import app
from bot.core.audit import GENESIS, PLAIN, About, Deed, Key, Keys, Note, link
from bot.store import codec
from bot.store.postgres import PostgresStore
from tests.adapters.rows import ask

KEYS = "2026-11:kZ3v1Qw8Lr5tYb0nXc7uMe2sJd4fGh6iPa9oRqTlVxE"


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
        connection.execute("ALTER TABLE audit ENABLE TRIGGER USER")
        connection.execute("ALTER TABLE chains ENABLE TRIGGER USER")


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
