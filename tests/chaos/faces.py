"""Faces: whether every card that stands in Teams says what the desk would say now, at the latest once it is seen."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.config import cloud, environment, policies
from bot.core.ports import Posted, Slot
from bot.kinds import KINDS
from bot.process import service
from bot.process.clock import SystemClock
from bot.process.connections import reach
from bot.teams.calling import CallMessages
from bot.teams.delivery import Delivery
from bot.teams.scenes import PlannedMessage, wanted
from playground.replicas import HOST
from playground.server import Play
from playground.server import environment as playing
from playground.teams.chats import Chat, Chats, Message
from playground.teams.views import ADAPTIVE, see, strings

Content = list[Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A message the desk wants to stand, and where it believes it to be."""

    request: str
    wanted: PlannedMessage
    posted: Posted | None


@asynccontextmanager
async def desk(play: Play, folder: Path, env: Mapping[str, str]) -> AsyncIterator[service.Inside]:
    """The desk's own insides, in this process, on the same database and the same world; it sends nothing here."""
    told = {**playing(play.world, play.database_url), **env}
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        found, where = environment.load(), cloud.from_file(folder / "cloud.json", host=HOST)
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    clock = SystemClock(where.time_file)
    async with AsyncExitStack() as stack:
        outside = await reach(stack, found, where, clock)
        yield service.assemble(found, outside, policies.load(found.policies, KINDS, found), clock)


async def places(delivery: Delivery, requests: Iterable[str]) -> tuple[list[Place], list[Posted]]:
    """What should stand, and every message the desk knows of."""
    should: list[Place] = []
    known: list[Posted] = []
    for request in requests:
        rows = await delivery._rows(request)
        if rows is None:
            continue
        scene, first = await delivery._counted(rows, await delivery._scene(rows, informed=True))
        there = {(posted.slot, posted.person): posted for posted in scene.posted}
        known += scene.posted
        places = [Place(request, one, there.get((one.slot, one.person))) for one in wanted(scene)]
        should += [place for place in places if not _told_by(place, first)]
    return should, known


async def of_calls(calls: CallMessages, verifications: Iterable[str]) -> tuple[list[Place], list[Posted]]:
    """What should stand about these calls in the chats of the two each is between, and every message of them."""
    should: list[Place] = []
    known: list[Posted] = []
    for one in verifications:
        stage = await calls._stage(one)
        if stage is None:
            continue
        there = {(posted.slot, posted.person): posted for posted in stage.posted}
        known += stage.posted
        should += [Place(one, planned, there.get((planned.slot, planned.person))) for planned in stage.wanted()]
    return should, known


def _told_by(place: Place, first: str) -> bool:
    """Whether another card tells of this alarm: what is raised again and again within a minute is one that counts."""
    return place.wanted.slot is Slot.SECURITY and place.posted is None and place.request != first


def content(message: Mapping[str, Any]) -> Content:
    """What a message says, whatever version its buttons carry: a look that found nothing new changes only that."""
    return [_unversioned(attachment.get("content")) for attachment in message.get("attachments") or ()]


def _unversioned(node: Any) -> Any:
    if isinstance(node, list):
        return [_unversioned(one) for one in node]
    if isinstance(node, dict):
        return {key: _unversioned(value) for key, value in node.items() if not (key == "v" and "verb" in node)}
    return node


def _newest(node: Any) -> int:
    """The newest version that a button carries. One of the past is no lie: whoever presses that is heard."""
    if isinstance(node, list):
        return max(map(_newest, node), default=0)
    if not isinstance(node, Mapping):
        return 0
    own = node["v"] if "verb" in node and isinstance(node.get("v"), int) else 0
    return max(own, *map(_newest, node.values()))


def stale(chats: Chats, place: Place) -> str:
    """Say what is wrong with a message that should stand, as everybody or anybody sees it; nothing if nothing is."""
    posted = place.posted
    if posted is None or posted.deleted or not posted.activity:
        return "is not there"
    found = chats.message(posted.activity)
    if found is None or found[1].deleted:
        return "was deleted"
    chat, message = found
    if content(message.activity) != content(place.wanted.message):
        return f"says something else{_apart(content(message.activity), content(place.wanted.message))}"
    if (ahead := _newest(message.activity)) > _newest(place.wanted.message):
        return f"has buttons of version {ahead}, which is to come"
    seen = [key for key in message.views if _told(see(message, key).cards, place)]
    return f"is something else to {', '.join(seen)}" if seen and chat.kind == "personal" else ""


def _apart(there: Content, should: Content) -> str:
    """Say which words stand there alone, and which should: nothing where they differ in no word."""
    says, wants = set(strings(there)), set(strings(should))
    lines = [*(f"it says {one!r}" for one in says - wants), *(f"and not {one!r}" for one in wants - says)]
    return "".join(f"; {line}" for line in sorted(lines))


def _told(cards: list[dict[str, Any]], place: Place) -> bool:
    attachments = place.wanted.message["attachments"]
    shown: Content = _unversioned(cards)
    return shown != [_unversioned(one["content"]) for one in attachments if one["contentType"] == ADAPTIVE]


def seen_true(chats: Chats, place: Place, key: str) -> bool:
    """Whether this person now sees what the desk would say."""
    found = chats.message(place.posted.activity) if place.posted is not None else None
    return found is not None and not found[1].deleted and not _told(see(found[1], key).cards, place)


def strays(
    standing: Iterable[tuple[Chat, Message, set[str]]], known: Iterable[Posted]
) -> Iterator[tuple[Chat, Message]]:
    """Messages about a request that the desk does not know, or believes to be gone."""
    posted = {one.activity for one in known if one.activity and not one.deleted}
    yield from ((chat, message) for chat, message, about in standing if about and message.id not in posted)
