"""The canary: every secret ever issued is looked for wherever anything is kept or was sent."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote

import psycopg

from playground.server import Play


async def leaks(play: Play, folder: Path, *, by_message: bool = False) -> list[str]:
    """Return where a secret was found that should be nowhere: tables, logs, what was sent, messages in Teams.

    With `by_message`, one sort of sending is meant to hold it: a change to a message in its subject's private chat.
    """
    secrets = [issued.value for issued in play.world.graph.issued]
    places = await _tables(play.database_url)
    places |= {str(file): file.read_text(errors="replace") for file in (folder / "logs").glob("*")}
    for file in (folder / "record").rglob("*.jsonl"):
        lines = file.read_text(errors="replace").splitlines()
        places[str(file)] = "\n".join(line for line in lines if not (by_message and _private(play, json.loads(line))))
    for chat in play.teams.chats:
        said = json.dumps([m.activity for m in chat.messages if not m.deleted], ensure_ascii=False, default=str)
        places[f"the chat {chat.slug}"] = said
    return [f"{place} holds a secret" for place, held in places.items() if any(_in(s, held) for s in secrets)]


def _private(play: Play, sent: dict[str, str]) -> bool:
    homes = {play.teams.chat(issued.person).id for issued in play.world.graph.issued}
    return sent["method"] == "PUT" and any(f"/conversations/{home}/" in unquote(sent["path"]) for home in homes)


def _in(secret: str, held: str) -> bool:
    return secret in held or json.dumps(secret)[1:-1] in held


async def _tables(url: str) -> dict[str, str]:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        found = await connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        held = {}
        for schema, table in await found.fetchall():
            rows = await connection.execute(f'SELECT t::text FROM "{schema}"."{table}" AS t')  # noqa: S608 - its own names
            held[f"the table {schema}.{table}"] = "\n".join(row[0] for row in await rows.fetchall())
        return held
