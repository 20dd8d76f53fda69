"""Escalations: an agent whose call came to nothing asks who leads the helpdesk; who leads it has the same laws. Pure.

Once for each call, whatever it came to. A lead takes it over, by a question of their own, or says no; nobody overrides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

from bot.core.audit import Deed, Note
from bot.core.callers import WAITING, Stand, Verification
from bot.core.matters import Matter, Turned
from bot.core.model import PENDING, Person, Refusal, Request, Status
from bot.core.reasons import Reason

WAIT: Final = timedelta(minutes=30)  # for a lead
CALL: Final = timedelta(hours=1)  # so long after it was begun, a call is something to ask a lead about
ERRAND: Final = timedelta(hours=24)  # and so long what was opened on it
NOTHING: Final = frozenset({Stand.UNREACHED, Stand.UNANSWERED, Stand.REFUSED, Stand.MISMATCHED})
ENDED: Final = frozenset({Status.REFUSED, Status.DENIED})


class Heeded(StrEnum):
    """How an escalation stands."""

    ASKED = "asked"
    TAKEN = "taken"  # a lead asks the colleague themself
    DECLINED = "declined"
    UNHEEDED = "unheeded"  # nobody who leads has looked in time


DEEDS: Final[Mapping[Heeded, Deed]] = MappingProxyType(
    {
        Heeded.ASKED: Deed.ESCALATED,
        Heeded.TAKEN: Deed.ESCALATION_TAKEN,
        Heeded.DECLINED: Deed.ESCALATION_DECLINED,
        Heeded.UNHEEDED: Deed.ESCALATION_UNHEEDED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation(Matter):
    """An agent (`by`) asks a lead about a call with a colleague (`about`); its key is that of the verification.

    `so_far` is what the call came to, in a word of the catalogue, and `wanted` the kind it was about, if that is known.
    `leads` are the ids of those who are asked, and `lead` is who answered.
    """

    SORT: ClassVar[str] = "escalation"

    so_far: str
    wanted: str = ""
    leads: tuple[str, ...] = ()
    status: Heeded = Heeded.ASKED
    lead: Person | None = None

    @property
    def ends_at(self) -> datetime:
        return self.created_at + WAIT

    def over(self, now: datetime) -> bool:
        return self.status is not Heeded.ASKED or now >= self.ends_at


def so_far(call: Verification, request: Request | None, now: datetime) -> str:
    """Say what a call has come to that a lead may be asked about, "" where it goes its way or is long over."""
    if call.status in NOTHING or (call.status in WAITING and call.over(now)):
        if now >= call.created_at + CALL:
            return ""
        denied = "refused_manager" if call.vouched is False else call.status.value
        return denied if call.status in NOTHING else Stand.UNANSWERED.value
    if request is None or now >= call.created_at + ERRAND:
        return ""
    if request.status in ENDED:
        return "errand_refused"
    return "errand_waits" if request.status in PENDING else ""


def asked(one: Escalation) -> Turned[Escalation]:
    begun = replace(one, due_at=one.ends_at)
    return Turned(begun, (_note(begun, {"so_far": one.so_far}),))


def answered(one: Escalation, lead: Person, now: datetime, *, takes: bool) -> Turned[Escalation]:
    """Let a lead take it over, or say no; the first who answers does."""
    if takes and one.status is Heeded.TAKEN and one.lead is not None and one.lead.id == lead.id:
        return Turned(one)  # they look for the colleague again
    if one.over(now):
        return Turned(one, refusal=Refusal(Reason.CLOSED))
    status = Heeded.TAKEN if takes else Heeded.DECLINED
    done = replace(one, status=status, lead=lead, due_at=None)
    return Turned(done, (_note(done, {"lead": lead.id}),))


def lapsed(one: Escalation, now: datetime) -> Turned[Escalation]:
    if one.status is not Heeded.ASKED or now < one.ends_at:
        return Turned(one)
    over = replace(one, status=Heeded.UNHEEDED, due_at=None)
    return Turned(over, (_note(over, {}),))


def _note(one: Escalation, more: Mapping[str, str]) -> Note:
    return Note(DEEDS[one.status], {"by": one.by.id, "name": one.by.name, **more})
