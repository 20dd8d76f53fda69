"""The life of a request: `advance` takes one event and says what the request becomes and what follows.

The rule it keeps: no path leads to the act but through `decide` answering Go at the very moment of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, assert_never

from bot.core.audit import Deed, Note
from bot.core.events import (
    ActDone,
    ActFailed,
    ActLost,
    Approved,
    AskApprovers,
    Asked,
    AskSignIn,
    Denied,
    Effect,
    Event,
    HideSecret,
    Look,
    Looked,
    RemindApprovers,
    Reported,
    Revoke,
    RevokeChosen,
    RevokeDone,
    ShowPressed,
    SteppedUp,
    TellSecurity,
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
    Person,
    Receipt,
    Refusal,
    Request,
    Status,
)
from bot.core.policy import ApprovalFirst, Decision, Go, Policy, Reason, Refuse, StepUpFirst

ACT_LIMIT: Final = timedelta(seconds=30)  # after this an act without an answer counts as lost
LOOK_AGAIN: Final = timedelta(seconds=30)  # between two looks at something that could not be found out


@dataclass(frozen=True, slots=True)
class Step:
    """What an event made of a request: its next state, what follows, what the audit trail says.

    With a `refusal` the event was not taken as the person wished; the request may have changed all the same.
    """

    request: Request
    effects: tuple[Effect, ...] = ()
    notes: tuple[Note, ...] = ()
    refusal: Refusal | None = None


def advance(request: Request, event: Event, policy: Policy, now: datetime) -> Step:  # noqa: C901 - a line an event
    """Say what `event` makes of `request`. Total and pure: an event that does not fit is refused, never raised."""
    match event:
        case Asked(decision):
            return _settle(request, decision, policy, now, Note(Deed.ASKED, _person(request.requester)))
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
        case ActDone() | ActFailed() | ActLost():
            return _acted(request, event, now)
        case Looked(found):
            return _looked(request, found, policy, now)
        case TimePassed(decision):
            return _time_passed(request, decision, policy, now)
        case RevokeChosen() | Reported() | RevokeDone():
            return _taken_back(request, event, now)
        case _:
            assert_never(event)


def _settle(request: Request, decision: Decision, policy: Policy, now: datetime, note: Note) -> Step:
    """Move to the state the decision names: nothing but the decision chooses it."""
    match decision:
        case Refuse(refusal) if refusal.reason == Reason.UNKNOWN and request.version:
            waiting = replace(request, due_at=_soon(request, now))
            return Step(waiting, (), (note, _refused(refusal)), refusal)
        case Refuse(refusal):
            ended = _end(request, Status.REFUSED, Ending(refusal=refusal))
            return Step(ended, (UpdateCards(),), (note, _refused(refusal)), refusal)
        case StepUpFirst():
            waiting = _wait(request, Status.STEP_UP, policy.step_up_wait, now)
            return Step(waiting, (UpdateCards(), AskSignIn()), (note,))
        case ApprovalFirst():
            return _await_approval(request, policy, now, note)
        case Go():
            waiting = _wait(request, Status.READY, policy.show_wait, now)
            return Step(waiting, (UpdateCards(),), (note, Note(Deed.READY)))
        case _:
            assert_never(decision)


def _await_approval(request: Request, policy: Policy, now: datetime, note: Note) -> Step:
    if request.status is Status.APPROVAL:
        return Step(request, (UpdateCards(),), (note,))
    waiting = _wait(request, Status.APPROVAL, policy.approval_wait, now)
    waiting = replace(waiting, due_at=now + policy.approval_wait / 2, reminded=False)
    return Step(waiting, (UpdateCards(), AskApprovers()), (note, Note(Deed.APPROVAL_WANTED)))


def _stepped_up(request: Request, event: SteppedUp, policy: Policy, now: datetime) -> Step:
    proved = replace(request, evidence=(*request.evidence, event.evidence))
    if request.status is Status.UNKNOWN:  # a fresh sign-in before the pass may be replaced
        return Step(proved, (UpdateCards(),), (Note(Deed.STEPPED_UP, _proof(event.evidence)),))
    if request.status is not Status.STEP_UP:
        return _refuse(request, Reason.CLOSED)
    return _settle(proved, event.decision, policy, now, Note(Deed.STEPPED_UP, _proof(event.evidence)))


def _approved(request: Request, event: Approved, policy: Policy, now: datetime) -> Step:
    if request.status is not Status.APPROVAL:
        return _refuse(request, Reason.CLOSED)
    approved = replace(request, evidence=(*request.evidence, event.evidence))
    return _settle(approved, event.decision, policy, now, Note(Deed.APPROVED, _proof(event.evidence)))


def _ended_by(request: Request, status: Status, ending: Ending, deed: Deed) -> Step:
    fits = {Status.APPROVAL} if status is Status.DENIED else PENDING
    if request.status not in fits:
        return _refuse(request, Reason.CLOSED)
    note = Note(deed, {"by": ending.by, "name": ending.name, "reason": ending.reason})
    return Step(_end(request, status, ending), (UpdateCards(),), (note,))


def _show(request: Request, event: ShowPressed, policy: Policy, now: datetime) -> Step:
    wanted = Status.UNKNOWN if event.again else Status.READY
    if request.status is not wanted:
        return _refuse(request, Reason.CLOSED)
    if event.again and request.replaced:
        return _refuse(request, Reason.REPLACED_ALREADY)
    match event.decision:
        case Go() if request.mode is Mode.EVALUATE:
            ended = _end(request, Status.EVALUATED, Ending())
            return Step(ended, (UpdateCards(),), (Note(Deed.EVALUATED),))
        case Go():
            return _claim(request, again=event.again, now=now)
        case StepUpFirst() if event.again:
            return Step(request, (AskSignIn(),), (Note(Deed.SHOW_PRESSED),), Refusal(Reason.OLD_SIGN_IN))
        case decision:
            return _settle(request, decision, policy, now, Note(Deed.SHOW_PRESSED))


def _claim(request: Request, *, again: bool, now: datetime) -> Step:
    claimed = replace(
        request,
        status=Status.ACTING,
        attempts=request.attempts + 1,
        replaced=request.replaced or again,
        expires_at=now + ACT_LIMIT,
        due_at=now + ACT_LIMIT,
    )
    return Step(claimed, (), (Note(Deed.CLAIMED, {"attempt": str(claimed.attempts)}),))


def _acted(request: Request, event: ActDone | ActFailed | ActLost, now: datetime) -> Step:
    """Only the answer to the present claim is taken; what a late one made is taken back, never shown."""
    if request.status is Status.ACTING and event.attempt == request.attempts:
        match event:
            case ActDone(receipt):
                return _done(request, receipt)
            case ActFailed(refusal):
                ended = _end(request, Status.FAILED, Ending(refusal=refusal))
                return Step(ended, (UpdateCards(), HideSecret()), (Note(Deed.FAILED, {"reason": refusal.reason}),))
            case ActLost():
                return _lost(request, now)
            case _:
                assert_never(event)
    if isinstance(event, ActDone) and event.attempt == request.attempts:
        return _take_back(
            replace(request, receipt=event.receipt), Note(Deed.LATE, {"object": event.receipt.object_id}), now
        )
    return _refuse(request, Reason.CLOSED)


def _done(request: Request, receipt: Receipt) -> Step:
    until = receipt.expires_at
    done = replace(request, status=Status.DONE, receipt=receipt, expires_at=until, due_at=until)
    return Step(done, (UpdateCards(),), (Note(Deed.SHOWN, {"object": receipt.object_id}),))


def _lost(request: Request, now: datetime) -> Step:
    lost = replace(request, status=Status.UNKNOWN, expires_at=None, due_at=now + LOOK_AGAIN)
    return Step(lost, (UpdateCards(), Look(), HideSecret()), (Note(Deed.LOST),))


def _looked(request: Request, found: Receipt | None, policy: Policy, now: datetime) -> Step:
    """A person decides after this; a second lost answer goes to the helpdesk."""
    if request.status is not Status.UNKNOWN:
        return _refuse(request, Reason.CLOSED)
    seen = replace(request, receipt=found, expires_at=now + policy.show_wait, due_at=now + policy.show_wait)
    note = Note(Deed.LOOKED, {"found": found.object_id if found else ""})
    return Step(seen, (UpdateCards(),), (note,))


def _time_passed(request: Request, decision: Decision | None, policy: Policy, now: datetime) -> Step:
    if request.due_at is None or now < request.due_at or request.status not in LIVE:
        return Step(request)
    if request.status is Status.ACTING:
        return _lost(request, now)
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
        return Step(reminded, (RemindApprovers(),), (Note(Deed.REMINDED),))
    if decision is None:
        return Step(replace(request, due_at=request.expires_at))
    return _settle(replace(request, due_at=request.expires_at), decision, policy, now, Note(Deed.DECIDED_AGAIN))


def _expired(request: Request) -> Step:
    status = Status.ENDED if request.status is Status.DONE else Status.EXPIRED
    deed = Deed.ENDED if status is Status.ENDED else Deed.EXPIRED
    return Step(_end(request, status, Ending()), (UpdateCards(), HideSecret()), (Note(deed),))


def _taken_back(request: Request, event: RevokeChosen | Reported | RevokeDone, now: datetime) -> Step:
    match event:
        case RevokeChosen(by) if request.status in {Status.DONE, Status.UNKNOWN} and request.receipt is not None:
            return _take_back(request, Note(Deed.REVOKE_CHOSEN, _person(by)), now)
        case Reported(by) if not request.reported:
            step = _take_back(replace(request, reported=True), Note(Deed.REPORTED, _person(by)), now)
            return replace(step, effects=(*step.effects, TellSecurity()))
        case RevokeDone() if request.status is Status.REVOKING:
            return Step(_end(request, Status.REVOKED, Ending()), (UpdateCards(),), (Note(Deed.REVOKED),))
        case _:
            return _refuse(request, Reason.CLOSED)


def _take_back(request: Request, note: Note, now: datetime) -> Step:
    """Whatever the state, what this request made or could have made is taken back until that has worked."""
    revoking = replace(request, status=Status.REVOKING, expires_at=None, due_at=now + LOOK_AGAIN)
    return Step(revoking, (UpdateCards(), HideSecret(), Revoke(sessions=request.reported)), (note,))


def _wait(request: Request, status: Status, how_long: timedelta, now: datetime) -> Request:
    return replace(request, status=status, expires_at=now + how_long, due_at=now + how_long)


def _soon(request: Request, now: datetime) -> datetime:
    again = now + LOOK_AGAIN
    return min(again, request.expires_at) if request.expires_at else again


def _end(request: Request, status: Status, ending: Ending) -> Request:
    return replace(request, status=status, ending=ending, expires_at=None, due_at=None)


def _refuse(request: Request, reason: Reason) -> Step:
    refusal = Refusal(reason)
    return Step(request, (), (_refused(refusal),), refusal)


def _refused(refusal: Refusal) -> Note:
    return Note(Deed.REFUSED, {"reason": refusal.reason, **refusal.params})


def _person(person: Person) -> Mapping[str, str]:
    return {"by": person.id, "name": person.name}


def _proof(evidence: Evidence) -> Mapping[str, str]:
    return {
        "by": evidence.by,
        "name": evidence.name,
        "strength": evidence.strength,
        "at": evidence.at.isoformat(),
    }
