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
    AskSignIn,
    Changed,
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
)
from bot.core.life.step import Step, end, on_a_page, person, refuse, refused, wait
from bot.core.model import Ending, Follow, Progress, Receipt, Refusal, Request, Status, Way
from bot.core.policy import Policy
from bot.core.reasons import Reason

ACT_LIMIT: Final = timedelta(seconds=30)  # after this an act without an answer counts as lost
LOOK_AGAIN: Final = timedelta(seconds=30)  # between two looks at something that could not be found out
TRIES: Final = 20  # of an act that goes on by itself and could not be begun


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
                return _done(request, receipt, policy, now)
            case ActFailed(refusal):
                ended = end(request, Status.FAILED, Ending(refusal=refusal))
                return Step(ended, (Changed(),), (Note(Deed.FAILED, {"reason": refusal.reason}),))
            case ActPostponed(refusal, _, after):
                return _postponed(request, refusal, after, policy, now)
            case ActLost():
                return lost(request, now)
            case _:
                assert_never(event)
    if isinstance(event, ActDone) and event.attempt == request.attempts:
        if request.way is not Way.SHOW and request.status in {Status.UNKNOWN, Status.DONE}:  # there is nothing to see
            return Step(request) if request.status is Status.DONE else _done(request, event.receipt, policy, now)
        return _take_back(
            replace(request, receipt=event.receipt), Note(Deed.LATE, {"object": event.receipt.object_id}), now
        )
    return refuse(request, Reason.CLOSED)


def _done(request: Request, receipt: Receipt, policy: Policy, now: datetime) -> Step:
    done = replace(request, status=Status.DONE, receipt=receipt, expires_at=receipt.expires_at)
    done = replace(done, due_at=next_look(done, now))
    shown = Note(Deed.SHOWN, {"object": receipt.object_id})
    if not receipt.follow and not policy.under(request.terms).revoke_sessions:
        return Step(done, (Changed(),), (shown,))
    return Step(replace(done, follow=Follow.DUE), (Changed(), FollowUp()), (shown,))


def next_look(request: Request, now: datetime) -> datetime | None:
    """Return when to look next what became of what the act left behind, at its end at the latest."""
    every = request.receipt.watch if request.receipt else None
    if every is None:
        return request.expires_at
    return min(now + every, request.expires_at) if request.expires_at else now + every


def _postponed(request: Request, refusal: Refusal, after: timedelta, policy: Policy, now: datetime) -> Step:
    """It was not begun: its subject may press again, or its turn comes by itself, but not for ever."""
    if request.replaced:  # a second try that was not begun leaves all as the first one did
        before = wait(replace(request, replaced=False), Status.UNKNOWN, policy.under(request.terms).show_wait, now)
        return Step(on_a_page(before, now), (Changed(),), (refused(refusal),), refusal)
    if request.way is not Way.ALONE:
        again = wait(request, Status.READY, policy.under(request.terms).show_wait, now)
        return Step(on_a_page(again, now), (Changed(),), (refused(refusal),), refusal)
    if request.attempts >= TRIES:
        return Step(end(request, Status.FAILED, Ending(refusal=refusal)), (Changed(),), (refused(refusal),))
    again = wait(request, Status.READY, policy.under(request.terms).show_wait, now)
    turn = now + max(after, timedelta(seconds=1))
    return Step(replace(again, due_at=turn), (Changed(),), (Note(Deed.POSTPONED, {"until": turn.isoformat()}),))


def lost(request: Request, now: datetime) -> Step:
    lost = replace(request, status=Status.UNKNOWN, expires_at=None, due_at=now + LOOK_AGAIN)
    return Step(lost, (Changed(), Look()), (Note(Deed.LOST),))


def out_of_sight(request: Request, event: ShowFailed | Hid, policy: Policy, now: datetime) -> Step:
    if request.status is not Status.DONE or request.way is not Way.SHOW:
        return refuse(request, Reason.CLOSED)
    match event:
        case ShowFailed():
            unseen = wait(request, Status.UNKNOWN, policy.show_wait, now)
            return Step(unseen, (Changed(),), (Note(Deed.LOST),))
        case Hid(by):
            return Step(replace(request, hidden=True), (Changed(),), (Note(Deed.HIDDEN, person(by)),))
        case _:
            assert_never(event)


def became(request: Request, event: Looked | Progressed | Followed, policy: Policy, now: datetime) -> Step:
    """What was found out or done after the act, by the desk itself."""
    match event:
        case Looked(found):
            return _looked(request, found, policy, now)
        case Progressed(progress):
            return _progressed(request, progress, now)
        case Followed(done):
            return _followed(request, done=done)
        case _:
            assert_never(event)


def _looked(request: Request, found: Receipt | None, policy: Policy, now: datetime) -> Step:
    """What needs no showing is done when it is found; else a person decides.

    A second lost answer goes to the helpdesk.
    """
    if request.status is not Status.UNKNOWN:
        return refuse(request, Reason.CLOSED)
    note = Note(Deed.LOOKED, {"found": found.object_id if found else ""})
    if found is not None and request.way is not Way.SHOW:
        step = _done(request, found, policy, now)
        return replace(step, notes=(note, *step.notes))
    show_wait = policy.under(request.terms).show_wait
    seen = replace(request, receipt=found, expires_at=now + show_wait, due_at=now + show_wait)
    if request.way is Way.ENTER and not request.replaced:
        return Step(seen, (Changed(), AskSignIn(policy.under(request.terms).step_up, enter=True)), (note,))
    return Step(seen, (Changed(),), (note,))


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


def taken_back(request: Request, event: RevokeChosen | Reported | RevokeDone, now: datetime) -> Step:
    match event:
        case RevokeChosen(by) if request.status in {Status.DONE, Status.UNKNOWN} and _lives(request):
            return _take_back(request, Note(Deed.REVOKE_CHOSEN, person(by)), now)
        case Reported(by) if not request.reported:
            return _take_back(replace(request, reported=True), Note(Deed.REPORTED, person(by)), now)
        case RevokeDone() if request.status is Status.REVOKING:
            verdict = request.ending.choice if request.ending is not None else ""  # it may still have to be followed
            ended = end(request, Status.REVOKED, Ending(choice=verdict))
            return Step(ended, (Changed(),), (Note(Deed.REVOKED),))
        case _:
            return refuse(request, Reason.CLOSED)


def _take_back(request: Request, note: Note, now: datetime) -> Step:
    """Whatever the state, what this request made or could have made is taken back until that has worked."""
    revoking = replace(request, status=Status.REVOKING, expires_at=None, due_at=now + LOOK_AGAIN)
    return Step(revoking, (Changed(), Revoke(sessions=request.reported)), (note,))


def _lives(request: Request) -> bool:
    """Whether the act left something behind that works until a certain time."""
    return request.receipt is not None and request.receipt.expires_at is not None
