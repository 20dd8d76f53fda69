"""Raising: what security can do about the threat level, and how a button says it: a verb, an id and a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


@dataclass(frozen=True, slots=True)
class ShowThreat:
    """Show security the way to raise it: what words come to, and no button says."""


@dataclass(frozen=True, slots=True)
class BeginThreat:
    """Open the form by which the level is raised."""


@dataclass(frozen=True, slots=True)
class RaiseThreat:
    """Raise it: to what level, for how many hours, and why, as filled in. A form sent twice raises once."""

    form: str
    level: str
    hours: str
    reason: str


@dataclass(frozen=True, slots=True)
class LowerThreat:
    """Say that one raising may end before its time: it takes two."""

    threat: str
    version: int


@dataclass(frozen=True, slots=True)
class SeeThreat:
    """A client brought a card of a raising into view and asks for its present state."""

    threat: str
    version: int


Raising = BeginThreat | RaiseThreat | LowerThreat | SeeThreat


class RaisingVerb(StrEnum):
    """What a button of these says it does."""

    BEGIN = "threat"
    RAISE = "threat-raise"
    LOWER = "threat-lower"
    SEE = "threat-see"


RAISES: Final = frozenset(RaisingVerb)
LEVEL, HOURS, WHY = "level", "hours", "reason"  # inputs of the form
OFFERED: Final = (1, 2, 4, 8, 12, 24)  # hours that it offers


def pack(action: Raising) -> dict[str, str | int]:
    """Return the data of the button that does `action`."""
    match action:
        case BeginThreat():
            return {"verb": RaisingVerb.BEGIN.value}
        case RaiseThreat(form):
            return {"verb": RaisingVerb.RAISE.value, "id": form}
        case LowerThreat(threat, version):
            verb = RaisingVerb.LOWER
        case SeeThreat(threat, version):
            verb = RaisingVerb.SEE
    return {"verb": verb.value, "id": threat, "v": version}


def unpack(verb: str, data: Mapping[str, object], inputs: Mapping[str, str]) -> Raising | None:
    """Read the data of one of these buttons; None when it is not whole."""
    key, version = data.get("id"), data.get("v")
    match verb:
        case RaisingVerb.BEGIN:
            return BeginThreat()
        case _ if not isinstance(key, str):
            return None
        case RaisingVerb.RAISE:
            return RaiseThreat(key, inputs.get(LEVEL, ""), inputs.get(HOURS, ""), inputs.get(WHY, ""))
        case _ if not isinstance(version, int) or isinstance(version, bool):
            return None
        case RaisingVerb.LOWER:
            return LowerThreat(key, version)
        case _:
            return SeeThreat(key, version)
