"""What agents and security are shown when they lock a colleague's account; answers like all others."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.colleague import Colleague
from bot.core.interventions import Intervention
from bot.core.ports import Slot


@dataclass(frozen=True, slots=True)
class LockDoor:
    """The way to lock a colleague's account: nothing is done before its button is pressed."""


@dataclass(frozen=True, slots=True)
class LockForm:
    """The form by which somebody's account is locked: who that may be, or, for whom was `chosen`, what to do, and why.

    `kinds` are what may be chosen, `faults` the names of what is missing.
    """

    form: str
    text: str = ""
    faults: tuple[str, ...] = ()
    found: tuple[Colleague, ...] = ()
    chosen: Colleague | None = None
    kinds: tuple[str, ...] = ()
    kind: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LockCard:
    """An intervention as one of its places shows it; `reached`: the colleague has a chat in which they read of it.

    `others` are those about the same person within the same minutes.
    """

    intervention: Intervention
    slot: Slot
    reached: bool = True
    others: tuple[Intervention, ...] = ()


Locked = LockDoor | LockForm | LockCard
