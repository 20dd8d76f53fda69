"""Walls: who is not served at all, whatever they ask for and whatever they prove."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

from bot.core.facts import Facts
from bot.core.model import Refusal
from bot.core.policy import Policy
from bot.core.reasons import Reason

# Why somebody is not served at all: what others hear of it is only that.
WALLED: Final = frozenset(
    {
        Reason.DENY_LIST,
        Reason.DISABLED,
        Reason.GUEST,
        Reason.GUEST_OF,
        Reason.RESTRICTED,
        Reason.PRIVILEGED,
        Reason.APPROVER,
    }
)


def kept_apart(person: str, policies: Iterable[Policy]) -> bool:
    """Say whether an account, by the id the directory gives it, is on any deny-list: one for emergencies."""
    return any(person in policy.deny_list for policy in policies)


def wall(facts: Facts) -> Refusal | None:
    """Say which wall stands before somebody with these facts, or None; all of them must be known.

    What only takes access away passes them: an administrator's alarm matters most. Not for a guest, whom Entra does
    not sign out: https://learn.microsoft.com/graph/api/user-revokesigninsessions.
    """
    if not facts.enabled and not facts.locks:
        return Refusal(Reason.DISABLED)
    if facts.guest:
        home = MappingProxyType({"home": facts.home})
        return Refusal(Reason.GUEST_OF, home) if facts.home else Refusal(Reason.GUEST)
    if facts.locks:
        return None
    if facts.restricted:
        return Refusal(Reason.RESTRICTED)
    if facts.roles or facts.guarded_groups:
        return Refusal(Reason.PRIVILEGED)
    if facts.approves and not facts.harmless:  # one colleague could let themselves into the account that decides
        return Refusal(Reason.APPROVER)
    if facts.frozen_at != "never" and not facts.harmless:
        return Refusal(Reason.FROZEN)
    return None
