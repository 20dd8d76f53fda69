"""What the threat level looks like: to whoever raises or lowers it, in both channels, and at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.core.answers import HomeCard, Offer, ThreatCard, ThreatDoor, ThreatForm
from bot.core.ports import Slot
from bot.core.reasons import Reason
from bot.core.threat import RAISED, Threat, ThreatLevel, ThreatStand
from cards import Showable, View
from playground.gallery.people import ANN, BEN, SOFIA
from playground.gallery.stories import NOW

HELD: Final = Threat(
    id=Threat.named("t" * 32),
    by=SOFIA,
    about=SOFIA,
    created_at=NOW - timedelta(minutes=3),
    level=ThreatLevel.LOCKDOWN,
    until=NOW + timedelta(hours=4),
    reason="Somebody calls helpdesks of our branch and passes for their staff.",
    status=ThreatStand.HELD,
)


def threats(view: View) -> Iterator[tuple[str, Showable, View]]:
    sofia, channel = replace(view, user="29:sofia", person=SOFIA.id), replace(view, user="", person="")
    asked = replace(sofia, link="https://desk.contoso.example/step-up/start?t=s1", by=NOW + timedelta(minutes=4))
    for level in (ThreatLevel.ELEVATED, ThreatLevel.LOCKDOWN):
        yield f"home/{level}", HomeCard(ANN, (Offer("tap", None),), (), threat=level), view
    yield "threat/door", ThreatDoor(), sofia
    yield "threat/form", ThreatForm("t1"), sofia
    yield "threat/form/wrong", ThreatForm("t1", hours="4", faults=("level", "reason")), sofia
    for level in RAISED:
        one = replace(HELD, level=level)
        wanted = replace(one, status=ThreatStand.WANTED)
        yield f"threat/wanted/{level}", ThreatCard(wanted, Slot.THREAT), asked
        for name, slot, seen in (
            ("private", Slot.THREAT, sofia),
            ("security", Slot.SECURITY, channel),
            ("helpdesk", Slot.APPROVERS, channel),
        ):
            yield f"threat/{name}/{level}", ThreatCard(one, slot), seen
    again = replace(asked, failed=Reason.SIGN_IN_CANCELLED)
    yield "threat/wanted/failed", ThreatCard(replace(HELD, status=ThreatStand.WANTED), Slot.THREAT), again
    yield "threat/lowering/asked", ThreatCard(HELD, Slot.THREAT), asked
    first = replace(HELD, lowering=SOFIA, lowering_at=NOW - timedelta(minutes=2))
    yield "threat/lowering/security", ThreatCard(first, Slot.SECURITY), channel
    yield "threat/lowering/private", ThreatCard(first, Slot.THREAT), sofia
    for status in (ThreatStand.REPLACED, ThreatStand.LOWERED, ThreatStand.OVER, ThreatStand.LAPSED):
        both = (SOFIA, BEN) if status is ThreatStand.LOWERED else ()
        slot = Slot.THREAT if status is ThreatStand.LAPSED else Slot.SECURITY
        yield f"threat/ended/{status}", ThreatCard(replace(HELD, status=status, lowered_by=both), slot), channel
