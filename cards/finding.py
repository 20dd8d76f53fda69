"""A finding in the security channel: somebody tried, or allowed, more than is usual; nothing was stopped by it."""

from __future__ import annotations

from bot.core.watch import DAILY, Notice, Sort
from cards import elements as e
from cards.lock import begin
from cards.parts import card, facts, header, lines, quote
from cards.texts import known
from cards.view import View
from cards.words import bare, say, when


def finding(found: Notice, view: View) -> e.Card:
    """Return who it is about, if that is known, what there was too much of, and where to look."""
    given = {"name": found.person.name, "count": found.count, "of": found.of}
    nobody, after = found.sort in {Sort.STRANGER, Sort.UNSENT}, f"finding.next_{found.sort}"
    about = [(say(view, "alert.person"), found.person.id), (say(view, "finding.last"), found.request)]
    return card(
        view,
        [
            header(say(view, "finding.title"), say(view, f"finding.about_{found.sort}", **given)),
            *lines(say(view, _said(found), **given)),
            *quote(bare(view, found.what) if known(found.what) else found.what, view),
            *lines(say(view, after if known(after) else "finding.next", **given)),
            *facts([(say(view, "finding.at"), when(found.at)), *([] if nobody else about)]),
        ],
        [begin(view, found.person)] if found.sort in DAILY else [],  # and nobody of their name
    )


def _said(found: Notice) -> str:
    """Name the text; where nothing is usual yet, there is one of its own."""
    if found.sort is Sort.YES:
        return f"finding.yes_{found.window}"
    first = f"finding.{found.sort}_first"
    return first if not found.of and known(first) else f"finding.{found.sort}"
