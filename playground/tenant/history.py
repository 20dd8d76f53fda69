"""History: what the tenant's own log has about people; it is written where something happens, and read by Graph.

https://learn.microsoft.com/entra/identity/monitoring-health/reference-audit-activities
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from playground.clock import Clock
from playground.people import People, Person

Service = Literal["Authentication Methods", "Core Directory"]
REGISTERED: Final = "User registered security info"
BY_ADMIN: Final = "Admin registered security info"
CAME: Final = "Add user"
SET_MANAGER: Final = "Set user manager"
UPDATED: Final = "Update user"
_LATELY: Final = {"max": ("mo", timedelta(days=2))}  # whose manager somebody became, and how long ago
JOINED: Final = {"nia": timedelta(hours=20)}  # who was made how long before the start


@dataclass(frozen=True, slots=True)
class Logged:
    """One entry about a person, by key. `app` is the id of the one that did it, else they did it themselves.

    `changed` are properties with their values before and after.
    """

    person: str
    at: datetime
    activity: str
    service: Service = "Core Directory"
    reason: str = ""
    app: str = ""
    changed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


class History:
    """Iterate for what is known by now: with `lag`, an entry shows so long after what it tells."""

    def __init__(self, *, people: People, clock: Clock) -> None:
        self.lag = timedelta(minutes=3)
        self._clock = clock
        self._all: list[Logged] = []
        self._start = clock.now()
        people.heard.append(self._changed)
        for manager, (key, ago) in _LATELY.items():
            if {manager, key} <= {person.key for person in people}:
                self.manager(key, people[manager], ago=ago)
        for key, ago in JOINED.items():
            if key in people:
                self.note(key, CAME, ago=ago, changed={"UserPrincipalName": ("", people[key].upn)})

    def __iter__(self) -> Iterator[Logged]:
        """The newest first, as Graph has them."""
        known = self._clock.now() - self.lag
        return (one for one in sorted(self._all, key=lambda entry: entry.at, reverse=True) if one.at <= known)

    def note(self, key: str, activity: str, *, ago: timedelta = timedelta(), **more: object) -> None:
        self._all.append(Logged(key, self._clock.now() - ago, activity, **more))  # type: ignore[arg-type]  # by name

    def manager(self, key: str, manager: Person, *, ago: timedelta = timedelta()) -> None:
        self.note(key, SET_MANAGER, ago=ago, changed={"Manager": ("", manager.id)})

    def created(self, key: str) -> datetime | None:
        """Return when somebody's account was made, if it was not long ago."""
        return self._start - JOINED[key] if key in JOINED else None

    def _changed(self, before: Person, after: Person, people: People) -> None:
        if after.manager != before.manager and after.manager in people:
            self.manager(after.key, people[after.manager])
        if after.upn != before.upn:
            self.note(after.key, UPDATED, changed={"UserPrincipalName": (before.upn, after.upn)})
