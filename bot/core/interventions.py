"""Interventions: an agent, or somebody of security, locks a colleague's account: nobody is verified, for it only locks.

Pure. One comes to nothing without a sign-in of whoever pressed, and each of them has so many within an hour.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

from bot.core.audit import Deed, Note
from bot.core.matters import Matter, Turned
from bot.core.model import Refusal
from bot.core.reasons import Reason

CONFIRM: Final = timedelta(minutes=5)  # for the sign-in that makes a press count
HOUR: Final = timedelta(hours=1)
BY_AGENT, BY_SECURITY = 10, 60  # accounts that one person locks within an hour


class LockStand(StrEnum):
    """How an intervention stands."""

    WANTED = "wanted"  # pressed, and not signed in for yet
    OPENED = "opened"  # it is a request of the colleague's, which goes its way
    DECLINED = "declined"  # signed in for, and the desk does not do it
    REPLACED = "replaced"  # whoever pressed it pressed another
    LAPSED = "lapsed"  # nobody signed in for it


DEEDS: Final = {
    LockStand.WANTED: Deed.LOCK_WANTED,
    LockStand.OPENED: Deed.LOCK_OPENED,
    LockStand.DECLINED: Deed.LOCK_DECLINED,
    LockStand.REPLACED: Deed.LOCK_REPLACED,
    LockStand.LAPSED: Deed.LOCK_LAPSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervention(Matter):
    """Somebody (`by`) has a kind that only locks carried out for a colleague (`about`), and says why.

    `security`: they do so as security, and not as an agent. `request` is what it became; `grave`: the account decides
    about others or has rights of an administrator, as far as that is known; `trial`: its policy only tries so far, and
    nothing is done; `why` is the reason of a no.
    """

    SORT: ClassVar[str] = "intervention"
    SIREN: ClassVar[str] = "intervention"

    kind: str
    reason: str
    security: bool = False
    status: LockStand = LockStand.WANTED
    request: str = ""
    grave: bool = False
    trial: bool = False
    why: str = ""

    @property
    def lane(self) -> str:
        """One at a time waits for its person's sign-in, so that none is counted twice or not at all."""
        return self.by.id if self.status is LockStand.WANTED else ""

    def waits(self, now: datetime) -> bool:
        """Whether a sign-in still makes it count: past its time is over, whoever looks first."""
        return self.status is LockStand.WANTED and now < self.created_at + CONFIRM


def wanted(one: Intervention, by: Iterable[Intervention]) -> Turned[Intervention]:
    """Begin one that waits for its sign-in, or say why not now; `by` are those its person has begun within an hour."""
    locked = [other for other in by if other.status is LockStand.OPENED and one.created_at - other.created_at < HOUR]
    often = len(locked) >= (BY_SECURITY if one.security else BY_AGENT)
    begun = replace(one, due_at=one.created_at + CONFIRM)
    return Turned(begun, (_note(begun),), Refusal(Reason.LOCKS_OFTEN) if often else None, alarms=True)


def opened(one: Intervention, request: str, *, grave: bool, trial: bool, context: str) -> Turned[Intervention]:
    """Say that it became this request of the colleague's."""
    became = replace(one, request=request, grave=grave, trial=trial)
    return _ended(became, LockStand.OPENED, context=context, **({"trial": "true"} if trial else {}))


def declined(one: Intervention, refusal: Refusal) -> Turned[Intervention]:
    """Say that the desk does not do it."""
    return _ended(replace(one, why=refusal.reason, request=""), LockStand.DECLINED, why=refusal.reason)


def replaced(one: Intervention) -> Turned[Intervention]:
    """Whoever pressed has pressed another: of this one nothing comes."""
    return _ended(one, LockStand.REPLACED)


def due(one: Intervention, now: datetime) -> Turned[Intervention]:
    """Its time has come."""
    return _ended(one, LockStand.LAPSED) if one.status is LockStand.WANTED and not one.waits(now) else Turned(one)


def _ended(one: Intervention, status: LockStand, **more: str) -> Turned[Intervention]:
    ended = replace(one, status=status, due_at=None)
    return Turned(ended, (_note(ended, **more),), alarms=True)


def _note(one: Intervention, **more: str) -> Note:
    told = {"by": one.by.id, "name": one.by.name, "wants": one.kind, "as": "security" if one.security else "agent"}
    why = {"reason": one.reason} if one.status is LockStand.WANTED else {}
    became = {"request": one.request, "grave": str(one.grave).lower()} if one.request else {}
    return Note(DEEDS[one.status], {**told, **why, **became, **more})
