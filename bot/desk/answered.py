"""Answered: what a person is told when Entra did not do as asked; what will not change is never called "try again"."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bot.core import actions as do
from bot.core.errors import DeskError, Missing, NotGranted, Rejected, Throttled, Unavailable
from bot.core.model import Refusal
from bot.core.reasons import Reason

# What words come to that ask for nothing the desk does.
LINES: Final[Mapping[type[do.Written], str]] = MappingProxyType(
    {
        do.Thanks: "said.thanks",
        do.NotWanted: "said.not_wanted",
        do.MachineMade: "said.machine_made",
        do.NoWindow: "said.no_window",
    }
)
CROWDED: Final = 10  # seconds, where there were too many and nobody says when there is room


def lasting(error: Rejected) -> Reason:
    """Return the reason for a no that asking again does not change."""
    return Reason.NOT_PERMITTED if isinstance(error, NotGranted) else Reason.ENTRA_REFUSED


def lasts(error: BaseException) -> bool:
    """Say whether asking again changes nothing; what is not there may only not have arrived everywhere."""
    return isinstance(error, Rejected) and not isinstance(error, Missing)


def not_now(error: DeskError | TimeoutError) -> Refusal:
    """Return what somebody is told who cannot have it now; where it was said how long it takes, they hear that too."""
    if isinstance(error, Rejected) and lasts(error):
        return Refusal(lasting(error))
    wait = error.retry_after if isinstance(error, Unavailable) else None
    if not wait and isinstance(error, Throttled):
        wait = CROWDED
    if not wait:
        return Refusal(Reason.UNKNOWN)
    return Refusal(Reason.BUSY, MappingProxyType({"seconds": str(max(5, round(wait)))}))
