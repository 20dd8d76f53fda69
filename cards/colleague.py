"""Whom an agent means: the fields to look for a colleague, and each who may be meant with a button."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.core.calling import PICKED, TYPED
from bot.core.colleague import Colleague
from cards import elements as e
from cards.texts import NAME, clean, plain
from cards.view import View
from cards.words import bare, say

# What the client's own search offers is only what it found: the server looks whoever is chosen up again.
# https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/people-picker
PEOPLE: Final = {"type": "Data.Query", "dataset": "graph.microsoft.com/users"}
LONGEST: Final = 100  # of a name


def looked_for(text: str, view: View) -> list[e.Piece]:
    """Return the client's picker, and a line to write a name where it has none."""
    picker = e.InputChoiceSet(
        id=PICKED, label=bare(view, "call.picked"), choices=[], dataset=PEOPLE, placeholder=bare(view, "call.search")
    )
    return [picker, e.InputText(id=TYPED, label=bare(view, "call.typed"), value=text or None, longest=LONGEST)]


def row(one: Colleague, title: str, data: Mapping[str, Any], view: View) -> e.ColumnSet:
    """Return who that is, with the button that means them."""
    button = e.ActionSet(actions=[e.Submit(title=title, data=dict(data), sends="none")])
    columns = [e.Column(width="stretch", items=who(one, view)), e.Column(width="auto", items=[button])]
    return e.ColumnSet(columns=columns, separator=True, spacing="Medium")


def who(one: Colleague, view: View) -> list[e.Piece]:
    """Say who that is, with their picture, and by what tells two of one name apart."""
    name = e.TextBlock(text=plain(one.name, NAME), weight="Bolder")
    manager = say(view, "call.manager", name=plain(one.manager, NAME)) if one.manager else ""
    return [
        e.Persona(one.id, clean(one.name, NAME), clean(one.upn), fallback=name),
        *(
            e.TextBlock(text=text, size="Small", spacing="None", is_subtle=True)
            for text in (plain(one.upn), plain(one.work), manager)
            if text
        ),
    ]
