"""The audit vocabulary and the chain: each entry's hash is over the one before it, under a key no database holds."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Deed(StrEnum):
    """Everything the trail can say happened."""

    ASKED = "asked"
    ASKED_AGAIN = "asked_again"
    REFUSED = "refused"
    STEP_UP_BEGUN = "step_up_begun"
    STEP_UP_FAILED = "step_up_failed"
    STEPPED_UP = "stepped_up"
    FACE_WANTED = "face_wanted"
    FACE_PROVED = "face_proved"
    APPROVAL_WANTED = "approval_wanted"
    APPROVAL_INTENDED = "approval_intended"
    DENIAL_INTENDED = "denial_intended"
    PUT_OFF = "put_off"
    APPROVED = "approved"
    RETRACTED = "retracted"
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
    ATTENDED = "attended"
    ATTENDED_OVER = "attended_over"
    LEFT = "left"
    HISTORY_SEEN = "history_seen"
    PROOF_DOUBTED = "proof_doubted"
    KEYED = "keyed"
    PROOF_FAILED = "proof_failed"
    FOUND = "found"
    DISOWNED = "disowned"
    CALLER_ASKED = "caller_asked"
    CALLER_UNREACHED = "caller_unreached"
    CALLER_VOUCHING = "caller_vouching"
    CALLER_VERIFIED = "caller_verified"
    CALLER_REFUSED = "caller_refused"
    CALLER_MISMATCHED = "caller_mismatched"
    CALLER_UNANSWERED = "caller_unanswered"
    CALLER_CANCELLED = "caller_cancelled"
    CALLS_QUIET = "calls_quiet"
    CALLS_RESUMED = "calls_resumed"
    ESCALATED = "escalated"
    ESCALATION_TAKEN = "escalation_taken"
    ESCALATION_DECLINED = "escalation_declined"
    ESCALATION_UNHEEDED = "escalation_unheeded"
    APP_INSTALLED = "app_installed"
    DOUBT_ASKED = "doubt_asked"
    DOUBT_CODE = "doubt_code"
    DOUBT_SAME = "doubt_same"
    DOUBT_DIFFERENT = "doubt_different"
    DOUBT_DENIED = "doubt_denied"
    DOUBT_UNANSWERED = "doubt_unanswered"
    DOUBT_NOBODY = "doubt_nobody"
    DOUBT_UNSURE = "doubt_unsure"
    CONSENT_WANTED = "consent_wanted"
    CONSENTED = "consented"
    CONSENT_REFUSED = "consent_refused"
    THREAT_WANTED = "threat_wanted"
    THREAT_RAISED = "threat_raised"
    THREAT_LAPSED = "threat_lapsed"
    THREAT_REPLACED = "threat_replaced"
    THREAT_LOWER_WANTED = "threat_lower_wanted"
    THREAT_LOWERING = "threat_lowering"
    THREAT_LOWERED = "threat_lowered"
    THREAT_OVER = "threat_over"
    NOTICE_QUEUED = "notice_queued"
    NOTICE_SENT = "notice_sent"
    NOTICE_FAILED = "notice_failed"
    NOTICE_DROPPED = "notice_dropped"
    LOCK_WANTED = "lock_wanted"
    LOCK_OPENED = "lock_opened"
    LOCK_DECLINED = "lock_declined"
    LOCK_REPLACED = "lock_replaced"
    LOCK_LAPSED = "lock_lapsed"
    NOTICE_DISOWNED = "notice_disowned"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to write down: the deed and its particulars. Never a secret, a token or a message body."""

    deed: Deed
    data: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the trail: each entry names by its `id` the key it was made with."""

    id: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Keys:
    """The first key is written with, all of them verify; without any, what is written is a plain chain."""

    every: tuple[Key, ...] = ()

    @property
    def current(self) -> str:
        return self.every[0].id if self.every else ""

    def secret(self, key_id: str) -> bytes | None:
        return next((key.secret for key in self.every if key.id == key_id), None)


PLAIN: Final = Keys()


@dataclass(frozen=True, slots=True)
class About:
    """What an entry is about; there may be no request, and then no kind and no mode either."""

    tenant: str
    request: str = ""
    kind: str = ""
    subject: str = ""
    mode: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One link of a tenant's chain; `seq` counts from 1 without gaps, `at` is UTC. Without a `key` it is plain."""

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
    key: str = ""


