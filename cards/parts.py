"""Parts the cards are made of, so that all of them look and read alike: header, progress, quote, facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from bot.core.model import Mode, Request, Status
from cards import elements as e
from cards.texts import NAME, Markup, clean, mixed, plain, tongue
from cards.view import View
from cards.words import bare, called, say, stands

MORE: Final = "more"  # the id of what stands behind a button
_INNER: Final = str.maketrans(dict.fromkeys("“”„‟«»\u2039\u203a〝〞〟\uff02", '"'))

TONES: Final = {
    Status.CONSENT: "Accent",
    Status.STEP_UP: "Accent",
    Status.PROOF: "Accent",
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


def header(small: str, large: str, *, status: e.Badge | None = None) -> e.Container:
    """The top of a card: what it is about, how it stands in a coloured word, and the one line to take away."""
    about = e.TextBlock(text=small, size="Small", weight="Bolder", is_subtle=True)
    top: e.Piece = about
    if status:
        top = e.ColumnSet(columns=[e.Column(width="stretch", items=[about]), e.Column(width="auto", items=[status])])
    headline = e.TextBlock(text=large, size="Large", weight="Bolder", style="heading", spacing="Small")
    return e.Container(style="emphasis", bleed=True, items=[top, headline])


def aloud(text: str, *, code: bool = False) -> e.Container:
    """What is read out on the telephone, large and alone on its line; of a `code` each sign is as wide as another."""
    font = "Monospace" if code else None
    run = e.TextRun(text=text, font_type=font, size="ExtraLarge", weight="Bolder")
    return e.Container(style="accent", items=[e.RichTextBlock(inlines=[run], horizontalAlignment="Center")])


def standing(request: Request, large: str, view: View) -> e.Container:
    """The top of a request's card; who reads of somebody else's reads no "my" in it."""
    own = view.person in {request.subject.id, request.requester.id}
    title = f"{request.kind}.title" if own else called(request.kind)
    return header(say(view, title), large, status=stand(request, view))


def stand(request: Request, view: View) -> e.Badge:
    """How a request stands, in one coloured word."""
    return badge(view, stands(request), TONES[request.status])


def badge(view: View, key: str, tone: str, align: str = "Right") -> e.Badge:
    """A word of the catalogue that can be told by its colour; a client without badges shows it coloured."""
    plainly = e.TextBlock(text=say(view, key), size="Small", weight="Bolder", color=tone, align=align)
    style = "Subtle" if tone == "Default" else tone
    return e.Badge(text=bare(view, key), style=style, appearance="Tint", shape="Rounded", align=align, fallback=plainly)


def marked(
    icon: str, items: list[e.Piece], *, tone: str = "Default", beside: e.Action | None = None, **looks: object
) -> e.Piece:
    """What is told at a glance by its icon; where a client has none, or nobody named one, only what it says.

    `beside` is the button for this line alone.
    """
    columns = [e.Column(width="stretch", items=items, spacing="Small" if icon else None)]
    if icon:
        sign = e.Icon(icon, size="xSmall", style="Filled", color=tone)
        columns.insert(0, e.Column(width="auto", items=[sign]))
    if beside is not None:
        columns.append(e.Column(width="auto", items=[e.ActionSet(actions=[beside])], spacing="Small"))
    return e.ColumnSet(columns=columns, **looks) if len(columns) > 1 else e.Container(items=items, **looks)


def behind(items: list[e.Piece], view: View) -> list[e.Piece]:
    """What few look for, behind a button; a client that cannot unfold it shows it."""
    more = e.Toggle(title=bare(view, "button.more"), targets=[MORE])
    return [
        e.ActionSet(actions=[more], spacing="Medium", separator=True),
        e.Container(id=MORE, items=items, visible=False),
    ]


def lines(*texts: str, subtle: bool = False) -> list[e.Piece]:
    return [e.TextBlock(text=text, is_subtle=subtle or None, spacing="Medium") for text in texts if text]


def warning(*texts: str) -> e.Container | None:
    """What did not go as its reader wished, before everything else."""
    said = [e.TextBlock(text=text) for text in texts if text]
    return e.Container(style="warning", bleed=True, items=said) if said else None


def facts(rows: Iterable[tuple[str, str]]) -> list[e.Piece]:
    """What the desk itself knows: label and value side by side. What a person wrote never stands here: see `quoted`."""
    given = [(title, value if isinstance(value, Markup) else plain(value)) for title, value in rows if value]
    pairs = [e.Fact(title=title, value=value) for title, value in given]
    return [e.FactSet(facts=pairs, spacing="Medium")] if pairs else []


def quoted(
    by: str, rows: Iterable[tuple[str, str]], view: View, *, own: bool = False, first: bool = False
) -> list[e.Piece]:
    """What a person wrote, apart from what the desk says and under their name; `own` where they read it themselves.

    `first`: nothing but the card's title stands above it, which is apart already.
    """
    said = [(label, words) for label, words in rows if clean(words)]
    if not said:
        return []
    head = say(view, "words.own") if own else say(view, "words.of", name=plain(by, NAME))
    items: list[e.Piece] = [e.TextBlock(text=head, weight="Bolder", size="Small")]
    for label, words in said:
        items += [e.TextBlock(text=label, is_subtle=True, size="Small", spacing="Small")] if label else []
        items.append(_verbatim(words, view))
    if any(mixed(words) for _, words in said):
        items.append(e.TextBlock(text=say(view, "words.mixed"), color="Warning", size="Small", spacing="Small"))
    return [e.Container(style="emphasis", items=items, spacing="Medium", separator=None if first else True)]


def quote(words: str, view: View) -> list[e.Piece]:
    """What a person wrote, where the line above already says who."""
    return [e.Container(style="emphasis", items=[_verbatim(words, view)], spacing="Small")] if clean(words) else []


def _verbatim(words: str, view: View) -> e.RichTextBlock:
    """Word for word, on one line: no client reads Markdown here, and no mark of theirs closes the desk's quotes."""
    run = e.TextRun(text=bare(view, "words.quoted", words=clean(words).translate(_INNER)), italic=True)
    return e.RichTextBlock(inlines=[run], spacing="Small")


def trial(request: Request, view: View) -> e.TextBlock | None:
    if request.mode is not Mode.EVALUATE:
        return None
    return e.TextBlock(text=say(view, "fact.trial"), color="Accent", size="Small", spacing="Medium")
