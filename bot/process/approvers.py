"""Approvers: what an administrator is told of the groups that decide; each doubt comes with its fix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.core.directory import ApproversGroup
from bot.core.policy import Policy
from bot.graph.hidden import FIX

ENOUGH: Final = 2  # people who could approve


def doubts(group: ApproversGroup, *, guests_count: bool) -> Iterator[str]:
    """Say how somebody could get into a group of approvers who should not, or why it is not enough, with the fix."""
    if group.hidden:
        yield f"Graph does not show what sort of group it is ({FIX})"
    if group.public:
        yield "anybody may join it (make it private, or use a security group)"
    if group.dynamic:
        yield "a rule decides who is in it, and whoever may change what it reads (use assigned members)"
    if group.owners - group.members:
        yield "owners who do not approve could put anybody into it (remove them, or let only approvers own it)"
    if group.guests and not guests_count:
        yield "there are guests in it, whose yes does not count (remove them)"
    if len(group.usable) < ENOUGH:
        yield f"{len(group.usable)} of its members could approve (have two at least: nobody approves their own request)"
    if group.unnamed:
        yield (
            f"of {group.unnamed} members the directory does not say whose accounts they are, so that two of one person "
            "would count as two (fill in VOUCHSAFE_PERSON_ATTRIBUTE)"
        )


def demanded(policy: Policy) -> frozenset[str]:
    """Return the authentication contexts that somebody's yes may demand of its approver, whoever asks."""
    held = (policy, *(policy.under((name,)) for name in policy.variants))
    return frozenset(one.approver_step_up for one in held if one.approvals and one.approver_step_up)
