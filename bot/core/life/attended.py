"""Who is looking at what waits for an approver: one at a time, for a quarter of an hour. Nothing is decided by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import assert_never

from bot.core.attention import LASTS, Attended, Attention, Left
from bot.core.audit import Deed, Note
from bot.core.events import Changed
from bot.core.life.step import Step, refuse, refused
from bot.core.model import Refusal, Request, Status
from bot.core.queue import looked_at
from bot.core.reasons import Reason


def happened(request: Request, event: Attended | Left, now: datetime) -> Step:
    """Let somebody look at it, or look no more; what somebody else does is taken over only knowingly."""
    if request.status is not Status.APPROVAL:
        return refuse(request, Reason.CLOSED)
    there = looked_at(request, now)
    match event:
        case Attended(by, _, over) if there is not None and there.by != by and not over:
            refusal = Refusal(Reason.ATTENDED_ALREADY, MappingProxyType({"name": there.name}))
            return Step(request, (), (refused(refusal),), refusal)
        case Attended(by) if there is not None and there.by == by and there.until - now > LASTS / 2:
            return Step(request)  # pressed twice
        case Attended(by, name):
            own = there is None or there.by == by
            note = Note(Deed.ATTENDED if own else Deed.ATTENDED_OVER, _told(by, name, there))
            return Step(_begun(request, by, name, now), (Changed(),), (note,))
        case Left(by) if there is None or there.by != by:
            return refuse(request, Reason.NOT_ATTENDED)
        case Left(by, name):
            note = Note(Deed.LEFT, {"by": by, "name": name})
            return Step(replace(request, attention=None), (Changed(),), (note,))
        case _:
            assert_never(event)


def over(request: Request, now: datetime) -> Step | None:
    """End it when its time has come; None for anything else. What the desk looks at by itself is looked at next."""
    there = request.attention
    if there is None or now < there.until:
        return None
    note = Note(Deed.LEFT, {"by": there.by, "name": there.name, "ended": "time"})
    return Step(replace(request, attention=None), (Changed(),), (note,))


def apart(request: Request) -> Request:
    """Return what waits as due when the desk would look at it if nobody else did: all that happens to it reads that."""
    there = request.attention
    if there is None or request.status is not Status.APPROVAL or request.due_at != _first(there):
        return request  # a version that knows nothing of this has moved it on
    return replace(request, due_at=there.due)


def together(step: Step) -> Step:
    """Have it looked at again at whichever comes first, that or the end of a look, which ends with the wait."""
    request, there = step.request, step.request.attention
    if there is None:
        return step
    if request.status is not Status.APPROVAL:
        return replace(step, request=replace(request, attention=None))
    looked = replace(there, due=request.due_at)
    return replace(step, request=replace(request, attention=looked, due_at=_first(looked)))


def _first(there: Attention) -> datetime:
    return min(there.due, there.until) if there.due is not None else there.until


def _told(by: str, name: str, there: Attention | None) -> Mapping[str, str]:
    return {"by": by, "name": name, **({"from": there.by} if there is not None and there.by != by else {})}


def _begun(request: Request, by: str, name: str, now: datetime) -> Request:
    until = min(now + LASTS, request.expires_at) if request.expires_at is not None else now + LASTS
    return replace(request, attention=Attention(by, name, until))
