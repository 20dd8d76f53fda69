"""Trail: a request's audit entries played again by rules of their own; the row must be where they lead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from bot.core.audit import Deed, Entry
from bot.core.model import LIVE, PENDING, EvidenceType, Request, Status
from bot.core.reasons import Reason

S = Status
ANY: Final = frozenset(Status)
# What brings a request to another state whatever else is written down with it: from where, to where.
MOVES: Final[Mapping[Deed, tuple[frozenset[Status], Status]]] = {
    Deed.CONSENT_REFUSED: (frozenset({S.CONSENT}), S.WITHDRAWN),
    Deed.DENIED: (frozenset({S.APPROVAL}), S.DENIED),
    Deed.WITHDRAWN: (PENDING, S.WITHDRAWN),
    Deed.EXPIRED: (PENDING | {S.UNKNOWN}, S.EXPIRED),
    Deed.CLAIMED: (frozenset({S.READY, S.UNKNOWN}), S.ACTING),
    Deed.EVALUATED: (frozenset({S.READY, S.UNKNOWN}), S.EVALUATED),
    Deed.SHOWN: (frozenset({S.ACTING, S.UNKNOWN}), S.DONE),
    Deed.FAILED: (frozenset({S.ACTING}), S.FAILED),
    Deed.LOST: (frozenset({S.ACTING, S.DONE}), S.UNKNOWN),
    Deed.LATE: (ANY, S.REVOKING),
    Deed.POSTPONED: (frozenset({S.ACTING}), S.READY),
    Deed.REVOKE_CHOSEN: (frozenset({S.DONE, S.UNKNOWN}), S.REVOKING),
    Deed.REPORTED: (ANY, S.REVOKING),
    Deed.REVOKED: (frozenset({S.REVOKING}), S.REVOKED),
    Deed.ENDED: (frozenset({S.DONE}), S.ENDED),
}
UNDER_WAY: Final = frozenset({S.ACTING, S.UNKNOWN, S.DONE})  # from where an alarm has it taken back
# After which a decision says where it goes on, and from where that may be.
DECIDED: Final[Mapping[Deed, frozenset[Status]]] = {
    Deed.CONSENTED: frozenset({S.CONSENT}),
    Deed.STEPPED_UP: frozenset({S.STEP_UP}),
    Deed.FACE_PROVED: frozenset({S.PROOF}),
    Deed.APPROVED: frozenset({S.APPROVAL}),
    Deed.DECIDED_AGAIN: frozenset({S.CONSENT, S.STEP_UP, S.PROOF, S.APPROVAL}),
    Deed.SHOW_PRESSED: frozenset({S.READY}),
}
# Written down without anything becoming of the request, in these states only.
STAYS: Final[Mapping[Deed, frozenset[Status]]] = {
    Deed.STEPPED_UP: frozenset({S.READY, S.UNKNOWN}),
    Deed.SHOW_PRESSED: frozenset({S.UNKNOWN}),
    Deed.REMINDED: frozenset({S.APPROVAL}),
    Deed.LOOKED: frozenset({S.UNKNOWN}),
    Deed.PROGRESSED: frozenset({S.DONE}),
    Deed.HIDDEN: frozenset({S.DONE}),
}
# A claimed act that was not begun is a refusal like any other where its subject may press again.
POSTPONED: Final = frozenset({S.ACTING, S.READY, S.UNKNOWN, S.FAILED})


def broken(request: Request, entries: Sequence[Entry], now: datetime) -> Iterator[str]:
    """Say where a request is not what its entries say, or not where it may rest."""
    try:
        may = replayed(entries)
    except Unexplained as unexplained:
        yield f"{request.kind} {request.id}: {unexplained}"
        return
    deeds = [entry.deed for entry in entries]
    if request.status not in may:
        yield f"{request.kind} {request.id} is {request.status}, its audit says {_names(may)}"
    if request.attempts != deeds.count(Deed.CLAIMED):
        yield f"{request.kind} {request.id} was claimed {deeds.count(Deed.CLAIMED)} times, not {request.attempts}"
    given = {
        Deed.CONSENTED: EvidenceType.CONSENT,
        Deed.STEPPED_UP: EvidenceType.STEP_UP,
        Deed.FACE_PROVED: EvidenceType.FACE,
        Deed.APPROVED: EvidenceType.APPROVAL,
    }
    proofs = {proof: deeds.count(deed) for deed, proof in given.items()}
    if {proof: len(request.evidence_of(proof)) for proof in proofs} != proofs:
        yield f"{request.kind} {request.id} has proofs that its audit does not know, or the other way round"
    if request.status in {S.ACTING, S.REVOKING}:
        yield f"{request.kind} {request.id} is still {request.status}"
    if request.status in PENDING | {S.UNKNOWN} and (request.due_at is None or request.due_at <= now):
        yield f"{request.kind} {request.id} waits ({request.status}) and nothing will wake it"
    if request.status not in LIVE and request.due_at is not None:
        yield f"{request.kind} {request.id} is over ({request.status}) and would still be woken"


class Unexplained(Exception):
    """An entry that does not follow from those before it."""


def replayed(entries: Sequence[Entry]) -> frozenset[Status]:
    """Return where a request may be after these entries; what is written in one transaction is one step."""
    may: frozenset[Status] = frozenset()
    for _, written in groupby(entries, key=lambda entry: entry.at):
        step = list(written)
        deeds = [Deed(entry.deed) for entry in step]
        unknown = any(entry.deed == Deed.REFUSED and entry.data.get("reason") == Reason.UNKNOWN for entry in step)
        after = (
            frozenset(_begun(deeds))
            if not may
            else frozenset(s for here in may for s in _after(here, deeds, unknown=unknown))
        )
        if not after:
            raise Unexplained(f"{', '.join(deeds)} (entry {step[0].seq}) while it was {_names(may) or 'not there'}")
        may = after
    return may


def _begun(deeds: Sequence[Deed]) -> Iterable[Status]:
    if deeds[0] is not Deed.ASKED:
        return ()
    if Deed.REFUSED in deeds:
        return (S.REFUSED,)
    return (_named(deeds) or S.STEP_UP,)


def _after(here: Status, deeds: Sequence[Deed], *, unknown: bool) -> set[Status]:
    if Deed.STOPPED in deeds:
        return {S.WITHDRAWN} if here in PENDING else {S.REVOKING} if here in UNDER_WAY else set()
    moves = [MOVES[deed] for deed in deeds if deed in MOVES]
    if moves:
        return {to for before, to in moves[-1:] if here in before}
    first = deeds[0]
    if unknown and deeds == [Deed.SHOW_PRESSED, Deed.REFUSED]:  # it changed no row: another may have been faster
        return {here}
    if first in DECIDED and here in DECIDED[first]:
        return _settled(here, first, deeds, unknown=unknown)
    if first in STAYS or first in DECIDED:
        return {here} if here in STAYS.get(first, ()) else set()
    if first is Deed.REFUSED and here is S.ACTING:
        return set(POSTPONED)
    return {here} if first is not Deed.ASKED else set()


def _named(deeds: Sequence[Deed]) -> Status | None:
    """Return the state whose beginning is written down."""
    begins = {
        Deed.CONSENT_WANTED: S.CONSENT,
        Deed.FACE_WANTED: S.PROOF,
        Deed.APPROVAL_WANTED: S.APPROVAL,
        Deed.READY: S.READY,
    }
    return next((state for deed, state in begins.items() if deed in deeds), None)


def _settled(here: Status, first: Deed, deeds: Sequence[Deed], *, unknown: bool) -> set[Status]:
    if Deed.REFUSED in deeds:
        return {here if unknown else S.REFUSED}
    named = _named(deeds)
    if named is not None:
        return {named}
    if first is Deed.APPROVED:
        return {S.APPROVAL}  # one of several
    return {here, S.STEP_UP} if here in {S.PROOF, S.APPROVAL} else {S.STEP_UP}


def _names(statuses: Iterable[Status]) -> str:
    return " or ".join(sorted(statuses))
