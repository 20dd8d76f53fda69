"""Behalf: what an agent opens for a colleague they have on the telephone. From then on it is the colleague's request.

Nobody can override that: without a verification of this colleague, made by this agent and used for this one request,
and without the colleague's own word, nothing moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from bot.core.callers import STRONG, VALID, Stand, Verification
from bot.core.facts import Facts, Moment
from bot.core.interventions import CONFIRM
from bot.core.model import Evidence, EvidenceType, Refusal, Request
from bot.core.options import ASSISTED
from bot.core.policy import Policy
from bot.core.reasons import Reason
from bot.core.skew import CLOCK_SKEW

VOUCHED: Final = "vouched"  # the strength of a manager's word, which counts for nothing by itself
WHY_OPENED: Final = "opened.why"  # the detail that has the words of who opened it for its subject


def assisted(policies: Mapping[str, Policy]) -> tuple[str, ...]:
    """Return the kinds that the helpdesk may open for a colleague."""
    return tuple(kind for kind, policy in policies.items() if policy.offered and policy.option(ASSISTED))


def parties(request: Request) -> frozenset[str]:
    """Return whose request it is in any way, also who vouched for its subject: none of them decides about it."""
    opener = {request.opened_by.id} if request.opened_by is not None else set[str]()
    verified = {given.by for given in request.evidence_of(EvidenceType.VERIFICATION)}
    return frozenset({request.requester.id, request.subject.id} | opener | verified)


def proof(one: Verification, request: str) -> tuple[Evidence, ...]:
    """Return what a verification is worth to the request that is opened with it; a number alone is worth nothing.

    The agent's comes first, then that of a manager who vouched.
    """
    if one.status is not Stand.VERIFIED or one.proven not in STRONG or one.proven_at is None or one.used_for:
        return ()
    said = [(one.by, one.proven.value)]
    said += [(one.voucher, VOUCHED)] if one.voucher is not None and one.vouched else []
    sort, at = EvidenceType.VERIFICATION, one.proven_at
    return tuple(Evidence(sort, by.id, by.name, at, how, request, source=one.id) for by, how in said)


def unassisted(policy: Policy, facts: Facts, request: Request) -> Refusal | None:
    """Say why a request that somebody else opened goes no further, whatever else it has; or None."""
    opener = request.opened_by
    if opener is None:
        return None
    if not policy.option(ASSISTED):
        return Refusal(Reason.NOT_ASSISTED)
    if opener.id in {request.requester.id, request.subject.id}:
        return Refusal(Reason.OWN_CALL)
    if isinstance(facts.opener, Refusal):
        own = facts.opener.reason in {Reason.OWN_CALL, Reason.VOUCHER_NEW}
        return facts.opener if own else Refusal(Reason.OPENER_LEFT)
    given = request.evidence_of(EvidenceType.VERIFICATION)
    return None if any(_holds(one, request) for one in given) else Refusal(Reason.UNVERIFIED)


def _holds(given: Evidence, request: Request) -> bool:
    """Whether a verification is that of the opener, strong, and was fresh when the request was opened."""
    ours = request.opened_by is not None and given.by == request.opened_by.id and given.strength in STRONG
    age = request.created_at - given.at
    return ours and bool(given.source) and -CLOCK_SKEW <= age <= VALID


def locked_by_other(request: Request) -> bool:
    """Whether it locks its subject's account because somebody else says so: not theirs to take back."""
    return request.opened_by is not None and bool(request.evidence_of(EvidenceType.OPENING))


def unsigned(facts: Facts, request: Request, moment: Moment) -> Refusal | None:
    """Say why what only locks is not carried out for whom somebody else opened it; or None.

    It waits for nobody's consent and for no proof but the opener's own sign-in for it. They are looked at when it is
    opened: a lock that has begun waits for no fact.
    """
    opener = request.opened_by
    if opener is None or opener.id in {request.requester.id, request.subject.id}:
        return Refusal(Reason.OWN_ACCOUNT)
    if moment is Moment.ASK and facts.opener != "none":
        return facts.opener if isinstance(facts.opener, Refusal) else Refusal(Reason.UNKNOWN)
    given = (e for e in request.evidence_of(EvidenceType.OPENING) if e.by == opener.id and e.strength)
    signed = any(-CLOCK_SKEW <= request.created_at - e.at <= CONFIRM + CLOCK_SKEW for e in given)
    return None if signed else Refusal(Reason.EVIDENCE_MISSING)


def consented(request: Request, now: datetime) -> bool:
    """Whether whom it is about has said that they want it; nobody needs to who asked by themselves."""
    if request.opened_by is None:
        return True
    given = (e.at for e in request.evidence_of(EvidenceType.CONSENT) if e.by == request.subject.id)
    return any(request.created_at - CLOCK_SKEW <= at <= now + CLOCK_SKEW for at in given)
