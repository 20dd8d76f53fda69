"""Grants: what the role that the desk runs as may do, table by table; nobody but the owner changes what was written."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

import psycopg
from psycopg import sql

from bot.core.errors import Misconfigured, Unavailable
from bot.store import forming
from bot.store.shape import checked

READ: Final = "SELECT"
ADD: Final = "SELECT, INSERT"
KEEP: Final = "SELECT, INSERT, UPDATE"
ALL: Final = "SELECT, INSERT, UPDATE, DELETE"
QUEUE: Final = "procrastinate_"  # its tables are the queue's own

# A table that is not named here is closed to the desk; a test holds this to the migrations.
NEEDS: Final = MappingProxyType(
    {
        "alembic_version": READ,
        "audit": ADD,
        "budgets": KEEP,
        "chains": KEEP,  # its triggers let it only grow
        "findings": ADD,
        "matters": KEEP,
        "posted": KEEP,
        "private_chats": ALL,
        "queue_scripts": READ,
        "requests": KEEP,
        "seen": ALL,
        "served": READ,
        "sign_ins": ALL,
        "tries": ALL,
        "used_sign_ins": ALL,
    }
)

HOW: Final = "make it with CREATE ROLE {role} LOGIN, and a password if it comes over the network"


def grant(url: str, role: str) -> None:
    """Let a role run the desk, and nothing beyond that; blocks. `url` is that of the tables' owner.

    Raises `Misconfigured` where there is no such role or where it may do more by itself, and `Unavailable`.
    """
    try:
        with psycopg.connect(checked(url), connect_timeout=5) as connection, connection.cursor() as cursor:
            _insist(cursor, role)
            give(cursor, role)
    except psycopg.OperationalError as error:
        raise Unavailable(f"the database did not answer ({type(error).__name__})") from None


def give(cursor: psycopg.Cursor[Any], role: str) -> None:
    """Grant what the tables that are there now need, and take back whatever else was granted."""
    there = [name for (name,) in cursor.execute(forming.TABLES).fetchall()]
    to, schema = sql.Identifier(role), sql.Identifier(cursor.execute(forming.SCHEMA).fetchone()[0])  # type: ignore[index]  # one row
    cursor.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA {} FROM {}").format(schema, to))
    cursor.execute(sql.SQL("REVOKE ALL ON SCHEMA {} FROM {}").format(schema, to))
    cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, to))
    cursor.execute(sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {} TO {}").format(schema, to))
    cursor.execute(sql.SQL("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {} TO {}").format(schema, to))
    for table in there:
        needed = ALL if table.startswith(QUEUE) else NEEDS.get(table)
        if needed is not None:
            what = sql.SQL(needed)
            cursor.execute(sql.SQL("GRANT {} ON {}.{} TO {}").format(what, schema, sql.Identifier(table), to))


def _insist(cursor: psycopg.Cursor[Any], role: str) -> None:
    match cursor.execute(forming.OWNED).fetchone():
        case None:
            raise Misconfigured("The database has no tables of ours: run `vouchsafe migrate` first")
        case (False,):
            raise Misconfigured(
                "The tables are another role's: name the one that migrates in VOUCHSAFE_DATABASE_OWNER_URL"
            )
        case _:
            pass
    match cursor.execute(forming.STRONG, {"role": role}).fetchone():
        case None:
            raise Misconfigured(f"There is no role {role}: {HOW.format(role=role)}")
        case (True,):
            raise Misconfigured(
                f"The role {role} is a superuser, or owns the trail itself: name another; {HOW.format(role='…')}"
            )
        case _:
            pass
