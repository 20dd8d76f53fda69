"""Forms: each kind's, in every scene in which it is opened, and in every state it can come back in."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.answers import Form
from bot.core.forms import Sheet
from bot.kinds import KINDS
from playground.gallery.people import ANN
from playground.gallery.sheets import sheet
from playground.gallery.stories import NOW, STORIES


def forms(kind: str) -> Iterator[tuple[str, Form]]:
    for name, found in STORIES[kind].scenes.items():
        if (opened := sheet(KINDS[kind], ANN, found, NOW)) != Sheet():  # else a press is all it takes
            yield f"form/{name}", Form(kind, "f1", opened)
            yield from ((f"form/{name}_{state}", form) for state, form in _chosen(kind, opened))
            if opened.disowns is not None:
                which = Sheet((opened.disowns,))
                yield f"form/{name}_not_mine", Form(kind, "f1", which, disowns=True)
                unsaid = {opened.disowns.name: "form.required"}
                yield f"form/{name}_not_mine_unsaid", Form(kind, "f1", which, {}, unsaid, disowns=True)


def _chosen(kind: str, opened: Sheet) -> Iterator[tuple[str, Form]]:
    """A form of which a line is chosen first: what is asked then, unanswered, and one that went in between."""
    field = opened.rows
    if field is not None:
        values = {field.name: field.choices[0].value}
        unsaid = {one.name: "form.required" for one in opened.fields if not one.rows}
        yield "chosen", Form(kind, "f1", opened, values)
        yield "chosen_unsaid", Form(kind, "f1", opened, values, unsaid)
        yield "gone", Form(kind, "f1", opened, {field.name: "gone"}, {field.name: "form.choice"})
