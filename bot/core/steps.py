"""Step, what an event makes of a request, and the few moves every part of its life is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.audit import Deed, Note
from bot.core.events import Effect
from bot.core.model import Ending, Person, Refusal, Request, Status
from bot.core.policy import Reason


@dataclass(frozen=True, slots=True)
class Step:
    """What an event made of a request: its next state, what follows, what the audit trail says.

    With a `refusal` the event was not taken as the person wished; the request may have changed all the same.
    """

    request: Request
    effects: tuple[Effect, ...] = ()
    notes: tuple[Note, ...] = ()
    refusal: Refusal | None = None


def wait(request: Request, status: Status, how_long: timedelta, now: datetime) -> Request:
    return replace(request, status=status, expires_at=now + how_long, due_at=now + how_long)


def end(request: Request, status: Status, ending: Ending) -> Request:
    return replace(request, status=status, ending=ending, expires_at=None, due_at=None)


def refuse(request: Request, reason: Reason) -> Step:
    refusal = Refusal(reason)
    return Step(request, (), (refused(refusal),), refusal)


def refused(refusal: Refusal) -> Note:
    return Note(Deed.REFUSED, {"reason": refusal.reason, **refusal.params})


def person(person: Person) -> Mapping[str, str]:
    return {"by": person.id, "name": person.name}
