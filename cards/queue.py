"""The line of requests that wait for an approver: who asks for what, since when, and a button to open each."""

from __future__ import annotations

from bot.core.actions import Ref, SeeQueue, Take
from bot.core.answers import QueueCard
from bot.core.queue import Queued
from cards import elements as e
from cards.buttons import press
from cards.parts import card, header, lines
from cards.texts import NAME, Markup, known, plain
from cards.view import View
from cards.words import called, say, when


def queue(answer: QueueCard, view: View) -> e.Card:
    """Return the line as the channel shows it, or as an approver turns its pages in private."""
    count, mine = answer.line.count, bool(view.person)
    title = header(say(view, "app.name"), say(view, "queue.title", count=count) if count else say(view, "queue.none"))
    left = count - len(answer.line.some)
    body = [
        title,
        *(lines(say(view, "queue.mine" if mine else "queue.lead")) if count else ()),
        *(_row(one, view) for one in answer.line.some),
        *(lines(say(view, "queue.more", count=left), subtle=True) if left > 0 and not mine else ()),
    ]
    on = press(view, "button.further", SeeQueue(answer.after)) if answer.after else None
    if mine:
        return card(view, body, [on, press(view, "button.from_start", SeeQueue())])
    return card(view, body, [press(view, "button.whole_line", SeeQueue())] if left > 0 else [])


def _row(one: Queued, view: View) -> e.ColumnSet:
    asked = say(view, "queue.asked", name=plain(one.name, NAME), when=when(one.since))
    said: list[e.Piece] = [
        e.TextBlock(text=say(view, called(one.kind)), weight="Bolder"),
        e.TextBlock(text=asked, size="Small", spacing="None"),
    ]
    said += [e.TextBlock(text=text, size="Small", is_subtle=True, spacing="None") for text in _besides(one, view)]
    opened = e.ActionSet(actions=[press(view, "button.open", Take(Ref(one.id, one.version)))])
    columns = [e.Column(width="stretch", items=said), e.Column(width="auto", items=[opened])]
    return e.ColumnSet(columns=columns, separator=True, spacing="Medium")


def _besides(one: Queued, view: View) -> list[Markup]:
    """Say how grave it is, where its kind has a word for that, that it is a trial, and who has opened it."""
    level = f"{one.kind}.badge.{one.level}"
    told = [say(view, level)] if one.level and known(level) else []
    told += [say(view, "queue.trial")] if one.trial else []
    names = ", ".join(plain(name, NAME) for name in one.takers)
    return told + ([say(view, "queue.opened", names=Markup(names))] if names else [])
