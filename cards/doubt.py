"""The cards of a doubt: who is calling, the code both compare, and what came of it.

Until it is told what came of it, the card says the same whomever somebody named.
"""

from __future__ import annotations

from typing import Final

from bot.core.calling import PICKED, TYPED
from bot.core.doubtful import DoubtCard, DoubtForm
from bot.core.doubting import AskDoubt, SayDifferent, SayNotCalling, SaySame, SeeDoubt
from bot.core.doubts import LOOK, CallDoubt, DoubtStand
from bot.core.ports import Slot
from cards import elements as e
from cards.buttons import asks_anew, packed, press
from cards.colleague import LONGEST, PEOPLE, row
from cards.lock import begin
from cards.parts import aloud, badge, card, facts, header, lines, warning
from cards.texts import NAME, plain
from cards.view import View
from cards.words import bare, counted, say, spelled, when

SHADES: Final = {
    DoubtStand.ASKED: "Accent",
    DoubtStand.MATCHING: "Accent",
    DoubtStand.SAME: "Good",
    DoubtStand.UNSURE: "Warning",
}


def doubt_form(answer: DoubtForm, view: View) -> e.Card:
    """Return the form: who says that they are calling; whoever was found by name stands there with a button each."""
    body: list[e.Piece | None] = [
        header(say(view, "app.name"), say(view, "doubt.title")),
        warning(say(view, f"doubt.fault.{answer.fault}")) if answer.fault else None,
        *lines(say(view, "doubt.found" if answer.found else "doubt.form")),
        *(row(one, bare(view, "doubt.button.this_one"), packed(view, AskDoubt(one.id)), view) for one in answer.found),
        *(lines(say(view, "doubt.never"), subtle=True) if not answer.found else ()),
    ]
    picker = e.InputChoiceSet(
        id=PICKED, label=bare(view, "doubt.picked"), choices=[], dataset=PEOPLE, placeholder=bare(view, "call.search")
    )
    typed = e.InputText(id=TYPED, label=bare(view, "doubt.typed"), value=answer.text or None, longest=LONGEST)
    title = bare(view, "doubt.button.find_again" if answer.found else "doubt.button.ask")
    style = None if answer.found else "positive"
    return card(view, [*body, picker, typed], [e.Submit(title=title, data=packed(view, AskDoubt("")), style=style)])


def doubt(answer: DoubtCard, view: View) -> e.Card:
    one, slot = answer.doubt, answer.slot
    match slot:
        case Slot.ASKER:
            return _askers(one, view)
        case Slot.AGENT:
            return _agents(one, view)
        case _:
            return _securitys(answer, view)


def _askers(one: CallDoubt, view: View) -> e.Card:
    """What whoever is on the telephone reads; before it is told, nothing that depends on whom they named."""
    stand = _now(one, view)
    if stand is DoubtStand.ASKED:
        seconds = round(LOOK.total_seconds())
        body = [_head(say(view, "doubt.asker.asking"), view, stand), *lines(say(view, "doubt.asking", seconds=seconds))]
        return card(view, body, (), _refresh(one, view))
    body = [
        _head(say(view, f"doubt.asker.title.{stand}", **_given(one)), view, stand),
        *_code(one, view, stand),
        *lines(say(view, f"doubt.asker.{stand}", **_given(one))),
        *(() if stand in {DoubtStand.MATCHING, DoubtStand.SAME} else lines(say(view, "doubt.asker.told"), subtle=True)),
    ]
    asks = stand is DoubtStand.MATCHING
    same = press(view, "doubt.button.same", SaySame(one.key, one.version), style="positive") if asks else None
    other = press(view, "doubt.button.different", SayDifferent(one.key, one.version), style="destructive")
    return card(view, body, [same, other if asks else None], _refresh(one, view))


def _agents(one: CallDoubt, view: View) -> e.Card:
    stand = _now(one, view)
    body = [
        _head(say(view, "doubt.agent.title", **_given(one)), view, stand),
        *_code(one, view, stand),
        *lines(say(view, f"doubt.agent.{stand}", **_given(one))),
    ]
    no = press(view, "doubt.button.not_calling", SayNotCalling(one.key, one.version), style="destructive")
    return card(view, body, [None if one.over(view.now) else no], _refresh(one, view))


def _securitys(answer: DoubtCard, view: View) -> e.Card:
    """What security reads of a doubt, or of all within the same minutes: each says whom the caller passed for."""
    one, every = answer.doubt, (answer.doubt, *answer.others)
    title = say(view, "doubt.security.title", **_given(one))
    said = lines(
        *(say(view, f"doubt.security.{each.status}", **_given(each)) for each in every),
        counted(len(every), view),
        say(view, "doubt.security.next", **_given(one)),
    )
    rows = [
        (say(view, "doubt.asked_at"), when(one.created_at)),
        (say(view, "doubt.asker_id"), one.by.id),
        *((say(view, "doubt.named_id"), each.about.id) for each in every),
    ]
    return card(view, [_head(title, view, one.status), *said, *facts(rows)], [begin(view)])


def _now(one: CallDoubt, view: View) -> DoubtStand:
    """Return how it stands: past its time a code counts no more, whoever looks first."""
    late = one.status is DoubtStand.MATCHING and one.over(view.now)
    return DoubtStand.UNANSWERED if late else one.status


def _code(one: CallDoubt, view: View, stand: DoubtStand) -> list[e.Piece]:
    if stand is not DoubtStand.MATCHING:
        return []
    said = e.TextRun(text=spelled(one.code, view), size="Small")
    return [aloud(one.code, code=True), e.RichTextBlock(inlines=[said], spacing="Small")]


def _head(large: str, view: View, stand: DoubtStand) -> e.Container:
    return header(
        say(view, "doubt.title"), large, status=badge(view, f"doubt.status.{stand}", SHADES.get(stand, "Attention"))
    )


def _given(one: CallDoubt) -> dict[str, object]:
    name = one.about.name or one.about.id
    return {"name": plain(name, NAME), "by": plain(one.by.name, NAME), "until": when(one.ends_at)}


def _refresh(one: CallDoubt, view: View) -> e.Refresh | None:
    """Let the one it is for fetch it anew when it comes into view, as long as it can change."""
    if not view.user or (one.status is not DoubtStand.ASKED and one.over(view.now)):
        return None
    return asks_anew(packed(view, SeeDoubt(one.key)), [view.user])
