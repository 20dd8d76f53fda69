"""After the act: watched, followed up, hidden, or taken back; what was made is taken back until that has worked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from bot.core.audit import Deed, Note
from bot.core.events import (
    Changed,
    Followed,
    FollowUp,
    Hid,
    Progressed,
    Reported,
    Revoke,
    RevokeChosen,
    RevokeDone,
    Watch,
)
from bot.core.life.step import LOOK_AGAIN, Step, end, person, refuse
from bot.core.model import Ending, Follow, Person, Progress, Request, Status, Way
from bot.core.reasons import Reason

Late = RevokeChosen | Reported | RevokeDone | Progressed | Followed | Hid


def happened(request: Request, event: Late, now: datetime) -> Step:
    match event:
        case RevokeChosen() | Reported() | RevokeDone():
            return _taken_back(request, event, now)
        case Progressed(progress):
            return _progressed(request, progress, now)
        case Followed(done):
            return _followed(request, done=done)
        case Hid(by):
            return _hidden(request, by)
        case _:
            assert_never(event)


def next_look(request: Request, now: datetime) -> datetime | None:
    """Return when to look next what became of what the act left behind, at its end at the latest."""
    every = request.receipt.watch if request.receipt else None
    if every is None:
        return request.expires_at
    return min(now + every, request.expires_at) if request.expires_at else now + every


def time_passed(request: Request, now: datetime) -> Step:
    """What it made has run out, is to be looked at, or is still to be taken back."""
    if request.status is Status.REVOKING:
        return Step(replace(request, due_at=now + LOOK_AGAIN), (Revoke(sessions=request.reported),))
    if request.expires_at is not None and now >= request.expires_at:
        return Step(end(request, Status.ENDED, Ending()), (Changed(),), (Note(Deed.ENDED),))
    if request.receipt is None or request.receipt.watch is None:
        return Step(replace(request, due_at=request.expires_at))
    return Step(replace(request, due_at=next_look(request, now)), (Watch(),))


def _hidden(request: Request, by: Person) -> Step:
    if request.status is not Status.DONE or request.way is not Way.SHOW:
        return refuse(request, Reason.CLOSED)
    return Step(replace(request, hidden=True), (Changed(),), (Note(Deed.HIDDEN, person(by)),))


def _progressed(request: Request, progress: Progress, now: datetime) -> Step:
    """Something became of it. Once it is over, nothing more can."""
    if request.status is not Status.DONE:
        return refuse(request, Reason.CLOSED)
    if progress.stage == request.stage and not progress.over:
        return Step(request)
    receipt = progress.receipt or request.receipt
    on = replace(request, stage=progress.stage, receipt=receipt, expires_at=receipt.expires_at if receipt else None)
    note = Note(Deed.PROGRESSED, {"stage": progress.stage})
    if not progress.over:
        return Step(replace(on, due_at=next_look(on, now)), (Changed(),), (note,))
    over = end(on, Status.ENDED, Ending())
    if progress.receipt is None or not progress.receipt.follow:  # what followed the act itself has its own turn
        return Step(over, (Changed(),), (note, Note(Deed.ENDED)))
    return Step(replace(over, follow=Follow.DUE), (Changed(), FollowUp()), (note, Note(Deed.ENDED)))


def _followed(request: Request, *, done: bool) -> Step:
    if request.follow is not Follow.DUE:
        return refuse(request, Reason.CLOSED)
    if done:
        return Step(replace(request, follow=Follow.DONE), (Changed(),), (Note(Deed.FOLLOWED),))
    return Step(replace(request, follow=Follow.FAILED), (Changed(),), (Note(Deed.FOLLOW_FAILED),))


def _taken_back(request: Request, event: RevokeChosen | Reported | RevokeDone, now: datetime) -> Step:
    match event:
        case RevokeChosen(by) if request.status in {Status.DONE, Status.UNKNOWN} and _lives(request):
            return take_back(request, Note(Deed.REVOKE_CHOSEN, person(by)), now)
        case Reported(by) if not request.reported:
            return take_back(replace(request, reported=True), Note(Deed.REPORTED, person(by)), now)
        case RevokeDone() if request.status is Status.REVOKING:
            verdict = request.ending.choice if request.ending is not None else ""  # it may still have to be followed
            ended = end(request, Status.REVOKED, Ending(choice=verdict))
            return Step(ended, (Changed(),), (Note(Deed.REVOKED),))
        case _:
            return refuse(request, Reason.CLOSED)


def take_back(request: Request, note: Note, now: datetime) -> Step:
    """Whatever the state, what this request made or could have made is taken back until that has worked."""
    revoking = replace(request, status=Status.REVOKING, expires_at=None, due_at=now + LOOK_AGAIN)
    return Step(revoking, (Changed(), Revoke(sessions=request.reported)), (note,))


def _lives(request: Request) -> bool:
    """Whether the act left something behind that works until a certain time."""
    return request.receipt is not None and request.receipt.expires_at is not None
