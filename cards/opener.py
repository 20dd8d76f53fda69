"""What an agent sees of a request they opened for a colleague: how far it is, and never what comes of it."""

from __future__ import annotations

from bot.core.model import Request
from cards import elements as e
from cards.parts import card, lines, standing
from cards.view import View
from cards.words import particulars, say


def opener(request: Request, view: View) -> e.Card:
    given = particulars(request, view)
    large = say(view, "opener.title", **given)
    return card(view, [standing(request, large, view), *lines(say(view, f"opener.{request.status}", **given))])
