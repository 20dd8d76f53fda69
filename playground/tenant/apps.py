"""Apps: what is in the tenant's catalogue of Teams apps, who has the bot's, and whom a policy keeps from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from playground.people import guid

CATALOG_APP: Final = guid("catalog/vouchsafe")


@dataclass(slots=True)
class Apps:
    """People by their keys. `given` hears who gets the app, as Teams does."""

    catalog: set[str] = field(default_factory=lambda: {CATALOG_APP})
    installed: set[str] = field(default_factory=set)
    blocked: set[str] = field(default_factory=set)
    given: list[Callable[[str], None]] = field(default_factory=list)

    def give(self, key: str) -> None:
        self.installed.add(key)
        for hear in self.given:
            hear(key)
