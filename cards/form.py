"""Form: what somebody reads and fills in before they ask, with all that is wrong with it beside its field."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.answers import Form
from bot.core.forms import Fault, Field, Line
from cards import elements as e
from cards.buttons import disown, submit
from cards.parts import card, header, lines, marked
from cards.texts import Markup, clean, known
from cards.view import View
from cards.words import bare, own, say, stated


def form(answer: Form, view: View, *, titled: bool = False) -> e.Card:
    """Return the form with what was typed so far, and all that is wrong with it, each beside its field.

    What is wrong the server alone says: a client that checks some fields by itself tells only part of it, and sends
    nothing until that is put right.

    `titled` where no dialog says above it what it is.
    """
    kind = answer.kind
    if answer.disowns:
        return _disowning(answer, view, titled=titled)
    asks = not answer.sheet.closed and (answer.sheet.fields or known(f"{kind}.form.lead"))
    body: list[e.Piece] = [header(say(view, "app.name"), say(view, f"{kind}.title"))] if titled else []
    body += [*lines(say(view, own(kind, "form.lead")))] if asks else []
    body += [_told(line, view) for line in answer.sheet.lines]
    buttons = [] if answer.sheet.closed else [submit(view, kind, answer.request)]
    aside = [disown(view, kind, answer.request)] if answer.sheet.disowns else []
    return card(view, [*body, *_fields(answer, view)], [*buttons, *aside])


def _disowning(answer: Form, view: View, *, titled: bool) -> e.Card:
    """Ask which of what a kind shows is not theirs, and say what comes of that before it is sent."""
    kind = answer.kind
    body: list[e.Piece] = [header(say(view, "app.name"), say(view, f"{kind}.title"))] if titled else []
    body += lines(say(view, own(kind, "disown.lead")))
    return card(view, [*body, *_fields(answer, view)], [disown(view, kind, answer.request, told=True)])


def _fields(answer: Form, view: View) -> Iterator[e.Piece]:
    for field in answer.sheet.fields:
        error = answer.errors.get(field.name, "")
        yield _input(answer.kind, field, answer.values.get(field.name, field.default), view)
        if error:
            yield _wrong(_fault(answer.kind, field, error, view))


def _told(line: Line, view: View) -> e.Piece:
    """A line of a sheet, and smaller below it what belongs to it."""
    items: list[e.Piece] = [e.TextBlock(text=stated(line, view))]
    if line.below is not None:
        below = stated(line.below, view)
        items.append(e.TextBlock(text=below, size="Small", is_subtle=True, spacing="None"))
    return marked(line.icon, items, tone=line.tone, spacing="Medium")


def _input(kind: str, field: Field, value: str, view: View) -> e.Input:
    label = bare(view, f"{kind}.field.{field.name}")
    if not field.required and field.required_if is None:
        label = bare(view, "form.optional", label=label)
    if field.choices:
        options = [e.Option(title=_choice(c.title, view), value=c.value) for c in field.choices]
        return e.InputChoiceSet(
            id=field.name,
            label=label,
            choices=options,
            value=value or None,
            placeholder=bare(view, "form.choose"),
            style="compact",
        )
    return e.InputText(
        id=field.name,
        label=label,
        value=value or None,
        placeholder=bare(view, "form.example", example=field.example) if field.example else None,
        multiline=field.multiline or None,
        longest=field.longest,
    )


def _wrong(words: str) -> e.TextBlock:
    return e.TextBlock(text=words, color="Attention", size="Small", spacing="Small")


def _choice(title: str, view: View) -> str:
    return bare(view, title) if known(title) else clean(title)


def _fault(kind: str, field: Field, error: str, view: View) -> str:
    """Say what is wrong with a field, and where it should look otherwise, like what."""
    said = say(view, _error(kind, field.name, error))
    like = say(view, "form.example", example=field.example) if field.example and error == Fault.PATTERN else ""
    return Markup(f"{said} {like}".rstrip())


def _error(kind: str, name: str, error: str) -> str:
    """Return the kind's own words for what is wrong with a field, else the common ones."""
    specific = f"{kind}.error.{name}.{error.removeprefix('form.')}"
    return specific if known(specific) else error if known(error) else "form.pattern"
