"""Budgets: turns that all replicas share, as protocols; whoever finds none in time is told when there may be one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Budget(Protocol):
    """Turns that all replicas share: a tenant is let in so often by Entra ID Protection, whoever asks."""

    async def turn(self, patience: float) -> None:
        """Wait for the next turn.

        Raise `Unavailable`, with `retry_after` the seconds until there might be one, when it is further away than
        `patience` seconds; a turn not taken is not used up.
        """


@dataclass(frozen=True, slots=True)
class Share:
    """Turns one replica took at once: the first is in `wait` seconds. So many `replicas` share the budget."""

    wait: float
    replicas: int


class Shared(Protocol):
    """A budget that is taken in shares, so that not every turn has to be asked for."""

    async def share(self, count: int, patience: float) -> Share:
        """Take the next `count` turns. Raise `Unavailable` as `Budget` does; nothing is waited for."""
