"""Doubts: somebody on the telephone asks whether who says they are from the helpdesk really is. Pure.

Whomever they name, they read the same words until the same moment: how long it takes, and what it looks like, tells
nothing of who is an agent.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final, assert_never

from bot.core.audit import Deed, Note
from bot.core.matters import Matter, Turned
from bot.core.model import Person, Refusal
from bot.core.reasons import Reason

LOOK: Final = timedelta(seconds=10)  # from the press to what came of it, whomever they named
STALE: Final = timedelta(minutes=1)  # so long after that, what was found out is no longer how it is now
WAIT: Final = timedelta(minutes=2)  # for the two to compare the code
LASTS: Final = timedelta(minutes=30)  # so long the agent may still say that it was not them
HOUR: Final = timedelta(hours=1)
BY_AN_HOUR = 5  # questions of one person
TO_AN_AGENT = 6  # codes to one agent, whoever asks
# No sign that is read for another, and none that sounds like two.
SIGNS: Final = "ACDEFHJKLMNPRTUVWXY34679"
LENGTH: Final = 6


class DoubtStand(StrEnum):
    """How a doubt stands."""

    ASKED = "asked"  # the desk looks who that is; nobody is told yet
    MATCHING = "matching"  # both see a code
    SAME = "same"
    DIFFERENT = "different"
    DENIED = "denied"  # the agent is not calling anybody
    UNANSWERED = "unanswered"
    NOBODY = "nobody"  # no agent just now
    UNSURE = "unsure"  # it could not be found out, or not be made sure


class Picked(StrEnum):
    """What whoever was named is."""

    AGENT = "agent"
    NOBODY = "nobody"
    IN_DOUBT = "in_doubt"  # an agent whose account is flagged or kept apart: nobody vouches for them
    UNKNOWN = "unknown"


DOUBTED: Final = MappingProxyType(
    {
        DoubtStand.ASKED: Deed.DOUBT_ASKED,
        DoubtStand.MATCHING: Deed.DOUBT_CODE,
        DoubtStand.SAME: Deed.DOUBT_SAME,
        DoubtStand.DIFFERENT: Deed.DOUBT_DIFFERENT,
        DoubtStand.DENIED: Deed.DOUBT_DENIED,
        DoubtStand.UNANSWERED: Deed.DOUBT_UNANSWERED,
        DoubtStand.NOBODY: Deed.DOUBT_NOBODY,
        DoubtStand.UNSURE: Deed.DOUBT_UNSURE,
    }
)
# What comes of what whoever was named is, when it is told.
TOLD: Final = MappingProxyType(
    {
        Picked.AGENT: DoubtStand.MATCHING,
        Picked.NOBODY: DoubtStand.NOBODY,
        Picked.IN_DOUBT: DoubtStand.UNSURE,
        Picked.UNKNOWN: DoubtStand.UNSURE,
    }
)
HANG_UP: Final = frozenset({DoubtStand.DIFFERENT, DoubtStand.DENIED, DoubtStand.UNANSWERED, DoubtStand.NOBODY})


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDoubt(Matter):
    """Somebody (`by`) asks whether `about`, whom they named, is who calls them, and from the helpdesk.

    `seed` makes the code, and is there only as long as the code is compared. `picked` is what was found out, which
    nobody reads before its time; `code_at` is when both got the code, `same_at` when they said that it is the same.
    """

    SORT: ClassVar[str] = "doubt"
    SIREN: ClassVar[str] = "doubt_alarm"

    status: DoubtStand = DoubtStand.ASKED
    picked: Picked | None = None
    seed: str = ""
    code_at: datetime | None = None
    same_at: datetime | None = None

    @property
    def lane(self) -> str:
        """One question of one person at a time: two codes would be mixed up on the telephone."""
        return self.by.id if self.status in {DoubtStand.ASKED, DoubtStand.MATCHING} else ""

    @property
    def ends_at(self) -> datetime:
        """When the next thing is told, or until when somebody may say something to it."""
        if self.same_at is not None:
            return self.same_at + LASTS
        return self.code_at + WAIT if self.code_at is not None else self.created_at + LOOK

    @property
    def alarming(self) -> bool:
        """Whether security hears of it."""
        return self.status in HANG_UP or (self.status is DoubtStand.UNSURE and self.picked is Picked.IN_DOUBT)

    @property
    def code(self) -> str:
        """What both read while they compare it, and "" before and after."""
        if not self.seed or self.status is not DoubtStand.MATCHING:
            return ""
        made = hmac.new(bytes.fromhex(self.seed), self.id.encode(), hashlib.sha256).digest()
        left, code = int.from_bytes(made), ""
        for _ in range(LENGTH):
            left, at = divmod(left, len(SIGNS))
            code += SIGNS[at]
        return code

    def over(self, now: datetime) -> bool:
        """Whether nothing more can come of it: past its time is over, whoever looks first."""
        return self.status not in {DoubtStand.ASKED, DoubtStand.MATCHING, DoubtStand.SAME} or now >= self.ends_at


# Events: what was found out, what the two said, or that a time has come.
@dataclass(frozen=True, slots=True)
class LookedUp:
    """Who `about` is. `seed` is for a code, `codes` are the doubts about the same person of the last hour."""

    picked: Picked
    about: Person
    seed: str
    codes: Sequence[CallDoubt]


@dataclass(frozen=True, slots=True)
class SaidSame:
    """The one who asked hears the code they read; `picked` is what the agent is at that moment."""

    picked: Picked


@dataclass(frozen=True, slots=True)
class SaidDifferent:
    """The one who asked hears another code, or none."""


@dataclass(frozen=True, slots=True)
class SaidNotCalling:
    """The agent is not calling anybody."""


@dataclass(frozen=True, slots=True)
class DoubtDue:
    """Its time has come: to be told, for the code, or for the agent's no."""


