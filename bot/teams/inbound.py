"""Inbound: an admitted activity as what it means; who acts, and where, comes from its envelope, never from its data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

import cards
from bot.core.actions import Action, MachineMade, NoWindow, OfferToken, Refresh, Replace, ReturnCode, Show
from bot.core.calling import FORM, SeeCaller
from bot.core.doubting import SeeDoubt
from bot.core.escalating import SeeEscalation
from bot.core.model import Actor, Chat, Person
from bot.core.packing import LANGUAGE as LANGUAGE_KEY
from bot.core.packing import unpack
from bot.core.queueing import BEHIND
from bot.core.raising import SeeThreat
from bot.teams.phrases import HIDDEN, Heard, named, written
from bot.teams.shapes import plain, shaped

Json = Mapping[str, Any]
Understand = Callable[[str, str], Heard]  # a text and its writer's language; by its type words do nothing that acts

LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")
ID: Final = re.compile(r"[A-Za-z0-9_-]{0,64}")
NAMED: Final = ("id", FORM, BEHIND)  # where in a button's data an id stands, one it opens with and one of its list, too
MESSAGE: Final = re.compile(r"[A-Za-z0-9:_-]{1,100}")
LONGEST_NAME: Final = 100
LONGEST_TOKEN: Final = 16 * 1024
BOT: Final = "28:"  # what Teams puts before the ids of bots
ADDED: Final = frozenset({"add", "add-upgrade"})
# What a client says when the popup was closed, instead of the code we gave it.
CLOSED: Final = frozenset({"cancelledbyuser", "canceledbyuser", "failedtoopenwindow", "userclosed"})


class Via(StrEnum):
    """How an action arrived, and so how it is answered; invokes carry the name Teams gives them."""

    MESSAGE = "message"
    PRESS = "message/button"  # Action.Submit: a message without text
    CARD = "adaptiveCard/action"
    FETCH = "task/fetch"
    SUBMIT = "task/submit"
    EXCHANGE = "signin/tokenExchange"
    VERIFY = "signin/verifyState"
    FAILURE = "signin/failure"


INVOKES: Final = frozenset({Via.CARD, Via.FETCH, Via.SUBMIT, Via.EXCHANGE, Via.VERIFY, Via.FAILURE})


@dataclass(frozen=True, slots=True)
class Command:
    """Somebody does something. `card` is the message pressed, `connection` the name to give back to a sign-in.

    `language` is the one they wrote in, or that of the card they pressed, where that is not their client's.
    """

    actor: Actor
    action: Action
    via: Via
    card: str = ""
    connection: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Installed:
    """The bot has a private chat with this person now; `new` when it had none before."""

    actor: Actor
    new: bool


@dataclass(frozen=True, slots=True)
class Removed:
    person: Person


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing the desk answers; an invoke among these still gets its 200."""

    reason: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """An invoke whose value is not one of ours."""

    via: Via


@dataclass(frozen=True, slots=True)
class Unknown:
    """An invoke nobody here answers."""


Meaning = Command | Installed | Removed | Ignored | Malformed | Unknown


def read(activity: Json, *, tenant: str, understand: Understand) -> Meaning:
    """Return what an activity means. `understand` reads a text; `tenant` is the one that was admitted."""
    activity = shaped(activity)
    match activity.get("type"):
        case "invoke":
            return _invoke(activity, tenant)
        case "message":
            return _message(activity, tenant, understand)
        case "installationUpdate":
            return _installation(activity, tenant)
        case "conversationUpdate":
            return _conversation(activity, tenant)
        case _:  # edits, reactions, typing: never commands
            return Ignored("type")


def actor(activity: Json, tenant: str) -> Actor | None:
    """Return who acts and where, or None for a bot or somebody without an object id."""
    sender, chat = _object(activity, "from"), _object(activity, "conversation")
    person, user = _text(sender, "aadObjectId").lower(), _text(sender, "id")
    if not person or user.startswith(BOT):
        return None
    locale = _text(activity, "locale")
    language = locale if LANGUAGE.fullmatch(locale) else "en"
    who = Person(tenant=tenant, id=person, name=tidy(_text(sender, "name"))[:LONGEST_NAME], language=language)
    data = _object(activity, "channelData")
    others = chat.get("isGroup") or any(data.get(place) for place in ("team", "channel", "meeting"))
    where = Chat(
        tenant=tenant,
        id=_text(chat, "id"),
        service_url=_text(activity, "serviceUrl"),
        personal=chat.get("conversationType") == "personal" and not others,
        user=user,
    )
    return Actor(who, replace(where, personal=where.alone))


