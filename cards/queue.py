"""What waits for an approver: who asks for what, since when, and a button to open each."""

from __future__ import annotations

from bot.core.actions import Ref
from bot.core.answers import QueueCard
from bot.core.queue import Queued, looked_at
from bot.core.queueing import CHOSEN, LATE, MINE, SeeQueue, Take
from cards import elements as e
from cards.buttons import attending, press
from cards.parts import card, facts, header, lines
from cards.texts import NAME, Markup, known, plain
from cards.view import View
from cards.words import bare, called, say, when


def queue(answer: QueueCard, view: View) -> e.Card:
    """Return the line as the channel shows it, what was asked for there, or a page of an approver's own in private."""
    if view.person:
        return _page(answer, view)
    count, left = answer.line.count, answer.line.count - len(answer.line.some)
    lead = "queue.board" if answer.board else "queue.lead"
    body = [
        _head(answer, view),
        *_by_kind(answer, view),
        *(lines(say(view, lead)) if count else ()),
        *(_row(one, view, said=answer.board) for one in answer.line.some),
        *(lines(say(view, "queue.more", count=left), subtle=True) if left > 0 else ()),
    ]
    whole = press(view, "button.whole_line", SeeQueue(said=answer.board))
    return card(view, body, [whole] if left > 0 or answer.board else [])


def _head(answer: QueueCard, view: View) -> e.Container:
    count = answer.line.count
    return header(say(view, "app.name"), say(view, "queue.title", count=count) if count else say(view, "queue.none"))


def _by_kind(answer: QueueCard, view: View) -> list[e.Piece]:
    each = ((one, say(view, "queue.of_kind", count=one.count, when=when(one.oldest))) for one in answer.line.kinds)
    return facts([(say(view, called(one.kind)), said) for one, said in each])


def _page(answer: QueueCard, view: View) -> e.Card:
    some = answer.line.some
    body = [
        _head(answer, view),
        *lines(say(view, "queue.mine" if some else "queue.none_such") if answer.line.count else ""),
        *(_row(one, view, answer.page) for one in some),
        _filter(answer, view) if answer.line.count else None,
    ]
    on = press(view, "button.further", SeeQueue(answer.after, answer.page.which)) if answer.after else None
    start = press(view, "button.from_start", SeeQueue()) if answer.page.after else None
    return card(view, body, [on, start])


def _filter(answer: QueueCard, view: View) -> e.ColumnSet:
    """Let whoever reads it choose what it shows; the choice counts when *Show* is pressed."""
    named = [("", "queue.filter_all"), (MINE, "queue.filter_mine"), (LATE, "queue.filter_late")]
    named += [(kind, called(kind)) for kind in answer.kinds]
    chosen = e.InputChoiceSet(
        id=CHOSEN,
        label=bare(view, "queue.filter"),
        choices=[e.Option(title=bare(view, key), value=value) for value, key in named],
        value=answer.page.which,
        style="compact",
    )
    shows = e.ActionSet(actions=[press(view, "button.filter", SeeQueue())])
    columns = [e.Column(width="stretch", items=[chosen]), e.Column(width="auto", items=[shows])]
    return e.ColumnSet(columns=columns, separator=True, spacing="Medium")


def _row(one: Queued, view: View, page: SeeQueue | None = None, *, said: bool = False) -> e.Piece:
    asked = say(view, "queue.asked", name=plain(one.name, NAME), when=when(one.since))
    told: list[e.Piece] = [
        e.TextBlock(text=say(view, called(one.kind)), weight="Bolder"),
        e.TextBlock(text=asked, size="Small", spacing="None"),
    ]
    told += [e.TextBlock(text=text, size="Small", is_subtle=True, spacing="None") for text in _besides(one, view)]
    opens = press(view, "button.open", Take(Ref(one.id, one.version), said))
    if page is not None:  # two buttons beside the words would leave them no room on a telephone
        actions = e.ActionSet(actions=[opens, *attending(one, view, page)], spacing="Small")
        return e.Container(items=[*told, actions], separator=True, spacing="Medium")
    columns = [e.Column(width="stretch", items=told), e.Column(width="auto", items=[e.ActionSet(actions=[opens])])]
    return e.ColumnSet(columns=columns, separator=True, spacing="Medium")


def _besides(one: Queued, view: View) -> list[Markup]:
    """Say how grave it is, where its kind has a word for that, that it is a trial, and who looks at it or opened it."""
    level = f"{one.kind}.badge.{one.level}"
    told = [say(view, level)] if one.level and known(level) else []
    told += [say(view, "queue.trial")] if one.trial else []
    there = looked_at(one, view.now)
    told += [say(view, "queue.attention", name=plain(there.name, NAME))] if there is not None else []
    names = ", ".join(plain(name, NAME) for name in one.takers)
    return told + ([say(view, "queue.opened", names=Markup(names))] if names else [])
