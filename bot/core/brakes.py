"""Brakes: what makes the desk stricter than any policy, for a while: it only ever asks for more."""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType

from bot.core.facts import Facts
from bot.core.lately import Lately
from bot.core.model import Refusal
from bot.core.policy import CHANGED, COOL_DOWN, FACE, REPEAT, THREAT
from bot.core.reasons import Reason
from bot.core.threat import Posture, ThreatLevel


def tightened(facts: Facts, now: datetime) -> tuple[str, ...]:
    """Name the terms that hold beyond the policy's own: somebody's yes, and a face where it can be shown.

    Where nobody knows whether it can, it is asked for, and what is not known refuses.
    """
    if facts.harmless:
        return ()
    brakes = {"gives_access": facts.gives_access, "changed": facts.changed is True}
    held = stricter(facts.threat, facts.lately, now, **brakes)
    return held if not held or facts.face_check is False else (*held, FACE)


def stricter(
    threat: Posture | None, lately: Lately | None, now: datetime, *, gives_access: bool, changed: bool
) -> tuple[str, ...]:
    """Name why more is asked for than the policy does: of everybody, or of this person after what happened lately."""
    repeat, cool = (lately.repeat_until, lately.cool_until) if lately is not None else (None, None)
    held = {
        THREAT: threat is not None and threat.level is ThreatLevel.ELEVATED,
        REPEAT: gives_access and repeat is not None and now < repeat,
        COOL_DOWN: cool is not None and now < cool,
        CHANGED: changed,
    }
    return tuple(term for term, holds in held.items() if holds)


def locked_down(facts: Facts) -> Refusal | None:
    """Refuse whatever gives access, as long as a lockdown holds; what only locks or proves goes through."""
    if facts.harmless or facts.threat is None or facts.threat.level is not ThreatLevel.LOCKDOWN:
        return None
    until = facts.threat.until
    return Refusal(Reason.LOCKDOWN, MappingProxyType({"until": until.isoformat()} if until is not None else {}))
