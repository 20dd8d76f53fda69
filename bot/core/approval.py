"""Approval: whose yes would count for a request, and whose does; people are counted, not clicks and not accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from bot.core.behalf import parties
from bot.core.evidence import GRACE
from bot.core.facts import ApproverFacts, Facts
from bot.core.model import Evidence, EvidenceType, Refusal, Request
from bot.core.policy import Policy
from bot.core.reasons import Reason

RETRACTIONS: Final = 2  # so often somebody takes their yes to one request back; then others say it
ABOUT: Final = MappingProxyType({"about": "approver"})


def may_approve(policy: Policy, facts: ApproverFacts, request: Request, approver: str) -> Refusal | None:
    """Say why `approver` (an object id) may not approve `request`, or None when their yes would count."""
    if approver in parties(request):
        return Refusal(Reason.OWN_REQUEST)
    refusal = unfit(policy, facts)
    if refusal is not None:
        return refusal
    if sum(e.by == approver for e in request.retracted) >= RETRACTIONS:
        return Refusal(Reason.RETRACTED_TWICE)
    given = request.evidence_of(EvidenceType.APPROVAL)
    if any(e.by == approver and e.level == request.level for e in given):  # of another level, it is another question
        return Refusal(Reason.ALREADY_APPROVED)
    return None


def unfit(policy: Policy, facts: ApproverFacts) -> Refusal | None:
    """Say why the yes of somebody with these facts counts nowhere just now, or None when it does.

    What is not known is a no; whoever is no approver at all hears that first.
    """
    if facts.enabled is None or facts.groups is None:
        return _unknown(facts)
    if not policy.approvers_group or policy.approvers_group not in facts.groups or not facts.enabled:
        return Refusal(Reason.NOT_APPROVER)
    if facts.guest is None or facts.restricted is None or facts.at_risk is None or facts.human is None:
        return _unknown(facts)
    if facts.guest and not policy.guest_approvers:
        return Refusal(Reason.GUEST_APPROVER)
    if facts.restricted or facts.at_risk:
        return Refusal(Reason.APPROVER_IN_DOUBT)
    unnamed = _unnamed(policy, facts)
    return unnamed if unnamed is not None else _unguarded(policy, facts)


def _unnamed(policy: Policy, facts: ApproverFacts) -> Refusal | None:
    """Whoever cannot be told apart from others is no second person, where the policy insists on that."""
    if facts.same_human:
        return Refusal(Reason.SAME_PERSON)
    return Refusal(Reason.NO_PERSON_ID) if policy.known_approvers and not facts.human else None


def _unguarded(policy: Policy, facts: ApproverFacts) -> Refusal | None:
    """A context that no policy guards for them is given to anybody: it proves nothing."""
    context = policy.approver_step_up
    if not context:
        return None
    if facts.guarded_contexts is None:
        return _unknown(facts)
    if context in facts.guarded_contexts:
        return None
    return Refusal(Reason.STEP_UP_UNGUARDED, MappingProxyType({"context": context}))


def unsure(policy: Policy, facts: Facts, request: Request) -> bool:
    """Say whether it cannot be found out of somebody who approved `request` whether they still may."""
    approvers = facts.approvers or {}
    given = {e.by for e in request.evidence_of(EvidenceType.APPROVAL)}
    return any(who not in approvers or _unsure(policy, approvers[who]) for who in given)


def _unsure(policy: Policy, facts: ApproverFacts) -> bool:
    refusal = unfit(policy, facts)
    return refusal is not None and refusal.params == ABOUT


def _unknown(facts: ApproverFacts) -> Refusal:
    return Refusal(facts.lasting or Reason.UNKNOWN, ABOUT)


def counted(policy: Policy, facts: Facts, request: Request) -> frozenset[str]:
    """The distinct people whose approval of `request` counts by `facts`, each by one account of theirs."""
    people: dict[tuple[str, str], str] = {}
    for evidence in request.evidence_of(EvidenceType.APPROVAL):
        approver = (facts.approvers or {}).get(evidence.by)
        if approver is not None and _counts(policy, facts, request, evidence):
            people.setdefault(("human", approver.human) if approver.human else ("account", evidence.by), evidence.by)
    return frozenset(people.values())


def repeated(facts: Facts, request: Request, approver: str) -> bool:
    """Say whether the human behind this account approved `request` by another account already."""
    known = facts.approvers or {}
    mine = known[approver].human if approver in known else ""
    others = {e.by for e in request.evidence_of(EvidenceType.APPROVAL)} - {approver}
    return bool(mine) and any(other in known and known[other].human == mine for other in others)


def worse(seen: str, now: str, levels: Sequence[str]) -> bool:
    """Say whether a case is graver `now` than when it was `seen`; what nobody knows to have been seen, nobody saw.

    A word its kind does not know is the gravest: only who saw just that has seen it.
    """
    if not levels or not now:
        return False
    if now not in levels:
        return seen != now
    return seen not in levels or levels.index(now) > levels.index(seen)


def outgrown(request: Request, levels: Sequence[str]) -> tuple[Evidence, ...]:
    """Return the approvals of `request` that were given when its case was less grave: they count no more."""
    given = request.evidence_of(EvidenceType.APPROVAL)
    return tuple(e for e in given if worse(e.level, request.level, levels))


def beyond(policy: Policy, facts: Facts, request: Request, now: datetime) -> int:
    """Return how many people more than the policy asks for must say yes.

    One, for a while after somebody's no to the same: asking again must not be the way round it. Not where all who
    said no say yes themselves by now.
    """
    said = {who for who, at in (facts.denied or {}).items() if now - at < policy.after_no}
    return 1 if said - counted(policy, facts, request) and not facts.harmless else 0


def _counts(policy: Policy, facts: Facts, request: Request, evidence: Evidence) -> bool:
    approver = (facts.approvers or {}).get(evidence.by, ApproverFacts())
    if evidence.by in parties(request) or unfit(policy, approver) is not None:
        return False
    if worse(evidence.level, facts.level or "", facts.levels):
        return False
    if evidence.at < request.created_at - GRACE:
        return False
    return not policy.approver_step_up or evidence.strength == policy.approver_step_up
