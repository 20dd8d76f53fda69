"""The life of a request: `advance` takes one event and says what the request becomes and what follows.

The rule it keeps: no path leads to the act but through `decide` answering Go at the very moment of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from bot.core.decide import Decision
from bot.core.events import (
    ActDone,
    ActFailed,
    ActLost,
    ActPostponed,
    ActWanted,
    Approved,
    Asked,
    Denied,
    Event,
    Followed,
    Hid,
    Looked,
    Progressed,
    Reported,
    RevokeChosen,
    RevokeDone,
    ShowFailed,
    SteppedUp,
    TimePassed,
    Withdrew,
)
from bot.core.life import acting, ended, waiting
from bot.core.life.step import Step
from bot.core.model import Request, Status
from bot.core.policy import Policy


def advance(request: Request, event: Event, policy: Policy, now: datetime) -> Step:
    """Say what `event` makes of `request`. Total and pure: an event that does not fit is refused, never raised."""
    match event:
        case Asked(decision):
            return waiting.asked(request, decision, policy, now)
        case SteppedUp():
            return waiting.stepped_up(request, event, policy, now)
        case Approved():
            return waiting.approved(request, event, policy, now)
        case Denied() | Withdrew():
            return waiting.closed(request, event)
        case ActWanted():
            return waiting.wanted(request, event, policy, now)
        case ActDone() | ActFailed() | ActPostponed() | ActLost():
            return acting.acted(request, event, policy, now)
        case ShowFailed():
            return acting.not_shown(request, policy, now)
        case Looked(found):
            return acting.looked(request, found, policy, now)
        case TimePassed(decision):
            return _time_passed(request, decision, policy, now)
        case RevokeChosen() | Reported() | RevokeDone() | Progressed() | Followed() | Hid():
            return ended.happened(request, event, now)
        case _:
            assert_never(event)


def _time_passed(request: Request, decision: Decision | None, policy: Policy, now: datetime) -> Step:
    if request.due_at is None or now < request.due_at:
        return Step(request)
    match request.status:
        case Status.STEP_UP | Status.APPROVAL | Status.READY:
            return waiting.time_passed(request, decision, policy, now)
        case Status.ACTING | Status.UNKNOWN:
            return acting.time_passed(request, now)
        case Status.DONE | Status.REVOKING:
            return ended.time_passed(request, now)
        case _:
            return Step(request)
