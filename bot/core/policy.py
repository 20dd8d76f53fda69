"""Policy: what one kind demands of whoever asks; variants for groups and levels are laid over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from functools import partial, reduce
from types import MappingProxyType
from typing import Any, Final, Literal, TypeVar, cast

from bot.core.model import Mode, Way
from bot.core.options import ASSISTED, VERIFICATION, Option
from bot.core.proven import STRONG, Proven
from bot.core.strictness import STRICTER, Stricter

GROUP, LEVEL = "group:", "level:"
# Terms that no file sets: somebody's yes at the least, one yes more after what happened lately, and the face besides.
THREAT, REPEAT, COOL_DOWN, CHANGED, FACE = "threat", "repeat", "cool_down", "changed", "face"
HIGHER: Final = frozenset({REPEAT, COOL_DOWN, CHANGED})  # the higher path is one: who is on it twice walks it once
ALONE: Final = "alone"  # what a policy says by which nobody else is asked
T = TypeVar("T")


def _none() -> Mapping[str, Any]:
    return MappingProxyType({})


class Flaw(StrEnum):
    """What makes a policy one that nobody may be let through by."""

    NO_PROOF = "no_proof"  # it gives something away for the asking
    OPEN_PAGE = "open_page"  # it opens a page without a sign-in
    NUMBER = "number"  # it takes a number that was typed for a proof of who is on the telephone


@dataclass(frozen=True, slots=True)
class Policy:
    """What one kind demands: `policies.toml` over the kind's default over these.

    An empty `allowed_groups` allows nobody: who may ask is always said, never assumed. `variants` are changes for
    the members of a group (`group:<id>`) or for how grave a case is (`level:<word>`), in the order of the file. Whoever
    is in several groups does what each of them demands, unless `several_groups` says that the one written last outranks
    the others; of a group and a level the stricter holds.
    `options` are the keys that its kind brings along, each with its value; what is not there is not known.
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
    after_no: timedelta = timedelta(hours=24)  # so long after a no, one person more must say yes
    step_up_wait: timedelta = timedelta(minutes=15)
    approval_wait: timedelta = timedelta(hours=4)
    show_wait: timedelta = timedelta(minutes=60)
    approval_age: timedelta = timedelta(hours=4)  # how long a yes counts
    life: timedelta = timedelta(hours=24)  # from asking to the act, whatever was done in between
    per_day: int = 3
    reveal: Literal["dialog", "message"] = "dialog"
    options: Mapping[Option[Any], Any] = field(default_factory=lambda: MappingProxyType({}))
    several_groups: Literal["stricter", "last"] = "stricter"
    variants: Mapping[str, Mapping[str, Any]] = field(default_factory=_none)

    def terms(self, groups: Iterable[str], level: str | None) -> tuple[str, ...]:
        """Return the names of the variants that hold for a member of these groups and a case of this level."""
        mine = {*(f"{GROUP}{group}" for group in groups), f"{LEVEL}{level}"}
        return tuple(sorted((name for name in self.variants if name in mine), key=lambda n: n.startswith(LEVEL)))

    def option(self, wanted: Option[T]) -> T:
        """Return what this policy says of an option; what is usual, where its kind has none such."""
        return cast("T", self.options.get(wanted, wanted.usual))

    def says(self, demand: str) -> bool:
        """Whether it is so by this policy: that nobody else is asked (`alone`), or what an option is called."""
        return self.alone if demand == ALONE else any(value for o, value in self.options.items() if o.name == demand)

    def changed(self, changes: Mapping[str, Any]) -> Policy:
        """Return this policy with other values, by the names of keys and of options."""
        if not changes:
            return self
        mine = {option: changes.get(option.name, value) for option, value in self.options.items()}
        rest = {key: value for key, value in changes.items() if key not in {option.name for option in mine}}
        return replace(self, **rest, options=MappingProxyType(mine))

    def under(self, terms: Iterable[str]) -> Policy:
        """Return this policy as it reads under the variants of these names: their order is its own."""
        held = frozenset(terms)
        changes = self._together([over for name, over in self.variants.items() if name in held and _by_group(name)])
        for name, over in self.variants.items():
            if name in held and not _by_group(name):
                changes |= {key: self.stricter(key, changes.get(key, value), value) for key, value in over.items()}
        return self.changed(changes)._tightened(held)  # noqa: SLF001 - of this very class

    def milder(self, key: str, value: object) -> bool:
        """Whether this value of a key asks for less than this policy does."""
        return bool(self.stricter(key, self.value(key), value) != value)

    def stricter(self, key: str, one: T, other: T) -> T:
        """Return which of two values of a key demands more; of two contexts, of which nobody can say, the other."""
        found = [option.stricter for option in self.options if option.name == key and option.stricter is not None]
        more: Stricter[T] = found[0] if found else STRICTER[key]
        return more(one, other)

    def value(self, key: str) -> Any:
        """Return what this policy says of a key, or of an option of that name."""
        found = [value for option, value in self.options.items() if option.name == key]
        return found[0] if found else getattr(self, key)

    def _tightened(self, held: frozenset[str]) -> Policy:
        """Return this policy with what holds beyond it for a while: it only ever asks for more."""
        if not held & {THREAT, FACE, *HIGHER}:
            return self
        approvals = max(self.approvals, 1) if THREAT in held else self.approvals
        evidence = "face_check" if FACE in held else self.evidence
        return self.changed({"approvals": approvals + bool(held & HIGHER), "evidence": evidence})

    def _together(self, groups: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Lay several groups' changes together; where one does not set a key, what everybody has is its demand."""
        laid = {key: value for group in groups for key, value in group.items()}
        if self.several_groups == "last":
            return laid
        return {key: reduce(partial(self.stricter, key), self._demands(key, groups)) for key in laid}

    def _demands(self, key: str, groups: Sequence[Mapping[str, Any]]) -> list[Any]:
        told = [group[key] for group in groups if key in group]
        return told if len(told) == len(groups) else [self.value(key), *told]

    def flaw(self, way: Way, *, harmless: bool) -> Flaw | None:
        """Say why nothing may be given by this policy, or None. A face says who holds a phone, not who sits here."""
        if not self.step_up and not self.approvals and not harmless:
            return Flaw.NO_PROOF
        if self.option(VERIFICATION) not in STRONG and not harmless:
            return Flaw.NUMBER
        return Flaw.OPEN_PAGE if not self.step_up and way is Way.ENTER else None

    @property
    def alone(self) -> bool:
        """Whether nobody else is asked."""
        return not self.approvals

    @property
    def clicked(self) -> bool:
        """Whether somebody's yes may count for whom no approver has signed in."""
        held = [self, *(self.under((name,)) for name in self.variants)]
        return self.offered and any(p.approvals for p in held) and not all(p.approver_step_up for p in held)

    @property
    def in_earnest(self) -> bool:
        """Whether there is anybody for whom it is more than a trial."""
        return Mode.ENFORCE in {self.mode, *(over.get("mode") for over in self.variants.values())}

    @property
    def faces(self) -> bool:
        """Whether there is anybody whose face it demands."""
        return bool(self.evidence) or any(over.get("evidence") for over in self.variants.values())

    @property
    def faces_of_callers(self) -> bool:
        """Whether there is anybody for whom the helpdesk opens it only when they have shown their face."""
        held = (self, *(self.under((name,)) for name in self.variants))
        return self.option(ASSISTED) and any(p.option(VERIFICATION) is Proven.FACE for p in held)

    @property
    def groups(self) -> frozenset[str]:
        """Every group whose membership makes a difference to who asks."""
        named = (name.removeprefix(GROUP) for name in self.variants if _by_group(name))
        return self.allowed_groups.union(named)

    @property
    def offered(self) -> bool:
        """Whether there is anybody at all it is not off for."""
        return self.mode is not Mode.OFF or any(v.get("mode", Mode.OFF) is not Mode.OFF for v in self.variants.values())


def _by_group(variant: str) -> bool:
    return variant.startswith(GROUP)
