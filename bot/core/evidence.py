"""Evidence: which of the recorded proofs count for a request, and when; nothing else makes one count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from bot.core.facts import Moment
from bot.core.model import Evidence, EvidenceType, Request, Status, Way
from bot.core.policy import Policy
from bot.core.skew import CLOCK_SKEW

# Entra asks nobody twice in five minutes, whatever a policy demands, so a sign-in of just before must do:
# https://learn.microsoft.com/entra/identity/conditional-access/concept-session-lifetime#require-reauthentication-every-time
GRACE: Final = CLOCK_SKEW


# What a request that waits is given next; with it there, nothing is waited for but what could not be found out.
AWAITED: Final[Mapping[Status, EvidenceType]] = MappingProxyType(
    {
        Status.CONSENT: EvidenceType.CONSENT,
        Status.STEP_UP: EvidenceType.STEP_UP,
        Status.PROOF: EvidenceType.FACE,
    }
)


def given_already(request: Request) -> bool:
    """Whether what a request waits for is there: the desk looks again by itself, and nobody need do anything."""
    wanted = AWAITED.get(request.status)
    return wanted is not None and bool(request.evidence_of(wanted))


def fresh(at: datetime, *, asked: datetime, now: datetime) -> bool:
    """Whether a sign-in at `at` can be the answer to what was `asked` then: no older than a few minutes before."""
    return asked - GRACE <= at <= now + CLOCK_SKEW


def unaged(request: Request, policy: Policy, now: datetime) -> Request:
    """Return the request with those approvals only that are not too old by now: a yes is given for a while."""
    kept = tuple(
        e
        for e in request.evidence
        if e.type is not EvidenceType.APPROVAL or -CLOCK_SKEW <= now - e.at <= policy.approval_age
    )
    return replace(request, evidence=kept)


def face_checked(policy: Policy, request: Request, now: datetime) -> bool:
    """Whether the requester proved who they are for this very request, not longer ago than the policy allows."""
    return any(
        e.by == request.requester.id and e.at >= request.created_at - CLOCK_SKEW and age <= policy.evidence_age
        for e in request.evidence_of(EvidenceType.FACE)
        if (age := now - e.at) >= -CLOCK_SKEW
    )


def on_the_page(policy: Policy, request: Request, moment: Moment) -> bool:
    """Where something is entered on our page, and nobody else must be asked, the sign-in there is the proof."""
    return request.way is Way.ENTER and not policy.approvals and moment is not Moment.ACT


def stepped_up(policy: Policy, request: Request, moment: Moment, now: datetime) -> bool:
    """A sign-in by the requester for this request satisfied the context; for the act it is also recent."""
    return any(
        _counts(e, request, policy, moment, now)
        for e in request.evidence_of(EvidenceType.STEP_UP)
        if e.by == request.requester.id
    )


def _counts(evidence: Evidence, request: Request, policy: Policy, moment: Moment, now: datetime) -> bool:
    if evidence.strength != policy.step_up or not fresh(evidence.at, asked=request.created_at, now=now):
        return False
    return moment is not Moment.ACT or now - evidence.at <= policy.step_up_age
