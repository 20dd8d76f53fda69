"""Approval: whose yes would count for a request, and whose does; people are counted, not clicks."""

from __future__ import annotations

from types import MappingProxyType

from bot.core.evidence import GRACE
from bot.core.facts import Facts
from bot.core.model import EvidenceType, Refusal, Request
from bot.core.policy import Policy
from bot.core.reasons import Reason


def may_approve(policy: Policy, facts: Facts, request: Request, approver: str) -> Refusal | None:
    """Say why `approver` (an object id) may not approve `request`, or None when their yes would count.

    `facts` are those of the approver. Neither requester nor subject, enabled, in the group now, and once.
    """
    if approver in {request.requester.id, request.subject.id}:
        return Refusal(Reason.OWN_REQUEST)
    if facts.enabled is None or facts.groups is None:
        return Refusal(Reason.UNKNOWN, MappingProxyType({"about": "approver"}))
    if not policy.approvers_group or policy.approvers_group not in facts.groups or not facts.enabled:
        return Refusal(Reason.NOT_APPROVER)
    if any(e.by == approver for e in request.evidence_of(EvidenceType.APPROVAL)):
        return Refusal(Reason.ALREADY_APPROVED)
    return None


def counted(policy: Policy, facts: Facts, request: Request) -> frozenset[str]:
    """The distinct people whose approval of `request` counts by `facts`: people, not clicks."""
    return frozenset(
        e.by
        for e in request.evidence_of(EvidenceType.APPROVAL)
        if e.by not in {request.requester.id, request.subject.id}
        and e.by in (facts.approvers or frozenset())
        and e.at >= request.created_at - GRACE
        and (not policy.approver_step_up or e.strength == policy.approver_step_up)
    )
