"""Form: what somebody reads and fills in before they ask, with all that is wrong with it beside its field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from bot.core.answers import Form
from bot.core.forms import Choice, Fault, Field, Line
from cards import elements as e
from cards.buttons import back, choose, disown, submit
from cards.parts import behind, card, header, lines, marked, warning
from cards.texts import NAME, Markup, clean, known, plain
from cards.view import View
from cards.words import bare, own, say, stated

ROWS: Final = 8  # lines with a button of their own that are seen at once
MOST: Final = 24  # of them: a card with more would be too large, so that those after them are only told


def form(answer: Form, view: View, *, titled: bool = False) -> e.Card:
    """Return the form with what was typed so far, and all that is wrong with it, each beside its field.

    What is wrong the server alone says: a client that checks some fields by itself tells only part of it, and sends
    nothing until that is put right.

    `titled` where no dialog says above it what it is.
    """
    kind = answer.kind
    if answer.disowns:
        return _disowning(answer, view, titled=titled)
    if answer.sheet.rows is not None and not answer.sheet.closed:
        return _rows(answer, answer.sheet.rows, view, titled=titled)
    asks = not answer.sheet.closed and (answer.sheet.fields or known(f"{kind}.form.lead"))
    body = _top(kind, view, titled=titled)
    body += lines(say(view, "call.for", name=plain(answer.about, NAME))) if answer.about else []
    body += [*lines(say(view, own(kind, "form.lead")))] if asks else []
    body += [_told(line, view) for line in answer.sheet.lines]
    buttons = (
        []
        if answer.sheet.closed
        else [submit(view, kind, answer.request, removes=answer.sheet.removes, call=answer.call)]
    )
    return card(view, [*body, *_fields(answer, view)], [*buttons, *_aside(answer, view)])


def _top(kind: str, view: View, *, titled: bool) -> list[e.Piece]:
    return [header(say(view, "app.name"), say(view, f"{kind}.title"))] if titled else []


def _aside(answer: Form, view: View) -> list[e.Action]:
    return [disown(view, answer.kind, answer.request)] if answer.sheet.disowns else []


def _rows(answer: Form, field: Field, view: View, *, titled: bool) -> e.Card:
    """Return each line with the button that chooses it beside it; once one is chosen, that one and what is asked."""
    chosen, kind, error = answer.sheet.chosen(answer.values), answer.kind, answer.errors.get(field.name, "")
    if chosen is not None:
        return _one(answer, {field.name: chosen.tag}, chosen, view, titled=titled)
    body: list[e.Piece | None] = [*_top(kind, view, titled=titled), *lines(say(view, own(kind, "form.lead")))]
    body.append(warning(_fault(kind, field, error, view)) if error else None)
    rows = [line for line in answer.sheet.lines if line.choice]
    hidden = rows[ROWS:] if len(rows) > ROWS + 1 else []
    told = [_told(replace(line, icon=""), view) for line in rows[MOST:]]
    body += [_row(answer, field, line, view) for line in answer.sheet.lines if line not in hidden]
    if hidden:
        more = lines(say(view, own(kind, "form.rest"))) if told else []
        body += behind([*(_row(answer, field, line, view) for line in rows[ROWS:MOST]), *more, *told], view)
    return card(view, body, _aside(answer, view))


def _row(answer: Form, field: Field, line: Line, view: View) -> e.Piece:
    """A line with its button; what cannot be chosen has none."""
    choice = next((choice for choice in field.choices if choice.value == line.choice), None)
    if choice is None:
        return _told(line, view)
    named = {field.name: choice.tag}  # as the server will read it
    return _told(line, view, choose(view, answer.kind, answer.request, named, _choice(choice.title, view)))


def _one(answer: Form, named: Mapping[str, str], chosen: Choice, view: View, *, titled: bool) -> e.Card:
    """What was chosen, alone, with what is asked about it, and the way back to the others."""
    kind, request, sheet = answer.kind, answer.request, answer.sheet
    body = [*_top(kind, view, titled=titled), *lines(say(view, own(kind, "form.chosen")))]
    body += [_told(line, view) for line in sheet.lines if line.choice == chosen.value]
    send = submit(view, kind, request, named, removes=sheet.removes)
    return card(view, [*body, *_fields(answer, view)], [back(view, kind, request), send])


def _disowning(answer: Form, view: View, *, titled: bool) -> e.Card:
    """Ask which of what a kind shows is not theirs, and say what comes of that before it is sent."""
    kind = answer.kind
    body = [*_top(kind, view, titled=titled), *lines(say(view, own(kind, "disown.lead")))]
    return card(view, [*body, *_fields(answer, view)], [disown(view, kind, answer.request, told=True)])


def _fields(answer: Form, view: View) -> Iterator[e.Piece]:
    for field in answer.sheet.fields:
        if field.rows:
            continue
        error = answer.errors.get(field.name, "")
        yield _input(answer.kind, field, answer.values.get(field.name, field.default), view)
        if error:
            yield _wrong(_fault(answer.kind, field, error, view))


def _told(line: Line, view: View, beside: e.Action | None = None) -> e.Piece:
    """A line of a sheet, and smaller below it what belongs to it."""
    items: list[e.Piece] = [e.TextBlock(text=stated(line, view))]
    below = line.below
    while below is not None:
        items.append(e.TextBlock(text=stated(below, view), size="Small", is_subtle=True, spacing="None"))
        below = below.below
    return marked(line.icon, items, tone=line.tone, beside=beside, spacing="Medium")


def _input(kind: str, field: Field, value: str, view: View) -> e.Input:
    label = bare(view, f"{kind}.field.{field.name}")
    if not field.required and field.required_if is None:
        label = bare(view, "form.optional", label=label)
    if field.choices:
        options = [e.Option(title=_choice(c.title, view), value=c.tag) for c in field.choices]
        value = next((choice.tag for choice in field.choices if choice.value == value), value)
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
