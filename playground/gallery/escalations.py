"""What an escalation looks like to the agent who asks, to those who lead the helpdesk, and to security."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.core.escalating import EscalationCard
from bot.core.escalations import Escalation, Heeded
from bot.core.ports import Slot
from cards import Showable, View
from playground.gallery.people import ANN, BEN, CLEO
from playground.gallery.stories import NOW

ASKED: Final = Escalation(
    id=Escalation.named("e" * 32),
    by=BEN,
    about=ANN,
    created_at=NOW - timedelta(minutes=1),
    so_far="unanswered",
    wanted="tap",
    leads=(CLEO.id, "dora"),
)
CAME_TO: Final = (
    *("unreached", "unanswered", "refused", "refused_manager", "mismatched", "errand_waits", "errand_refused"),
)


def escalations(view: View) -> Iterator[tuple[str, Showable, View]]:
    readers = (
        ("agent", Slot.AGENT, replace(view, user="29:ben", person=BEN.id)),
        ("lead", Slot.LEAD, replace(view, user="29:dora", person="dora")),
        ("security", Slot.SECURITY, replace(view, user="", person="")),
    )
    for status in Heeded:
        one = replace(ASKED, status=status, lead=CLEO if status in {Heeded.TAKEN, Heeded.DECLINED} else None)
        for name, slot, whose in readers:
            yield f"escalation/{name}/{status}", EscalationCard(one, slot), whose
    mine = replace(view, user="29:cleo", person=CLEO.id)
    taken = replace(ASKED, status=Heeded.TAKEN, lead=CLEO)
    yield "escalation/lead/mine", EscalationCard(taken, Slot.LEAD), mine
    late = replace(ASKED, created_at=NOW - timedelta(hours=1))
    yield "escalation/lead/late", EscalationCard(late, Slot.LEAD), mine
    for so_far in CAME_TO:
        yield f"escalation/so_far/{so_far}", EscalationCard(replace(ASKED, so_far=so_far, wanted=""), Slot.LEAD), mine
