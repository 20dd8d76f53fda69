"""Queueing: what an approver does with what waits for one of them: look it through, open one, say that they look at it.

How a button says so: a verb, an id and a version, and, in a list, which page of it was pressed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.core.refs import Ref


@dataclass(frozen=True, slots=True)
class SeeQueue:
    """An approver looks at what waits, from its beginning or behind the request of that id.

    `which`: "" for all of it, a filter's name, or a kind's; `said`: pressed on what answered words in the channel, and
    that is no message which the desk keeps.
    """

    after: str = ""
    which: str = ""
    said: bool = False


@dataclass(frozen=True, slots=True)
class Take:
    """An approver opens a request that waits: its card comes to them, in private. `said` as of `SeeQueue`."""

    ref: Ref
    said: bool = False


class Attending(StrEnum):
    """What a button of these says it does."""

    BEGIN = "attend"
    OVER = "attend-over"  # although somebody else is looking at it
    END = "attend-end"


@dataclass(frozen=True, slots=True)
class Attend:
    """An approver says that they are looking at it, or no more; `page` is the list it was pressed in, if any."""

    ref: Ref
    how: Attending
    page: SeeQueue | None = None


QUEUE: Final = "queue"
MINE, LATE = "mine", "late"  # filters beside the kinds: what one looks at oneself, and what has half its time behind it
CHOSEN: Final = "chosen"  # the input that says which is wanted
KEPT: Final = "kept"  # and what a page that goes on keeps to
BEHIND: Final = "behind"  # where the page begins on which something was pressed
SAID: Final = "said"
TAKE: Final = "take"
ATTENDS: Final = frozenset(Attending)


def pack(action: SeeQueue | Take | Attend) -> dict[str, str | int]:
    """Return the data of the button that does `action`."""
    match action:
        case SeeQueue(after, which, said):
            return {"verb": QUEUE, "id": after, **({KEPT: which} if after else {}), **_said(said)}
        case Take(ref, said):
            return {"verb": TAKE, "id": ref.request, "v": ref.version, **_said(said)}
        case Attend(ref, how, page):
            at = {BEHIND: page.after, KEPT: page.which} if page is not None else {}
            return {"verb": how.value, "id": ref.request, "v": ref.version, **at}


def _said(said: bool) -> dict[str, str | int]:
    return {SAID: "yes"} if said else {}


def unpack_page(after: str, inputs: Mapping[str, str]) -> SeeQueue:
    """Read which page is wanted: one that goes on keeps to what it showed, whatever was chosen on it meanwhile."""
    return SeeQueue(after, inputs.get(KEPT, "") if after else inputs.get(CHOSEN, ""), SAID in inputs)


def unpack_take(ref: Ref, inputs: Mapping[str, str]) -> Take:
    return Take(ref, SAID in inputs)


def unpack_attend(verb: str, ref: Ref, inputs: Mapping[str, str]) -> Attend:
    page = SeeQueue(inputs[BEHIND], inputs.get(KEPT, "")) if BEHIND in inputs else None
    return Attend(ref, Attending(verb), page)
