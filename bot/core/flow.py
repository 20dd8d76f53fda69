"""The life of a request: `advance` takes one event and says what the request becomes and what follows.

The rule it keeps: no path leads to the act but through `decide` answering Go at the very moment of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from bot.core.aftermath import LOOK_AGAIN, acted, claim, looked, lost, out_of_sight, taken_back
from bot.core.audit import Deed, Note
from bot.core.events import (
    ActDone,
    ActFailed,
    ActLost,
    ActPostponed,
    Approved,
    Asked,
    AskSignIn,
    Denied,
    Event,
    Hid,
    Look,
    Looked,
    Reported,
    Revoke,
    RevokeChosen,
    RevokeDone,
    ShowFailed,
    ShowPressed,
    SteppedUp,
    TimePassed,
    UpdateCards,
    Withdrew,
)
from bot.core.model import (
    LIVE,
    PENDING,
    Ending,
    Evidence,
    Mode,
    Refusal,
    Request,
    Status,
)
from bot.core.policy import ApprovalFirst, Decision, Go, Policy, Reason, Refuse, StepUpFirst
from bot.core.steps import Step, end, person, refuse, refused, wait


def advance(request: Request, event: Event, policy: Policy, now: datetime) -> Step:
    """Say what `event` makes of `request`. Total and pure: an event that does not fit is refused, never raised."""
    match event:
        case Asked(decision):
            return _asked(request, decision, policy, now)
        case SteppedUp():
            return _stepped_up(request, event, policy, now)
        case Approved():
            return _approved(request, event, policy, now)
        case Denied(by, reason):
            return _ended_by(request, Status.DENIED, Ending(by.id, by.name, reason), Deed.DENIED)
        case Withdrew(by):
            return _ended_by(request, Status.WITHDRAWN, Ending(by.id, by.name), Deed.WITHDRAWN)
        case ShowPressed():
            return _show(request, event, policy, now)
        case ActDone() | ActFailed() | ActPostponed() | ActLost():
            return acted(request, event, policy, now)
        case ShowFailed() | Hid():
            return out_of_sight(request, event, policy, now)
        case Looked(found):
            return looked(request, found, policy, now)
        case TimePassed(decision):
            return _time_passed(request, decision, policy, now)
        case RevokeChosen() | Reported() | RevokeDone():
            return taken_back(request, event, now)
        case _:
            assert_never(event)


def _asked(request: Request, decision: Decision, policy: Policy, now: datetime) -> Step:
    """A new request that is refused, for whatever reason, is over: asking again is as easy."""
    note = Note(Deed.ASKED, person(request.requester))
    match decision:
        case Refuse(refusal):
            return _turned_down(request, refusal, note)
        case _:
            return _settle(request, decision, policy, now, note)


def _turned_down(request: Request, refusal: Refusal, note: Note) -> Step:
    ended = end(request, Status.REFUSED, Ending(refusal=refusal))
    return Step(ended, (UpdateCards(),), (note, refused(refusal)), refusal)


def _settle(request: Request, decision: Decision, policy: Policy, now: datetime, note: Note) -> Step:
    """Move to the state the decision names: nothing but the decision chooses it."""
    match decision:
        case Refuse(refusal) if refusal.reason == Reason.UNKNOWN:
            return Step(_later(request, now), (), (note, refused(refusal)), refusal)
        case Refuse(refusal):
            return _turned_down(request, refusal, note)
        case StepUpFirst():
            waiting = wait(request, Status.STEP_UP, policy.step_up_wait, now)
            return Step(waiting, (UpdateCards(), AskSignIn()), (note,))
        case ApprovalFirst():
            return _await_approval(request, policy, now, note)
        case Go():
            waiting = wait(request, Status.READY, policy.show_wait, now)
            return Step(waiting, (UpdateCards(),), (note, Note(Deed.READY)))
        case _:
            assert_never(decision)


def _await_approval(request: Request, policy: Policy, now: datetime, note: Note) -> Step:
    if request.status is Status.APPROVAL:
        return Step(request, (UpdateCards(),), (note,))
    waiting = wait(request, Status.APPROVAL, policy.approval_wait, now)
    waiting = replace(waiting, due_at=now + policy.approval_wait / 2, reminded=False)
    return Step(waiting, (UpdateCards(),), (note, Note(Deed.APPROVAL_WANTED)))


def _stepped_up(request: Request, event: SteppedUp, policy: Policy, now: datetime) -> Step:
    proved = replace(request, evidence=(*request.evidence, event.evidence))
    if request.status is Status.UNKNOWN:  # a fresh sign-in before the pass may be replaced
        return Step(proved, (UpdateCards(),), (Note(Deed.STEPPED_UP, _proof(event.evidence)),))
    if request.status is not Status.STEP_UP:
        return refuse(request, Reason.CLOSED)
    return _settle(proved, event.decision, policy, now, Note(Deed.STEPPED_UP, _proof(event.evidence)))


def _approved(request: Request, event: Approved, policy: Policy, now: datetime) -> Step:
    if request.status is not Status.APPROVAL:
        return refuse(request, Reason.CLOSED)
    approved = replace(request, evidence=(*request.evidence, event.evidence))
    return _settle(approved, event.decision, policy, now, Note(Deed.APPROVED, _proof(event.evidence)))


def _ended_by(request: Request, status: Status, ending: Ending, deed: Deed) -> Step:
    fits = {Status.APPROVAL} if status is Status.DENIED else PENDING
    if request.status not in fits:
        return refuse(request, Reason.CLOSED)
    note = Note(deed, {"by": ending.by, "name": ending.name, "reason": ending.reason})
    return Step(end(request, status, ending), (UpdateCards(),), (note,))


def _show(request: Request, event: ShowPressed, policy: Policy, now: datetime) -> Step:
    wanted = Status.UNKNOWN if event.again else Status.READY
    if request.status is not wanted:
        return refuse(request, Reason.CLOSED)
    if event.again and request.replaced:
        return refuse(request, Reason.REPLACED_ALREADY)
    match event.decision:
        case Go() if request.mode is Mode.EVALUATE:
            ended = end(request, Status.EVALUATED, Ending())
            return Step(ended, (UpdateCards(),), (Note(Deed.EVALUATED),))
        case Go():
            return claim(request, again=event.again, now=now)
        case decision if event.again:
            return _not_again(request, decision)
        case decision:
            return _settle(request, decision, policy, now, Note(Deed.SHOW_PRESSED))


def _not_again(request: Request, decision: Refuse | StepUpFirst | ApprovalFirst) -> Step:
    """What a lost act made may be live: the request stays where it is until it may be replaced, or runs out."""
    match decision:
        case Refuse(refusal):
            return Step(request, (), (refused(refusal),), refusal)
        case StepUpFirst():
            return Step(request, (AskSignIn(),), (Note(Deed.SHOW_PRESSED),), Refusal(Reason.OLD_SIGN_IN))
        case ApprovalFirst():
            return refuse(request, Reason.CHANGED)
        case _:
            assert_never(decision)


def _time_passed(request: Request, decision: Decision | None, policy: Policy, now: datetime) -> Step:
    if request.due_at is None or now < request.due_at or request.status not in LIVE:
        return Step(request)
    if request.status is Status.ACTING:
        return lost(request, now)
    if request.status is Status.REVOKING:
        again = replace(request, due_at=now + LOOK_AGAIN)
        return Step(again, (Revoke(sessions=request.reported),))
    if request.status is Status.UNKNOWN and request.expires_at is None:
        return Step(replace(request, due_at=now + LOOK_AGAIN), (Look(),))
    if request.expires_at is not None and now >= request.expires_at:
        return _expired(request)
    return _waited(request, decision, policy, now)


def _waited(request: Request, decision: Decision | None, policy: Policy, now: datetime) -> Step:
    """Half the time is over, or facts could not be had when it mattered: remind, or decide again."""
    if request.status is Status.APPROVAL and not request.reminded:
        reminded = replace(request, reminded=True, due_at=request.expires_at)
        return Step(reminded, (UpdateCards(),), (Note(Deed.REMINDED),))
    if decision is None:
        return Step(replace(request, due_at=request.expires_at))
    return _settle(replace(request, due_at=request.expires_at), decision, policy, now, Note(Deed.DECIDED_AGAIN))


def _expired(request: Request) -> Step:
    status = Status.ENDED if request.status is Status.DONE else Status.EXPIRED
    deed = Deed.ENDED if status is Status.ENDED else Deed.EXPIRED
    return Step(end(request, status, Ending()), (UpdateCards(),), (Note(deed),))


def _later(request: Request, now: datetime) -> Request:
    """Facts could not be had: a request with its proof in hand is looked at again soon, by itself."""
    if request.status not in {Status.STEP_UP, Status.APPROVAL}:
        return request
    again = now + LOOK_AGAIN
    return replace(request, due_at=min(again, request.expires_at) if request.expires_at else again)


def _proof(evidence: Evidence) -> Mapping[str, str]:
    return {
        "by": evidence.by,
        "name": evidence.name,
        "strength": evidence.strength,
        "at": evidence.at.isoformat(),
    }
