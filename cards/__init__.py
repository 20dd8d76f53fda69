"""Cards: pure functions from the core's answers to Adaptive Cards. What is on a card decides nothing."""

from __future__ import annotations

from typing import Any, assert_never

from bot.core.answers import (
    Form,
    HomeCard,
    MissCard,
    OfferCard,
    ProofShown,
    QueueCard,
    Refused,
    RequestCard,
    Said,
    SecretShown,
    ThreatCard,
    ThreatDoor,
    ThreatForm,
)
from bot.core.callcards import CallerCard, CallerDoor, CallerForm
from bot.core.doubtful import DoubtCard, DoubtForm
from bot.core.escalating import EscalationCard
from bot.core.listed import StatusCard
from bot.core.lockcards import LockCard, LockDoor, LockForm
from bot.core.model import Request
from bot.core.ports import Slot
from bot.core.sights import HistoryCard, LookDoor, LookForm
from bot.core.watch import Notice
from cards import elements as e
from cards.alert import alert, lift
from cards.approvers import approvers, confirm, proof, reminder
from cards.buttons import alarm
from cards.call import call, call_door, call_form
from cards.doubt import doubt, doubt_form
from cards.escalation import escalation
from cards.finding import finding
from cards.form import form
from cards.home import home, missed, offered, status
from cards.letter import letter
from cards.lock import lock, lock_door, lock_form
from cards.lookup import history, look_door, look_form
from cards.messages import line, message, prompt, secret_message
from cards.opener import opener
from cards.parts import card, header, lines, warning
from cards.queue import queue
from cards.requester import requester
from cards.secret import curtain, secret
from cards.texts import LANGUAGES, ideas, phrases, plain, said_for, text, tongue, vocabulary
from cards.threat import threat, threat_door, threat_form
from cards.view import View
from cards.words import called, refused, say, sentence, stands

__all__ = [
    "LANGUAGES",
    "Showable",
    "View",
    "ideas",
    "in_chat",
    "lead",
    "letter",
    "line",
    "message",
    "phrases",
    "plain",
    "prompt",
    "said_for",
    "secret_message",
    "sentence",
    "show",
    "summary",
    "text",
    "title",
    "tongue",
    "vocabulary",
]

Showable = (
    HomeCard
    | OfferCard
    | MissCard
    | StatusCard
    | QueueCard
    | Form
    | CallerDoor
    | CallerForm
    | CallerCard
    | LookDoor
    | LookForm
    | HistoryCard
    | DoubtForm
    | DoubtCard
    | EscalationCard
    | ThreatDoor
    | ThreatForm
    | ThreatCard
    | LockDoor
    | LockForm
    | LockCard
    | RequestCard
    | SecretShown
    | ProofShown
    | Refused
    | Said
    | Notice
)


def show(answer: Showable, view: View) -> dict[str, Any]:
    """Return the Adaptive Card (version 1.5) of an answer, as JSON values."""
    shown: dict[str, Any] = e.plain(_card(answer, view))
    return shown


def lead(answer: OfferCard, view: View) -> str:
    """Return the line above an offer, where only a line of text goes."""
    return text(answer.lead or "home.begin", view.language, contact=view.contact)


def in_chat(answer: Showable, view: View) -> dict[str, Any]:
    """Return the card of an answer for a message: a form and a no say there what they are, as a dialog's title does."""
    match answer:
        case Form():
            shown: dict[str, Any] = e.plain(form(answer, view, titled=True))
        case Refused():
            shown = e.plain(_refused(answer, view, titled=True))
        case _:
            shown = show(answer, view)
    return shown


def title(answer: Showable, view: View) -> str:
    """Return the title of the dialog an answer is shown in."""
    match answer:
        case RequestCard(request) | SecretShown(request):
            return text(f"{request.kind}.title", view.language)
        case Form(kind):
            return text(f"{kind}.title", view.language)
        case Refused():
            return text("refusal.title", view.language)
        case CallerDoor() | CallerForm() | CallerCard() | EscalationCard():
            return text("call.title", view.language)
        case LookDoor(sight) | LookForm(sight):
            return text(f"lookup.{sight}.title", view.language)
        case HistoryCard():
            return text("lookup.history.title", view.language)
        case DoubtForm() | DoubtCard():
            return text("doubt.title", view.language)
        case ThreatDoor() | ThreatForm() | ThreatCard():
            return text("threat.title", view.language)
        case LockDoor() | LockForm() | LockCard():
            return text("lock.title", view.language)
        case HomeCard() | OfferCard() | MissCard() | StatusCard() | QueueCard() | ProofShown() | Said() | Notice():
            return text("app.name", view.language)
        case _:
            assert_never(answer)


