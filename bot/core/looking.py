"""Looking: what somebody entitled does to look at a colleague's history or proof, and how a button says it.

Whom they mean is an input, and looked up again; who presses is no part of it, as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.core.calling import PICKED, TYPED
from bot.core.lookups import Sight


@dataclass(frozen=True, slots=True)
class BeginLooking:
    """Open the form in which they say at whom."""

    sight: Sight


@dataclass(frozen=True, slots=True)
class FindColleague:
    """Look a colleague up: the one the client's picker found, or by what was typed."""

    sight: Sight
    person: str
    text: str


@dataclass(frozen=True, slots=True)
class LookAt:
    """Look at what there is of this colleague."""

    sight: Sight
    person: str


Looking = BeginLooking | FindColleague | LookAt


class LookingVerb(StrEnum):
    """What a button of these says it does."""

    BEGIN = "look"
    FIND = "look-find"
    AT = "look-at"


LOOKS: Final = frozenset(LookingVerb)


def pack(action: Looking) -> dict[str, str | int]:
    """Return the data of the button that does `action`."""
    match action:
        case BeginLooking(sight):
            return {"verb": LookingVerb.BEGIN.value, "id": sight.value}
        case FindColleague(sight):
            return {"verb": LookingVerb.FIND.value, "id": sight.value}
        case LookAt(sight, person):
            return {"verb": LookingVerb.AT.value, "id": sight.value, PICKED: person}


def unpack(verb: str, data: Mapping[str, object], inputs: Mapping[str, str]) -> Looking | None:
    """Read the data of one of these buttons; None when it is not whole."""
    known = {sight.value: sight for sight in Sight}
    sight = known.get(str(data.get("id")))
    match verb:
        case _ if sight is None:
            return None
        case LookingVerb.BEGIN:
            return BeginLooking(sight)
        case LookingVerb.FIND:
            return FindColleague(sight, inputs.get(PICKED, ""), inputs.get(TYPED, ""))
        case _:
            return LookAt(sight, inputs.get(PICKED, ""))
