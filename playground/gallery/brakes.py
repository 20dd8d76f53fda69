"""What it looks like where more is asked for than usual: to its person, and to who decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.core.answers import RequestCard
from bot.core.model import Status
from bot.core.policy import COOL_DOWN, FACE, REPEAT
from bot.core.ports import Slot
from cards import Showable, View
from playground.gallery.people import who
from playground.gallery.requests import APPROVED, SHOWN, SIGNED_IN, at


def brakes(view: View) -> Iterator[tuple[str, Showable, View]]:
    channel = replace(view, user="", person="", approvals=2, facts=who(view.language))
    second = replace(at(Status.APPROVAL), evidence=(SIGNED_IN, SHOWN, APPROVED))
    for name, terms in (("repeat", (REPEAT, FACE)), ("cool_down", (COOL_DOWN,)), ("both", (REPEAT, COOL_DOWN, FACE))):
        yield f"approvers/{name}", RequestCard(replace(second, terms=terms), Slot.APPROVERS), channel
        mine = replace(at(Status.STEP_UP), terms=terms)
        yield f"requester/{name}", RequestCard(mine, Slot.REQUESTER), replace(view, approvals=2, face=FACE in terms)
