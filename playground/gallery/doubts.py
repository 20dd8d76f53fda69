"""What a doubt looks like: who is calling, the code on both sides, every end of it, and what security reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.core.answers import Said
from bot.core.doubtful import DoubtCard, DoubtForm
from bot.core.doubts import HANG_UP, CallDoubt, DoubtStand, Picked
from bot.core.ports import Slot
from cards import Showable, View
from playground.gallery.calls import FOUND
from playground.gallery.people import ANN, BEN
from playground.gallery.stories import NOW

BEGUN: Final = CallDoubt(id=CallDoubt.named("d" * 32), by=ANN, about=BEN, created_at=NOW - timedelta(seconds=4))
CODE: Final = replace(
    BEGUN,
    status=DoubtStand.MATCHING,
    picked=Picked.AGENT,
    seed="00" * 16,
    created_at=NOW - timedelta(seconds=30),
    code_at=NOW - timedelta(seconds=20),
)


def doubts(view: View) -> Iterator[tuple[str, Showable, View]]:
    agent, channel = replace(view, user="29:ben", person=BEN.id), replace(view, user="", person="")
    yield "doubt/form", DoubtForm(), view
    for fault in ("nobody", "no_match"):
        yield f"doubt/form/{fault}", DoubtForm("Zed" if fault == "no_match" else "", fault), view
    yield "doubt/found", DoubtForm("Ann Archer", found=FOUND), view
    for name, one in _stands():
        yield f"doubt/asker/{name}", DoubtCard(one, Slot.ASKER), view
        if one.code_at is not None:
            yield f"doubt/agent/{name}", DoubtCard(one, Slot.AGENT), agent
        if one.alarming:
            yield f"doubt/security/{name}", DoubtCard(one, Slot.SECURITY), channel
    again = replace(BEGUN, status=DoubtStand.NOBODY, about=ANN)
    first = replace(BEGUN, status=DoubtStand.DENIED)
    yield "doubt/security/again", DoubtCard(first, Slot.SECURITY, (again, replace(again, about=BEN))), channel
    for words in ("doubt.moved", "doubt.gone"):
        yield f"said/{words}", Said(words), view


def _stands() -> Iterator[tuple[str, CallDoubt]]:
    yield "asked", BEGUN
    yield "matching", CODE
    yield "late", replace(CODE, code_at=NOW - timedelta(hours=1))
    yield "same", replace(CODE, status=DoubtStand.SAME, seed="", same_at=NOW - timedelta(minutes=1))
    yield "past", replace(CODE, status=DoubtStand.SAME, seed="", same_at=NOW - timedelta(hours=1))
    for status in sorted(HANG_UP):
        yield status.value, replace(CODE, status=status, seed="")
    yield "unsure", replace(CODE, status=DoubtStand.UNSURE, picked=Picked.UNKNOWN, seed="")
    yield "in_doubt", replace(BEGUN, status=DoubtStand.UNSURE, picked=Picked.IN_DOUBT)
    yield "made_up", replace(BEGUN, status=DoubtStand.NOBODY, about=replace(BEN, id="nobody-by-that-id", name=""))
