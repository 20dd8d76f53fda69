"""Threat: how strict the desk is just now for the whole tenant. One raises it, two lower it, and it is over by itself.

Pure. Each raising is one of its own: what somebody raises takes nothing from what another has raised.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final, assert_never

from bot.core.audit import Deed, Note
from bot.core.matters import Matter, Turned
from bot.core.model import Person, Refusal
from bot.core.reasons import Reason

LONGEST: Final = timedelta(hours=24)  # from the press to its end: who wants it longer raises it again
CONFIRM: Final = timedelta(minutes=5)  # for the sign-in that makes a press count
WISH: Final = timedelta(minutes=30)  # so long the first of two who lower it waits for the second


class ThreatLevel(StrEnum):
    """How strict the desk is, the mildest first."""

    NORMAL = "normal"
    ELEVATED = "elevated"  # nothing that gives access without somebody's yes, and a face where there can be one
    LOCKDOWN = "lockdown"  # nothing that gives access at all


RAISED: Final = (ThreatLevel.ELEVATED, ThreatLevel.LOCKDOWN)


class ThreatStand(StrEnum):
    """How one raising stands."""

    WANTED = "wanted"  # pressed, and not signed in for yet
    HELD = "held"
    REPLACED = "replaced"  # by one of the same level that lasts longer
    LOWERED = "lowered"
    OVER = "over"
    LAPSED = "lapsed"  # nobody signed in for it


@dataclass(frozen=True, slots=True)
class Posture:
    """What holds for everybody just now, and until when."""

    level: ThreatLevel = ThreatLevel.NORMAL
    until: datetime | None = None


USUAL_DAY: Final = Posture()


@dataclass(frozen=True, slots=True, kw_only=True)
class Threat(Matter):
    """Somebody of security (`by`) raises the level for the tenant `until` then, and says why.

    `lowering` is who was the first of two to say that it may end early, and since when; `asked_at` when somebody was
    last asked to sign in for that; `lowered_by` are both.
    """

    SORT: ClassVar[str] = "threat"
    SIREN: ClassVar[str] = "threat"

    level: ThreatLevel
    until: datetime
    reason: str
    status: ThreatStand = ThreatStand.WANTED
    lowering: Person | None = None
    lowering_at: datetime | None = None
    asked_at: datetime | None = None
    lowered_by: tuple[Person, ...] = ()

    @property
    def lane(self) -> str:
        """One of each level holds at a time."""
        return self.level.value if self.status is ThreatStand.HELD else ""

    def holds(self, now: datetime) -> bool:
        """Whether it is in force: past its time is over, whoever looks first."""
        return self.status is ThreatStand.HELD and now < self.until

    def first(self, now: datetime) -> Person | None:
        """Return who was the first to say that it may end early, as long as that waits for a second."""
        waits = self.lowering_at is not None and now < self.lowering_at + WISH
        return self.lowering if waits else None


# Events: what somebody of security did, or that a time has come.
@dataclass(frozen=True, slots=True)
class LowerPressed:
    """Somebody wants it to end early, and is asked to sign in for that."""

    by: Person


@dataclass(frozen=True, slots=True)
class LowerSigned:
    """They have signed in for it. `first` says why whoever said so before does not count beside them, if so."""

    by: Person
    context: str
    first: Refusal | None = None


@dataclass(frozen=True, slots=True)
class ThreatDue:
    """A time of it has come: for the sign-in, for the second of two, or its own."""


Happened = LowerPressed | LowerSigned | ThreatDue


def posture(found: Iterable[Threat], now: datetime) -> Posture:
    """Say what holds just now, of all that was raised: the strictest, and until when that does."""
    held = max((one for one in found if one.holds(now)), key=lambda one: RAISED.index(one.level), default=None)
    return Posture(held.level, held.until) if held is not None else USUAL_DAY


def wanted(one: Threat, held: Iterable[Threat]) -> Turned[Threat]:
    """Begin a raising that waits for its sign-in, or say why it would raise nothing."""
    begun = replace(one, due_at=one.created_at + CONFIRM)
    return Turned(
        begun, (_note(begun, Deed.THREAT_WANTED, begun.by),), _needless(one, held, one.created_at), alarms=True
    )


def raised(one: Threat, held: Iterable[Threat], context: str, now: datetime) -> Turned[Threat]:
    """Let a raising hold whose sign-in is through."""
    if one.status is not ThreatStand.WANTED or now >= one.created_at + CONFIRM:
        return Turned(one, refusal=Refusal(Reason.CLOSED))
    needless = _needless(one, held, now)
    if needless is not None:
        lapsed = replace(one, status=ThreatStand.LAPSED, due_at=None)
        return Turned(lapsed, (_note(lapsed, Deed.THREAT_LAPSED, one.by),), needless, alarms=True)
    raised = replace(one, status=ThreatStand.HELD, due_at=one.until)
    return Turned(raised, (_note(raised, Deed.THREAT_RAISED, one.by, context=context),), alarms=True)


def _needless(one: Threat, held: Iterable[Threat], now: datetime) -> Refusal | None:
    """What holds as long already needs no raising; and nothing is raised for the past, or for longer than a day."""
    if not now < one.until <= one.created_at + LONGEST or one.level not in RAISED:
        return Refusal(Reason.CLOSED)
    same = next((other for other in held if other.level is one.level and other.holds(now)), None)
    if same is None or same.until < one.until:
        return None
    return Refusal(Reason.THREAT_HOLDS, MappingProxyType({"until": same.until.isoformat()}))


def replaced(one: Threat, by: Threat) -> Turned[Threat]:
    """End a raising in favour of one that lasts longer."""
    over = _ended(one, ThreatStand.REPLACED)
    return Turned(over, (_note(over, Deed.THREAT_REPLACED, by.by),), alarms=True)


def happened(one: Threat, event: Happened, now: datetime) -> Turned[Threat]:
    """Say what an event makes of a raising. Total and pure: what does not fit is refused, never raised."""
    if one.status is ThreatStand.HELD and now >= one.until:
        over = _ended(one, ThreatStand.OVER)
        late = None if isinstance(event, ThreatDue) else Refusal(Reason.CLOSED)
        return Turned(over, (_note(over, Deed.THREAT_OVER),), late, alarms=True)
    match event:
        case ThreatDue():
            return _due(one, now)
        case LowerPressed() | LowerSigned() if one.status is not ThreatStand.HELD:
            return Turned(one, refusal=Refusal(Reason.CLOSED))
        case LowerPressed(by):
            if one.first(now) == by:
                return Turned(one, refusal=Refusal(Reason.THREAT_SECOND))
            asked = _next(replace(one, asked_at=now), now)
            return Turned(asked, (_note(asked, Deed.THREAT_LOWER_WANTED, by),), alarms=True)
        case LowerSigned():
            return _lowered(one, event, now)
        case _:
            assert_never(event)


def _lowered(one: Threat, event: LowerSigned, now: datetime) -> Turned[Threat]:
    """The first says so, the second ends it: two people, both of security at that moment."""
    first, no = one.first(now), event.first
    signed = Deed.THREAT_LOWERING
    if first is not None and first.id == event.by.id:
        return Turned(one, refusal=Refusal(Reason.THREAT_SECOND))
    if first is not None and no is not None and no.reason in {Reason.SAME_PERSON, Reason.UNKNOWN}:
        same = no.reason == Reason.SAME_PERSON
        return Turned(one, refusal=Refusal(Reason.THREAT_SECOND) if same else no)
    if first is None or no is not None:  # nobody said so before, or they are not of security any more
        told = _next(replace(one, lowering=event.by, lowering_at=now, asked_at=None), now)
        return Turned(told, (_note(told, signed, event.by, context=event.context),), alarms=True)
    over = replace(_ended(one, ThreatStand.LOWERED), lowered_by=(first, event.by))
    return Turned(
        over, (_note(over, Deed.THREAT_LOWERED, event.by, context=event.context, first=first.id),), alarms=True
    )


def _due(one: Threat, now: datetime) -> Turned[Threat]:
    if one.status is ThreatStand.WANTED and now >= one.created_at + CONFIRM:
        lapsed = replace(one, status=ThreatStand.LAPSED, due_at=None)
        return Turned(lapsed, (_note(lapsed, Deed.THREAT_LAPSED, one.by),), alarms=True)
    if one.status is ThreatStand.HELD:
        later = _next(one, now)
        return Turned(later, alarms=later != one)
    return Turned(one)


def _next(one: Threat, now: datetime) -> Threat:
    """Return it without what has lapsed by now, and when the desk must next look."""
    asked_at = one.asked_at if one.asked_at is not None and now < one.asked_at + CONFIRM else None
    lowering = one.first(now)
    lowering_at = one.lowering_at if lowering is not None else None
    times = [
        one.until,
        *([asked_at + CONFIRM] if asked_at is not None else []),
        *([lowering_at + WISH] if lowering_at is not None else []),
    ]
    return replace(one, asked_at=asked_at, lowering=lowering, lowering_at=lowering_at, due_at=min(times))


def _ended(one: Threat, status: ThreatStand) -> Threat:
    return replace(one, status=status, lowering=None, lowering_at=None, asked_at=None, due_at=None)


def _note(one: Threat, deed: Deed, by: Person | None = None, **more: str) -> Note:
    who = {"by": by.id, "name": by.name} if by is not None else {}
    why = {"reason": one.reason} if deed in {Deed.THREAT_WANTED, Deed.THREAT_RAISED} else {}
    return Note(deed, {**who, "level": one.level.value, "until": one.until.isoformat(), **why, **more})
