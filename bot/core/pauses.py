"""Pauses: how long to wait before something is tried again, twice as long each time, and never all at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from zlib import crc32

_DOUBLED: Final = 30  # times: what is longer is not waited for, and a larger power of two is no number of seconds


def pause(tried: int, *, first: float, longest: float, spread: float) -> float:
    """Return the seconds before the next try after `tried` pauses: between half of what is due and all of it.

    `spread` says where, from 0 to 1: whatever failed together is not to come back together.
    """
    return min(longest, first * 2.0 ** min(tried, _DOUBLED)) * (0.5 + 0.5 * spread)


def spread_by(name: str) -> float:
    """Return the place of a name from 0 to 1, the same each time and unlike that of its neighbours."""
    return crc32(name.encode()) / 0xFFFFFFFF


def postponed(tried: int, name: str, told: timedelta, *, first: float, longest: float) -> timedelta:
    """Return how long what is called `name` waits after its try number `tried`, beyond what it was told to wait."""
    due = pause(tried - 1, first=first, longest=longest, spread=spread_by(f"{name}:{tried}"))
    return told + timedelta(seconds=due)
