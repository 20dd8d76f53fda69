"""Callers: who was asked whether it is them, what was opened for them and told to them, held against their presses.

What the desk wrote down is never its own witness: who pressed what, the people themselves say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from bot.core.audit import Deed, Entry
from bot.core.callers import DEEDS, Stand, Verification
from bot.core.calling import Verb
from bot.core.model import EvidenceType, Mode, Request
from bot.core.notices import ActNotice, Phase
from bot.core.proven import Proven
from bot.kinds import KINDS
from tests.chaos.eyes import Pressed
from tests.chaos.person import SIGN_IN

# What may follow what in the life of a call; "" is its beginning.
NEXT: Final[Mapping[str, frozenset[Deed]]] = {
    "": frozenset({Deed.CALLER_ASKED}),
    Deed.CALLER_ASKED: frozenset(DEEDS.values()) - {Deed.CALLER_ASKED},
    Deed.CALLER_VERIFIED: frozenset({Deed.CALLER_VERIFIED, Deed.CALLER_REFUSED}),
}
PRESS: Final = {Proven.PRESENCE: Verb.TYPE.value, Proven.STEP_UP: SIGN_IN}
CONSENT, NO_CONSENT = "consent", "no-consent"


def answers(calls: Mapping[str, Verification], entries: Sequence[Entry], pressed: Collection[Pressed]) -> Iterator[str]:
    """Say of which calls the trail tells what cannot follow, or what their colleague never pressed."""
    written: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.kind == Verification.SORT and entry.deed in DEEDS.values():
            written.setdefault(entry.request, []).append(entry)
    yield from (f"{call} is in the trail, and is not there" for call in written.keys() - {c.id for c in calls.values()})
    for call in calls.values():
        told = written.get(call.id, [])
        before, proved = "", list[str]()
        for entry in told:
            if entry.deed not in NEXT.get(before, frozenset()):
                yield f"{call.id}: {entry.deed} after {before or 'nothing'}"
            before = entry.deed
            proved += [entry.data["proven"]] if entry.deed == Deed.CALLER_VERIFIED else []
        if before != DEEDS[call.status]:
            yield f"{call.id} is {call.status}, and the trail says {before or 'nothing'}"
        if proved not in ([], [Proven.PRESENCE], [Proven.STEP_UP], [Proven.PRESENCE, Proven.STEP_UP]):
            yield f"{call.id} was proved by {', '.join(proved)}"
        for by in proved:
            if Pressed(call.about.id, PRESS[Proven(by)], call.key) not in pressed:
                yield f"{call.id} was verified by {by}, and its colleague pressed nothing"
        if call.status is Stand.REFUSED and not _disowned(call, pressed):
            yield f"{call.id} was refused, and its colleague pressed nothing"


def _disowned(call: Verification, pressed: Collection[Pressed]) -> bool:
    noes = {Pressed(call.about.id, Verb.DENY.value, call.key), Pressed(call.about.id, NO_CONSENT, call.used_for)}
    return bool(noes & set(pressed))


def opened(
    requests: Iterable[Request],
    calls: Iterable[Verification],
    entries: Mapping[str, Sequence[Entry]],
    pressed: Collection[Pressed],
) -> Iterator[str]:
    """Say what was opened for somebody without a proof of theirs, or was done without their word."""
    known, used = {call.id: call for call in calls}, Counter[str]()
    for request in requests:
        given = request.evidence_of(EvidenceType.VERIFICATION)
        call = known.get(given[0].source) if len(given) == 1 else None
        used.update(one.source for one in given)
        if call is None or not _belongs(call, request):
            yield f"{request.kind} {request.id} was opened without a verification of its own"
        deeds = [entry.deed for entry in entries.get(request.id, ())]
        agreed = Pressed(request.subject.id, CONSENT, request.id) in pressed
        if Deed.CONSENTED in deeds and not agreed:
            yield f"{request.kind} {request.id} has a word that its subject never gave"
        if Deed.CLAIMED in deeds and Deed.CONSENTED not in deeds[: deeds.index(Deed.CLAIMED)]:
            yield f"{request.kind} {request.id} was done without the word of its subject"
        ours = {request.subject.id, request.opened_by.id if request.opened_by is not None else ""}
        if ours & {one.by for one in request.evidence_of(EvidenceType.APPROVAL)}:
            yield f"{request.kind} {request.id} was approved by one of those whose request it is"
    yield from (f"{call} served {number} requests" for call, number in used.items() if number > 1)


def _belongs(call: Verification, request: Request) -> bool:
    by = request.opened_by.id if request.opened_by is not None else ""
    two = (call.by.id, call.about.id) == (by, request.subject.id) and by != request.subject.id
    return two and call.used_for == request.id and call.proven is Proven.STEP_UP


def unnoticed(requests: Mapping[str, Request], entries: Mapping[str, Sequence[Entry]]) -> Iterator[str]:
    """Say which acts have no notice, or several, or one that was not begun in the transaction of their claim."""
    begun = {one: [e.at for e in found if e.deed == Deed.NOTICE_QUEUED] for one, found in entries.items()}
    for request in requests.values():
        claims = [e.at for e in entries.get(request.id, ()) if e.deed == Deed.CLAIMED]
        noticed = KINDS[request.kind].noticed and request.mode is Mode.ENFORCE
        if begun.get(ActNotice.named(request.id), []) != (claims[:1] if noticed else []):
            yield f"{request.kind} {request.id} has notices of another moment than its claim"


def unsent(
    notices: Iterable[ActNotice], addresses: Mapping[str, Sequence[str]], sent: Mapping[str, int]
) -> Iterator[str]:
    """Say which notices were not sent though all is well again, and who has fewer mails than notices."""
    wanted = Counter[str]()
    for one in notices:
        if one.phase not in {Phase.SENT, Phase.DROPPED}:
            yield f"{one.id} is {one.phase}"
        if one.phase is Phase.SENT:
            wanted.update(addresses.get(one.about.id, ()))
    yield from (f"{to} has {sent.get(to, 0)} mails of {n}" for to, n in wanted.items() if sent.get(to, 0) < n)
