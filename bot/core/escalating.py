"""Escalating: what an agent and a lead do about a call that came to nothing, and how a button says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.core.escalations import Escalation
from bot.core.ports import Slot


@dataclass(frozen=True, slots=True)
class AskLead:
    """The agent of a verification asks a lead about it; as that is once for each, it needs no version."""

    verification: str


@dataclass(frozen=True, slots=True)
class TakeOver:
    """A lead asks the colleague themself: it opens the form in which they say whom."""

    escalation: str
    version: int


@dataclass(frozen=True, slots=True)
class SayNo:
    """A lead says no."""

    escalation: str
    version: int


@dataclass(frozen=True, slots=True)
class SeeEscalation:
    """A client brought a card of an escalation into view and asks for its present state."""

    escalation: str
    version: int


Escalating = AskLead | TakeOver | SayNo | SeeEscalation


@dataclass(frozen=True, slots=True)
class EscalationCard:
    """An escalation as one of its places shows it."""

    escalation: Escalation
    slot: Slot


class LeadVerb(StrEnum):
    """What a button of these says it does."""

    ASK = "lead-ask"
    TAKE = "lead-take"
    NO = "lead-no"
    SEE = "lead-see"


ESCALATES: Final = frozenset(LeadVerb)


def pack(action: Escalating) -> dict[str, str | int]:
    """Return the data of the button that does `action`."""
    match action:
        case AskLead(verification):
            return {"verb": LeadVerb.ASK.value, "id": verification}
        case TakeOver(escalation, version):
            verb = LeadVerb.TAKE
        case SayNo(escalation, version):
            verb = LeadVerb.NO
        case SeeEscalation(escalation, version):
            verb = LeadVerb.SEE
    return {"verb": verb.value, "id": escalation, "v": version}


def unpack(verb: str, data: Mapping[str, object], _: Mapping[str, str]) -> Escalating | None:
    """Read the data of one of these buttons; None when it is not whole."""
    key, version = data.get("id"), data.get("v")
    match verb:
        case _ if not isinstance(key, str):
            return None
        case LeadVerb.ASK:
            return AskLead(key)
        case _ if not isinstance(version, int) or isinstance(version, bool):
            return None
        case LeadVerb.TAKE:
            return TakeOver(key, version)
        case LeadVerb.NO:
            return SayNo(key, version)
        case _:
            return SeeEscalation(key, version)
