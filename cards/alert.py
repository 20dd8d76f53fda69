"""The alarm in the security channel: a request was not its subject's own, or was for an emergency account."""

from __future__ import annotations

from bot.core.model import Proof, Request, Status
from cards import elements as e
from cards.parts import card, facts, lines, standing
from cards.view import View
from cards.words import details, names, particulars, say, when


def alert(request: Request, view: View) -> e.Card:
    """Return what security needs to begin: who, what, when, who approved, and what the desk has done by itself."""
    given, approved = particulars(request, view), request.proofs(Proof.APPROVAL)
    rows: list[tuple[str, str]] = [
        *details(request, view),
        (say(view, "fact.asked"), when(request.created_at)),
        *((say(view, "fact.signed_in"), when(e.at)) for e in request.proofs(Proof.STEP_UP)[-1:]),
        (say(view, "alert.approved_by"), names(approved)),
        (say(view, "alert.person"), request.subject.id),
        (say(view, "alert.request"), request.id),
    ]
    body = [
        standing(request, say(view, "alert.title" if request.reported else "alert.emergency", **given), view),
        *lines(*(say(view, key, **given) for key in _told(request))),
        *facts(rows),
    ]
    return card(view, body)


def _told(request: Request) -> tuple[str, ...]:
    """Name the texts: somebody's alarm, or a request for an account that is kept for emergencies."""
    if not request.reported:
        return ("alert.emergency_text",)
    return ("alert.revoking" if request.status is Status.REVOKING else "alert.revoked", "alert.next")