def summary(request: Request, slot: Slot, view: View) -> str:
    """Return the line a notification of a request's message shows: how it stands, never a result."""
    own = slot in {Slot.REQUESTER, Slot.SECRET}
    what = text(f"{request.kind}.title" if own else called(request.kind), view.language)
    if slot is Slot.SECRET:
        return what
    return f"{what}: {text(stands(request), view.language)}"


def _card(answer: Showable, view: View) -> e.Card:
    match answer:
        case RequestCard(request, slot):
            return _placed(request, slot, view)
        case SecretShown():
            return secret(answer, view)
        case ProofShown():
            return proof(answer, view)
        case Refused():
            return _refused(answer, view)
        case Notice():
            return finding(answer, view)
        case CallerDoor() | CallerForm() | CallerCard() | DoubtForm() | DoubtCard() | EscalationCard():
            return _on_the_telephone(answer, view)
        case ThreatDoor() | ThreatForm() | ThreatCard():
            return _of_the_level(answer, view)
        case LockDoor() | LockForm() | LockCard() | LookDoor() | LookForm() | HistoryCard():
            return _of_a_colleague(answer, view)
        case Said(key, params):
            return card(view, lines(say(view, key, **params)))
        case HomeCard() | OfferCard() | MissCard() | StatusCard() | QueueCard() | Form():
            return _choice(answer, view)
        case _:
            assert_never(answer)


def _on_the_telephone(
    answer: CallerDoor | CallerForm | CallerCard | DoubtForm | DoubtCard | EscalationCard, view: View
) -> e.Card:
    """Return a card about who is on the telephone."""
    match answer:
        case CallerDoor():
            return call_door(answer, view)
        case CallerForm():
            return call_form(answer, view)
        case CallerCard():
            return call(answer, view)
        case DoubtForm():
            return doubt_form(answer, view)
        case DoubtCard():
            return doubt(answer, view)
        case EscalationCard():
            return escalation(answer, view)
        case _:
            assert_never(answer)


def _of_the_level(answer: ThreatDoor | ThreatForm | ThreatCard, view: View) -> e.Card:
    """Return a card about how strict the desk is."""
    match answer:
        case ThreatDoor():
            return threat_door(answer, view)
        case ThreatForm():
            return threat_form(answer, view)
        case ThreatCard():
            return threat(answer, view)
        case _:
            assert_never(answer)


def _of_a_colleague(answer: LockDoor | LockForm | LockCard | LookDoor | LookForm | HistoryCard, view: View) -> e.Card:
    """Return what somebody entitled does about a colleague, or is shown of them, and the way there."""
    match answer:
        case LockDoor():
            return lock_door(answer, view)
        case LockForm():
            return lock_form(answer, view)
        case LockCard():
            return lock(answer, view)
        case LookDoor():
            return look_door(answer, view)
        case LookForm():
            return look_form(answer, view)
        case HistoryCard():
            return history(answer, view)
        case _:
            assert_never(answer)


def _choice(answer: HomeCard | OfferCard | MissCard | StatusCard | QueueCard | Form, view: View) -> e.Card:
    """Return a card from which somebody goes on: to a kind, to a request, or through a form."""
    match answer:
        case HomeCard():
            return home(answer, view)
        case OfferCard():
            return offered(answer, view)
        case MissCard():
            return missed(answer, view)
        case StatusCard():
            return status(answer, view)
        case QueueCard():
            return queue(answer, view)
        case Form():
            return form(answer, view)
        case _:
            assert_never(answer)


def _placed(request: Request, slot: Slot, view: View) -> e.Card:
    match slot:
        case Slot.REQUESTER:
            return requester(request, view)
        case Slot.APPROVERS:
            return approvers(request, view)
        case Slot.REMINDER:
            return reminder(request, view)
        case Slot.CONFIRM:
            return confirm(request, view)
        case Slot.SECURITY:
            return alert(request, view)
        case Slot.LIFT:
            return lift(request, view)
        case Slot.SECRET:
            return curtain(request, view)
        case Slot.OPENER:
            return opener(request, view)
        case Slot.AGENT | Slot.ASKER | Slot.CALLER | Slot.VOUCHER | Slot.LEAD | Slot.THREAT | Slot.MANAGER:
            raise TypeError("no request has a message there")
        case Slot.PROMPT:  # Teams draws the prompt itself; this stands in its place once it is over
            return card(view, lines(say(view, "request.over", kind=say(view, f"{request.kind}.title")), subtle=True))
        case _:
            assert_never(slot)


def _refused(answer: Refused, view: View, *, titled: bool = False) -> e.Card:
    """A no; with a request, its card as it is now below it, the one that is for whoever looks."""
    said = refused(answer.refusal, view)
    if answer.request is None or not view.person:
        title = [header(text("app.name", view.language), say(view, "refusal.title"))] if titled else []
        return card(view, [*title, *lines(said)], [alarm(view)])
    mine = view.person in {answer.request.subject.id, answer.request.requester.id}
    return (requester if mine else approvers)(answer.request, view, warning(said))
