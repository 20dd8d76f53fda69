"""Replies: an answer of the desk as its way of arriving asks for. Pure; a secret passes through `results` only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, assert_never

import cards
from bot.core.actions import Begin, Choose, Refresh, Submit
from bot.core.answers import (
    Answer,
    Done,
    Form,
    OfferCard,
    QueueCard,
    Refused,
    RequestCard,
    Said,
    SecretShown,
    SignInWanted,
    ThreatCard,
    ThreatForm,
)
from bot.core.callcards import CallerCard, CallerForm
from bot.core.calling import SeeCaller
from bot.core.doubting import SeeDoubt
from bot.core.escalating import SeeEscalation
from bot.core.lockcards import LockForm
from bot.core.model import LIVE, Chat
from bot.core.ports import Slot
from bot.core.raising import SeeThreat
from bot.core.sights import HistoryCard, LookForm
from bot.teams.inbound import Command, Via
from bot.teams.results import NotPrivate, reveal
from cards.view import View

Json = dict[str, Any]

ADAPTIVE: Final = "application/vnd.microsoft.card.adaptive"
MESSAGE: Final = "application/vnd.microsoft.activity.message"
ERROR: Final = "application/vnd.microsoft.error"
OK, BAD, PRECONDITION, FAILED, NOT_IMPLEMENTED = 200, 400, 412, 500, 501
LONGEST_TITLE: Final = 60
OWN: Final = frozenset({Slot.REQUESTER, Slot.CONFIRM})  # the places of one person's own cards
LEADS_ON: Final = frozenset({"actions", "selectAction", "refresh"})


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: the response to an invoke, and messages for the chat.

    `place` is the message that the one for the chat takes the place of, where it may be changed.
    """

    status: int = OK
    body: Json | None = None
    messages: tuple[Mapping[str, Any], ...] = ()
    place: str = ""


def reply(answer: Answer, command: Command, view: View) -> Reply:
    """Return how `answer` goes back. Raises `NotPrivate` for a secret that would go to the wrong place."""
    match command.via:
        case Via.PRESS if isinstance(command.action, Submit | Choose):
            return _filled_in(answer, command, view)
        case Via.MESSAGE | Via.PRESS:
            return Reply(messages=_messages(answer, view))
        case Via.CARD:
            return Reply(body=_action(answer, command, view), messages=_besides(answer, view))
        case Via.FETCH:
            return Reply(body=_dialog(answer, command, view))
        case Via.SUBMIT if isinstance(answer, OfferCard):  # its button would do nothing in a dialog
            return Reply(body=_task_message(cards.lead(answer, view)), messages=_messages(answer, view))
        case Via.SUBMIT:
            return Reply(body=_submitted(answer, command, view))
        case Via.EXCHANGE | Via.VERIFY | Via.FAILURE:
            return _signed_in(answer, command, view)
        case _:
            assert_never(command.via)


def said(via: Via, words: str, *, failed: bool = False) -> Reply:
    """Return a sentence of ours in place of an answer, as every sort of invoke can show it."""
    match via:
        case Via.MESSAGE | Via.PRESS:
            return Reply(messages=(cards.line(words),))
        case Via.CARD if failed:
            return Reply(body=_error(FAILED, "InternalServerError", words))
        case Via.CARD:
            return Reply(body=_message(words))
        case Via.FETCH | Via.SUBMIT:
            return Reply(body=_task_message(words))
        case Via.EXCHANGE:  # the button stays, whatever became of the silent way
            return Reply(status=PRECONDITION, body={"failureDetail": words})
        case Via.VERIFY | Via.FAILURE:
            return Reply(status=PRECONDITION if failed else OK, body={"failureDetail": words} if failed else None)
        case _:
            assert_never(via)


def malformed(via: Via, words: str) -> Reply:
    """Return the answer to an invoke that none of our cards sends."""
    match via:
        case Via.CARD:
            return Reply(body=_error(BAD, "BadRequest", words))
        case Via.FETCH | Via.SUBMIT:
            return Reply(body=_task_message(words))
        case _:
            return Reply(status=BAD, body={"failureDetail": words})


def _filled_in(answer: Answer, command: Command, view: View) -> Reply:
    """Answer a form that stands in the chat, in its place: one that stayed there would ask for what is long answered.

    It stands there for words that fill it in, and where the client opens no dialogs: it sends the button that asks for
    one as any other. https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-actions
    """
    place = command.card if command.actor.chat.personal else ""
    match answer:
        case RequestCard():
            sent = Said("said.filled_in", {"what": cards.title(answer, view)})
            return Reply(messages=(cards.message(cards.show(sent, view), cards.title(answer, view)),), place=place)
        case Refused(_, request) if request is not None:  # that request's own card has the buttons
            still = _still(cards.show(answer, view))
            return Reply(messages=(cards.message(still, cards.title(answer, view)),), place=place)
        case _:
            return Reply(messages=_messages(answer, view), place=place)


