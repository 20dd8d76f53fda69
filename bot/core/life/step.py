"""Step, what an event makes of a request, and the few moves every part of its life is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.core.audit import Deed, Note
from bot.core.decide import Decision
from bot.core.events import Effect, Freeze
from bot.core.model import Ending, Evidence, Mode, Person, Refusal, Request, Status, Way
from bot.core.reasons import Reason

LOOK_AGAIN: Final = timedelta(seconds=30)  # between two looks at something that could not be found out
LOOK_LATER: Final = timedelta(minutes=2)  # the same, where asking again should change nothing: somebody may mend it
PAGE_LIFE: Final = timedelta(minutes=10)  # for entering something, once signed in
AFTERWARDS: Final = timedelta(seconds=1)  # so that the page is over by then, to the last millisecond


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


def on_a_page(request: Request, now: datetime) -> Request:
    """Where a page is open, its address is on the card as well: when it has run out, the card must offer another."""
    if request.way is not Way.ENTER or request.due_at is None:
        return request
    return replace(request, due_at=min(request.due_at, now + PAGE_LIFE + AFTERWARDS))


def end(request: Request, status: Status, ending: Ending) -> Request:
    return replace(request, status=status, ending=ending, expires_at=None, due_at=None)


def frozen(step: Step, now: datetime) -> Step:
    """Let an alarm freeze its subject's account here; a trial only says what it would do."""
    if step.request.mode is not Mode.ENFORCE:
        return step
    request = replace(step.request, frozen_at=now, alarmed_at=now)
    return replace(step, request=request, effects=(*step.effects, Freeze()), notes=(*step.notes, Note(Deed.FROZEN)))


def decided(request: Request, decision: Decision) -> Request:
    """Keep what a decision was made of: its terms, and what approvers are to see of the case from now on."""
    case, request = decision.case, replace(request, terms=decision.terms)
    if case.level is None:
        return request
    since = request.version + 1 if case.level != request.level else request.level_from
    details = {**request.details, **case.found}
    return replace(request, level=case.level, level_from=since, more=case.more, details=details)


def refuse(request: Request, reason: Reason) -> Step:
    refusal = Refusal(reason)
    return Step(request, (), (refused(refusal),), refusal)


def refused(refusal: Refusal) -> Note:
    return Note(Deed.REFUSED, {"reason": refusal.reason, **refusal.params})


def person(person: Person) -> Mapping[str, str]:
    return {"by": person.id, "name": person.name}


def proof_told(evidence: Evidence) -> Mapping[str, str]:
    return {
        "by": evidence.by,
        "name": evidence.name,
        "strength": evidence.strength,
        "at": evidence.at.isoformat(),
        **({"choice": evidence.choice} if evidence.choice else {}),
        **({"level": evidence.level} if evidence.level else {}),
        **({"source": evidence.source} if evidence.source else {}),
    }
