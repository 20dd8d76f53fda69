"""From the claim on: the one act, its answer found or lost, and taking back what it made.

The rule it keeps: only the answer to the present claim is taken; what a late one made is taken back, never shown.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, assert_never

from bot.core.audit import Deed, Note
from bot.core.events import (
    ActDone,
    ActFailed,
    ActLost,
    ActPostponed,
    Hid,
    Look,
    Reported,
    Revoke,
    RevokeChosen,
    RevokeDone,
    ShowFailed,
    UpdateCards,
)
from bot.core.model import Ending, Receipt, Request, Status
from bot.core.policy import Policy, Reason
from bot.core.steps import Step, end, person, refuse, refused, wait

ACT_LIMIT: Final = timedelta(seconds=30)  # after this an act without an answer counts as lost
LOOK_AGAIN: Final = timedelta(seconds=30)  # between two looks at something that could not be found out


def claim(request: Request, *, again: bool, now: datetime) -> Step:
    claimed = replace(
        request,
        status=Status.ACTING,
        attempts=request.attempts + 1,
        replaced=request.replaced or again,
        expires_at=now + ACT_LIMIT,
        due_at=now + ACT_LIMIT,
    )
    return Step(claimed, (), (Note(Deed.CLAIMED, {"attempt": str(claimed.attempts)}),))


def acted(request: Request, event: ActDone | ActFailed | ActPostponed | ActLost, policy: Policy, now: datetime) -> Step:
    if request.status is Status.ACTING and event.attempt == request.attempts:
        match event:
            case ActDone(receipt):
                return _done(request, receipt)
            case ActFailed(refusal):
                ended = end(request, Status.FAILED, Ending(refusal=refusal))
                return Step(ended, (UpdateCards(),), (Note(Deed.FAILED, {"reason": refusal.reason}),))
            case ActPostponed(refusal):
                again = wait(request, Status.READY, policy.show_wait, now)
                return Step(again, (UpdateCards(),), (refused(refusal),), refusal)
            case ActLost():
                return lost(request, now)
            case _:
                assert_never(event)
    if isinstance(event, ActDone) and event.attempt == request.attempts:
        return _take_back(
            replace(request, receipt=event.receipt), Note(Deed.LATE, {"object": event.receipt.object_id}), now
        )
    return refuse(request, Reason.CLOSED)


def _done(request: Request, receipt: Receipt) -> Step:
    until = receipt.expires_at
    done = replace(request, status=Status.DONE, receipt=receipt, expires_at=until, due_at=until)
    return Step(done, (UpdateCards(),), (Note(Deed.SHOWN, {"object": receipt.object_id}),))


def lost(request: Request, now: datetime) -> Step:
    lost = replace(request, status=Status.UNKNOWN, expires_at=None, due_at=now + LOOK_AGAIN)
    return Step(lost, (UpdateCards(), Look()), (Note(Deed.LOST),))


def out_of_sight(request: Request, event: ShowFailed | Hid, policy: Policy, now: datetime) -> Step:
    if request.status is not Status.DONE:
        return refuse(request, Reason.CLOSED)
    match event:
        case ShowFailed():
            unseen = wait(request, Status.UNKNOWN, policy.show_wait, now)
            return Step(unseen, (UpdateCards(),), (Note(Deed.LOST),))
        case Hid(by):
            return Step(replace(request, hidden=True), (UpdateCards(),), (Note(Deed.HIDDEN, person(by)),))
        case _:
            assert_never(event)


def looked(request: Request, found: Receipt | None, policy: Policy, now: datetime) -> Step:
    """A person decides after this; a second lost answer goes to the helpdesk."""
    if request.status is not Status.UNKNOWN:
        return refuse(request, Reason.CLOSED)
    seen = replace(request, receipt=found, expires_at=now + policy.show_wait, due_at=now + policy.show_wait)
    note = Note(Deed.LOOKED, {"found": found.object_id if found else ""})
    return Step(seen, (UpdateCards(),), (note,))


def taken_back(request: Request, event: RevokeChosen | Reported | RevokeDone, now: datetime) -> Step:
    match event:
        case RevokeChosen(by) if request.status in {Status.DONE, Status.UNKNOWN} and request.receipt is not None:
            return _take_back(request, Note(Deed.REVOKE_CHOSEN, person(by)), now)
        case Reported(by) if not request.reported:
            return _take_back(replace(request, reported=True), Note(Deed.REPORTED, person(by)), now)
        case RevokeDone() if request.status is Status.REVOKING:
            return Step(end(request, Status.REVOKED, Ending()), (UpdateCards(),), (Note(Deed.REVOKED),))
        case _:
            return refuse(request, Reason.CLOSED)


def _take_back(request: Request, note: Note, now: datetime) -> Step:
    """Whatever the state, what this request made or could have made is taken back until that has worked."""
    revoking = replace(request, status=Status.REVOKING, expires_at=None, due_at=now + LOOK_AGAIN)
    return Step(revoking, (UpdateCards(), Revoke(sessions=request.reported)), (note,))
