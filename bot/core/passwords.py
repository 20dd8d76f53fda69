"""Passwords: the rules Entra holds a new one to, all told at once, and how one is made up."""

from __future__ import annotations

import re
import secrets
import string
import unicodedata
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

from bot.core.model import Secret

SHORTEST, LONGEST = 8, 256
CLASSES: Final = 3  # of the four
TELLING: Final = 4  # characters of a name that are long enough to be looked for
MADE: Final = 20  # characters of one that is made up

_ALL: Final = (string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation + " ")
_CLEAR: Final = (  # without what looks alike (0 O o, 1 l I) and what sits elsewhere on other keyboards
    "abcdefghijkmnpqrstuvwxyz",
    "ABCDEFGHJKLMNPQRSTUVWXYZ",
    "23456789",
    "-+#.?!=",
)
_READ_AS: Final = str.maketrans("01$@", "olsa")  # how Entra reads a password before it looks for names in it


class Rule(StrEnum):
    """What a new password must be: keys of the catalogue under `password.rule`.

    https://learn.microsoft.com/entra/identity/authentication/concept-password-ban-bad-combined-policy
    """

    LENGTH = "length"
    CLASSES = "classes"
    CHARACTERS = "characters"
    NAME = "name"
    GUESSABLE = "guessable"


def broken(text: str, words: Iterable[str]) -> tuple[str, ...]:
    """Return the rules `text` breaks; `words` are names that must not be in it. How guessable it is, is not asked."""
    folded = _folded(text)
    found = {
        Rule.LENGTH: not SHORTEST <= len(text) <= LONGEST,
        Rule.CLASSES: sum(any(c in some for c in text) for some in _ALL) < CLASSES,
        Rule.CHARACTERS: not all(" " <= c <= "~" for c in text) or text != text.strip(),
        Rule.NAME: any(name in folded for word in words for name in _names(word)),
    }
    return tuple(rule for rule, is_broken in found.items() if is_broken)


def made() -> Secret:
    """Make a password up: easy to read and to type, from every class, more than 110 bits."""
    while True:
        text = "".join(secrets.choice("".join(_CLEAR)) for _ in range(MADE))
        if all(any(c in some for c in text) for some in _CLEAR):
            return Secret(text)


def _names(word: str) -> Iterator[str]:
    """Yield a name and its parts (`ann.archer@contoso.com`: `archer` and `contoso`), as they are looked for."""
    local, _, domain = word.partition("@")
    parts = {_folded(part) for part in (word, local, domain.partition(".")[0], *re.split(r"[\W\d_]+", local))}
    yield from (part for part in parts if len(part) >= TELLING)


def _folded(text: str) -> str:
    """Read like Entra: without case, and a zero is an o; an accent nobody can type counts for nothing."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_READ_AS)
    return "".join(c for c in plain if not unicodedata.combining(c))
