"""Limits: how often somebody may ask: by the day what came to something, by the hour what approvers were shown."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from bot.core.facts import Facts
from bot.core.model import Refusal
from bot.core.policy import Policy
from bot.core.reasons import Reason

SHOWN: Final = 2  # times what may be asked a day: so many cards within an hour are no errand any more


@dataclass(frozen=True, slots=True)
class Tally:
    """How often somebody asked for a kind: what counts for the day, and what approvers were shown lately."""

    counted: int = 0
    shown: int = 0


def too_often(policy: Policy, facts: Facts) -> Refusal | None:
    """Say why no more may be asked for just now, or None."""
    if (facts.recent or 0) >= policy.per_day:
        return Refusal(Reason.TOO_MANY, MappingProxyType({"limit": str(policy.per_day)}))
    if (facts.shown or 0) >= SHOWN * policy.per_day:
        return Refusal(Reason.TOO_MANY_SHOWN, MappingProxyType({"limit": str(SHOWN * policy.per_day)}))
    return None
