"""Brakes: what makes the desk stricter than any policy, for a while: it only ever asks for more."""

from __future__ import annotations

from types import MappingProxyType

from bot.core.facts import Facts
from bot.core.model import Refusal
from bot.core.policy import FACE, THREAT
from bot.core.reasons import Reason
from bot.core.threat import ThreatLevel


def tightened(facts: Facts) -> tuple[str, ...]:
    """Name the terms that hold beyond the policy's own: somebody's yes, and a face where it can be shown.

    Where nobody knows whether it can, it is asked for, and what is not known refuses.
    """
    if facts.harmless or facts.threat is None or facts.threat.level is not ThreatLevel.ELEVATED:
        return ()
    return (THREAT,) if facts.face_check is False else (THREAT, FACE)


def locked_down(facts: Facts) -> Refusal | None:
    """Refuse whatever gives access, as long as a lockdown holds; what only locks or proves goes through."""
    if facts.harmless or facts.threat is None or facts.threat.level is not ThreatLevel.LOCKDOWN:
        return None
    until = facts.threat.until
    return Refusal(Reason.LOCKDOWN, MappingProxyType({"until": until.isoformat()} if until is not None else {}))
