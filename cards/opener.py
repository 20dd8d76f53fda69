"""What an agent sees of a request they opened for a colleague: how far it is, and never what comes of it."""

from __future__ import annotations

from bot.core.behalf import WHY_OPENED, locked_by_other
from bot.core.escalations import ENDED
from bot.core.model import PENDING, EvidenceType, Request
from cards import elements as e
from cards.buttons import anew
from cards.escalation import ask_lead
from cards.parts import card, lines, quoted, standing
from cards.view import View
from cards.words import particulars, say


def opener(request: Request, view: View) -> e.Card:
    given = particulars(request, view)
    large = say(view, "opener.title", **given)
    key = f"opener.lock.{request.status}" if locked_by_other(request) else f"opener.{request.status}"
    call = next((given.source for given in request.evidence_of(EvidenceType.VERIFICATION) if given.source), "")
    waits = request.status in PENDING or request.status in ENDED
    asks = [ask_lead(call.partition(":")[2], view)] if call and waits else []
    fresh = anew(request, [view.user], view) if asks and view.user else None
    return card(view, [standing(request, large, view), *lines(say(view, key, **given))], asks, fresh)


def opened(request: Request, view: View) -> list[e.Piece]:
    """Say to whom it is about who locked their account, and what to do now; and quote why."""
    if not locked_by_other(request):
        return []
    return [*lines(say(view, f"{request.kind}.lock.told", **particulars(request, view))), *why(request, view)]


def why(request: Request, view: View) -> list[e.Piece]:
    """Quote why somebody else opened it, under their name."""
    by, reason = request.opened_by, request.details.get(WHY_OPENED, "")
    return quoted(by.name, [("", reason)], view, own=view.person == by.id) if by is not None and reason else []
