"""What it looks like where more is asked for than usual, and where a yes is taken back: to everybody who reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.core.answers import RequestCard
from bot.core.model import Status
from bot.core.policy import CHANGED, COOL_DOWN, FACE, REPEAT
from bot.core.ports import Slot
from cards import Showable, View
from playground.gallery.people import BEN, who
from playground.gallery.requests import APPROVED, SHOWN, SIGNED_IN, at
from playground.gallery.stories import NOW


def brakes(view: View) -> Iterator[tuple[str, Showable, View]]:
    channel = replace(view, user="", person="", approvals=2, facts=who(view.language))
    second = replace(at(Status.APPROVAL), evidence=(SIGNED_IN, SHOWN, APPROVED))
    cases = {
        "repeat": (REPEAT, FACE),
        "cool_down": (COOL_DOWN,),
        "changed": (CHANGED, FACE),
        "both": (REPEAT, COOL_DOWN, FACE),
    }
    for name, terms in cases.items():
        yield f"approvers/{name}", RequestCard(replace(second, terms=terms), Slot.APPROVERS), channel
        mine = replace(at(Status.STEP_UP), terms=terms)
        yield f"requester/{name}", RequestCard(mine, Slot.REQUESTER), replace(view, approvals=2, face=FACE in terms)
    yield from _retracted(view)


def _retracted(view: View) -> Iterator[tuple[str, Showable, View]]:
    """A yes that may be taken back, and one that was: to whoever gave it, in the thread, and to whom it is about."""
    channel = replace(view, user="", person="", facts=who(view.language))
    ben = replace(channel, user="29:ben", person=BEN.id)
    yield "confirm/ready", RequestCard(at(Status.READY), Slot.CONFIRM), ben
    back = replace(at(Status.APPROVAL), evidence=(SIGNED_IN,), retracted=(replace(APPROVED, at=NOW),))
    yield "confirm/retracted", RequestCard(back, Slot.CONFIRM), ben
    yield "approvers/retracted", RequestCard(back, Slot.APPROVERS), channel
    yield "requester/retracted", RequestCard(back, Slot.REQUESTER), view
