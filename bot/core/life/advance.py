"""The life of a request: `advance` takes one event and says what the request becomes and what follows.

The rules it keeps: no path leads to the act but through `decide` answering Go at the very moment of it, and what is
past its time is over, whoever looks first.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from bot.core.attention import Attended, Left
from bot.core.audit import Deed, Note
from bot.core.decide import Decision
from bot.core.events import (
    ActDone,
    ActFailed,
    ActLost,
    ActPostponed,
    ActWanted,
    Approved,
    Asked,
    AskedAgain,
    Changed,
    Consented,
    ConsentRefused,
    Denied,
    Event,
    FaceProved,
    Followed,
    Hid,
    Lifted,
    Looked,
    Progressed,
    Reported,
    Retracted,
    RevokeChosen,
    RevokeDone,
    ShowFailed,
    SteppedUp,
    Stopped,
    TimePassed,
    Withdrew,
)
from bot.core.life import acting, alarmed, attended, ended, proved, waiting
from bot.core.life.step import Step, end, refused
from bot.core.model import PENDING, Ending, EvidenceType, Refusal, Request, Status
from bot.core.policy import Policy
from bot.core.reasons import Reason


def advance(request: Request, event: Event, policy: Policy, now: datetime) -> Step:
    """Say what `event` makes of `request`. Total and pure: an event that does not fit is refused, never raised."""
    request = attended.apart(request)
    if _moves_on(event) and past(request, policy, now):
        return attended.together(_over(request, event))
    return attended.together(within_life(_advanced(request, event, policy, now), policy.under(request.terms)))


def _moves_on(event: Event) -> bool:
    """Whether an event would bring a request nearer to its act: what locks, ends or finds out is never too late."""
    return isinstance(event, Consented | SteppedUp | FaceProved | Approved | ActWanted | TimePassed | Denied | Withdrew)


def past(request: Request, policy: Policy, now: datetime) -> bool:
    """Say whether the time of a request that waits for somebody is over, by its deadline or by its age."""
    if request.status not in PENDING | {Status.UNKNOWN}:
        return False
    if request.expires_at is None:  # what became of a lost act is still being looked for
        return False
    return now >= min(request.expires_at, request.created_at + policy.under(request.terms).life)


def _over(request: Request, event: Event) -> Step:
    refusal = None if isinstance(event, TimePassed) else Refusal(Reason.CLOSED)
    shown = bool(request.evidence_of(EvidenceType.FACE)) or isinstance(event, FaceProved)
    faceless = request.status is Status.PROOF and not shown
    why = Ending(refusal=Refusal(Reason.EVIDENCE_MISSING)) if faceless else Ending()
    expired = end(request, Status.EXPIRED, why)
    notes = (Note(Deed.EXPIRED),) if refusal is None else (Note(Deed.EXPIRED), refused(refusal))
    return Step(expired, (Changed(),), notes, refusal)


def within_life(step: Step, policy: Policy) -> Step:
    """Let no state of what waits last longer than the request itself may, however often it comes into it."""
    request, latest = step.request, step.request.created_at + policy.life
    if request.status not in PENDING or request.expires_at is None or request.expires_at <= latest:
        return step
    due = min(request.due_at, latest) if request.due_at is not None else None
    return replace(step, request=replace(request, expires_at=latest, due_at=due))


def _advanced(request: Request, event: Event, policy: Policy, now: datetime) -> Step:
    match event:
        case Asked(decision):
            return waiting.asked(request, decision, policy, now)
        case AskedAgain():
            return waiting.asked_again(request, event)
        case Consented() | SteppedUp() | FaceProved() | Approved() | Retracted():
            return proved.given(request, event, policy, now)
        case Denied() | Withdrew() | ConsentRefused():
            return waiting.closed(request, event, now)
        case ActWanted():
            return waiting.wanted(request, event, policy, now)
        case ActDone() | ActFailed() | ActPostponed() | ActLost() | ShowFailed() | Looked():
            return _came_of_it(request, event, policy, now)
        case TimePassed(decision):
            return _time_passed(request, decision, policy, now)
        case RevokeChosen() | Reported() | RevokeDone() | Progressed() | Followed() | Hid():
            return ended.happened(request, event, now)
        case Stopped() | Lifted():
            return alarmed.happened(request, event, now)
        case Attended() | Left():
            return attended.happened(request, event, now)
        case _:
            assert_never(event)


def _came_of_it(
    request: Request,
    event: ActDone | ActFailed | ActPostponed | ActLost | ShowFailed | Looked,
    policy: Policy,
    now: datetime,
) -> Step:
    """What came of the act, by its answer or by looking, and whether it could be shown."""
    match event:
        case ShowFailed():
            return acting.not_shown(request, policy, now)
        case Looked():
            return acting.looked(request, event, policy, now)
        case _:
            return acting.acted(request, event, policy, now)


def _time_passed(request: Request, decision: Decision | None, policy: Policy, now: datetime) -> Step:
    over = attended.over(request, now)
    if over is not None:
        return over
    if request.due_at is None or now < request.due_at:
        return Step(request)
    match request.status:
        case Status.CONSENT | Status.STEP_UP | Status.PROOF | Status.APPROVAL | Status.READY:
            return waiting.time_passed(request, decision, policy, now)
        case Status.ACTING | Status.UNKNOWN:
            return acting.time_passed(request, policy, now)
        case Status.DONE | Status.REVOKING:
            return ended.time_passed(request, now)
        case _:
            return Step(request)
