"""Checks: every invariant, one after the other, on a stage where the weather is fine again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from bot.config.trail import keys_of
from bot.core.audit import Entry, verify
from bot.core.callers import Stand, Verification
from bot.core.model import Request
from bot.core.notices import ActNotice
from bot.core.ports import Posted, Slot
from bot.kinds import KINDS
from bot.process.clock import SystemClock
from bot.process.service import Inside
from bot.store import codec
from bot.store.matters import _of as of_row
from bot.store.postgres import PostgresStore
from bot.teams.bursts import burst
from playground.teams.chats import SECURITY_CHANNEL, Chat, Message, personal_id
from playground.teams.presses import NotThere
from tests.chaos import callers, deeds, faces, places, shown, trail
from tests.chaos.eyes import Pressed, about
from tests.chaos.stage import Stage, quiet
from tests.stores import patient
from tests.stories.canary import leaks

# Past every deadline: a step-up's, an approval's and a show's, and the day a pass is watched.
LARGE = 60  # members of a conversation in which Teams refreshes nothing by itself
PRESSES = "ben"  # who presses what still offers something
# What stands on a card of helpdesk's channel, and on one of security's.
OFFERED: tuple[tuple[str, dict[str, str]], ...] = (("approve", {}), ("lift", {"reason": "Looked at twice"}))
WHOLE_LINE = (
    "queue"  # stands on the message with the line, which refreshes itself nowhere: a copy goes once it is pressed
)
WAITS = tuple(timedelta(minutes=minutes) for minutes in (16, 241, 1441))


@dataclass(frozen=True, slots=True)
class Books:
    """All that is written down, when nothing is going on any more."""

    requests: Mapping[str, Request]
    calls: Mapping[str, Verification]  # by what their buttons carry
    notices: tuple[ActNotice, ...]
    entries: tuple[Entry, ...]
    head: tuple[int, str] | None
    sign_ins: Mapping[str, str]
    given_up: tuple[str, ...]  # a line for each job: what it was, and what its replica wrote of it


async def settled(stage: Stage, *, seconds: float) -> str:
    """Let every deadline run out; what is left to do then, or nothing."""
    if left := await quiet(stage, seconds=seconds):
        return left
    for wait in WAITS:
        stage.play.world.clock.advance(wait)
        await asyncio.sleep(1.2)  # the bots look for what is due every second
        if left := await quiet(stage, seconds=seconds):
            return left
    return ""


async def books(stage: Stage) -> Books:
    async with _store(stage) as store, await AsyncConnection.connect(stage.play.database_url) as connection:
        tenant = stage.play.world.tenant
        entries = tuple([entry async for entry in store.audit_entries(tenant)])
        cursor = connection.cursor(row_factory=dict_row)
        rows = await (await cursor.execute("SELECT * FROM requests")).fetchall()
        ins = await (await cursor.execute("SELECT id, request FROM sign_ins")).fetchall()
        jobs = await (await cursor.execute("SELECT * FROM procrastinate_jobs WHERE status = 'failed'")).fetchall()
        kept = await (await cursor.execute("SELECT * FROM matters")).fetchall()
        requests = {row["id"]: codec.request_of(row) for row in rows}
        calls = {
            one.key: one for row in kept if row["sort"] == Verification.SORT for one in [of_row(Verification, row)]
        }
        notices = tuple(of_row(ActNotice, row) for row in kept if row["sort"] == ActNotice.SORT)
        sign_ins = {row["id"]: row["request"] for row in ins}
        return Books(requests, calls, notices, entries, await store.head(tenant), sign_ins, _given_up(stage, jobs))


def _given_up(stage: Stage, jobs: Sequence[Mapping[str, object]]) -> tuple[str, ...]:
    """Name every job that nobody tries any more; the reason stands in the log of the replica that gave it up."""
    rows = [f"{job['queue_name']}: {job['attempts']} tries, {job['args']}" for job in jobs]
    logs = sorted((stage.folder / "logs").glob("bot-*.log"))
    lines = [line for log in logs for line in log.read_text().splitlines() if '"job_given_up"' in line]
    return (*rows, *lines) if rows else ()


@asynccontextmanager
async def _store(stage: Stage) -> AsyncIterator[PostgresStore]:
    async with patient(stage.play.database_url, SystemClock(), size=2) as store:
        yield store


async def violations(stage: Stage) -> dict[str, list[str]]:
    """Every invariant by name, with what breaks it."""
    book, pressed = await books(stage), stage.eyes.pressed
    return {
        "every request is where its audit says": _explained(stage, book),
        "no act twice, none without a claim": list(deeds.excess(deeds.acts(stage.play.world), book.entries)),
        "no call is answered but by whom it is about, once": list(callers.answers(book.calls, book.entries, pressed)),
        "nothing for a colleague without a proof of theirs and their word": _unasked(book, pressed),
        "every act has its one notice, begun with it, and its mails": _untold(stage, book),
        "nothing is given out after an alarm": list(deeds.thawed(book.entries)),
        "no secret at rest": await leaks(stage.play, stage.folder),
        "no secret shown twice or to anybody else": _shown(stage),
        "no message to the wrong conversation": _misplaced(stage, book),
        "no card tells a lie": await _lies(stage, book),
        "security hears of every alarm": await _unheard(stage, book),
        "the chain is unbroken": _unbroken(stage, book),
        "no job was given up": list(book.given_up),
    }


def _unbroken(stage: Stage, book: Books) -> list[str]:
    broken = verify(book.entries, book.head, keys_of(stage.play.world.audit_key))
    return [f"entry {broken.seq}: {broken.why}"] if broken else []


def _explained(stage: Stage, book: Books) -> list[str]:
    entries, now = deeds.by_request(book.entries), stage.play.world.clock.now()
    found = [line for one in book.requests.values() for line in trail.broken(one, entries.get(one.id, []), now)]
    lost = [r for r, written in entries.items() if r not in book.requests and any(e.deed == "asked" for e in written)]
    return [*found, *(f"{request} was asked for, and is not there" for request in lost)]


def _shown(stage: Stage) -> list[str]:
    world = stage.play.world
    owners = {
        issued.value: (world.people[issued.person].id, personal_id(world.people[issued.person]))
        for issued in world.graph.issued
    }
    return list(shown.misplaced(stage.said, owners))


def _unasked(book: Books, pressed: Collection[Pressed]) -> list[str]:
    opened = [one for one in book.requests.values() if one.opened_by is not None]
    return list(callers.opened(opened, book.calls.values(), deeds.by_request(book.entries), pressed))


def _untold(stage: Stage, book: Books) -> list[str]:
    addresses = {person.id: person.mails for person in stage.play.world.people}
    sent = Counter(to for mail in stage.play.world.graph.mails.taken for to in mail.to)
    entries = deeds.by_request(book.entries)
    return [*callers.unnoticed(book.requests, entries), *callers.unsent(book.notices, addresses, sent)]


def _misplaced(stage: Stage, book: Books) -> list[str]:
    entries = deeds.by_request(book.entries)
    map_ = places.Map(stage.play.world, book.requests, entries, stage.opened, book.calls)
    posted = [places.sent(call, book.sign_ins) for call in stage.play.world.journal.of("connector")]
    answered = [places.shown(one.body, one.conversation, f"an answer to {one.activity}") for one in stage.said]
    return [line for one in (*posted, *answered) if one is not None for line in map_.wrong(one)]


async def _lies(stage: Stage, book: Books) -> list[str]:
    """What says something else is seen by its people, who fetch it anew then; what still does is a lie."""
    play = stage.play
    async with faces.desk(play, stage.folder, stage.env) as desk:
        should, known = await _places(desk, book)
        play.world.clock.advance(timedelta(minutes=2))  # a client fetches a card once a minute at most
        for place in should:
            if faces.stale(play.teams.chats, place) and place.posted is not None:
                await _seen(stage, place.posted.activity)
        for _, message in faces.strays(_standing(stage), known):
            await _seen(stage, message.id)
        left = await quiet(stage, seconds=60)
        should, known = await _places(desk, book)
        wrong = [f"{place.wanted.slot} of {place.request} {why}" for place in should if (why := _wrong(stage, place))]
        wrong += [
            f"a stray stands in {chat.slug} of {chat.members[0]}: {message.activity.get('summary')}"
            for chat, message in faces.strays(_standing(stage), known)
            if chat.kind != "personal" or chat.id not in stage.weather.silent
        ]
    return [*wrong, *([f"left to do: {left}"] if left else [])]


async def _places(desk: Inside, book: Books) -> tuple[list[faces.Place], list[Posted]]:
    should, known = await faces.places(desk.delivery, book.requests)
    of_calls, posted = await faces.of_calls(desk.told.calls, [one.id for one in book.calls.values()])
    return [*should, *of_calls], [*known, *posted]


async def _unheard(stage: Stage, book: Books) -> list[str]:
    """Whatever was dead when it was raised: where security reads, one message stands about each alarm, and each no."""
    async with await AsyncConnection.connect(stage.play.database_url) as connection:
        asked = "SELECT request, activity FROM posted WHERE slot = %s AND NOT deleted"
        rows = await (await connection.execute(asked, (Slot.SECURITY,))).fetchall()
    security = stage.play.teams.chats.get(SECURITY_CHANNEL)
    standing = {message.id for message in security.messages if not message.deleted} if security else set()
    told = {request for request, activity in rows if activity in standing}
    async with _store(stage) as store:
        alarms = [one for one in book.requests.values() if KINDS[one.kind].alarm]
        told |= {one.id for one in alarms if (await burst(store, one)).first in told}  # one card that counts
    noes = {one.id for one in book.calls.values() if one.status is Stand.REFUSED}
    unheard = [f"nobody told security of the no to {one}" for one in sorted(noes - told)]
    return [*deeds.unheard(book.entries, told), *unheard]


def _wrong(stage: Stage, place: faces.Place) -> str:
    """Say what is wrong with a message; in a private chat that was dead for a while, one may not have arrived."""
    chats, chat = stage.play.teams.chats, place.wanted.chat
    untold = place.posted is None or place.posted.deleted or not place.posted.activity
    if chat is not None and chat.id in stage.weather.silent and untold:
        return ""
    why = faces.stale(chats, place)
    found = chats.message(place.posted.activity) if place.posted is not None else None
    if why and found is not None and found[0].kind == "personal":
        return "" if faces.seen_true(chats, place, found[0].members[0]) else why
    return why


async def _seen(stage: Stage, message: str) -> None:
    """Its people bring it into view; in a channel too large for Teams to ask by itself, somebody presses it."""
    found = stage.play.teams.chats.message(message)
    if found is None or found[1].deleted:
        return
    await stage.play.teams.refresh(found[0].members[0], message)
    with suppress(NotThere):
        await stage.play.teams.press(PRESSES, message, WHOLE_LINE)
    if len(found[0].members) > LARGE:
        for button, typed in OFFERED:
            with suppress(NotThere):
                await stage.play.teams.press(PRESSES, message, button, typed)


def _standing(stage: Stage) -> list[tuple[Chat, Message, set[str]]]:
    """Every message of the bot, with the requests that can be pressed on there now: none on a line that was left."""
    return [(chat, m, {*about(m.activity), *about(m.views)}) for chat, m in stage.eyes.standing()]
