"""Phrases: what people write, as what shows or offers: by its type none of it can act."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import cards
from bot.core.actions import (
    ForSome,
    Help,
    Home,
    Human,
    MachineMade,
    NotUnderstood,
    NotWanted,
    OfferKind,
    ShowStatus,
    Thanks,
    Written,
)
from bot.core.calling import AboutOthers, ShowCaller
from bot.core.doubting import ShowDoubt
from bot.core.kind import Kinds
from bot.core.locking import ShowLocking
from bot.core.raising import ShowThreat
from bot.teams.auth import GUID
from bot.understanding.rules import Door, Meaning
from bot.understanding.sentences import LONGEST
from bot.understanding.understanding import How, Understanding, Understood, understanding

LONGEST_NAME: Final = 100  # of somebody who is mentioned
HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})  # control, bidi and zero-width characters

# What clients write around people's words; any other tag is a machine's.
_TAG: Final = re.compile(
    r"</?(?:at|p|div|span|br|b|strong|i|em|u|s|strike|a|ul|ol|li|blockquote|pre|code|h[1-6]|emoji|img)\b[^<>]{0,300}>",
    re.IGNORECASE,
)
_BREAK: Final = re.compile(r"<(?:br|p|div|li)\b[^<>]{0,300}>|</(?:p|div|li)>", re.IGNORECASE)
_CITED: Final = re.compile(r"<blockquote\b[^<>]{0,300}>.*?(?:</blockquote>|\Z)", re.IGNORECASE | re.DOTALL)
_AT: Final = re.compile(r"<at\b[^<>]{0,300}>\s*(?=\w)", re.IGNORECASE)


# What is the same whatever else was written.
PLAIN: Final[Mapping[str, Written]] = {
    Door.HELP: Help(),
    Door.HOME: Home(),
    Door.CALLER: ShowCaller(),
    Door.DOUBT: ShowDoubt(),
    Door.THREAT: ShowThreat(),
    Door.LOCK: ShowLocking(),
    Door.THANKS: Thanks(),
}


@dataclass(frozen=True, slots=True)
class Heard:
    """What was written comes to, and the language it is in; "" where that cannot be told."""

    action: Written
    language: str = ""


def written(activity: Mapping[str, Any]) -> str:
    """Return what was typed: without the mention of the bot, tags, what it cites, and invisible characters.

    Other people who are mentioned stand there as `@name`; a line stays a line.
    """
    text = activity.get("text")
    text = text[: 2 * LONGEST] if isinstance(text, str) else ""
    for mention in _mentions(activity):
        text = text.replace(mention, " ", 1)
    if "<" in text:
        text = _AT.sub("@", _BREAK.sub("\n", _CITED.sub(" ", text)))
        text = _TAG.sub(" ", text)
    text = html.unescape(text)
    shown = text if text.isascii() and text.isprintable() else "".join(map(_shown, text))
    lines = (" ".join(line.split()) for line in shown.split("\n"))
    return "\n".join(line for line in lines if line)[:LONGEST]


def _shown(c: str) -> str:
    return c if c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} else " "


def _mentions(activity: Mapping[str, Any]) -> Iterable[str]:
    """Yield how the text mentions the bot itself; the mention of a person stays."""
    for mentioned, marked in _mentioned(activity):
        if mentioned.get("id") == _bot(activity):
            yield marked


def named(activity: Mapping[str, Any], said: Written) -> Written:
    """Add whom the client says is mentioned to words about somebody else: their name, and their object id if it has it.

    Of a person Teams names the id they have for this bot, of which nobody can be looked up; so the name counts.
    """
    if not isinstance(said, AboutOthers):
        return said
    people = (one for one, _ in _mentioned(activity) if one.get("id") != _bot(activity))
    one = next(people, None)
    if one is None:
        return said
    name, person = one.get("name"), one.get("aadObjectId")
    known = person.lower() if isinstance(person, str) and GUID.fullmatch(person) else ""
    called = " ".join(name.split())[:LONGEST_NAME] if isinstance(name, str) else ""
    return replace(said, person=known, name=called or said.name)


def _bot(activity: Mapping[str, Any]) -> object:
    recipient = activity.get("recipient")
    return recipient.get("id") if isinstance(recipient, dict) else None


def _mentioned(activity: Mapping[str, Any]) -> Iterable[tuple[Mapping[str, Any], str]]:
    """Yield who is mentioned, as the client says, and how that stands in the text."""
    entities = activity.get("entities")
    for entity in entities if isinstance(entities, list) else []:
        if isinstance(entity, dict) and entity.get("type") == "mention":
            mentioned, marked = entity.get("mentioned"), entity.get("text")
            if isinstance(mentioned, dict) and isinstance(marked, str) and marked:
                yield mentioned, marked


def listening(kinds: Kinds) -> Understanding:
    """Return the understanding of what the catalogues say people mean by these kinds and the desk's own doors."""
    names = tuple(kinds)
    meant = {kind: Meaning((kind, *cards.phrases(kind)), cards.ideas(kind)) for kind in names}
    doors = [door for door in Door if door != Door.NONE]
    asked = {str(door): Meaning(cards.said_for(f"door.{door}"), cards.ideas(f"door.{door}")) for door in doors}
    return understanding(cards.vocabulary(), {**meant, **asked}, names, (name for name in names if kinds[name].locks))


def explained(ears: Understanding, text: str, language: str) -> Iterable[str]:
    """Yield the door that a text leads to, then why, and what else was found in it."""
    found = ears.of(written({"text": text}), cards.tongue(language))
    yield found.door
    yield f"why: {found.why}"
    if found.how not in {How.PLAINLY, How.UNCLEAR}:
        yield f"how: {found.how}"
    if found.said:
        yield f"reason given: {found.said}"
    if found.likely:
        yield f"comes near: {', '.join(found.likely)}"
    yield f"answered in: {cards.text('web.language', found.language or language)}"


def heard(found: Understood) -> Heard:
    """Return what somebody is shown or offered for what they wrote."""
    return Heard(_action(found), found.language)


def _action(found: Understood) -> Written:
    match found.door:
        case Door.STATUS | Door.CANCEL:  # what is open stands there, each with its button to withdraw it
            return ShowStatus()
        case Door.HUMAN:
            return AboutOthers(found.about, name=found.named) if found.how is How.OF_OTHERS else Human()
        case Door.QUEUE | Door.HISTORY | Door.PROOF if found.instead is not None:
            return ForSome(found.door, _action(found.instead))
        case door if door in PLAIN:
            return PLAIN[door]
        case Door.NONE if found.how is How.BY_MACHINE:
            return MachineMade()
        case Door.NONE if found.how is How.NOT_WANTED:
            return NotWanted()
        case Door.NONE:
            return NotUnderstood(found.likely)
        case kind:
            return OfferKind(kind, found.said)
