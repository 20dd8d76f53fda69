"""Sights: what is shown of a colleague to who looks them up, and the way there."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.colleague import Colleague
from bot.core.lookups import Episode, Sight
from bot.core.model import Person


@dataclass(frozen=True, slots=True)
class LookDoor:
    """The way to look at a colleague's history or proof: nothing is done before its button is pressed."""

    sight: Sight


@dataclass(frozen=True, slots=True)
class LookForm:
    """The form in which somebody says at whom they look: what was typed, what is wrong with it, and who that may be."""

    sight: Sight
    text: str = ""
    fault: str = ""
    found: tuple[Colleague, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryCard:
    """What the desk was asked about somebody; it goes to who may read it, in private."""

    person: Person
    episodes: tuple[Episode, ...]
