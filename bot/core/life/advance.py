"""The life of a request: `advance` takes one event and says what the request becomes and what follows.

The rule it keeps: no path leads to the act but through `decide` answering Go at the very moment of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from bot.core.audit import Deed, Note
from bot.core.events import (
    ActDone,
    ActFailed,
    ActLost,
    ActPostponed,
    ActWanted,
    Approved,
    Asked,
    AskSignIn,
    CarryOut,
    Changed,
    Denied,
    Event,
    Followed,
    FollowUp,
    Hid,
    Look,
    Looked,
    Progressed,
    Reported,
    Revoke,
    RevokeChosen,
    RevokeDone,
    ShowFailed,
    SteppedUp,
    TimePassed,
    Watch,
    Withdrew,
)
from bot.core.life.acting import LOOK_AGAIN, acted, became, claim, lost, next_look, out_of_sight, taken_back
from bot.core.life.step import Step, end, on_a_page, person, refuse, refused, wait
from bot.core.model import (
    LIVE,
    PENDING,
    Ending,
    Evidence,
    Follow,
    Mode,
    Refusal,
    Request,
    Status,
    Way,
)
from bot.core.policy import ApprovalFirst, Decision, Go, Policy, Refuse, StepUpFirst
from bot.core.reasons import Reason


def advance(request: Request, event: Event, policy: Policy, now: datetime) -> Step:
    """Say what `event` makes of `request`. Total and pure: an event that does not fit is refused, never raised."""
    match event:
        case Asked(decision):
            return _asked(request, decision, policy, now)
        case SteppedUp():
            return _stepped_up(request, event, policy, now)
        case Approved():
            return _approved(request, event, policy, now)
        case Denied() | Withdrew():
            return _closed(request, event)
        case ActWanted():
            return _wanted(request, event, policy, now)
        case ActDone() | ActFailed() | ActPostponed() | ActLost():
            return acted(request, event, policy, now)
        case ShowFailed() | Hid():
            return out_of_sight(request, event, policy, now)
        case TimePassed(decision):
            return _time_passed(request, decision, policy, now)
        case RevokeChosen() | Reported() | RevokeDone():
            return taken_back(request, event, now)
        case Looked() | Progressed() | Followed():
            return became(request, event, policy, now)
        case _:
            assert_never(event)


def _asked(request: Request, decision: Decision, policy: Policy, now: datetime) -> Step:
    """A new request that is refused, for whatever reason, is over: asking again is as easy."""
    terms = {"terms": " ".join(decision.terms)} if decision.terms else {}
    note = Note(Deed.ASKED, {**person(request.requester), **terms})
    request = replace(request, terms=decision.terms, mode=policy.under(decision.terms).mode)
    match decision:
        case Refuse(refusal):
            return _turned_down(request, refusal, note)
        case _:
            return _settle(request, decision, policy, now, note)


def _turned_down(request: Request, refusal: Refusal, note: Note) -> Step:
    ended = end(request, Status.REFUSED, Ending(refusal=refusal))
    return Step(ended, (Changed(),), (note, refused(refusal)), refusal)


def _settle(request: Request, decision: Decision, policy: Policy, now: datetime, note: Note) -> Step:
    """Move to the state the decision names: nothing but the decision chooses it."""
    request, policy = replace(request, terms=decision.terms), policy.under(decision.terms)
    match decision:
        case Refuse(refusal) if refusal.reason == Reason.UNKNOWN:
            return _unsure(request, refusal, now, note)
        case Refuse(refusal):
            return _turned_down(request, refusal, note)
        case StepUpFirst(context):
            waiting = wait(request, Status.STEP_UP, policy.step_up_wait, now)
            return Step(waiting, (Changed(), AskSignIn(context)), (note,))
        case ApprovalFirst():
            return _await_approval(request, policy, now, note)
        case Go():
            return _ready(request, policy, now, note)
        case _:
            assert_never(decision)


def _ready(request: Request, policy: Policy, now: datetime, note: Note) -> Step:
    """Nothing is in its way: wait for its subject, or carry it out by itself."""
    waiting = wait(request, Status.READY, policy.show_wait, now)
    notes = (note, Note(Deed.READY))
    match request.way:
        case Way.SHOW:
            return Step(waiting, (Changed(),), notes)
        case Way.ENTER:
            return Step(waiting, (Changed(), AskSignIn(policy.step_up, enter=True)), notes)
        case Way.ALONE:
            return Step(replace(waiting, due_at=now + LOOK_AGAIN), (Changed(), CarryOut()), notes)
        case _:
            assert_never(request.way)


def _await_approval(request: Request, policy: Policy, now: datetime, note: Note) -> Step:
    if request.status is Status.APPROVAL:
        return Step(request, (Changed(),), (note,))
    waiting = wait(request, Status.APPROVAL, policy.approval_wait, now)
    waiting = replace(waiting, due_at=now + policy.approval_wait / 2, reminded=False)
    return Step(waiting, (Changed(),), (note, Note(Deed.APPROVAL_WANTED)))


def _stepped_up(request: Request, event: SteppedUp, policy: Policy, now: datetime) -> Step:
    proved = replace(request, evidence=(*request.evidence, event.evidence))
    on_the_page = request.way is Way.ENTER and request.status is Status.READY
    if on_the_page or request.status is Status.UNKNOWN:  # a fresh sign-in before something is entered or replaced
        return Step(on_a_page(proved, now), (Changed(),), (Note(Deed.STEPPED_UP, _proof(event.evidence)),))
    if request.status is not Status.STEP_UP:
        return refuse(request, Reason.CLOSED)
    return _settle(proved, event.decision, policy, now, Note(Deed.STEPPED_UP, _proof(event.evidence)))


def _approved(request: Request, event: Approved, policy: Policy, now: datetime) -> Step:
    if request.status is not Status.APPROVAL:
        return refuse(request, Reason.CLOSED)
    approved = replace(request, evidence=(*request.evidence, event.evidence))
    return _settle(approved, event.decision, policy, now, Note(Deed.APPROVED, _proof(event.evidence)))


def _closed(request: Request, event: Denied | Withdrew) -> Step:
    """A no or a withdrawal; where a no came with a verdict, its kind has something to do about it."""
    match event:
        case Withdrew(by):
            return _ended_by(request, Status.WITHDRAWN, Ending(by.id, by.name), Deed.WITHDRAWN)
        case Denied(by, reason, choice):
            step = _ended_by(request, Status.DENIED, Ending(by.id, by.name, reason, choice=choice), Deed.DENIED)
            if step.refusal is not None or not choice:
                return step
            return replace(step, request=replace(step.request, follow=Follow.DUE), effects=(*step.effects, FollowUp()))
        case _:
            assert_never(event)


def _ended_by(request: Request, status: Status, ending: Ending, deed: Deed) -> Step:
    fits = {Status.APPROVAL} if status is Status.DENIED else PENDING
    if request.status not in fits:
        return refuse(request, Reason.CLOSED)
    said = {"by": ending.by, "name": ending.name, "reason": ending.reason}
    note = Note(deed, said | ({"choice": ending.choice} if ending.choice else {}))
    return Step(end(request, status, ending), (Changed(),), (note,))


def _wanted(request: Request, event: ActWanted, policy: Policy, now: datetime) -> Step:
    wanted = Status.UNKNOWN if event.again else Status.READY
    if request.status is not wanted:
        return refuse(request, Reason.CLOSED)
    if event.again and request.replaced:
        return refuse(request, Reason.REPLACED_ALREADY)
    if event.again and request.expires_at is None:  # what became of the lost one is still being looked for
        return refuse(request, Reason.CHANGED)
    trial = Mode.EVALUATE in {request.mode, policy.under(event.decision.terms).mode}
    match event.decision:
        case Go() if trial:
            ended = end(replace(request, mode=Mode.EVALUATE), Status.EVALUATED, Ending())
            return Step(ended, (Changed(),), (Note(Deed.EVALUATED),))
        case Go():
            return claim(replace(request, terms=event.decision.terms), again=event.again, now=now)
        case decision if event.again:
            return _not_again(request, decision)
        case decision:
            return _settle(request, decision, policy, now, Note(Deed.SHOW_PRESSED))


def _not_again(request: Request, decision: Refuse | StepUpFirst | ApprovalFirst) -> Step:
    """What a lost act made may be live: the request stays where it is until it may be replaced, or runs out."""
    match decision:
        case Refuse(refusal):
            return Step(request, (), (refused(refusal),), refusal)
        case StepUpFirst(context):
            return Step(request, (AskSignIn(context),), (Note(Deed.SHOW_PRESSED),), Refusal(Reason.OLD_SIGN_IN))
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
    if request.status is Status.READY and request.way is Way.ALONE:
        return Step(replace(request, due_at=_soon(request, now)), (CarryOut(),))
    if request.status is Status.DONE:
        return _watched(request, now)
    return _waited(request, decision, policy, now)


def _watched(request: Request, now: datetime) -> Step:
    every = request.receipt.watch if request.receipt else None
    if every is None:
        return Step(replace(request, due_at=request.expires_at))
    return Step(replace(request, due_at=next_look(request, now)), (Watch(),))


def _waited(request: Request, decision: Decision | None, policy: Policy, now: datetime) -> Step:
    """Half the time is over, or facts could not be had when it mattered: remind, or decide again."""
    if request.status is Status.APPROVAL and not request.reminded:
        reminded = replace(request, reminded=True, due_at=request.expires_at)
        return Step(reminded, (Changed(),), (Note(Deed.REMINDED),))
    if decision is None:
        return Step(replace(request, due_at=request.expires_at), (Changed(),) if request.way is Way.ENTER else ())
    return _settle(replace(request, due_at=request.expires_at), decision, policy, now, Note(Deed.DECIDED_AGAIN))


def _expired(request: Request) -> Step:
    status = Status.ENDED if request.status is Status.DONE else Status.EXPIRED
    deed = Deed.ENDED if status is Status.ENDED else Deed.EXPIRED
    return Step(end(request, status, Ending()), (Changed(),), (Note(deed),))


def _unsure(request: Request, refusal: Refusal, now: datetime, note: Note) -> Step:
    """Facts could not be had. What goes on by itself is looked at again soon, and its card says so; else it is a no."""
    alone = request.status is Status.READY and request.way is Way.ALONE
    if request.status not in {Status.STEP_UP, Status.APPROVAL} and not alone:
        return Step(request, (), (note, refused(refusal)), refusal)
    later = replace(request, due_at=_soon(request, now))
    return Step(later, (Changed(),), (note, refused(refusal)))


def _soon(request: Request, now: datetime) -> datetime:
    return min(now + LOOK_AGAIN, request.expires_at) if request.expires_at else now + LOOK_AGAIN


def _proof(evidence: Evidence) -> Mapping[str, str]:
    return {
        "by": evidence.by,
        "name": evidence.name,
        "strength": evidence.strength,
        "at": evidence.at.isoformat(),
        **({"choice": evidence.choice} if evidence.choice else {}),
    }
