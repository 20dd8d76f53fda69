"""Stricter: why more is asked for than usual, in the words of what happened: for its person, and for who decides."""

from __future__ import annotations

from typing import Final

from bot.core.approval import outgrown
from bot.core.model import UNDECIDED, EvidenceType, Request, Status
from bot.core.policy import CHANGED, COOL_DOWN, REPEAT
from cards import elements as e
from cards.parts import lines
from cards.texts import Markup
from cards.view import View
from cards.words import particulars, say

TOLD: Final = (REPEAT, COOL_DOWN, CHANGED)  # what of the terms has words of its own


def stricter(request: Request, view: View) -> list[e.Piece]:
    """Say to its person why it takes more than usual, as long as something of that is still to come."""
    return lines(*_why(request, view, "stricter")) if request.status in UNDECIDED else []


def approved_before(request: Request, view: View) -> str:
    """Name why what somebody has approved waits for that once more: it is graver, or the yes was taken back."""
    if request.status is not Status.APPROVAL:
        return ""
    if outgrown(request, view.levels):
        return "graver"
    given = request.evidence_of(EvidenceType.APPROVAL)
    last = request.retracted[-1].at if request.retracted else None
    return "retracted" if last is not None and all(one.at < last for one in given) else ""


def for_approvers(request: Request, view: View) -> list[Markup]:
    """Say the same to who decides about it."""
    return _why(request, view, "stricter.theirs") if request.status is Status.APPROVAL else []


def _why(request: Request, view: View, key: str) -> list[Markup]:
    given = particulars(request, view)
    told = [say(view, f"{key}.{term}", **given) for term in TOLD if term in request.terms]
    return [*told, say(view, f"{key}.more", **given)] if told else []
