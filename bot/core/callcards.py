"""What those between whom a call is are shown of it; answers like all others."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.behalf import NOTHING, Offers
from bot.core.callers import Verification
from bot.core.colleague import Colleague
from bot.core.ports import Slot


@dataclass(frozen=True, slots=True)
class CallerDoor:
    """The way to ask a colleague whether it is them: nothing is done before its button is pressed.

    `kind` is what is to be opened for them then, where that was said.
    """

    kind: str = ""


@dataclass(frozen=True, slots=True)
class CallerForm:
    """The form in which an agent says who rings: what was typed, what is wrong with it, and who that may be."""

    form: str
    text: str = ""
    fault: str = ""
    found: tuple[Colleague, ...] = ()
    kind: str = ""


@dataclass(frozen=True, slots=True)
class CallerCard:
    """A verification as one of its places shows it."""

    verification: Verification
    slot: Slot
    offers: Offers = NOTHING  # what its agent may open for the colleague, and what more the rest takes
