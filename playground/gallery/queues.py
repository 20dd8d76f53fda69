"""The gallery's queue: what waits for an approver, in the channel and in private, and who is looking at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from bot.core.answers import QueueCard, RequestCard, Said
from bot.core.attention import Attention
from bot.core.model import Status
from bot.core.ports import Slot
from bot.core.queue import Waiting, WaitingLine, queued
from bot.core.queueing import MINE, SeeQueue
from bot.kinds import KINDS
from cards import Showable, View
from playground.gallery.people import BEN, CLEO
from playground.gallery.requests import at, told
from playground.gallery.stories import NOW


def queues(view: View) -> Iterator[tuple[str, Showable, View]]:
    """Yield what waits as the channel shows it, page by page in private, one that was opened, and who looks at it."""
    asked = [told(kind.name, Status.APPROVAL) for kind in KINDS.values() if not kind.harmless]
    asked = [replace(one, created_at=NOW - timedelta(minutes=9 - n)) for n, one in enumerate([*asked, *asked])]
    first, trial, *rest = (queued(replace(one, level="high")) for one in asked)
    some = (replace(first, takers=(BEN.name,)), replace(trial, trial=True), *rest)
    channel, mine = replace(view, user="", person=""), replace(view, user="29:ben", person=BEN.id)
    yield "queue/channel", QueueCard(WaitingLine(214, some)), channel
    yield "queue/few", QueueCard(WaitingLine(2, some[:2])), channel
    cleo, ben = (Attention(one.id, one.name, NOW + timedelta(minutes=12)) for one in (CLEO, BEN))
    kinds = tuple(dict.fromkeys(one.kind for one in some))
    each = tuple(Waiting(kind, 214 - n, NOW - timedelta(minutes=90 - n)) for n, kind in enumerate(kinds))
    seen = (replace(some[0], attention=cleo), replace(some[1], attention=ben), *some[2:])
    yield "queue/board", QueueCard(WaitingLine(214, seen, each), board=True), channel
    yield "queue/mine", QueueCard(WaitingLine(214, seen, each), "r9", kinds=kinds), mine
    last = SeeQueue("r9", kinds[0])
    yield "queue/last", QueueCard(WaitingLine(214, some[:1], each), page=last, kinds=kinds), mine
    yield "queue/none_such", QueueCard(WaitingLine(214, (), each), page=SeeQueue("", MINE), kinds=kinds), mine
    yield "queue/nobody", QueueCard(WaitingLine(0, ()), kinds=kinds), mine
    for words in ("queue.over", "queue.moved"):
        yield f"said/{words}", Said(words), channel
    waiting = at(Status.APPROVAL)
    for name, by in (("cleo", cleo), ("ben", ben)):
        looked = replace(waiting, attention=by)
        yield f"approvers/attended_by_{name}", RequestCard(looked, Slot.APPROVERS), channel
        yield f"confirm/attended_by_{name}", RequestCard(looked, Slot.CONFIRM), replace(mine, opened=True)
    yield "confirm/opened", RequestCard(waiting, Slot.CONFIRM), replace(mine, opened=True, looks=True)
    yield "requester/approval_in_line", RequestCard(waiting, Slot.REQUESTER), replace(view, place=37)