GENESIS = "0" * 64


def link(previous: str, *, about: About, seq: int, at: datetime, note: Note, keys: Keys = PLAIN) -> Entry:
    """Make the entry that follows the one whose hash is `previous`, with the current key if there is one."""
    unsigned = Entry(
        tenant=about.tenant,
        seq=seq,
        at=at,
        request=about.request,
        kind=about.kind,
        subject=about.subject,
        mode=about.mode,
        deed=note.deed.value,
        data=dict(note.data),
        previous=previous,
        hash="",
        key=keys.current,
    )
    return replace(unsigned, hash=_digest(unsigned, keys.secret(keys.current)))


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain stops being whole, and how."""

    seq: int
    why: str


@dataclass(frozen=True, slots=True)
class Walk:
    """How far a chain was walked from its beginning, entry by entry, and from where on it carries keys.

    Plain entries are those from before there was a key: none may come after the first keyed one, unless its place is
    no later than `plain_until`. Then none at all may be plain after that place.
    """

    keys: Keys = PLAIN
    plain_until: int | None = None
    seq: int = 0
    previous: str = GENESIS
    keyed_from: int = 0
    used: frozenset[str] = frozenset()

    def on(self, entry: Entry) -> Walk | Break:
        """Return the walk after the next entry, or what is wrong with that one."""
        if entry.seq != self.seq + 1:
            return Break(self.seq + 1, "an entry is missing")
        if entry.previous != self.previous:
            return Break(entry.seq, "it does not follow the entry before it")
        secret = self.keys.secret(entry.key)
        if entry.key and secret is None:
            return Break(entry.seq, f"it names the key {entry.key!r}, which was not given")
        if not hmac.compare_digest(entry.hash.encode(), _digest(entry, secret).encode()):
            return Break(entry.seq, "it was changed after it was written, or written without the key it names")
        if not entry.key and self._late(entry.seq):
            return Break(entry.seq, "it carries no key, after others did: an older version wrote it, or somebody else")
        keyed_from = self.keyed_from or (entry.seq if entry.key else 0)
        used = self.used if entry.key in self.used or not entry.key else self.used | {entry.key}
        return replace(self, seq=entry.seq, previous=entry.hash, keyed_from=keyed_from, used=used)

    def end(self, head: tuple[int, str] | None) -> Break | None:
        """Say what is wrong with where the chain ends: `head` is its stored end (last seq, its hash), if known."""
        if head is not None and head != (self.seq, self.previous):
            return Break(self.seq + 1, "the end of the chain is missing")
        if self.keys.current and self.seq and not self.keyed_from and self.seq > (self.plain_until or 0):
            return Break(self.seq, "no entry carries a key: whoever may write the database could have written all")
        return None

    def _late(self, seq: int) -> bool:
        return bool(self.keyed_from) if self.plain_until is None else seq > self.plain_until


def verify(
    entries: Iterable[Entry],
    head: tuple[int, str] | None = None,
    keys: Keys = PLAIN,
    *,
    plain_until: int | None = None,
) -> Break | None:
    """Walk one tenant's entries in order of `seq`; return the first break, or None when the chain is whole.

    With `head`, the stored end of the chain (last seq, its hash), a cut-off tail is found too, as long as whoever cut
    it could not write that one also.
    """
    walk = Walk(keys, plain_until)
    for entry in entries:
        went = walk.on(entry)
        if isinstance(went, Break):
            return went
        walk = went
    return walk.end(head)


def _digest(entry: Entry, secret: bytes | None) -> str:
    """Return an entry's hash: HMAC-SHA256 under its key, SHA-256 for a plain one."""
    text = _json(
        [
            entry.previous,
            entry.tenant,
            entry.seq,
            entry.at.isoformat(),
            entry.request,
            entry.kind,
            entry.subject,
            entry.mode,
            entry.deed,
            dict(entry.data),
        ]
    ).encode()
    return hashlib.sha256(text).hexdigest() if secret is None else hmac.new(secret, text, hashlib.sha256).hexdigest()


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
