"""Phrases: what people write, English or German, as what shows or offers: by its type none of it can act."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from bot.core.actions import Help, Home, MachineMade, NotUnderstood, OfferKind, ShowStatus, Written

Spoken = Mapping[str, frozenset[str]]  # a phrase, plain, and the kinds people mean by it

LONGEST: Final = 2000  # characters of a message that are read
WORDS: Final = 8  # of the longest phrase
CLEAR: Final = 10  # words: a longer text is a story, and a command word in it means little
MACHINE: Final = ("{", "[", "<")  # how data and markup begin, and nobody's speech

HELP: Final = frozenset({"help", "hilfe", "what can you do", "was kannst du", "was konnen sie", "commands", "befehle"})
HOME: Final = frozenset({"home", "start", "menu", "menue", "begin", "los"})
GREETINGS: Final = frozenset(
    {"hi", "hello", "hey", "hallo", "moin", "servus", "morning", "gruss", "gruezi", "good morning", "good afternoon"}
    | {"good evening", "guten morgen", "guten tag", "guten abend", "thanks", "thank you", "danke", "vielen dank"}
)
STATUS: Final = frozenset(
    {"status", "stand", "my requests", "meine anfragen", "how far", "wie weit", "wie ist der stand"}
)
CANCEL: Final = frozenset(
    {"cancel", "abbrechen", "stornieren", "storniere", "abbruch", "withdraw", "zuruckziehen", "never mind", "nevermind"}
)
COMMANDS: Final[tuple[tuple[Written, frozenset[str]], ...]] = (
    (Help(), HELP),
    (ShowStatus(), STATUS | CANCEL),  # what is open stands there, each with its button to withdraw it
    (Home(), HOME | GREETINGS),
)
NOT: Final = frozenset({"not", "dont", "cannot", "cant", "nicht", "kein", "keine"})
HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})  # control, bidi and zero-width characters
FILLERS: Final = re.compile(r"\b(please|bitte|vouchsafe|dear|liebe[rs]?)\b")

# What clients write around people's words; any other tag is a machine's.
_TAG: Final = re.compile(
    r"</?(?:at|p|div|span|br|b|strong|i|em|u|s|strike|a|ul|ol|li|blockquote|pre|code|h[1-6]|emoji|img)\b[^<>]{0,300}>",
    re.IGNORECASE,
)
_WORDS: Final = re.compile(r"[^\w\s]+")
_REASON: Final = re.compile(r"\s*(?::|\s[-\u2013\u2014]\s|,?\s+(?:because|weil|since|da)\s)\s*", re.IGNORECASE)


def written(activity: Mapping[str, Any]) -> str:
    """Return what was typed: without the mention of the bot, tags, entities and invisible characters."""
    text = activity.get("text")
    text = text[: 2 * LONGEST] if isinstance(text, str) else ""
    for mention in _mentions(activity):
        text = text.replace(mention, " ", 1)
    text = html.unescape(_TAG.sub(" ", text))
    shown = text if text.isascii() and text.isprintable() else "".join(map(_shown, text))
    return " ".join(shown.split())[:LONGEST]


def _shown(c: str) -> str:
    return c if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} or c == "\n" else " "


def _mentions(activity: Mapping[str, Any]) -> Iterable[str]:
    """Yield how the text mentions the bot itself; the mention of a person stays."""
    recipient, entities = activity.get("recipient"), activity.get("entities")
    bot = recipient.get("id") if isinstance(recipient, dict) else None
    for entity in entities if isinstance(entities, list) else []:
        if not isinstance(entity, dict) or entity.get("type") != "mention":
            continue
        mentioned, marked = entity.get("mentioned"), entity.get("text")
        if isinstance(mentioned, dict) and mentioned.get("id") == bot and isinstance(marked, str) and marked:
            yield marked


def spoken(phrases: Mapping[str, Iterable[str]]) -> Spoken:
    """Return the phrases of each kind, and its name, as `understood` looks them up."""
    claims: dict[str, set[str]] = {}
    for kind in phrases:
        for phrase in _plain((kind, *phrases[kind])):
            if len(phrase.split()) > WORDS:
                raise ValueError(f"nobody says {phrase!r}")
            claims.setdefault(phrase, set()).add(kind)
    return {phrase: frozenset(kinds) for phrase, kinds in claims.items()}


def understood(text: str, *, phrases: Spoken) -> Written:
    """Return what `text` asks to be shown or offered. `phrases` are those of `spoken`."""
    if text.startswith(MACHINE):
        return MachineMade()
    said = plain(text)
    if not said:
        return Help() if "?" in text else NotUnderstood()
    command = _command(said)
    if command is not None:
        return command
    asked = _asked(text, phrases)
    if asked is not None:
        return asked
    kind = _kind(said, phrases)
    words = said.split()
    runs = frozenset(_runs(words)) if len(words) <= CLEAR else frozenset()
    if runs.isdisjoint(_plain(NOT)) and not runs.isdisjoint(_plain(STATUS | CANCEL)):
        return ShowStatus()
    if kind is not None:
        return OfferKind(kind)
    if not runs.isdisjoint(_plain(HELP)):
        return Help()
    greeting = any(" ".join(words[:size]) in _plain(GREETINGS) for size in range(1, WORDS + 1))
    return Home() if greeting else NotUnderstood()


def plain(text: str) -> str:
    """Return `text` for comparing: lower case, without accents, punctuation and words of courtesy."""
    folded = text.replace("\u2019", "'").casefold()
    if not folded.isascii():
        folded = "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))
    letters = folded.replace("'", "")
    letters = letters.replace("ae", "a").replace("oe", "o").replace("ue", "u")  # as umlauts are typed without them
    return " ".join(FILLERS.sub(" ", _WORDS.sub(" ", letters)).split())


def _command(said: str) -> Written | None:
    return next((action for action, words in COMMANDS if said in _plain(words)), None)


def _asked(text: str, phrases: Spoken) -> OfferKind | None:
    """Read a whole request in one line: what, then a colon or a because, then why."""
    parts = _REASON.split(text, maxsplit=1)
    kind = _kind(plain(parts[0]), phrases) if len(parts) > 1 else None
    if kind is None or not plain(parts[1]):
        return None
    return OfferKind(kind, parts[1])


def _kind(said: str, phrases: Spoken) -> str | None:
    """Return the kind with the longest phrase in `said`; nothing where two kinds claim the same words."""
    found = [(len(run), kind) for run in _runs(said.split()) for kind in phrases.get(run, ())]
    longest, _ = max(found, default=(0, ""))
    meant = {kind for size, kind in found if size == longest}
    return meant.pop() if len(meant) == 1 else None


def _runs(words: Sequence[str]) -> Iterable[str]:
    """Yield every run of words that may be a phrase: each is looked up, so that many phrases cost no more than few."""
    ends = len(words) + 1
    return (" ".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, min(i + WORDS + 1, ends)))


@cache  # of the catalogues and the words above only: what people write is not kept
def _plain(phrases: frozenset[str] | tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(plain, phrases)) - {""}
