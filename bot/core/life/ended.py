"""After the act: watched, followed up, hidden, or taken back; what was made is taken back until that has worked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, assert_never

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
    Serve,
    Watch,
)
from bot.core.face import serves
from bot.core.life.step import LOOK_AGAIN, Step, end, frozen, person, refuse
from bot.core.model import OPEN, VERIFIED, Ending, Follow, Person, Progress, Request, Status, Way
from bot.core.reasons import Reason

REPORTED_WITHIN: Final = timedelta(days=1)  # of the act; later, only an alarm about the whole account makes sense

CAME: Final = "came"  # what of a receipt is its kind's own word for what came of the follow-up

Late = RevokeChosen | Reported | RevokeDone | Progressed | Followed | Hid


def happened(request: Request, event: Late, now: datetime) -> Step:
    match event:
        case RevokeChosen() | Reported() | RevokeDone():
            return _taken_back(request, event, now)
        case Progressed(progress):
            return _progressed(request, progress, now)
        case Followed(done, came):
            return _followed(request, came, done=done)
        case Hid(by):
            return _hidden(request, by)
        case _:
            assert_never(event)


def next_look(request: Request, now: datetime) -> datetime | None:
    """Return when to look next what became of what the act left behind, at its end at the latest."""
    every, until = request.receipt.watch if request.receipt else None, _reported_until(request)
    turns = (now + every if every else None, request.expires_at, until if until > now else None)
    return min((turn for turn in turns if turn is not None), default=None)


def too_late(request: Request, now: datetime) -> bool:
    """Whether nobody can say any more that it was not them: what has come since is not the desk's to take back."""
    return request.status not in OPEN and now >= _reported_until(request)


def _reported_until(request: Request) -> datetime:
    return (request.acted_at or request.created_at) + REPORTED_WITHIN


def time_passed(request: Request, now: datetime) -> Step:
    """What it made has run out, is to be looked at, or is still to be taken back."""
    if request.status is Status.REVOKING:
        return Step(replace(request, due_at=now + LOOK_AGAIN), (Revoke(again=True),))
    if request.expires_at is not None and now >= request.expires_at:
        return Step(end(request, Status.ENDED, Ending()), (Changed(),), (Note(Deed.ENDED),))
    seen = (Changed(),) if request.due_at == _reported_until(request) else ()  # a button goes
    watched = (Watch(),) if request.receipt is not None and request.receipt.watch is not None else ()
    return Step(replace(request, due_at=next_look(request, now)), (*seen, *watched))


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
    served = (Serve(),) if progress.stage == VERIFIED and serves(request) else ()
    return Step(replace(over, follow=Follow.DUE), (Changed(), FollowUp(), *served), (note, Note(Deed.ENDED)))


def _followed(request: Request, came: str, *, done: bool) -> Step:
    """It is over. What came of it stands beside what the act left behind, for whoever reads of that."""
    if request.follow is not Follow.DUE:
        return refuse(request, Reason.CLOSED)
    if done:
        made, told = request.receipt, {CAME: came} if came else {}
        made = replace(made, params=MappingProxyType({**made.params, **told})) if made is not None and told else made
        followed = replace(request, follow=Follow.DONE, receipt=made)
        return Step(followed, (Changed(),), (Note(Deed.FOLLOWED, told),))
    return Step(replace(request, follow=Follow.FAILED), (Changed(),), (Note(Deed.FOLLOW_FAILED),))


def _taken_back(request: Request, event: RevokeChosen | Reported | RevokeDone, now: datetime) -> Step:
    match event:
        case RevokeChosen(by) if (request.status is Status.UNKNOWN and _made(request)) or lives(request):
            return take_back(request, Note(Deed.REVOKE_CHOSEN, person(by)), now)
        case Reported() if not request.reported and too_late(request, now):
            return refuse(request, Reason.TOO_LATE)
        case Reported(by) if not request.reported:
            return frozen(take_back(replace(request, reported=True), Note(Deed.REPORTED, person(by)), now), now)
        case RevokeDone(signed_out) if request.status is Status.REVOKING:
            if signs_out(request) and not signed_out:  # that it was not them was said meanwhile
                return Step(request, (Revoke(),))
            ended = end(request, Status.REVOKED, _of_revoked(request.ending or Ending()))
            return Step(ended, (Changed(),), (Note(Deed.REVOKED),))
        case _:
            return refuse(request, Reason.CLOSED)


def take_back(request: Request, note: Note, now: datetime) -> Step:
    """Whatever the state, what this request made or could have made is taken back until that has worked."""
    revoking = replace(request, status=Status.REVOKING, expires_at=None, due_at=now + LOOK_AGAIN)
    return Step(revoking, (Changed(), Revoke()), (note,))


def signs_out(request: Request) -> bool:
    """Whether who was let in by what it made is let in no longer: it was not them, or not them on the telephone."""
    return request.reported or disowned(request)


def disowned(request: Request) -> bool:
    """Whether it was stopped because somebody else's call had opened it."""
    refusal = request.ending.refusal if request.ending is not None else None
    return refusal is not None and refusal.reason == Reason.DISOWNED and request.status is not Status.REFUSED


def lives(request: Request) -> bool:
    """Whether the act left something behind that works until a certain time."""
    return request.status is Status.DONE and _made(request)


def _made(request: Request) -> bool:
    return request.receipt is not None and request.receipt.expires_at is not None


def _of_revoked(ending: Ending) -> Ending:
    """What is still to be said of what was taken back: a verdict may have to be followed; an alarm is the reason."""
    told = Ending(choice=ending.choice, refusal=ending.refusal)
    return replace(told, by=ending.by, name=ending.name) if ending.choice else told  # whose verdict it is
