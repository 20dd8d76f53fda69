"""Risk as Entra ID Protection tells it: what somebody is flagged for. What it calls by a new name stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

AT_RISK: Final = "atRisk"
COMPROMISED: Final = "confirmedCompromised"
FLAGGED: Final = frozenset({AT_RISK, COMPROMISED})


@dataclass(frozen=True, slots=True)
class Risk:
    """One person's risk; the words are Graph's. `at` is when it last changed, `processing`: it is being worked out.

    https://learn.microsoft.com/graph/api/resources/riskyuser
    """

    state: str
    level: str
    detail: str
    at: datetime | None
    processing: bool = False

    @property
    def flagged(self) -> bool:
        return self.state in FLAGGED


@dataclass(frozen=True, slots=True)
class Detection:
    """One thing that was noticed. `kind` is Graph's riskEventType, `place` a city and country where they are known."""

    kind: str
    level: str
    at: datetime | None
    place: str = ""
