"""A request at each level its kind has words for: how grave it is, in its colour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.core.answers import RequestCard
from bot.core.model import Status
from bot.core.ports import Slot
from cards import Showable, View
from cards.texts import known
from playground.gallery.requests import told


def levels(kind: str, channel: View) -> Iterator[tuple[str, Showable, View]]:
    """Yield the approvers' card of each, mildest first."""
    waiting = told(kind, Status.APPROVAL)
    for level in (one for one in channel.levels if known(f"{kind}.badge.{one}")):
        graver = replace(waiting, details={**waiting.details, "level": level})
        yield f"approvers/approval_{level}", RequestCard(graver, Slot.APPROVERS), channel