DoubtHeard = LookedUp | SaidSame | SaidDifferent | SaidNotCalling | DoubtDue


def doubted(one: CallDoubt, by: Sequence[CallDoubt]) -> Turned[CallDoubt]:
    """Begin a doubt, or say why not now; `by` are those the same person began in the last hour."""
    begun = replace(one, due_at=one.created_at + LOOK)
    return Turned(begun, (_note(begun),), Refusal(Reason.DOUBT_OFTEN) if len(by) >= BY_AN_HOUR else None)


def settled(one: CallDoubt, event: DoubtHeard, now: datetime) -> Turned[CallDoubt]:
    """Say what was heard makes of a doubt. Total and pure: what does not fit is refused, never raised."""
    if one.status is DoubtStand.MATCHING and now >= one.ends_at:
        late = None if isinstance(event, DoubtDue) else Refusal(Reason.CLOSED)
        return _ended(one, DoubtStand.UNANSWERED, late)
    match event:
        case DoubtDue():
            return _due(one, now)
        case LookedUp() if one.status is DoubtStand.ASKED and one.picked is None and now < one.ends_at:
            return Turned(_looked(one, event))
        case SaidSame(picked) if one.status is DoubtStand.MATCHING:
            return _same(one, now) if picked is Picked.AGENT else _ended(replace(one, picked=picked), TOLD[picked])
        case SaidDifferent() if one.status is DoubtStand.MATCHING:
            return _ended(one, DoubtStand.DIFFERENT)
        case SaidNotCalling() if one.code_at is not None and not one.over(now):  # also of what was heard for the same
            return _ended(one, DoubtStand.DENIED)
        case LookedUp() | SaidSame() | SaidDifferent() | SaidNotCalling():
            return Turned(one, refusal=Refusal(Reason.CLOSED))
        case _:
            assert_never(event)


def _looked(one: CallDoubt, found: LookedUp) -> CallDoubt:
    """Keep what was found out until it is told; an agent who got so many codes is not worn down by another."""
    codes = [other for other in found.codes if other.picked is Picked.AGENT and other.id != one.id]
    lately = [other for other in codes if one.created_at - other.created_at < HOUR]
    picked = Picked.UNKNOWN if found.picked is Picked.AGENT and len(lately) >= TO_AN_AGENT else found.picked
    return replace(one, about=found.about, picked=picked, seed=found.seed if picked is Picked.AGENT else "")


def _due(one: CallDoubt, now: datetime) -> Turned[CallDoubt]:
    if one.status is not DoubtStand.ASKED or now < one.ends_at:
        return Turned(replace(one, due_at=None)) if one.over(now) else Turned(one)
    if one.picked is None or now >= one.ends_at + STALE:
        return _ended(replace(one, picked=Picked.UNKNOWN), DoubtStand.UNSURE)
    if one.picked is not Picked.AGENT:
        return _ended(one, TOLD[one.picked])
    told = replace(one, status=DoubtStand.MATCHING, code_at=now, due_at=now + WAIT)
    return Turned(told, (_note(told),))


def _same(one: CallDoubt, now: datetime) -> Turned[CallDoubt]:
    same = replace(one, status=DoubtStand.SAME, seed="", same_at=now, due_at=now + LASTS)
    return Turned(same, (_note(same),))


def _ended(one: CallDoubt, status: DoubtStand, refusal: Refusal | None = None) -> Turned[CallDoubt]:
    ended = replace(one, status=status, seed="", due_at=None)
    return Turned(ended, (_note(ended),), refusal, alarms=ended.alarming)


def _note(one: CallDoubt) -> Note:
    found = {"picked": one.picked.value} if one.picked is not None else {}
    return Note(DOUBTED[one.status], {"by": one.by.id, "name": one.by.name, "about": one.about.id, **found})
