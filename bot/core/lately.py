"""Lately: what was done or doubted about somebody in the last hours, and how long that makes the desk stricter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, Literal

from bot.core.officehours import OfficeHours


@dataclass(frozen=True, slots=True)
class Limits:
    """What the file says for everybody, whatever they ask for.

    So long after something that gives access was done for a person, another of these takes the higher path (`repeat`);
    so long after somebody may have spoken for them, everything that gives access does (`cool_down`), and so long after
    their account changed (`changed`). None is never. `changed_unknown`: what holds where the desk may not read the
    tenant's log. Of what is opened for colleagues by one agent, what one approver says yes to and of people who ask for
    what gives access, only so many go through within an hour; 0 is any number. Outside the hours of the `office`,
    security hears of who acts for others; None is never.
    """

    repeat: timedelta = timedelta(hours=24)
    cool_down: timedelta = timedelta(hours=4)
    changed: timedelta = timedelta(0)
    changed_unknown: Literal["usual", "stricter"] = "usual"
    per_agent_hour: int = 10
    per_approver_hour: int = 30
    per_tenant_hour: int = 0
    office: OfficeHours | None = None


USUAL_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Lately:
    """Until when what happened about a person makes the desk stricter for them; None where nothing does."""

    repeat_until: datetime | None = None
    cool_until: datetime | None = None


def twice(at: Sequence[datetime], within: timedelta) -> datetime | None:
    """Say when something last happened for the second time within a while; the newest comes first."""
    return next((later for later, earlier in pairwise(at) if later - earlier <= within), None)


def lately(limits: Limits, given: datetime | None, doubted: datetime | None) -> Lately:
    """Say what follows of when something was last given to somebody, and when it was last doubted that it was them."""
    return Lately(
        given + limits.repeat if given is not None else None,
        doubted + limits.cool_down if doubted is not None else None,
    )
