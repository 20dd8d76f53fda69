"""Handed on: what one step has just found out, for the one step that follows it; taken once, or gone in a moment."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

T = TypeVar("T")

MOST: Final = 1000  # at once


@dataclass(frozen=True, slots=True)
class Handed(Generic[T]):
    """`within`: for how many seconds it may be taken."""

    within: float
    held: dict[str, tuple[float, T]] = field(default_factory=dict)

    def put(self, key: str, value: T) -> None:
        self.held.pop(key, None)
        self.held[key] = _now(), value
        while self.held and (len(self.held) > MOST or self._over(next(iter(self.held)))):
            del self.held[next(iter(self.held))]

    def take(self, key: str) -> T | None:
        if key not in self.held or self._over(key):
            return None
        return self.held.pop(key)[1]

    def _over(self, key: str) -> bool:
        return _now() - self.held[key][0] >= self.within


def _now() -> float:
    return asyncio.get_running_loop().time()
