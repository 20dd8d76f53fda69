"""Proofs that were given, one after the other: each is kept, and the decision made with it moves the request on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from bot.core.audit import Deed, Note
from bot.core.events import Approved, Changed, Consented, FaceProved, Retracted, SteppedUp
from bot.core.life.step import Step, on_a_page, person, proof_told, refuse
from bot.core.life.waiting import await_approval, settle
from bot.core.model import PENDING, Evidence, EvidenceType, Person, Request, Status, Way
from bot.core.policy import Policy
from bot.core.reasons import Reason


def given(
    request: Request, event: Consented | SteppedUp | FaceProved | Approved | Retracted, policy: Policy, now: datetime
) -> Step:
    """A proof was given: it is kept, and the decision made with it moves the request on. Or a yes is taken back."""
    match event:
        case Consented():
            return _consented(request, event, policy, now)
        case SteppedUp():
            return _stepped_up(request, event, policy, now)
        case FaceProved():
            return _proved(request, event, policy, now)
        case Approved():
            return _approved(request, event, policy, now)
        case Retracted(by):
            return _retracted(request, by, policy, now)
        case _:
            assert_never(event)


def _consented(request: Request, event: Consented, policy: Policy, now: datetime) -> Step:
    if request.status is not Status.CONSENT:
        return refuse(request, Reason.CLOSED)
    agreed = replace(request, evidence=(*request.evidence, event.evidence))
    return settle(agreed, event.decision, policy, now, Note(Deed.CONSENTED, proof_told(event.evidence)))


def _stepped_up(request: Request, event: SteppedUp, policy: Policy, now: datetime) -> Step:
    proved = replace(request, evidence=(*request.evidence, event.evidence))
    on_the_page = request.way is Way.ENTER and request.status is Status.READY
    if on_the_page or request.status is Status.UNKNOWN:  # a fresh sign-in before something is entered or replaced
        return Step(on_a_page(proved, now), (Changed(),), (Note(Deed.STEPPED_UP, proof_told(event.evidence)),))
    if request.status is not Status.STEP_UP:
        return refuse(request, Reason.CLOSED)
    return settle(proved, event.decision, policy, now, Note(Deed.STEPPED_UP, proof_told(event.evidence)))


def _proved(request: Request, event: FaceProved, policy: Policy, now: datetime) -> Step:
    if request.status is not Status.PROOF:
        return refuse(request, Reason.CLOSED)
    shown = replace(request, evidence=(*request.evidence, event.evidence))
    return settle(shown, event.decision, policy, now, Note(Deed.FACE_PROVED, proof_told(event.evidence)))


def _approved(request: Request, event: Approved, policy: Policy, now: datetime) -> Step:
    if request.status is not Status.APPROVAL:
        return refuse(request, Reason.CLOSED)
    approved = replace(request, evidence=(*request.evidence, event.evidence))
    return settle(
        approved,
        event.decision,
        policy,
        now,
        Note(Deed.APPROVED, {**proof_told(event.evidence), **_click(event.evidence)}),
    )


def _retracted(request: Request, by: Person, policy: Policy, now: datetime) -> Step:
    """A yes is taken back: it counts no more, and what nothing is in the way of any more waits for one again.

    It takes no decision, for it waits for no fact; the next decision says what the yeses that are left come to.
    """
    gone = tuple(e for e in request.evidence_of(EvidenceType.APPROVAL) if e.by == by.id)
    if request.status not in PENDING:
        return refuse(request, Reason.CLOSED)
    if not gone:
        return refuse(request, Reason.NOT_YOUR_YES)
    left = tuple(e for e in request.evidence if e not in gone)
    kept = replace(request, evidence=left, retracted=(*request.retracted, replace(gone[-1], at=now)))
    note = Note(Deed.RETRACTED, person(by))
    if request.status is Status.READY:
        return await_approval(kept, policy.under(request.terms), now, note)
    return Step(kept, (Changed(),), (note,))


def _click(evidence: Evidence) -> Mapping[str, str]:
    """A yes without a sign-in is whoever sat at an approver's screen: the trail says so in so many words."""
    return {} if evidence.strength else {"sign_in": "none"}
