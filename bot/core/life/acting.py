"""The act: claimed, answered, or its answer lost and looked for; only the answer to the present claim is taken.

What a late answer made is taken back, never shown.
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
    FollowUp,
    Look,
    Looked,
)
from bot.core.life.ended import next_look, take_back
from bot.core.life.step import LOOK_AGAIN, Step, end, on_a_page, refuse, refused, wait
from bot.core.model import Ending, Follow, Receipt, Refusal, Request, Status, Way
from bot.core.options import REVOKE_SESSIONS
from bot.core.pauses import postponed
from bot.core.policy import Policy
from bot.core.reasons import Reason

ACT_LIMIT: Final = timedelta(seconds=30)  # after this an act without an answer counts as lost
LOOKED_FOR: Final = timedelta(days=1)  # beyond its life, for what became of a lost act; then nobody is kept waiting
TRIES: Final = 36  # of an act that goes on by itself and could not be begun: an hour, longer where it is told to wait
FIRST, LONGEST = 1.0, 300.0  # seconds between two tries


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
            case ActDone(frozen=True):
                return _late(request, event, now)
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
        unseen = request.way is not Way.SHOW and not event.frozen
        if unseen and request.status in {Status.UNKNOWN, Status.DONE}:  # there is nothing to see
            return Step(request) if request.status is Status.DONE else _done(request, event.receipt, policy, now)
        return _late(request, event, now)
    return refuse(request, Reason.CLOSED)


def _late(request: Request, event: ActDone, now: datetime) -> Step:
    """It came too late to stay: what it made is taken back, and nobody sees it."""
    made = replace(request, receipt=event.receipt, acted_at=request.acted_at or now)
    return take_back(made, Note(Deed.LATE, {"object": event.receipt.object_id}), now)


def _done(request: Request, receipt: Receipt, policy: Policy, now: datetime) -> Step:
    done = replace(request, status=Status.DONE, receipt=receipt, acted_at=now, expires_at=receipt.expires_at)
    done = replace(done, due_at=next_look(done, now))
    shown = Note(Deed.SHOWN, {"object": receipt.object_id})
    if not receipt.follow and not policy.under(request.terms).option(REVOKE_SESSIONS):
        return Step(done, (Changed(),), (shown,))
    return Step(replace(done, follow=Follow.DUE), (Changed(), FollowUp()), (shown,))


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
    turn = now + postponed(request.attempts, request.id, after, first=FIRST, longest=LONGEST)
    return Step(replace(again, due_at=turn), (Changed(),), (Note(Deed.POSTPONED, {"until": turn.isoformat()}),))


def lost(request: Request, now: datetime) -> Step:
    lost = replace(request, status=Status.UNKNOWN, expires_at=None, due_at=now + LOOK_AGAIN)
    return Step(lost, (Changed(), Look()), (Note(Deed.LOST),))


def not_shown(request: Request, policy: Policy, now: datetime) -> Step:
    if request.status is not Status.DONE or request.way is not Way.SHOW:
        return refuse(request, Reason.CLOSED)
    return Step(wait(request, Status.UNKNOWN, policy.show_wait, now), (Changed(),), (Note(Deed.LOST),))


def looked(request: Request, event: Looked, policy: Policy, now: datetime) -> Step:
    """What needs no showing is done when it is found; else a person decides.

    A second lost answer goes to the helpdesk. What an alarm overtook is taken back, found or not.
    """
    if request.status is not Status.UNKNOWN:
        return refuse(request, Reason.CLOSED)
    found = event.found
    note = Note(Deed.LOOKED, {"found": found.object_id if found else ""})
    if event.frozen:
        late = Note(Deed.LATE, {"object": found.object_id if found else ""})
        step = take_back(replace(request, receipt=found or request.receipt), late, now)
        return replace(step, notes=(note, *step.notes))
    if found is not None and request.way is not Way.SHOW:
        step = _done(request, found, policy, now)
        return replace(step, notes=(note, *step.notes))
    show_wait = policy.under(request.terms).show_wait
    seen = replace(request, receipt=found, expires_at=now + show_wait, due_at=now + show_wait)
    if request.way is Way.ENTER and not request.replaced:
        return Step(seen, (Changed(), AskSignIn(policy.under(request.terms).step_up, enter=True)), (note,))
    return Step(seen, (Changed(),), (note,))


def time_passed(request: Request, policy: Policy, now: datetime) -> Step:
    """No answer came in time, looking found nothing out yet, or nobody has decided what becomes of it."""
    if request.status is Status.ACTING:
        return lost(request, now)
    if request.expires_at is None and now >= request.created_at + policy.under(request.terms).life + LOOKED_FOR:
        why = Refusal(Reason.UNCLEAR)
        return Step(end(request, Status.EXPIRED, Ending(refusal=why)), (Changed(),), (Note(Deed.EXPIRED), refused(why)))
    if request.expires_at is None:
        return Step(replace(request, due_at=now + LOOK_AGAIN), (Look(),))
    return Step(replace(request, due_at=request.expires_at), (Changed(),) if request.way is Way.ENTER else ())
