"""Doubting: what people can do about a doubt, and how a button says it: a verb, an id and a version.

Whom they mean is an input; who presses is no part of it, as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.core.calling import PICKED, TYPED


@dataclass(frozen=True, slots=True)
class ShowDoubt:
    """Show the way to ask whether it is really the helpdesk: what words come to, and no button says."""


@dataclass(frozen=True, slots=True)
class AskDoubt:
    """Ask whether this is who calls: the one a client's picker found, or whoever has the name that was typed."""

    person: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class SaySame:
    """The one who asked hears the code they read."""

    doubt: str
    version: int


@dataclass(frozen=True, slots=True)
class SayDifferent:
    """They do not."""

    doubt: str
    version: int


@dataclass(frozen=True, slots=True)
class SayNotCalling:
    """The agent is not calling anybody."""

    doubt: str
    version: int


@dataclass(frozen=True, slots=True)
class SeeDoubt:
    """A client brought a card of a doubt into view and asks for its present state.

    It carries no version: that moves when something is found out, which the card of whoever asked must not show.
    """

    doubt: str


Doubting = AskDoubt | SaySame | SayDifferent | SayNotCalling | SeeDoubt


class DoubtVerb(StrEnum):
    """What a button of these says it does."""

    ASK = "doubt"
    SAME = "doubt-same"
    DIFFERENT = "doubt-different"
    NOT_CALLING = "doubt-not-calling"
    SEE = "doubt-see"


DOUBTS: Final = frozenset(DoubtVerb)


def pack(action: Doubting) -> dict[str, str | int]:
    """Return the data of the button that does `action`."""
    match action:
        case AskDoubt(person):
            return {"verb": DoubtVerb.ASK.value, **({PICKED: person} if person else {})}
        case SeeDoubt(doubt):
            return {"verb": DoubtVerb.SEE.value, "id": doubt}
        case SaySame(doubt, version):
            verb = DoubtVerb.SAME
        case SayDifferent(doubt, version):
            verb = DoubtVerb.DIFFERENT
        case SayNotCalling(doubt, version):
            verb = DoubtVerb.NOT_CALLING
    return {"verb": verb.value, "id": doubt, "v": version}


def unpack(verb: str, data: Mapping[str, object], inputs: Mapping[str, str]) -> Doubting | None:
    """Read the data of one of these buttons; None when it is not whole."""
    key, version = data.get("id"), data.get("v")
    match verb:
        case DoubtVerb.ASK:
            return AskDoubt(inputs.get(PICKED, ""), inputs.get(TYPED, ""))
        case _ if not isinstance(key, str):
            return None
        case DoubtVerb.SEE:
            return SeeDoubt(key)
        case _ if not isinstance(version, int) or isinstance(version, bool):
            return None
        case DoubtVerb.SAME:
            return SaySame(key, version)
        case DoubtVerb.DIFFERENT:
            return SayDifferent(key, version)
        case _:
            return SayNotCalling(key, version)