def _messages(answer: Answer, view: View) -> tuple[Json, ...]:
    match answer:
        case Done() | RequestCard() | CallerCard() | ThreatCard() | SignInWanted():
            return ()  # its own message tells it, wherever that is: a copy would be one that nothing follows
        case Said():
            return (cards.line(cards.sentence(answer, view)),)
        case SecretShown():
            raise NotPrivate("a button that shows a secret must be answered where it was pressed")
        case _:
            return (cards.message(cards.in_chat(answer, view), cards.title(answer, view)),)


def _action(answer: Answer, command: Command, view: View) -> Json:
    """Answer a Universal Action: https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/work-with-universal-actions-for-adaptive-cards."""
    match answer:
        case RequestCard() if isinstance(command.action, Begin):  # its own message comes; this card stays what it is
            return _message(cards.text("said.begun", view.language))
        case Refused() if isinstance(command.action, Refresh | SeeCaller | SeeDoubt | SeeEscalation | SeeThreat):
            return _error(BAD, "NotForYou", cards.sentence(answer, view))  # the card everybody sees stays
        case Said() | Refused():
            return _message(cards.sentence(answer, replace(view, fresh=True)))
        case Done() | SignInWanted():
            return _message(_short(answer, view))
        case QueueCard(home=Chat()):
            return _message(cards.text("queue.in_private", view.language))
        case SecretShown():
            return _card(reveal(answer, command.actor.chat, command.actor.person, view))
        case _:
            return _card(cards.in_chat(answer, replace(view, fresh=asks_anew(answer, view))))


def asks_anew(answer: Answer, view: View) -> bool:
    """Say whether a card that stays is for one person, whose client fetches it anew whenever they look at it."""
    if not isinstance(answer, RequestCard) or not view.user:
        return False
    return answer.slot in OWN and answer.request.status in LIVE


def _besides(answer: Answer, view: View) -> tuple[Json, ...]:
    """What was asked for in a channel and is for one person goes to their private chat."""
    return _messages(answer, view) if isinstance(answer, QueueCard) and answer.home is not None else ()


def _dialog(answer: Answer, command: Command, view: View) -> Json:
    """Answer the opening of a dialog; only a form and a secret have buttons or need them there."""
    fresh = replace(view, fresh=True)
    match answer:
        case Form() | CallerForm() | ThreatForm() | LockForm() | LookForm() | HistoryCard():
            return _continue(cards.show(answer, fresh), cards.title(answer, view))
        case SecretShown():  # which stands open as long as it is needed
            card = reveal(answer, command.actor.chat, command.actor.person, view)
            return _continue(card, cards.title(answer, view))
        case Done() | SignInWanted():
            return _task_message(_short(answer, view))
        case _:
            return _continue(_still(cards.show(answer, fresh)), cards.title(answer, view), height="small")


def _submitted(answer: Answer, command: Command, view: View) -> Json | None:
    """Answer a form: again with what is wrong, with a word, or with nothing, which closes the dialog."""
    match answer:
        case SecretShown() | Said() | Refused():
            return _dialog(answer, command, view)
        case Form() | CallerForm() | ThreatForm() | LockForm() | LookForm() | HistoryCard():
            return _dialog(answer, command, view)
        case _:
            return None


def _signed_in(answer: Answer, command: Command, view: View) -> Reply:
    """Answer a sign-in: 412 keeps the button, and a refusal is said in the chat, where it can be read."""
    sign_in = {"id": getattr(command.action, "sign_in", ""), "connectionName": command.connection}
    match answer:
        case SignInWanted(wanted, detail):
            return Reply(PRECONDITION, {**sign_in, "id": wanted, "failureDetail": detail})
        case Refused():
            detail = answer.refusal.reason
            messages = _messages(Refused(answer.refusal), view)
            return Reply(PRECONDITION, {**sign_in, "failureDetail": detail}, messages)
        case _:
            return Reply(OK, sign_in if command.via is Via.EXCHANGE else None, _messages(answer, view))


def _short(answer: Done | SignInWanted, view: View) -> str:
    key = "said.shown" if isinstance(answer, Done) else "said.sign_in_first"
    return cards.text(key, view.language)


def _card(card: Json) -> Json:
    return {"statusCode": OK, "type": ADAPTIVE, "value": card}


def _message(words: str) -> Json:
    return {"statusCode": OK, "type": MESSAGE, "value": words}


def _error(status: int, code: str, words: str) -> Json:
    return {"statusCode": status, "type": ERROR, "value": {"code": code, "message": words}}


def _task_message(words: str) -> Json:
    return {"task": {"type": "message", "value": words}}


def _continue(card: Json, title: str, *, height: str = "medium") -> Json:
    shown = {"title": title[:LONGEST_TITLE], "height": height, "width": "medium"}
    return {"task": {"type": "continue", "value": {**shown, "card": {"contentType": ADAPTIVE, "content": card}}}}


def _still(node: Any) -> Any:
    """Return a card without its buttons: in a dialog they would do nothing."""
    if isinstance(node, list):
        return [_still(item) for item in node if not (isinstance(item, dict) and item.get("type") == "ActionSet")]
    if isinstance(node, dict):
        return {key: _still(value) for key, value in node.items() if key not in LEADS_ON}
    return node
