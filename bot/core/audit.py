"""The audit vocabulary and the hash chain: every entry carries the hash of the one before it in its tenant."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


class Deed(StrEnum):
    """Everything the trail can say happened."""

    ASKED = "asked"
    REFUSED = "refused"
    STEP_UP_BEGUN = "step_up_begun"
    STEP_UP_FAILED = "step_up_failed"
    STEPPED_UP = "stepped_up"
    APPROVAL_WANTED = "approval_wanted"
    APPROVAL_INTENDED = "approval_intended"
    DENIAL_INTENDED = "denial_intended"
    APPROVED = "approved"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    REMINDED = "reminded"
    EXPIRED = "expired"
    READY = "ready"
    DECIDED_AGAIN = "decided_again"
    SHOW_PRESSED = "show_pressed"
    CLAIMED = "claimed"
    EVALUATED = "evaluated"
    SHOWN = "shown"
    FAILED = "failed"
    LOST = "lost"
    LATE = "late"
    LOOKED = "looked"
    HIDDEN = "hidden"
    REVOKE_CHOSEN = "revoke_chosen"
    REPORTED = "reported"
    FROZEN = "frozen"
    STOPPED = "stopped"
    LIFT_INTENDED = "lift_intended"
    LIFTED = "lifted"
    REVOKED = "revoked"
    ENDED = "ended"
    PROGRESSED = "progressed"
    FOLLOWED = "followed"
    FOLLOW_FAILED = "follow_failed"
    POSTPONED = "postponed"
    PROOF_SEEN = "proof_seen"
    PROOF_DOUBTED = "proof_doubted"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to write down: the deed and its particulars. Never a secret, a token or a message body."""

    deed: Deed
    data: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Entry:
    """One link of a tenant's chain; `seq` counts from 1 without gaps, `at` is UTC."""

    tenant: str
    seq: int
    at: datetime
    request: str
    kind: str
    subject: str
    mode: str
    deed: str
    data: Mapping[str, str]
    previous: str
    hash: str


GENESIS = "0" * 64


def link(
    previous: str,
    *,
    tenant: str,
    seq: int,
    at: datetime,
    request: str,
    kind: str,
    subject: str,
    mode: str,
    note: Note,
) -> Entry:
    """Make the entry that follows the one whose hash is `previous`."""
    data = dict(note.data)
    digest = _digest(previous, tenant, seq, at, request, kind, subject, mode, note.deed.value, data)
    return Entry(tenant, seq, at, request, kind, subject, mode, note.deed.value, data, previous, digest)


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain stops being whole, and how."""

    seq: int
    why: str


def verify(entries: Iterable[Entry], head: tuple[int, str] | None = None) -> Break | None:
    """Walk one tenant's entries in order of `seq`; return the first break, or None when the chain is whole.

    `head` is the stored end of the chain (last seq, its hash): with it, a cut-off tail is found too.
    """
    seq, previous = 0, GENESIS
    for entry in entries:
        if entry.seq != seq + 1:
            return Break(seq + 1, "an entry is missing")
        if entry.previous != previous:
            return Break(entry.seq, "it does not follow the entry before it")
        if entry.hash != _digest(*_fields(entry)):
            return Break(entry.seq, "it was changed after it was written")
        seq, previous = entry.seq, entry.hash
    if head is not None and head != (seq, previous):
        return Break(seq + 1, "the end of the chain is missing")
    return None


def _fields(entry: Entry) -> tuple[str, str, int, datetime, str, str, str, str, str, dict[str, str]]:
    return (
        entry.previous,
        entry.tenant,
        entry.seq,
        entry.at,
        entry.request,
        entry.kind,
        entry.subject,
        entry.mode,
        entry.deed,
        dict(entry.data),
    )


def _digest(
    previous: str,
    tenant: str,
    seq: int,
    at: datetime,
    request: str,
    kind: str,
    subject: str,
    mode: str,
    deed: str,
    data: dict[str, str],
) -> str:
    text = f"[{_json(previous)},{_json(tenant)},{seq},{story(at, request, kind, subject, mode, deed, data)}"
    return hashlib.sha256(text.encode()).hexdigest()


def story(at: datetime, request: str, kind: str, subject: str, mode: str, deed: str, data: Mapping[str, str]) -> str:
    """Return the part of what is hashed that does not depend on the place in the chain: its end."""
    return _json([at.isoformat(), request, kind, subject, mode, deed, dict(data)])[1:]


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
