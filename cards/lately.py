"""Lately: what else was asked about a person in the last days, for those who decide about them."""

from __future__ import annotations

from typing import Final

from bot.core.model import Request, Status
from cards import elements as e
from cards.parts import lines, quote
from cards.texts import NAME, plain
from cards.view import View
from cards.words import called, say, stands, when

LATEST: Final = 5  # of what else was asked lately


def lately(request: Request, view: View) -> list[e.Piece]:
    """Say what else was asked about this person lately, what came of it, and why somebody said no, in their words."""
    if request.status is not Status.APPROVAL or not view.past:
        return []
    pieces = lines(say(view, "past.title"), subtle=True)
    for one in view.past[:LATEST]:
        pieces += lines(_line(one, view))
        if one.ending is not None and one.status is Status.DENIED:
            pieces += quote(one.ending.reason, view)
    left = len(view.past) - LATEST
    return [*pieces, *(lines(say(view, "past.more", count=left), subtle=True) if left > 0 else ())]


def _line(one: Request, view: View) -> str:
    what = {"kind": say(view, called(one.kind)), "when": when(one.created_at)}
    if one.reported:
        return say(view, "past.alarm", **what)
    if one.status is Status.DENIED and one.ending is not None:
        what["when"] = when(one.ending.at or one.created_at)  # a no is of when it was said
        return say(view, "past.denied", by=plain(one.ending.name, NAME), **what)
    return say(view, "past.other", state=say(view, stands(one)), **what)
