"""Options: what only some kinds let a policy say; each knows how it is read and which of two values demands more."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

from bot.core.proven import VALID, Proven, stronger
from bot.core.strictness import Stricter

_DURATION: Final = re.compile(r"([1-9]\d{0,5})([smhd])")
_UNITS: Final = MappingProxyType({"s": "seconds", "m": "minutes", "h": "hours", "d": "days"})
_SHORTEST: Final = timedelta(minutes=1)
_LONGEST: Final = timedelta(days=7)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Option(Generic[T]):
    """One key of a policy that a kind brings along: it is there for the kinds whose own policy has it.

    `usual` is what holds where nobody says otherwise. `parse` reads it from the file and raises `ValueError` with what
    it must be. Without `stricter` it is the same for everybody; with it, it may differ by group and level.
    """

    name: str
    usual: T
    parse: Callable[[object], T]
    stricter: Stricter[T] | None = None


def yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")  # noqa: TRY004 - told like every other fault
    return value


def number(least: int, most: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return value

    return parse


def duration(value: object) -> timedelta:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('must be a duration such as "15m", "4h" or "1d"')
    read = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if not _SHORTEST <= read <= _LONGEST:
        raise ValueError('must lie between "1m" and "7d"')
    return read


def spelled(value: timedelta) -> str:
    """Return a duration as a file says it."""
    unit = [unit for unit, name in _UNITS.items() if value % timedelta(**{name: 1}) == timedelta(0)][-1]
    return f"{value // timedelta(**{_UNITS[unit]: 1})}{unit}"


def age(longest: timedelta, why: str) -> Callable[[object], timedelta]:
    """Return what reads a duration that may not be longer than this: `why` says what would come of it."""

    def parse(value: object) -> timedelta:
        read = duration(value)
        if read > longest:
            raise ValueError(f'must lie between "1m" and "{most}": {why}')
        return read

    most = f"{longest // timedelta(hours=1)}h" if longest >= timedelta(hours=1) else spelled(longest)
    return parse


def _proof(value: object) -> Proven:
    if not isinstance(value, str) or value not in set(Proven):
        raise ValueError('must be "manager", "step_up" or "face"')
    return Proven(value)


# Whether everybody is signed out of the account once it is done: the desk does it, for the kinds that have it.
REVOKE_SESSIONS: Final = Option("revoke_sessions", usual=False, parse=yes_or_no, stricter=max)
# Whether the helpdesk may open it for a colleague: for the kinds that have it, whose form tells nothing of theirs.
ASSISTED: Final = Option("assisted", usual=False, parse=yes_or_no)
# By what a caller must be verified at the least for whom the helpdesk opens it, and how long before at the most.
VERIFICATION: Final = Option("verification", usual=Proven.MANAGER, parse=_proof, stricter=stronger)
VERIFICATION_AGE: Final = Option(
    "verification_age", usual=VALID, parse=age(VALID, "nobody knows who is on the telephone by then"), stricter=min
)
# Asked before it is known whom it is for: a group can ask for more, and never for less.
FOR_EVERYBODY: Final = frozenset({VERIFICATION.name, VERIFICATION_AGE.name})
# What a kind has that the helpdesk may open for others.
OPENED: Final[Mapping[Option[Any], Any]] = MappingProxyType(
    {ASSISTED: False, VERIFICATION: VERIFICATION.usual, VERIFICATION_AGE: VERIFICATION_AGE.usual}
)
# Whether a person's manager hears of it: by mail, as they do themselves, or in Teams of what others lock for them.
TELL_MANAGER: Final = Option("tell_manager", usual=False, parse=yes_or_no, stricter=max)
