"""Samples of steps: a request in a state, and what a step makes of it, each said in one word."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.audit import Deed, Note
from bot.core.decide import Case, Go
from bot.core.events import (
    Changed,
    Look,
    Revoke,
    SteppedUp,
)
from bot.core.life.acting import ACT_LIMIT
from bot.core.life.step import LOOK_AGAIN, Step
from bot.core.model import Ending, Receipt, Refusal, Request, Status, Way
from bot.core.options import REVOKE_SESSIONS
from bot.core.reasons import Reason
from tests.core.samples import NOW, POLICY, REQUEST, approval, step_up

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
LATER = NOW + timedelta(minutes=10)
NEW = replace(REQUEST, version=0)
UNKNOWN, NEVER = Refusal(Reason.UNKNOWN, {"about": "roles"}), Refusal(Reason.GUEST_OF, {"home": "elsewhere"})
SEEN = Case("high", {"risk": "leaked"}, 1)
CLOSED = Refusal(Reason.CLOSED)
SIGNED = {"by": "ann", "name": "Ann", "strength": "c1", "at": NOW.isoformat()}
GIVEN = {"by": "ben", "name": "Ben", "strength": "c1", "at": NOW.isoformat()}
BY_ANN, BY_BEN = {"by": "ann", "name": "Ann Archer"}, {"by": "ben", "name": "Ben Bishop"}


def at(status: Status, way: Way = Way.SHOW) -> Request:
    """A request in this state for a while, with half an hour to go."""
    return replace(REQUEST, status=status, way=way, expires_at=LATER + HOUR / 2, due_at=LATER + HOUR / 2)


def waits(request: Request, status: Status, how_long: timedelta) -> Request:
    return replace(request, status=status, expires_at=LATER + how_long, due_at=LATER + how_long)


def over(request: Request, status: Status, ending: Ending | None = None) -> Request:
    return replace(request, status=status, ending=ending or Ending(), expires_at=None, due_at=None)


def no(request: Request, reason: Reason) -> Step:
    return Step(request, (), (Note(Deed.REFUSED, {"reason": reason}),), Refusal(reason))


def refused(refusal: Refusal) -> Note:
    return Note(Deed.REFUSED, {"reason": refusal.reason, **refusal.params})


ASKED = Note(Deed.ASKED, BY_ANN)
APPROVED, STEPPED_UP = Note(Deed.APPROVED, GIVEN), Note(Deed.STEPPED_UP, SIGNED)
PRESSED, AGAIN = Note(Deed.SHOW_PRESSED), Note(Deed.DECIDED_AGAIN)
ALARM = replace(NEW, reported=True, way=Way.ALONE)
ANNS, BENS = step_up(), approval()
HALF = POLICY.approval_wait / 2
SIGN = SteppedUp(ANNS, Go())
SOON = LATER + LOOK_AGAIN


def refuses(request: Request, refusal: Refusal, *before: Note) -> Step:
    ended = over(request, Status.REFUSED, Ending(refusal=refusal))
    return Step(ended, (Changed(),), (*before, refused(refusal)), refusal)


def wants_approval(request: Request) -> Request:
    return replace(waits(request, Status.APPROVAL, POLICY.approval_wait), due_at=LATER + HALF, reminded=False)


BUSY = Refusal(Reason.BUSY, {"seconds": "20"})
PASS = Receipt("pass-1", LATER + HOUR, watch=timedelta(minutes=1))
PLAIN = Receipt("ann")
LOOKED, LOOKED_FOR_NOTHING = Note(Deed.LOOKED, {"found": "pass-1"}), Note(Deed.LOOKED, {"found": ""})
SHOWN, LATE = Note(Deed.SHOWN, {"object": "pass-1"}), Note(Deed.LATE, {"object": "pass-1"})
READY, ACTING = replace(at(Status.READY), attempts=1), replace(at(Status.ACTING), attempts=2)
LOST = at(Status.UNKNOWN)
DONE = replace(at(Status.DONE), receipt=PASS, acted_at=NOW, expires_at=PASS.expires_at, due_at=LATER)
BY_PAGE, BY_ITSELF = replace(LOST, way=Way.ENTER), replace(LOST, way=Way.ALONE)
REVOKING = replace(at(Status.REVOKING), expires_at=None, due_at=LATER)
USED = Note(Deed.PROGRESSED, {"stage": "used"})
SIGN_OUT = {REVOKE_SESSIONS: True}


def claimed(request: Request, *, again: bool = False) -> Step:
    until = LATER + ACT_LIMIT
    after = replace(request, status=Status.ACTING, attempts=request.attempts + 1, expires_at=until, due_at=until)
    note = Note(Deed.CLAIMED, {"attempt": str(after.attempts)})
    return Step(replace(after, replaced=again), (), (note,))


def done(request: Request, receipt: Receipt = PASS, look: datetime | None = None) -> Request:
    due = look or LATER + timedelta(minutes=1)
    return replace(
        request, status=Status.DONE, receipt=receipt, acted_at=LATER, expires_at=receipt.expires_at, due_at=due
    )


def revoked(request: Request, *notes: Note, reported: bool = False) -> Step:
    after = replace(request, status=Status.REVOKING, expires_at=None, due_at=LATER + LOOK_AGAIN, reported=reported)
    return Step(after, (Changed(), Revoke()), notes)


def lost(request: Request) -> Step:
    after = replace(request, status=Status.UNKNOWN, expires_at=None, due_at=LATER + LOOK_AGAIN)
    return Step(after, (Changed(), Look()), (Note(Deed.LOST),))


def shown(request: Request) -> Request:
    return waits(request, Status.UNKNOWN, POLICY.show_wait)
