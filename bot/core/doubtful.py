"""Doubtful: what the desk says back to whoever asks whether it is really the helpdesk that calls them."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.colleague import Colleague
from bot.core.doubts import CallDoubt
from bot.core.ports import Slot


@dataclass(frozen=True, slots=True)
class DoubtForm:
    """The form in which they say who is calling: what was typed, what is wrong with it, and who that may be."""

    text: str = ""
    fault: str = ""
    found: tuple[Colleague, ...] = ()


@dataclass(frozen=True, slots=True)
class DoubtCard:
    """A doubt as one of its places shows it; `others` are those that the same person had within the same minutes."""

    doubt: CallDoubt
    slot: Slot
    others: tuple[CallDoubt, ...] = ()


Doubted = DoubtForm | DoubtCard
