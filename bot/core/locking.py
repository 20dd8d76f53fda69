"""Locking: what agents and security can do to lock a colleague's account, and how a button says it.

Whom they mean, what is to be done and why are inputs; who presses is no part of it, as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.core.calling import PICKED, TYPED


@dataclass(frozen=True, slots=True)
class ShowLocking:
    """Show whoever may lock for others the way to it: what words come to, and no button says."""


@dataclass(frozen=True, slots=True)
class BeginLock:
    """Open the form in which they say whose account it is, or for whom the card's button is, if it is for somebody."""

    person: str = ""


@dataclass(frozen=True, slots=True)
class FindLock:
    """Look a colleague up: the one the client's picker found, or by what was typed. `form` is the form's id."""

    form: str
    person: str
    text: str


@dataclass(frozen=True, slots=True)
class ChooseLock:
    """Choose one of those who were found, to say what is to be done, and why."""

    form: str
    person: str


@dataclass(frozen=True, slots=True)
class SendLock:
    """Send the form: what is to be done for whom, and why, as filled in. A form sent twice is one."""

    form: str
    person: str
    kind: str
    reason: str


Locking = BeginLock | FindLock | ChooseLock | SendLock


class LockVerb(StrEnum):
    """What a button of these says it does."""

    BEGIN = "lock"
    FIND = "lock-find"
    CHOOSE = "lock-choose"
    SEND = "lock-send"


LOCKS: Final = frozenset(LockVerb)
WHAT, WHY = "what", "reason"  # inputs of the form


def pack(action: Locking) -> dict[str, str | int]:
    """Return the data of the button that does `action`."""
    match action:
        case BeginLock(person):
            return {"verb": LockVerb.BEGIN.value, **({PICKED: person} if person else {})}
        case FindLock(form):
            return {"verb": LockVerb.FIND.value, "id": form}
        case ChooseLock(form, person):
            return {"verb": LockVerb.CHOOSE.value, "id": form, PICKED: person}
        case SendLock(form, person):
            return {"verb": LockVerb.SEND.value, "id": form, PICKED: person}


def unpack(verb: str, data: Mapping[str, object], inputs: Mapping[str, str]) -> Locking | None:
    """Read the data of one of these buttons; None when it is not whole."""
    form, person = data.get("id"), inputs.get(PICKED, "")
    match verb:
        case LockVerb.BEGIN:
            return BeginLock(person)
        case _ if not isinstance(form, str):
            return None
        case LockVerb.FIND:
            return FindLock(form, person, inputs.get(TYPED, ""))
        case LockVerb.CHOOSE:
            return ChooseLock(form, person)
        case _:
            return SendLock(form, person, inputs.get(WHAT, ""), inputs.get(WHY, ""))
