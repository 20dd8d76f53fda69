"""Plans: what somebody wants, how far they go with it and what else they do; all of it drawn from one Random."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final, Literal, TypeVar

from tests.chaos.calls import answer

T = TypeVar("T", bound=str)
Ending = Literal["through", "denied", "withdrawn", "late_withdrawn", "abandoned", "reported", "taken_back"]

# Identity Protection lets the whole tenant in once a second: few errands are about risk.
KINDS: Final = {
    "tap": 52,
    "password": 12,
    "sessions": 12,
    "methods": 9,
    "verify": 9,
    "risk": 3,
    "compromised": 3,
}
CALLS: Final = 0.35  # of those who want a pass ring the helpdesk
ENDINGS: Final[dict[Ending, int]] = {
    "through": 62,
    "denied": 8,
    "withdrawn": 8,
    "late_withdrawn": 6,
    "abandoned": 6,
    "reported": 5,
    "taken_back": 5,
}
FORMS: Final[dict[str, dict[str, str]]] = {
    "tap": {"reason": "new_phone", "minutes": "30"},
    "password": {"reason": "forgotten"},
    "risk": {"reason": "travel"},
    "methods": {"why": "lost"},
    "sessions": {"reason": "left_open"},
}
WORDS: Final = {
    "tap": "I have a new phone",
    "password": "I forgot my password",
    "risk": "I am blocked",
    "methods": "my sign-in methods",
    "verify": "prove who I am",
    "sessions": "sign me out",
    "compromised": "hello",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """`double`: every button is pressed twice at once. `stranger`: who may not approve tries it first.

    `call`: they ring the helpdesk, and answer so when they are asked whether it is them; "" where they ask themselves.
    """

    kind: str
    ending: Ending
    double: bool
    stranger: bool
    own: bool
    writes: bool
    wrong_face: bool
    level: Literal["low", "medium"]
    call: str = ""

    @property
    def title(self) -> str:
        return f"{self.kind}, by a call" if self.call else self.kind


def drawn(random: Random) -> Plan:
    kind = _weighed(random, KINDS)
    return Plan(
        kind=kind,
        ending=_weighed(random, ENDINGS),
        double=random.random() < 0.2,
        stranger=random.random() < 0.15,
        own=random.random() < 0.1,
        writes=random.random() < 0.25,
        wrong_face=random.random() < 0.2,
        level=random.choice(("low", "medium")),
        call=answer(random) if kind == "tap" and random.random() < CALLS else "",
    )


def password(random: Random) -> str:
    """One that every rule takes, and that stands nowhere else."""
    return "Zq7-" + "".join(random.choices(string.ascii_letters + string.digits, k=16))


def _weighed(random: Random, weights: Mapping[T, int]) -> T:
    return random.choices(list(weights), list(weights.values()))[0]
