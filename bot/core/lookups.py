"""Lookups: somebody entitled reads what is kept of a colleague, who sees that they did. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

from bot.core.audit import Deed, Note
from bot.core.matters import Matter, Turned
from bot.core.model import AGAIN, EvidenceType, Refusal, Request
from bot.core.reasons import Reason

HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
BY_AN_HOUR: Final = 20  # looks of one person, at whomever
MANY: Final = 20  # requests of a history


class Sight(StrEnum):
    """What is looked at, and the door that leads there."""

    HISTORY = "history"  # what the desk was asked about somebody
    PROOF = "proof"  # when they last proved who they are


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup(Matter):
    """Somebody (`by`) looks at what there is of a colleague (`about`).

    `after` is the look of theirs before it, or the hour where there is none: of two at once, one is the later, so that
    nobody looks more often by pressing at once. `over`: it was answered; `seen`: with something.
    """

    SORT: ClassVar[str] = "lookup"

    sight: Sight
    after: str
    over: bool = False
    seen: bool = False

    @property
    def lane(self) -> str:
        return f"{self.by.id} {self.after}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody is told of who looked at what there is of them."""

    sight: Sight
    name: str
    at: datetime


def begun(one: Lookup, before: Sequence[Lookup]) -> Turned[Lookup]:
    """Begin a look, unless its person looked too often; `before` are theirs of the last hour.

    It comes after the one that none of them comes after yet, whatever any clock says.
    """
    if len(before) >= BY_AN_HOUR:
        return Turned(one, refusal=Refusal(Reason.LOOKED_OFTEN))
    last = {each.key for each in before} - {each.after for each in before}
    one = replace(one, after=min(last, default=f"{one.created_at:%Y-%m-%dT%H}"))
    if one.sight is Sight.HISTORY:  # a proof is only seen when the directory has answered
        return looked(one)
    return Turned(one)


def looked(one: Lookup, *, seen: bool = True) -> Turned[Lookup]:
    """Note that somebody was shown it, or was refused it by the directory."""
    deed = Deed.HISTORY_SEEN if one.sight is Sight.HISTORY else Deed.PROOF_SEEN
    data: Mapping[str, str] = {"by": one.by.id, "name": one.by.name, "shown": "yes" if seen else "no"}
    return Turned(replace(one, over=True, seen=seen), (Note(deed, MappingProxyType(data)),))


def told(looks: Sequence[Lookup]) -> tuple[Seen, ...]:
    """Return what the person they were about is told of them: who looked, and when."""
    return tuple(Seen(one.sight, one.by.name, one.created_at) for one in looks if one.seen)


@dataclass(frozen=True, slots=True)
class Episode:
    """One request of somebody's history: nothing of it but what came of it, who decided, and why they asked.

    `why` is in the person's own words, by the field's name; what an agent has filled in for them is not.
    """

    request: Request
    decided: tuple[str, ...]
    opener: str
    why: Mapping[str, str]


def episode(request: Request, reasons: Collection[str]) -> Episode:
    """Leave of a request what a history may tell: no score, no reason of a no, nobody else's words."""
    own = request.details.items() if request.opened_by is None else ()
    why = {name: words for name, words in own if name.removeprefix(AGAIN) in reasons and words}
    given = [e.name for e in request.evidence_of(EvidenceType.APPROVAL)]
    ended = [request.ending.name] if request.ending is not None and request.ending.by != request.subject.id else []
    bare = replace(request, details={}, receipt=None, evidence=(), ending=None, level="", means=None, attention=None)
    opener = request.opened_by.name if request.opened_by is not None else ""
    return Episode(bare, tuple(dict.fromkeys(filter(None, [*given, *ended]))), opener, MappingProxyType(why))
