"""Report: what the desk did, or would have done, by kind and by group; counts and times, nobody's name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final

from bot.core.audit import Deed, Entry

EVERYBODY: Final = "everybody"
WENT_ON: Final = frozenset({Deed.READY, Deed.STEPPED_UP, Deed.FACE_PROVED, Deed.CLAIMED})
ENDS: Final[Mapping[str, str]] = {
    Deed.EVALUATED: "would have been done",
    Deed.SHOWN: "done",
    Deed.DENIED: "declined",
    Deed.WITHDRAWN: "withdrawn",
    Deed.EXPIRED: "out of time",
    Deed.FAILED: "refused by Entra",
    Deed.REVOKE_CHOSEN: "taken back",
    Deed.LATE: "taken back",
}
NOT_THEIRS: Final = "taken back: it wasn't them"


@dataclass(slots=True)
class _Case:
    """One request, as its entries tell it."""

    kind: str
    mode: str
    subject: str
    began: datetime
    asked: bool = False
    terms: tuple[str, ...] = ()
    end: str = ""
    refusal: str = ""
    wanted: datetime | None = None
    decided: datetime | None = None
    approvers: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Row:
    """What there is to say of one kind in one mode, for everybody or for the members of one group.

    `refused` counts by reason; the times are medians in seconds, None where there is none.
    """

    kind: str
    mode: str
    group: str
    asked: int
    people: int
    ends: Mapping[str, int]
    refused: Mapping[str, int]
    approvers: int
    until_decided: float | None
    open: int

    def json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "mode": self.mode,
            "group": self.group,
            "asked": self.asked,
            "people": self.people,
            "ends": dict(self.ends),
            "refused": dict(self.refused),
            "approvers": self.approvers,
            "seconds_until_decided": self.until_decided,
            "open": self.open,
        }


def rows(entries: Iterable[Entry]) -> list[Row]:
    """Return a row for each kind and mode, and one for each group a policy treats differently."""
    cases = list(_cases(entries))
    groups: dict[tuple[str, str, str], list[_Case]] = {}
    for case in cases:
        for group in (EVERYBODY, *case.terms):
            groups.setdefault((case.kind, case.mode, group), []).append(case)
    order = sorted(groups, key=lambda key: (key[0], key[1], key[2] != EVERYBODY, key[2]))
    return [_row(*key, groups[key]) for key in order]


def text(found: list[Row], days: int, said: Callable[[str], str] = str) -> Iterator[str]:
    """Yield the report as lines for a terminal; `said` turns the reason of a no into what people read."""
    if not found:
        yield f"Nobody asked for anything in the last {days} days."
        return
    yield f"The last {days} days. In evaluate mode nothing was done; it says what would have been."
    for row in found:
        yield ""
        yield f"{row.kind} ({row.mode}){'' if row.group == EVERYBODY else f', {row.group}'}"
        yield f"  asked {_counted(row.asked, 'time', 'times')}, by {_people(row.people)}"
        yield from (f"  {count:>6}  {end}" for end, count in sorted(row.ends.items(), key=lambda end: -end[1]))
        yield from (
            f"  {count:>6}  refused: {said(why)}" for why, count in sorted(row.refused.items(), key=lambda r: -r[1])
        )
        if row.open:
            yield f"  {row.open:>6}  still open"
        if row.until_decided is not None:
            yield f"  decided by {_people(row.approvers)}, half of them within {_spoken(row.until_decided)}"


def _cases(entries: Iterable[Entry]) -> Iterator[_Case]:
    """Put a request's entries together; a no to somebody who only looked is a case of its own."""
    open_now: dict[str, _Case] = {}
    for entry in entries:
        case = open_now.get(entry.request)
        if case is None:
            if entry.deed not in {Deed.ASKED, Deed.REFUSED}:  # it was asked for before the time that is reported
                continue
            case = open_now[entry.request] = _Case(entry.kind, entry.mode, entry.subject, entry.at)
        _add(case, entry)
    yield from open_now.values()


def _add(case: _Case, entry: Entry) -> None:
    match entry.deed:
        case Deed.ASKED:
            case.asked, case.mode = True, entry.mode
            case.terms = tuple(entry.data.get("terms", "").split())
        case Deed.REFUSED if not case.end and not (case.asked and "by" in entry.data):  # else it was a press
            case.refusal = entry.data.get("reason", "")
        case Deed.REPORTED:
            case.end = NOT_THEIRS
        case Deed.APPROVAL_WANTED:
            case.wanted = case.wanted or entry.at
        case Deed.APPROVED | Deed.DENIED:
            case.decided = entry.at
            case.approvers.add(entry.data.get("by", ""))
        case _:
            pass
    if entry.deed in ENDS and not case.end:
        case.end = ENDS[entry.deed]
    if entry.deed in WENT_ON:  # what was refused before was a press
        case.refusal = ""


def _row(kind: str, mode: str, group: str, cases: list[_Case]) -> Row:
    waits = [c.decided - c.wanted for c in cases if c.decided is not None and c.wanted is not None]
    return Row(
        kind=kind,
        mode=mode,
        group=group,
        asked=len(cases),
        people=len({case.subject for case in cases}),
        ends=Counter(case.end for case in cases if case.end),
        refused=Counter(case.refusal for case in cases if case.refusal and not case.end),
        approvers=len(set[str]().union(*(case.approvers for case in cases))),
        until_decided=median(wait.total_seconds() for wait in waits) if waits else None,
        open=sum(not case.end and not case.refusal for case in cases),
    )


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _people(number: int) -> str:
    return _counted(number, "person", "people")


def _spoken(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
