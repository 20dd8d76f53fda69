"""Walls: who is not served at all, whatever they ask for and whatever they prove."""

from __future__ import annotations

from types import MappingProxyType

from bot.core.facts import Facts
from bot.core.model import Refusal
from bot.core.reasons import Reason


def wall(facts: Facts) -> Refusal | None:
    """Say which wall stands before somebody with these facts, or None; all of them must be known."""
    if not facts.enabled:
        return Refusal(Reason.DISABLED)
    if facts.guest:
        home = MappingProxyType({"home": facts.home})
        return Refusal(Reason.GUEST_OF, home) if facts.home else Refusal(Reason.GUEST)
    if facts.restricted:
        return Refusal(Reason.RESTRICTED)
    if facts.roles or facts.guarded_groups:
        return Refusal(Reason.PRIVILEGED)
    if facts.approves and not facts.harmless:  # one colleague could let themselves into the account that decides
        return Refusal(Reason.APPROVER)
    return None
