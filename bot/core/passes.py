"""Temporary Access Passes as Entra keeps them: the tenant's policy for them, and those that exist."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.core.model import Secret

EVERYBODY: Final = "all_users"
SPENT: Final = frozenset({"expired", "onetimeused"})


@dataclass(frozen=True, slots=True)
class PassPolicy:
    """The tenant's policy; lifetimes are whole minutes, targets group ids or `all_users`.

    https://learn.microsoft.com/graph/api/resources/temporaryaccesspassauthenticationmethodconfiguration
    """

    enabled: bool
    minimum: int
    maximum: int
    default: int
    included: frozenset[str]
    excluded: frozenset[str]

    @property
    def groups(self) -> frozenset[str]:
        """The groups it names, whoever is in them."""
        return (self.included | self.excluded) - {EVERYBODY}

    def covers(self, groups: frozenset[str]) -> bool:
        """Say whether a member of just these of its groups may have a pass; an exclusion wins."""
        mine = groups | {EVERYBODY}
        return bool(mine & self.included) and not mine & self.excluded

    def allows(self, minutes: int) -> bool:
        return self.minimum <= minutes <= self.maximum

    def nearest(self, minutes: int) -> int:
        """Return the longest lifetime it allows that is no longer than what was asked for; 0 for none."""
        return min(minutes, self.maximum) if minutes >= self.minimum else 0

    def lifetimes(self, usual: tuple[int, ...]) -> tuple[int, ...]:
        """Return the usual lifetimes it allows, with its own default among them; at least one."""
        return tuple(m for m in sorted({*usual, self.default}) if self.allows(m)) or (self.minimum,)


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass as it can be listed: never its value. `usability` is Graph's methodUsabilityReason."""

    id: str
    created_at: datetime
    expires_at: datetime
    usable: bool
    usability: str

    @property
    def live(self) -> bool:
        """Whether it works or may yet; a usability nobody has heard of counts as that too."""
        return self.usable or self.usability.lower() not in SPENT


@dataclass(frozen=True, slots=True)
class IssuedPass:
    found: Pass
    secret: Secret
