"""The cards that are not about one request: home, the list of one's requests, a no, a line."""

from __future__ import annotations

from typing import Final

from bot.core.actions import Begin, Home, Human, ShowStatus, WithdrawListed
from bot.core.answers import HomeCard, MissCard, Offer, OfferCard
from bot.core.behalf import locked_by_other
from bot.core.listed import StatusCard
from bot.core.model import PENDING, Person, Request
from bot.core.threat import ThreatLevel
from cards import elements as e
from cards.buttons import alarm, begin, dialog, press, ref
from cards.call import quiet, resumes
from cards.parts import behind, card, header, lines, marked, stand
from cards.texts import NAME, plain
from cards.view import View
from cards.words import refused, say, when

DOORS: Final = 3  # of a card for what was not understood
FIRST: Final = 3  # offers that are seen at once
LATEST: Final = 5  # of the looks of others


def home(answer: HomeCard, view: View) -> e.Card:
    """How one's requests stand comes first, then what one may ask for; the alarm is the last button."""
    body: list[e.Piece] = [_hello(answer.person, view)]
    if answer.threat is not ThreatLevel.NORMAL:
        stricter = e.TextBlock(text=say(view, f"home.stricter_{answer.threat}"))
        body.append(e.Container(style="warning", bleed=True, items=[stricter]))
    if answer.open:
        body.append(e.TextBlock(text=say(view, "home.open"), weight="Bolder", size="Medium", style="heading"))
        body += [_row(request, view) for request in answer.open]
    body += lines(say(view, answer.lead))
    body += _offers([offer for offer in answer.offers if not offer.alarm], view)
    body.append(_apart(say(view, "home.write"), size="Small", is_subtle=True))
    return card(view, body, [alarm(view)])


def offered(answer: OfferCard, view: View) -> e.Card:
    """One offer in answer to what was written; an alarm's says that nothing was done: it may have been a question."""
    lead = say(view, answer.lead or ("home.alarm" if answer.offer.alarm else "home.begin"))
    offer = _offer(answer.offer, view, here=not answer.offer.alarm)
    body: list[e.Piece] = [_hello(answer.person, view), *lines(lead), offer]
    return card(view, body, [] if answer.offer.alarm else [alarm(view)])


def missed(answer: MissCard, view: View) -> e.Card:
    """A line and three doors for what was not understood: kinds that come near it, then the desk's own."""
    near = [dialog(view, f"{kind}.title", Begin(kind)) for kind in answer.kinds]
    everything, human = press(view, "button.home", Home()), press(view, "button.human", Human())
    own = [everything, human] if near else [everything, press(view, "button.status", ShowStatus()), human]
    doors = [*near, *own][:DOORS]
    return card(view, lines(say(view, "home.not_understood")), [*doors, alarm(view)])


def status(answer: StatusCard, view: View) -> e.Card:
    body: list[e.Piece] = [header(say(view, "home.title"), say(view, "list.title"))]
    body += [_listed(request, answer.person, view) for request in answer.requests] or lines(say(view, "list.nothing"))
    body += _looks(answer, view)
    peace = answer.quiet if answer.quiet is not None and quiet(answer.quiet, view) else None
    if peace is not None:
        body.append(_apart(quiet(peace, view)))
    resume = resumes(view) if peace is not None else None
    return card(view, body, [press(view, "button.home", Home()), resume, alarm(view)])


def _looks(answer: StatusCard, view: View) -> list[e.Piece]:
    """Say who has lately looked at what there is of them."""
    each = ((one, plain(one.name, NAME)) for one in answer.looks[:LATEST])
    told = [say(view, f"lookup.{one.sight}.looked", name=name, when=when(one.at)) for one, name in each]
    left = len(answer.looks) - LATEST
    told += [say(view, "lookup.more", count=left)] if left > 0 else []
    return [_apart(say(view, "lookup.title"), weight="Bolder"), *lines(*told, subtle=True)] if told else []


def _hello(person: Person, view: View) -> e.Container:
    greeting = say(view, "home.hello", name=plain(person.name, NAME)) if person.name else say(view, "home.hello_you")
    return header(say(view, "home.title"), greeting)


def _apart(words: str, **looks: object) -> e.TextBlock:
    return e.TextBlock(text=words, separator=True, spacing="Medium", **looks)


def _offers(offers: list[Offer], view: View) -> list[e.Piece]:
    """Say what there is; what nobody would get for the same reason is told once."""
    if not offers:
        return lines(say(view, "home.nothing"))
    refusals = [offer.refusal for offer in offers]
    first = refusals[0]
    if first is not None and len(offers) > 1 and all(refusal == first for refusal in refusals):
        return [e.TextBlock(text=refused(first, view), color="Warning", spacing="Medium")]
    ordered = sorted(offers, key=lambda offer: offer.refusal is not None)
    front, rest = ordered[:FIRST], ordered[FIRST:]
    return [
        *(_offer(offer, view) for offer in front),
        *(behind([_offer(o, view) for o in rest], view) if rest else []),
    ]


def _offer(offer: Offer, view: View, *, here: bool = False) -> e.Piece:
    """Return what is offered, with its button; `here`: and with one, put aside, for a client that opens no dialogs."""
    texts: list[e.Piece] = [
        e.TextBlock(text=say(view, f"{offer.kind}.title"), weight="Bolder", size="Medium", style="heading"),
        e.TextBlock(text=say(view, f"{offer.kind}.summary"), spacing="None", is_subtle=True),
    ]
    if offer.refusal is not None:
        texts.append(e.TextBlock(text=refused(offer.refusal, view), size="Small", color="Warning", spacing="Small"))
    open_to_them = offer.refusal is None
    button: e.Action = begin(
        view, "button.ask", offer.kind, style="positive" if open_to_them else None, enabled=open_to_them
    )
    if offer.alarm:  # there is nothing to fill in
        button = press(view, f"{offer.kind}.button.ask", Begin(offer.kind), style="destructive")
    aside = [press(view, "button.here", Begin(offer.kind), mode="secondary")] if here else []
    actions = e.ActionSet(actions=[button, *aside], spacing="Small")
    return marked(offer.icon, [*texts, actions], tone="Accent", separator=True, spacing="Medium")


def _listed(request: Request, person: Person, view: View) -> e.Container:
    """Return a request of the list; what its person may still withdraw has the button for it."""
    own = request.subject.id == person.id and not locked_by_other(request)
    open_to_them = request.status in PENDING and own
    button = press(view, "button.withdraw", WithdrawListed(ref(request)))
    withdraw = [e.ActionSet(actions=[button], spacing="Small")] if open_to_them else []
    return e.Container(items=[_row(request, view), *withdraw], spacing="Medium")


def _row(request: Request, view: View) -> e.ColumnSet:
    what = [
        e.TextBlock(text=say(view, f"{request.kind}.title"), weight="Bolder"),
        e.TextBlock(
            text=say(view, "list.asked", created=when(request.created_at)), size="Small", is_subtle=True, spacing="None"
        ),
    ]
    columns = [e.Column(width="stretch", items=what), e.Column(width="auto", items=[stand(request, view)])]
    return e.ColumnSet(columns=columns, spacing="Medium")
