"""The canary: every secret there ever was is looked for wherever anything is kept or was sent."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path
from urllib.parse import unquote

import psycopg

from playground.server import Play
from playground.teams.chats import Chat
from playground.teams.views import strings

Places = dict[str, str]
_SHORT = 6  # characters: no secret is shorter
_PIECE = 100_000
_LINK = re.compile(r"/desk/report\?t=[\w-]+\.([\w-]+)")


async def leaks(play: Play, folder: Path, *, by_message: bool = False) -> list[str]:
    """Return where something was found that should be nowhere: tables, logs, what was sent, messages in Teams.

    With `by_message`, one sort of sending is meant to hold it: a change to a message in its subject's private chat.
    """
    kept = await _kept(play, folder)
    mails = {f"a mail to {', '.join(mail.to)}": f"{mail.subject} {mail.text}" for mail in play.world.graph.mails.taken}
    sent = {**_sent(play, folder, by_message=by_message), **mails}
    shown = [issued.value for issued in play.world.graph.issued]
    found = _found({**kept, **sent}, [*shown, *play.world.graph.passwords.told], "a secret")
    found += _found(kept, _services(play), "what only the Verified ID service may know")
    found += _found(kept, [link for mail in mails.values() for link in _LINK.findall(mail)], "what locks by mail")
    found += _found(kept, [play.world.audit_key.partition(":")[2]], "the key of the audit trail")
    return found + _scores(play)


async def _kept(play: Play, folder: Path) -> Places:
    """Everything that stays: tables, logs, and what stands in the chats."""
    places = await _tables(play.database_url)
    places |= {str(file): file.read_text(errors="replace") for file in (folder / "logs").glob("*")}
    for chat in play.teams.chats:
        said = json.dumps(list(_activities(chat)), ensure_ascii=False, default=str)
        places[f"the chat {chat.slug} of {', '.join(chat.members[:3])} ({chat.id})"] = said
    return places


def _sent(play: Play, folder: Path, *, by_message: bool) -> Places:
    places = {}
    for file in (folder / "record").rglob("*.jsonl"):
        lines = file.read_text(errors="replace").splitlines()
        places[str(file)] = "\n".join(line for line in lines if not (by_message and _private(play, json.loads(line))))
    return places


def _services(play: Play) -> list[str]:
    """What proves to us that it is the service who calls; it got both from us, and we keep only what they hash to."""
    asked = [presentation.asked for presentation in play.world.verified.requests.values()]
    return [secret for one in asked for secret in (one.state, *one.headers.values())]


def _scores(play: Play) -> list[str]:
    """How well somebody's face matched is for nobody in a channel."""
    told = [entry.body for entry in play.world.journal.of("verified") if isinstance(entry.body, dict)]
    shown = [one for body in told for one in body.get("verifiedCredentialsData", ())]
    scores = {str(int(one["faceCheck"]["matchConfidenceScore"])) for one in shown if "faceCheck" in one}
    words = {
        chat.slug: "\n".join(text for activity in _activities(chat) for text in strings(activity))
        for chat in play.teams.chats
        if chat.kind != "personal"
    }
    return [
        f"the chat {slug} holds a score" for slug, text in words.items() for s in scores if re.search(rf"\b{s}\b", text)
    ]


def _activities(chat: Chat) -> Iterator[object]:
    """What everybody was sent, and what some were shown instead."""
    for message in chat.messages:
        if not message.deleted:
            yield from (message.activity, *message.views.values())


def _found(places: Places, secrets: list[str], what: str) -> list[str]:
    written = {form for secret in secrets for form in (secret, json.dumps(secret)[1:-1])}
    return [f"{place} holds {what}" for place, held in places.items() if within(written, held)]


def within(secrets: Collection[str], text: str) -> set[str]:
    """Return the secrets that a text holds. It is read once, piece by piece, however many there are."""
    begun: dict[str, list[str]] = defaultdict(list)
    for secret in secrets:
        begun[secret[:_SHORT]].append(secret)
    found: set[str] = set()
    for at in range(0, len(text), _PIECE):
        piece = text[at : at + _PIECE + _SHORT - 1]
        starts = {piece[n : n + _SHORT] for n in range(len(piece) - _SHORT + 1)} & begun.keys()
        found |= {secret for start in starts for secret in begun[start] if secret in text}
    return found


def _private(play: Play, sent: dict[str, str]) -> bool:
    homes = {play.teams.chat(issued.person).id for issued in play.world.graph.issued}
    return sent["method"] == "PUT" and any(f"/conversations/{home}/" in unquote(sent["path"]) for home in homes)


async def _tables(url: str) -> Places:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        found = await connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        held = {}
        for schema, table in await found.fetchall():
            rows = await connection.execute(f'SELECT t::text FROM "{schema}"."{table}" AS t')  # noqa: S608 - its own names
            held[f"the table {schema}.{table}"] = "\n".join(row[0] for row in await rows.fetchall())
        return held
