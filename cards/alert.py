"""The alarm in the security channel: a request was not its subject's own, or was for an emergency account."""

from __future__ import annotations

from bot.core.model import Follow, Proof, Request, Status
from cards import elements as e
from cards.parts import card, facts, lines, standing
from cards.texts import known
from cards.view import View
from cards.words import details, names, own, particulars, say, when


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
        standing(request, say(view, own(request.kind, _title(request)), **given), view),
        *lines(*(say(view, key, **given) for key in _told(request))),
        *facts(rows),
    ]
    return card(view, body)


def _title(request: Request) -> str:
    return "alert.title" if request.reported else "alert.emergency"


def _failed(request: Request) -> tuple[str, ...]:
    """What should have followed and was refused for good is somebody else's to do now."""
    key = f"{request.kind}.alert.follow_failed"
    return (key,) if request.follow is Follow.FAILED and known(key) else ()


def _told(request: Request) -> tuple[str, ...]:
    """Name the texts: somebody's alarm, or a request for an account that is kept for emergencies."""
    if not request.reported:
        return ("alert.emergency_text",)
    state = f"{request.kind}.alert.{request.status}"
    if known(state):
        return (state, *_failed(request), "alert.next")
    return ("alert.revoking" if request.status is Status.REVOKING else "alert.revoked", "alert.next")
