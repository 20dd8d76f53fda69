"""Policy: what one kind demands of whoever asks; variants for groups and levels are laid over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Literal

from bot.core.model import Mode

GROUP, LEVEL = "group:", "level:"


def _none() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Policy:
    """What one kind demands: `policies.toml` over the kind's default over these.

    An empty `allowed_groups` allows nobody: who may ask is always said, never assumed. `variants` are changes for
    the members of a group (`group:<id>`) or for how grave a case is (`level:<word>`); levels outrank groups.
    `revoke_sessions`, `secure_first`, `generate` and `threshold` are there for the kinds that name them as options.
    """

    mode: Mode = Mode.ENFORCE
    allowed_groups: frozenset[str] = frozenset()
    deny_list: frozenset[str] = frozenset()
    approvers_group: str = ""
    approvals: int = 1
    step_up: str = "c1"
    step_up_age: timedelta = timedelta(minutes=15)
    approver_step_up: str = "c1"
    guest_approvers: bool = False  # whether the yes of a guest counts
    known_approvers: bool = False  # whether a yes counts only where the directory says whose account it is
    evidence: Literal["", "face_check"] = ""
    evidence_age: timedelta = timedelta(hours=24)
    step_up_wait: timedelta = timedelta(minutes=15)
    approval_wait: timedelta = timedelta(hours=4)
    show_wait: timedelta = timedelta(minutes=60)
    approval_age: timedelta = timedelta(hours=4)  # how long a yes counts
    life: timedelta = timedelta(hours=24)  # from asking to the act, whatever was done in between
    per_day: int = 3
    reveal: Literal["dialog", "message"] = "dialog"
    revoke_sessions: bool = False  # sign out everywhere once it is done
    secure_first: bool = False  # a new password or passkey must come first
    generate: bool = False  # make the password instead of having it typed
    threshold: int = 70  # least score of a face match, in per cent
    variants: Mapping[str, Mapping[str, Any]] = field(default_factory=_none)

    def terms(self, groups: Iterable[str], level: str | None) -> tuple[str, ...]:
        """Return the names of the variants that hold for a member of these groups and a case of this level."""
        groups = [f"{GROUP}{group}" for group in sorted(groups)]
        mine = {*groups, f"{LEVEL}{level}"}
        return tuple(sorted((name for name in self.variants if name in mine), key=lambda n: n.startswith(LEVEL)))

    def under(self, terms: Iterable[str]) -> Policy:
        """Return this policy as it reads under the variants of these names."""
        changes = {key: value for term in terms for key, value in self.variants.get(term, {}).items()}
        return replace(self, **changes) if changes else self

    @property
    def alone(self) -> bool:
        """Whether nobody else is asked."""
        return not self.approvals

    @property
    def groups(self) -> frozenset[str]:
        """Every group whose membership makes a difference to who asks."""
        named = (name.removeprefix(GROUP) for name in self.variants if name.startswith(GROUP))
        return self.allowed_groups.union(named)

    @property
    def offered(self) -> bool:
        """Whether there is anybody at all it is not off for."""
        return self.mode is not Mode.OFF or any(v.get("mode", Mode.OFF) is not Mode.OFF for v in self.variants.values())
