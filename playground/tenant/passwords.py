"""Passwords: what everybody signs in with, kept in memory only; one that is too weak never gets here.

https://learn.microsoft.com/entra/identity/authentication/concept-password-ban-bad says how a password is read before
banned words are looked for. Entra weighs what it finds; here one word is enough.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from playground.clock import Clock
from playground.people import CREATED, People, Person

SHORTEST, LONGEST, CLASSES = 8, 256, 3
BANNED: Final = frozenset({"contoso", "password", "qwerty"})
_WORTH_FINDING: Final = 4  # shorter names are in too many good passwords
_READ_AS: Final = str.maketrans({"0": "o", "1": "l", "$": "s", "@": "a"})
_TOO_SIMPLE: Final = (
    "The specified password does not comply with password complexity requirements. Please provide a different password."
)
_BANNED: Final = "The specified password contains a word that is on the banned password list of this organization."
_THE_SAME: Final = "The specified password is the one that is in use. Please provide a different password."


class Weak(ValueError):
    """A password that is not taken; the text says why and holds nothing of it."""


@dataclass(frozen=True, slots=True)
class Password:
    """`must_change`: the next sign-in asks for a new one; `with_mfa`: after a second factor only."""

    value: str = field(repr=False)
    changed: datetime
    must_change: bool = False
    with_mfa: bool = False


class Passwords:
    """Look one up by the person's key; the first ones are `correct horse battery ann` and so on."""

    def __init__(self, *, people: People, clock: Clock) -> None:
        self.banned: set[str] = set(BANNED)
        self.told: list[str] = []  # all that anybody was ever given or tried; what no table, log or message may hold
        self._held = {person.key: Password(f"correct horse battery {person.key}", CREATED) for person in people}
        self._people = people
        self._clock = clock

    def __getitem__(self, key: str) -> Password:
        return self._held[key]

    def right(self, key: str, value: str) -> bool:
        return secrets.compare_digest(self._held[key].value.encode(), value.encode())

    def check(self, key: str, value: str) -> None:
        """Raise `Weak` where Entra would not take this password for this person."""
        if not SHORTEST <= len(value) <= LONGEST or _classes(value) < CLASSES:
            raise Weak(_TOO_SIMPLE)
        read = value.casefold().translate(_READ_AS)
        if any(word in read for word in _words(self._people[key], self.banned)):
            raise Weak(_BANNED)

    def set(self, key: str, value: str, *, must_change: bool = True, with_mfa: bool = False) -> None:
        """Give somebody a password, as an administrator does; raise `Weak` for one that is not taken."""
        self.told.append(value)
        self.check(key, value)
        self._held[key] = Password(value, self._clock.now(), must_change, with_mfa)

    def demand(self, key: str, *, must_change: bool, with_mfa: bool) -> None:
        """Ask for a new one at the next sign-in, or no longer."""
        self._held[key] = replace(self._held[key], must_change=must_change, with_mfa=with_mfa)

    def change(self, key: str, value: str) -> None:
        """Change one's own password; raise `Weak` for one that is not taken."""
        if self.right(key, value):
            raise Weak(_THE_SAME)
        self.set(key, value, must_change=False)


def _classes(value: str) -> int:
    tests = (str.islower, str.isupper, str.isdigit, lambda sign: not sign.isalnum())
    return sum(any(test(sign) for sign in value) for test in tests)


def _words(person: Person, banned: Collection[str]) -> set[str]:
    names = {name for name in person.name.casefold().split() if len(name) >= _WORTH_FINDING}
    return {word.translate(_READ_AS) for word in {*banned, *names}}
