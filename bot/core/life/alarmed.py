"""After an alarm: what was on its way is stopped, and what it froze goes on when somebody entitled lifts it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final, assert_never

from bot.core.audit import Deed, Note
from bot.core.behalf import locked_by_other
from bot.core.events import Changed, Lifted, Revoke, Stopped
from bot.core.kind import Kind
from bot.core.life.ended import lives, signs_out, take_back, too_late
from bot.core.life.step import Step, end, person, refuse
from bot.core.model import PENDING, Ending, Person, Refusal, Request, Status
from bot.core.reasons import Reason

MADE: Final = frozenset({Status.DONE, Status.REVOKING, Status.REVOKED, Status.ENDED})  # there is, or was, something
ALARMS: Final = MappingProxyType({str(Reason.FROZEN): "stopped", str(Reason.DISOWNED): "disowned"})


def happened(request: Request, event: Stopped | Lifted, now: datetime) -> Step:
    match event:
        case Stopped():
            return _stopped(request, event, now)
        case Lifted(by, reason, proof):
            if request.frozen_at is None:
                return refuse(request, Reason.CLOSED)
            signed = {"strength": proof.strength, "at": proof.at.isoformat()} if proof is not None else {}
            lifted = Note(Deed.LIFTED, {**person(by), "reason": reason, **signed})
            return Step(replace(request, frozen_at=None, lifted_by=by.name), (Changed(),), (lifted,))
        case _:
            assert_never(event)


def stopped(request: Request) -> bool:
    """Whether an alarm ended this request, or has what it made taken back."""
    return bool(stopped_for(request))


def stopped_for(request: Request) -> str:
    """Say of which sort that alarm was: about the account, or about a call; "" where there was none."""
    refusal = request.ending.refusal if request.ending is not None else None
    alarm = refusal is not None and request.status is not Status.REFUSED
    return ALARMS.get(refusal.reason, "") if alarm and refusal is not None else ""


def raised_by(alarm: Request, kind: Kind) -> Person:
    """Return who says that the account is in other hands: an approver, who had it locked for them, or its owner."""
    if kind.alarm and locked_by_other(alarm) and alarm.opened_by is not None:
        return alarm.opened_by
    return (accuser(alarm, kind) if not alarm.reported else None) or alarm.requester


def accuser(alarm: Request, kind: Kind) -> Person | None:
    """Return the approver whose verdict locked it, whoever has raised the alarm besides."""
    ending = alarm.ending
    if ending is None or ending.choice not in kind.verdicts.alarms:
        return None
    return Person(alarm.tenant, ending.by, ending.name)


def _stopped(request: Request, event: Stopped, now: datetime) -> Step:
    """What waits ends, what is under way or still works is taken back, now; what is over is no longer on its way.

    Of what was opened with a call that was somebody else's, whatever it made is, also what has been used up, has run
    out or was taken back since: who came in by it is to go.
    """
    strangers = event.why == Reason.DISOWNED and request.status in MADE
    made = lives(request) or (strangers and not signs_out(request) and not too_late(request, now))
    note = Note(Deed.STOPPED, {**person(event.by), "alarm": event.alarm})
    why = Ending(event.by.id, event.by.name, refusal=Refusal(event.why))
    if request.status in PENDING:
        return Step(end(request, Status.WITHDRAWN, why), (Changed(),), (note,))
    if request.status in {Status.ACTING, Status.UNKNOWN} or made:
        return take_back(replace(request, ending=why), note, now)
    hurried = (Revoke(),) if request.status is Status.REVOKING else ()
    return Step(request, hurried)
