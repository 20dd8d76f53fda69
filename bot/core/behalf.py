"""Behalf: what an agent opens for a colleague they have on the telephone. From then on it is the colleague's request.

Nobody can override that: without a verification of this colleague, made by this agent and used for this one request,
and without the colleague's own word, nothing moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.core.callers import Stand, Verification
from bot.core.facts import Facts, Moment
from bot.core.interventions import CONFIRM
from bot.core.model import Evidence, EvidenceType, Refusal, Request
from bot.core.options import ASSISTED, VERIFICATION, VERIFICATION_AGE
from bot.core.policy import Policy
from bot.core.proven import STRONG, VALID, Proven, reaches
from bot.core.reasons import Reason
from bot.core.skew import CLOCK_SKEW

VOUCHED: Final = "vouched"  # the strength of a manager's word, which counts for nothing by itself
WHY_OPENED: Final = "opened.why"  # the detail that has the words of who opened it for its subject


@dataclass(frozen=True, slots=True)
class Offers:
    """What an agent may open for a colleague, and what each other kind lacks for it."""

    opens: tuple[str, ...] = ()
    lacks: tuple[tuple[str, Reason], ...] = ()


NOTHING: Final = Offers()
# What a proof lacks of what a policy demands for whom it is about.
UNPROVED: Final = frozenset({Reason.UNVERIFIED, Reason.NEEDS_SIGN_IN, Reason.NEEDS_FACE, Reason.CALL_LONG_AGO})


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
    given = [one for one in request.evidence_of(EvidenceType.VERIFICATION) if one.by == opener.id and one.source]
    lacks = [lacking(policy, one.strength, one.at, request.created_at) for one in given]
    return None if None in lacks else Refusal(next(filter(None, lacks), Reason.UNVERIFIED))


def lacking(policy: Policy, how: str, at: datetime, opened: datetime) -> Reason | None:
    """Say what a proof of who is on the telephone lacks for a request opened at that time, or None.

    By its strength and its age at the opening, and no later: from there on the colleague themself is asked, within
    minutes, and signs in. But it is this policy, whichever held when it was opened, that says how much that takes.
    """
    least = policy.option(VERIFICATION)
    if not reaches(how, least):
        weak = Reason.UNVERIFIED if how not in STRONG else Reason.NEEDS_SIGN_IN
        return Reason.NEEDS_FACE if least is Proven.FACE else weak
    if not -CLOCK_SKEW <= opened - at <= min(policy.option(VERIFICATION_AGE), VALID):
        return Reason.CALL_LONG_AGO
    return None


def offers(policies: Mapping[str, Policy], one: Verification, now: datetime) -> Offers:
    """Return what its agent may open with a verification just now, and what the rest of it would take.

    A group of the colleague's may demand more: that is found out when it is opened.
    """
    if one.status is not Stand.VERIFIED or one.proven is None or one.proven_at is None:
        return NOTHING
    if one.used_for or one.over(now):
        return NOTHING
    lacks = {kind: lacking(policies[kind], one.proven, one.proven_at, now) for kind in assisted(policies)}
    opens = tuple(kind for kind, lack in lacks.items() if lack is None)
    return Offers(opens, tuple((kind, lack) for kind, lack in lacks.items() if lack is not None))


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