def tidy(value: str) -> str:
    """Return `value` without control, bidi and zero-width characters, and without half surrogates."""
    if value.isascii() and value.isprintable():
        return value
    return "".join(c for c in value if c in "\n\t" or unicodedata.category(c) not in HIDDEN)


def _message(activity: Json, tenant: str, understand: Understand) -> Meaning:
    who = actor(activity, tenant)
    if who is None:
        return Ignored("sender")
    data = activity.get("value")
    if data is None:
        heard = understand(written(activity), who.person.language)
        return Command(who, named(activity, heard.action), Via.MESSAGE, language=heard.language)
    action = _button(data) if isinstance(data, dict) else None
    if action is None:  # a press all the same: the text beside it is a button's title, and nobody's words
        return Command(who, NoWindow() if _signs_in(data) else MachineMade(), Via.MESSAGE)
    if isinstance(action, Show | Replace):
        action = replace(action, in_place=False)
    return Command(who, action, Via.PRESS, card=_pressed(activity), language=_spoken(data))


def _invoke(activity: Json, tenant: str) -> Meaning:
    name, value = _text(activity, "name"), _object(activity, "value")
    if name not in INVOKES:
        return Unknown()
    via, who = Via(name), actor(activity, tenant)
    if who is None:
        return Malformed(via)
    language = ""
    match via:
        case Via.CARD:
            action, language = _execute(value), _spoken(_object(_object(value, "action"), "data"))
        case Via.EXCHANGE:
            action = _offer(value)
        case Via.VERIFY:
            state = _text(value, "state")
            if not state or state.lower() in CLOSED or state.startswith("{"):
                return Ignored("closed")
            action = ReturnCode(tidy(state)[:LONGEST_NAME])
        case Via.FAILURE:
            return Ignored(f"sign_in_{tidy(_text(value, 'code'))[:40]}")
        case _:
            action, language = _button(_object(value, "data")), _spoken(_object(value, "data"))
    if action is None:
        return Malformed(via)
    named = {"card": _pressed(activity), "connection": _text(value, "connectionName"), "language": language}
    return Command(who, action, via, **named)


def _execute(value: Json) -> Action | None:
    """Read a Universal Action; what a client sends by itself may only refresh."""
    executed = _object(value, "action")
    if executed.get("type", "Action.Execute") != "Action.Execute":
        return None
    data = _object(executed, "data")
    action = _button(data if "verb" in data else {**data, "verb": executed.get("verb")})
    return (
        None
        if value.get("trigger") == "automatic"
        and not isinstance(action, Refresh | SeeCaller | SeeDoubt | SeeEscalation | SeeThreat)
        else action
    )


def _offer(value: Json) -> Action | None:
    sign_in, token = _text(value, "id"), _text(value, "token")
    if not sign_in or not token or len(token) > LONGEST_TOKEN:
        return None
    return OfferToken(tidy(sign_in)[:LONGEST_NAME], token)


def _button(data: Json) -> Action | None:
    """Read a button's data. Ids come from us, so what does not look like one is not one of our buttons."""
    data = plain(data)
    if not all(isinstance(one, str) and ID.fullmatch(one) for one in (data.get(name, "") for name in NAMED)):
        return None
    return unpack({key: tidy(value) if isinstance(value, str) else value for key, value in data.items()})


def _spoken(data: Any) -> str:
    """Return the language that the card keeps to on which a button was pressed; "" where that is the client's."""
    language = _text(plain(data), LANGUAGE_KEY) if isinstance(data, dict) else ""
    return language if language in cards.LANGUAGES else ""


def _signs_in(data: Any) -> bool:
    """Say whether it is the button that Teams opens a sign-in window for, and does not tell the bot of."""
    return isinstance(data, dict) and _object(data, "msteams").get("type") == "signin"


def _installation(activity: Json, tenant: str) -> Meaning:
    who, what = actor(activity, tenant), _text(activity, "action")
    if who is None or not who.chat.personal:
        return Ignored("not_personal")
    if what in ADDED:
        return Installed(who, new=what == "add")
    return Removed(who.person) if what == "remove" else Ignored("upgrade")


def _conversation(activity: Json, tenant: str) -> Meaning:
    who, added = actor(activity, tenant), activity.get("membersAdded")
    bot = _text(_object(activity, "recipient"), "id")
    joined = any(isinstance(m, dict) and m.get("id") == bot for m in (added if isinstance(added, list) else []))
    if who is None or not who.chat.personal or not joined:
        return Ignored("not_personal")
    return Installed(who, new=False)


def _pressed(activity: Json) -> str:
    """Return the id of the message a button is in, or nothing where it does not look like one."""
    message = _text(activity, "replyToId")
    return message if MESSAGE.fullmatch(message) else ""


def _object(value: Json, name: str) -> Json:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: Json, name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""
