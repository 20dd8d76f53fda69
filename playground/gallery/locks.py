"""What an alarm leaves behind: a lock, who lifts it, and requests that it stopped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product
from types import MappingProxyType
from typing import Final

from bot.core.answers import RequestCard
from bot.core.life.alarmed import ALARMS
from bot.core.life.ended import CAME
from bot.core.model import Ending, Follow, Receipt, Refusal, Status
from bot.core.ports import Slot
from bot.core.reasons import Reason
from bot.kinds import KINDS
from cards import Showable, View
from playground.gallery.people import ANN, BEN
from playground.gallery.requests import told
from playground.gallery.stories import NOW

ALARM: Final = next(kind.name for kind in KINDS.values() if kind.alarm)
LOCKED: Final = replace(told(ALARM, Status.DONE), frozen_at=NOW)
LIFTED: Final = replace(told(ALARM, Status.DONE), lifted_by=BEN.name)


STOPPED: Final = {why: Ending(ANN.id, ANN.name, refusal=Refusal(why)) for why in (Reason.FROZEN, Reason.DISOWNED)}

Shown = Iterator[tuple[str, Showable, View]]


def locks(view: View, start: str) -> Shown:
    """Yield each with its name, and the view of whoever reads it."""
    channel = replace(view, user="", person="")
    ben = replace(view, user="29:ben", person=BEN.id, by=NOW + timedelta(minutes=5))
    yield "security/locked", RequestCard(LOCKED, Slot.SECURITY), channel
    yield "security/locked_again", RequestCard(LOCKED, Slot.SECURITY), replace(channel, alarms=3)
    yield "security/locked_in_part", RequestCard(replace(LOCKED, follow=Follow.FAILED), Slot.SECURITY), channel
    for came in ("told", "untold"):
        made = Receipt(ANN.id, params=MappingProxyType({CAME: came}))
        known = replace(LOCKED, receipt=made, follow=Follow.DONE)
        yield f"security/locked_{came}", RequestCard(known, Slot.SECURITY), channel
        yield f"requester/locked_{came}", RequestCard(known, Slot.REQUESTER), view
    yield "security/lifted", RequestCard(LIFTED, Slot.SECURITY), channel
    yield "requester/locked", RequestCard(LOCKED, Slot.REQUESTER), view
    yield "requester/lifted", RequestCard(LIFTED, Slot.REQUESTER), view
    yield "lift/asked", RequestCard(LOCKED, Slot.LIFT), replace(ben, link=f"{start}s3")
    yield "lift/expired", RequestCard(LOCKED, Slot.LIFT), ben
    yield "lift/counted", RequestCard(LIFTED, Slot.LIFT), ben


def stopped(kind: str, own: View, channel: View) -> Shown:
    """Yield what an alarm ended of a kind's requests and what it took back, as its person and approvers see it."""
    for status, (why, ending) in product((Status.WITHDRAWN, Status.REVOKING, Status.REVOKED), STOPPED.items()):
        request = replace(told(kind, status), ending=ending)
        yield f"requester/{status}_{ALARMS[why]}", RequestCard(request, Slot.REQUESTER), own
        yield f"approvers/{status}_{ALARMS[why]}", RequestCard(request, Slot.APPROVERS), channel
