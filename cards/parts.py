"""Parts the cards are made of, so that all of them look and read alike: header, progress, quote, facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from bot.core.model import Mode, Request, Status
from cards import elements as e
from cards.texts import Markup, clean, plain, tongue
from cards.view import View
from cards.words import bare, say, stands

TONES: Final = {
    Status.STEP_UP: "Accent",
    Status.APPROVAL: "Accent",
    Status.READY: "Good",
    Status.ACTING: "Accent",
    Status.UNKNOWN: "Warning",
    Status.DONE: "Good",
    Status.REVOKING: "Warning",
    Status.REFUSED: "Attention",
    Status.DENIED: "Attention",
    Status.WITHDRAWN: "Default",
    Status.EXPIRED: "Default",
    Status.EVALUATED: "Accent",
    Status.FAILED: "Attention",
    Status.REVOKED: "Default",
    Status.ENDED: "Default",
}


def card(
    view: View,
    body: Iterable[e.Piece | None],
    actions: Sequence[e.Action | None] = (),
    refresh: e.Refresh | None = None,
) -> e.Card:
    buttons = [action for action in actions if action is not None]
    return e.Card(
        lang=tongue(view.language),
        fallback_text=bare(view, "app.fallback"),
        body=[piece for piece in body if piece is not None],
        actions=buttons or None,
        refresh=refresh,
    )


def header(small: str, large: str, *, status: str = "", tone: str = "Default") -> e.Container:
    """The top of a card: what it is about, how it stands in a coloured word, and the one line to take away."""
    about = e.TextBlock(text=small, size="Small", weight="Bolder", is_subtle=True)
    stands = e.TextBlock(text=status, size="Small", weight="Bolder", color=tone, align="Right")
    top: e.Piece = about
    if status:
        top = e.ColumnSet(columns=[e.Column(width="stretch", items=[about]), e.Column(width="auto", items=[stands])])
    headline = e.TextBlock(text=large, size="Large", weight="Bolder", style="heading", spacing="Small")
    return e.Container(style="emphasis", bleed=True, items=[top, headline])


def standing(request: Request, large: str, view: View) -> e.Container:
    return header(
        say(view, f"{request.kind}.title"),
        large,
        status=say(view, stands(request)),
        tone=TONES[request.status],
    )


def lines(*texts: str, subtle: bool = False) -> list[e.Piece]:
    return [e.TextBlock(text=text, is_subtle=subtle or None, spacing="Medium") for text in texts if text]


def facts(rows: Iterable[tuple[str, str]]) -> list[e.Piece]:
    """Label and value side by side; a value that Markdown could touch is quoted below instead, word for word."""
    given = [(title, value) for title, value in rows if value]
    quiet = [(title, value) for title, value in given if isinstance(value, Markup) or plain(value) == value]
    pairs = [e.Fact(title=title, value=value) for title, value in quiet]
    pieces: list[e.Piece] = [e.FactSet(facts=pairs, spacing="Medium")] if pairs else []
    for title, value in [row for row in given if row not in quiet]:
        pieces += [e.TextBlock(text=title, is_subtle=True, spacing="Small"), *quote(value)]
    return pieces


def quote(words: str) -> list[e.Piece]:
    """What a person wrote, word for word: no client reads Markdown here."""
    run = e.TextRun(text=f"“{clean(words)}”", italic=True)
    return [e.Container(style="emphasis", items=[e.RichTextBlock(inlines=[run])], spacing="Small")] if words else []


def trial(request: Request, view: View) -> e.TextBlock | None:
    if request.mode is not Mode.EVALUATE:
        return None
    return e.TextBlock(text=say(view, "fact.trial"), color="Accent", size="Small", spacing="Medium")
