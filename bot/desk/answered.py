"""Answered: what a person is told of what came of it, and who is shown a request with a no.

What will not change is never called "try again".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from bot.core import actions as do
from bot.core.answers import Answer, Refused, RequestCard
from bot.core.errors import DeskError, Missing, NotGranted, Rejected, Throttled, Unavailable
from bot.core.life.step import Step
from bot.core.model import Actor, Refusal, Request
from bot.core.ports import Slot
from bot.core.reasons import Reason

# What words come to that ask for nothing the desk does.
LINES: Final[Mapping[type[do.Written], str]] = MappingProxyType(
    {
        do.Thanks: "said.thanks",
        do.NotWanted: "said.not_wanted",
        do.MachineMade: "said.machine_made",
        do.NoWindow: "said.no_window",
    }
)
# To these, whoever pressed was found to be an approver.
APPROVERS: Final = frozenset(
    {
        Reason.ALREADY_APPROVED,
        Reason.ATTENDED_ALREADY,
        Reason.REASON_REQUIRED,
        Reason.REASON_TOO_LONG,
        Reason.NO_PRIVATE_CHAT,
    }
)
CROWDED: Final = 10  # seconds, where there were too many and nobody says when there is room


def lasting(error: Rejected) -> Reason:
    """Return the reason for a no that asking again does not change."""
    return Reason.NOT_PERMITTED if isinstance(error, NotGranted) else Reason.ENTRA_REFUSED


def lasts(error: BaseException) -> bool:
    """Say whether asking again changes nothing; what is not there may only not have arrived everywhere."""
    return isinstance(error, Rejected) and not isinstance(error, Missing)


def not_now(error: DeskError | TimeoutError) -> Refusal:
    """Return what somebody is told who cannot have it now; where it was said how long it takes, they hear that too."""
    if isinstance(error, Rejected) and lasts(error):
        return Refusal(lasting(error))
    wait = error.retry_after if isinstance(error, Unavailable) else None
    if not wait and isinstance(error, Throttled):
        wait = CROWDED
    if not wait:
        return Refusal(Reason.UNKNOWN)
    return Refusal(Reason.BUSY, MappingProxyType({"seconds": str(max(5, round(wait)))}))


def answered(step: Step | None, slot: Slot = Slot.REQUESTER) -> Answer:
    """Say what a step came to: a refusal with the request as it stands, or its card as that place shows it."""
    if step is None:
        return Refused(Refusal(Reason.NOT_FOUND))
    if step.refusal is not None:
        return Refused(step.refusal, step.request)
    return RequestCard(step.request, slot)


def whose(actor: Actor, request: Request) -> bool:
    return actor.person.tenant == request.tenant and actor.person.id in {request.subject.id, request.requester.id}


def seemly(actor: Actor, answer: Answer) -> Answer:
    """A no shows the request to whom it is about, and to somebody who was just found to be an approver of it."""
    match answer:
        case Refused(refusal, Request() as request) if not (whose(actor, request) or refusal.reason in APPROVERS):
            return replace(answer, request=None)
        case _:
            return answer


def not_own(actor: Actor, request: Request) -> Refusal | None:
    if (actor.person.tenant, actor.person.id) != (request.tenant, request.subject.id):
        return Refusal(Reason.NOT_YOURS)
    return None if actor.chat.personal else Refusal(Reason.NOT_PRIVATE)
