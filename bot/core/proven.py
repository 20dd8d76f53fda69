"""Proven: how well somebody on the telephone was proved to be who they say; the one order in which proofs stand.

A manager's word is the least that opens anything: it is somebody else's, and says nothing of the account. Then comes
the caller's own sign-in, then their face. The number that an agent reads aloud is below all of them.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final


class Proven(StrEnum):
    """By what somebody was verified, the weakest first."""

    PRESENCE = "presence"  # the number: somebody at their Teams hears the agent
    MANAGER = "manager"  # their manager has heard or seen them, and has signed in to say so
    STEP_UP = "step_up"  # a fresh sign-in of theirs
    FACE = "face"  # their face, against the photo of their Verified ID


VALID: Final = timedelta(minutes=30)  # from the proof on, whatever a policy says
BY_THEMSELVES: Final = frozenset({Proven.STEP_UP, Proven.FACE})
STRONG: Final = frozenset({Proven.MANAGER, *BY_THEMSELVES})  # what something may be opened with
_ORDER: Final = tuple(Proven)


def stronger(one: Proven, other: Proven) -> Proven:
    """Return which of two proves more."""
    return max(one, other, key=_ORDER.index)


def reaches(how: str, least: Proven) -> bool:
    """Whether a proof of this strength is one that opens something, and no less than what is demanded."""
    return how in STRONG and _ORDER.index(Proven(how)) >= _ORDER.index(least)
