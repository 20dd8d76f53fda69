"""What tests of the laws look at: what an answer says, all that is at rest, and what the desk did outside."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import psycopg

from bot.core.answers import PasswordCheck, Refused, SignInRefused
from tests.fakes import Office


def why(answer: object) -> str:
    """The reason of a no; of anything else, what it is."""
    match answer:
        case Refused(refusal):
            return refusal.reason
        case SignInRefused(reason):
            return reason
        case PasswordCheck(faults):
            return ",".join(faults)
        case _:
            return type(answer).__name__


def touched(desk: Office) -> list[Any]:
    return [*desk.directory.writes, *desk.verifier.asked]


async def at_rest(url: str, but: Collection[str] = ()) -> str:
    """All that any table holds but these, as text."""
    tables = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    async with await psycopg.AsyncConnection.connect(url) as connection:
        texts: list[str] = []
        for schema, table in await (await connection.execute(tables)).fetchall():
            if table in but:
                continue
            found = await connection.execute(f'SELECT t::text FROM "{schema}"."{table}" AS t')  # noqa: S608 - names from the catalogue
            texts += [row[0] for row in await found.fetchall()]
    return "\n".join(texts)
