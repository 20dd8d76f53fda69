"""Means: what somebody has to sign in with, said before they press; who has none of it is told another way."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.model import EvidenceType, Means, Request, Status
from cards import elements as e
from cards.parts import lines, warning
from cards.texts import NAME, Markup, known, plain
from cards.view import View
from cards.words import own, say


def stuck(request: Request, view: View) -> e.Container | None:
    """Say whom to call instead of pressing, where nothing that Entra could ask for is left to them."""
    if not _asked(request) or request.means is None or _left(request.means):
        return None
    return warning(say(view, "means.lost" if request.means else "means.none", **_named(request.means, view)))


def able(request: Request, view: View) -> list[e.Piece]:
    """Say what they have that Entra may ask for, and whom to call where they do not have it with them."""
    if not _asked(request):
        return []
    if request.means is None:
        return lines(say(view, own(request.kind, "means.unknown"), **_named((), view)))
    left = _left(request.means)
    state = "several" if len(left) > 1 else "one"
    return lines(say(view, f"means.{state}", **_named(left, view))) if left else []


def _asked(request: Request) -> bool:
    return request.status is Status.STEP_UP and not request.evidence_of(EvidenceType.STEP_UP)


def _left(means: Sequence[Means]) -> list[Means]:
    return [one for one in means if not one.lost]


def _named(means: Sequence[Means], view: View) -> dict[str, Markup]:
    """Name what they have, and the button that is there to press."""
    press = say(view, "button.sign_in" if view.link else "button.sign_in_again")
    return {"names": Markup(", ".join(_name(one, view) for one in means)), "press": press}


def _name(one: Means, view: View) -> Markup:
    """Its type in our words, its name as they gave it; what we have no word for is told as that."""
    key = f"means.type.{one.type}"
    what = say(view, key if known(key) else "means.type.other")
    return say(view, "means.named", what=what, name=plain(one.name, NAME)) if one.name else what
