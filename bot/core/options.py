"""Options: what only some kinds let a policy say; each knows how it is read and which of two values demands more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from bot.core.strictness import Stricter

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


# Whether everybody is signed out of the account once it is done: the desk does it, for the kinds that have it.
REVOKE_SESSIONS: Final = Option("revoke_sessions", usual=False, parse=yes_or_no, stricter=max)
# Whether the helpdesk may open it for a colleague: for the kinds that have it, whose form tells nothing of theirs.
ASSISTED: Final = Option("assisted", usual=False, parse=yes_or_no)
# Whether a person's manager hears of it: by mail, as they do themselves, or in Teams of what others lock for them.
TELL_MANAGER: Final = Option("tell_manager", usual=False, parse=yes_or_no, stricter=max)
