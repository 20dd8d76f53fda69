"""The cards of a lookup: at whom somebody looks, and what the desk was asked about them: never a score, nobody's no."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.core.looking import BeginLooking, FindColleague, LookAt
from bot.core.lookups import Episode
from bot.core.model import Mode
from bot.core.sights import HistoryCard, LookDoor, LookForm
from cards import elements as e
from cards.buttons import dialog, packed
from cards.colleague import looked_for, row
from cards.parts import card, header, lines, quote, warning
from cards.texts import NAME, Markup, clean, plain
from cards.view import View
from cards.words import bare, called, details, say, stands, typed, when

WORDS: Final = 120  # characters of somebody's own words about one request


def look_door(answer: LookDoor, view: View) -> e.Card:
    begin = dialog(view, "lookup.button.begin", BeginLooking(answer.sight), style="positive")
    title = header(say(view, "app.name"), say(view, f"lookup.{answer.sight}.title"))
    return card(view, [title, *lines(say(view, f"lookup.{answer.sight}.door"))], [begin])


def look_form(answer: LookForm, view: View) -> e.Card:
    """Return the form: first whom, then, with all who may be meant in sight, the button that looks at one of them."""
    look = bare(view, "lookup.button.look")
    body: list[e.Piece | None] = [
        warning(say(view, f"call.fault.{answer.fault}")) if answer.fault else None,
        *lines(say(view, "lookup.found" if answer.found else "lookup.form"), say(view, "lookup.seen")),
        *(row(one, look, packed(view, LookAt(answer.sight, one.id)), view) for one in answer.found),
    ]
    again = "call.button.find_again" if answer.found else "call.button.find"
    data = packed(view, FindColleague(answer.sight, "", ""))
    find = e.Submit(title=bare(view, again), data=data)
    return card(view, [*body, *looked_for(answer.text, view)], [find])


def history(answer: HistoryCard, view: View) -> e.Card:
    """Return what was asked about somebody, the newest first, as far as it is told."""
    name = plain(answer.person.name, NAME)
    title = header(say(view, "lookup.history.title"), say(view, "lookup.history.of", name=name))
    key = "lookup.history.note" if answer.episodes else "lookup.history.nothing"
    return card(view, [title, *lines(say(view, key, name=name)), *(_episode(one, view) for one in answer.episodes)])


def _episode(one: Episode, view: View) -> e.Container:
    """One request: what, when, what came of it, who decided and who opened it, and why its person asked.

    So many stand on one card that each must be short: a card that is too large is none.
    """
    request, by = one.request, ", ".join(plain(each, NAME) for each in one.decided)
    told = [
        say(view, "lookup.history.asked", when=when(request.created_at)),
        say(view, "lookup.history.opened", by=plain(one.opener, NAME)) if one.opener else "",
        say(view, "lookup.history.decided", names=Markup(by)) if by else "",
        say(view, "queue.trial") if request.mode is Mode.EVALUATE else "",
    ]
    asked = replace(request, details=one.why)
    chosen = " · ".join(value for _, value in details(asked, view, theirs=True))
    small = [text for text in (" · ".join(filter(None, told)), chosen) if text]
    named = say(view, "lookup.history.line", kind=say(view, called(request.kind)), state=say(view, stands(request)))
    items: list[e.Piece] = [
        e.TextBlock(text=named),
        *(e.TextBlock(text=text, size="Small", is_subtle=True, spacing="None") for text in small),
        *quote(clean(" · ".join(words for _, words in typed(asked, view)), WORDS), view),
    ]
    return e.Container(items=items, separator=True, spacing="Medium")
