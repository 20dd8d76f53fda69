"""Risks: whom ID Protection has flagged and for what; a guest is never flagged here, their home tenant does that.

https://learn.microsoft.com/graph/api/resources/riskyuser
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from playground.clock import Clock
from playground.people import People

Level = Literal["none", "low", "medium", "high", "hidden"]
State = Literal["none", "confirmedSafe", "remediated", "dismissed", "atRisk", "confirmedCompromised"]


@dataclass(frozen=True, slots=True)
class Detection:
    """One thing that was noticed; `kind` is Graph's riskEventType, `ago` how long before it was noted."""

    kind: str
    level: Level = "medium"
    city: str = ""
    country: str = ""
    ip: str = ""
    ago: timedelta = timedelta()
    at: datetime | None = None
    state: State = "atRisk"
    detail: str = "none"
    id: str = field(default_factory=lambda: uuid.uuid4().hex * 2)


@dataclass(frozen=True, slots=True)
class Risk:
    level: Level
    state: State
    detail: str
    at: datetime
    detections: tuple[Detection, ...] = ()
    processing: bool = False


@dataclass(slots=True)
class Budget:
    """One request a second for the whole tenant, in real time; `rate=None` switches it off.

    https://learn.microsoft.com/graph/throttling-limits#identity-protection-and-conditional-access-service-limits
    """

    rate: float | None = 1.0
    burst: int = 1  # what clocks that do not agree may take early
    refused: int = 0
    now: Callable[[], float] = time.monotonic
    _left: float = field(default=-1, init=False)
    _at: float = field(default=0, init=False)

    def take(self) -> bool:
        if self.rate is None:
            return True
        now, whole = self.now(), 1.0 + self.burst
        self._left = whole if self._left < 0 else min(whole, self._left + (now - self._at) * self.rate)
        self._at = now
        if self._left < 1:
            self.refused += 1
            return False
        self._left -= 1
        return True


class Risks:
    """Look one up by the person's key, `None` for somebody who never was flagged."""

    def __init__(self, *, people: People, clock: Clock) -> None:
        self._people = people
        self._clock = clock
        self._held: dict[str, Risk] = {}
        for key, (level, detections) in _CAST.items():
            self.flag(key, level=level, detections=detections)
        self.compromise("cora")

    def __getitem__(self, key: str) -> Risk:
        return self._held[key]

    def __contains__(self, key: object) -> bool:
        return key in self._held

    def get(self, key: str) -> Risk | None:
        return self._held.get(key)

    def flag(
        self,
        key: str,
        *,
        level: Level = "medium",
        state: State = "atRisk",
        detail: str = "none",
        detections: Sequence[Detection] | None = None,
        processing: bool = False,
    ) -> Risk:
        """Flag somebody; without `detections` for a sign-in with unfamiliar features."""
        if self._people[key].guest:
            raise ValueError(f"{key} is a guest: their risk is known in their home tenant only")
        found = (Detection("unfamiliarFeatures", level, "Lagos", "NG", "198.51.100.7"),)
        now = self._clock.now()
        noted = tuple(_noted(one, now) for one in (found if detections is None else detections))
        self._held[key] = Risk(level, state, detail, now, noted, processing)
        return self._held[key]

    def clear(self, key: str) -> None:
        """Forget that somebody was ever flagged."""
        self._held.pop(key, None)

    def dismiss(self, key: str) -> None:
        self._settle(key, "dismissed", "adminDismissedAllRiskForUser")

    def confirm_safe(self, key: str) -> None:
        self._settle(key, "confirmedSafe", "adminConfirmedAccountSafe")

    def compromise(self, key: str) -> None:
        """Confirm that an account is in other hands, flagged before or not."""
        if key not in self._held:
            self.flag(key, level="high", detections=())
        self._settle(key, "confirmedCompromised", "adminConfirmedUserCompromised", level="high")

    def _settle(self, key: str, state: State, detail: str, *, level: Level = "none") -> None:
        found = self._held.get(key)
        if found is not None:
            told = tuple(replace(one, state=state, detail=detail) for one in found.detections)
            self._held[key] = Risk(level, state, detail, self._clock.now(), told)


def _noted(detection: Detection, now: datetime) -> Detection:
    return replace(detection, at=detection.at or now - detection.ago)


_HOUR: Final = timedelta(hours=1)
_CAST: Final[dict[str, tuple[Level, tuple[Detection, ...]]]] = {
    "rita": (
        "medium",
        (
            Detection("unfamiliarFeatures", "medium", "Bucharest", "RO", "203.0.113.24", 2 * _HOUR),
            Detection("anonymizedIPAddress", "medium", "Amsterdam", "NL", "198.51.100.93", 3 * _HOUR),
        ),
    ),
    "lou": ("low", (Detection("unlikelyTravel", "low", "Lyon", "FR", "203.0.113.61", 5 * _HOUR),)),
    "hugo": (
        "high",
        (
            Detection("leakedCredentials", "high", ago=26 * _HOUR),
            Detection("maliciousIPAddress", "high", "Manila", "PH", "198.51.100.140", 25 * _HOUR),
        ),
    ),
    "cora": ("high", (Detection("anomalousToken", "high", "Toronto", "CA", "203.0.113.180", 7 * _HOUR),)),
}
