"""The alarm in the security channel: somebody says that a request in their name was not theirs."""

from __future__ import annotations

from bot.core.model import Proof, Request, Status
from cards import elements as e
from cards.parts import card, facts, lines, standing
from cards.texts import Markup, plain
from cards.view import View
from cards.words import details, names, particulars, say, when


def alert(request: Request, view: View) -> e.Card:
    """Return what security needs to begin: who, what, when, who approved, and what the desk has done by itself."""
    given, approved = particulars(request, view), request.proofs(Proof.APPROVAL)
    key = "alert.revoking" if request.status is Status.REVOKING else "alert.revoked"
    rows: list[tuple[Markup, Markup]] = [
        *details(request, view),
        (say(view, "fact.asked"), when(request.created_at)),
        *((say(view, "fact.signed_in"), when(e.at)) for e in request.proofs(Proof.STEP_UP)[-1:]),
        (say(view, "alert.approved_by"), names(approved)),
        (say(view, "alert.person"), plain(request.subject.id)),
        (say(view, "alert.request"), plain(request.id)),
    ]
    body = [
        standing(request, say(view, "alert.title", **given), view),
        *lines(say(view, key, **given), say(view, "alert.next", **given)),
        facts(rows),
    ]
    return card(view, body)
