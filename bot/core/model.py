"""The values everything else speaks in; nothing here knows Teams, HTTP or SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NoReturn

from bot.core.attention import Attention
from bot.core.undecidable import Undecidable


def _empty() -> Mapping[str, str]:
    return MappingProxyType({})


class Mode(StrEnum):
    """How far a kind goes: not at all, everything but the act, or all the way."""

    OFF = "off"
    EVALUATE = "evaluate"
    ENFORCE = "enforce"


class Status(StrEnum):
    """Where a request is in its life; `flow.advance` is the only thing that changes it."""

    CONSENT = "consent"  # an agent opened it: waits for its subject's own word
    STEP_UP = "step_up"  # waits for the requester's fresh sign-in
    PROOF = "proof"  # waits for the requester's face
    APPROVAL = "approval"  # waits for approvers
    READY = "ready"  # waits for its subject to press Show
    ACTING = "acting"  # claimed: the one act is under way
    UNKNOWN = "unknown"  # the answer to the act was lost
    DONE = "done"  # the act is recorded; what it made is live
    REVOKING = "revoking"  # what it made is being taken back
    REFUSED = "refused"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    EVALUATED = "evaluated"
    FAILED = "failed"
    REVOKED = "revoked"
    ENDED = "ended"  # what it made has run out


class Way(StrEnum):
    """How the act comes about once nothing is in its way."""

    SHOW = "show"  # its subject presses Show, and what was made is shown to them once
    ENTER = "enter"  # its subject enters a new password on our page, after a sign-in there
    ALONE = "alone"  # by itself


class Follow(StrEnum):
    """What must be done after the act, and may be repeated until it has worked."""

    NOTHING = ""
    DUE = "due"
    DONE = "done"
    FAILED = "failed"


AGAIN: Final = "again."  # before the name of a detail that was added when somebody asked for the same once more
VERIFIED: Final = "verified"  # the stage of a request by which somebody proved who they are
UNDECIDED: Final = frozenset({Status.CONSENT, Status.STEP_UP, Status.PROOF, Status.APPROVAL})
PENDING: Final = UNDECIDED | {Status.READY}
OPEN: Final = PENDING | {Status.ACTING, Status.UNKNOWN}
LIVE: Final = OPEN | {Status.DONE, Status.REVOKING}
THREAD: Final = "19:"  # how Teams begins the ids of channels, group chats and meetings


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody Teams vouches for: `tenant` and `id` are Entra ids, `language` an IETF tag."""

    tenant: str
    id: str
    name: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation; only `personal` ones may carry a result. `user` is Teams' id of the person in it."""

    tenant: str
    id: str
    service_url: str
    personal: bool
    user: str = ""

    @property
    def alone(self) -> bool:
        """Whether one person is alone with us there, by what it is said to be and by its id: a thread has many in it.

        https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/conversation-basics
        """
        return self.personal and not self.id.startswith(THREAD)

    @property
    def place(self) -> str:
        """The conversation itself; what names a thread of a channel comes behind it."""
        return self.id.partition(";")[0]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who pressed or wrote, and where: both from the authenticated activity, never from its data."""

    person: Person
    chat: Chat


class EvidenceType(StrEnum):
    STEP_UP = "step_up"
    FACE = "face"  # the requester proved who they are, for this request
    APPROVAL = "approval"
    DENIAL = "denial"  # confirms a no; it counts for nothing else, so no request keeps it
    LIFT = "lift"  # confirms that a lock is lifted, and nothing else either
    VERIFICATION = "verification"  # the opener verified, for this request, who is on the telephone
    CONSENT = "consent"  # its subject wants what somebody else opened for them
    OPENING = "opening"  # the sign-in by which somebody else had its subject's account locked


@dataclass(frozen=True, slots=True)
class Evidence:
    """A recorded proof: whose, when, how strong, and the request it was bound to.

    `at` is the moment of the sign-in (`auth_time`), of the press or of the face match; `strength` is the
    authentication context satisfied (`c1`), or empty. `choice` is an approver's verdict, `level` how grave a case they
    saw; `source` is the id of the request by which a face was proved.
    """

    type: EvidenceType
    by: str
    name: str
    at: datetime
    strength: str
    request: str
    choice: str = ""
    level: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Refusal(Undecidable):
    """A no with its reason, a key of the text catalogue (`refusal.<reason>`), and what that text needs."""

    reason: str
    params: Mapping[str, str] = field(default_factory=_empty)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an act left behind, without the secret: Graph's id of it, and until when it works (UTC).

    `watch` is how often to look what becomes of it; `follow` says that its kind has something to do after it.
    """

    object_id: str
    expires_at: datetime | None = None
    params: Mapping[str, str] = field(default_factory=_empty)
    watch: timedelta | None = None
    follow: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """What became of what an act left behind: its kind's own word for it, and whether that is the end of it."""

    stage: str
    over: bool = False
    receipt: Receipt | None = None


class Secret:
    """A pass or a password. It lives in memory only and shows itself to nobody who does not `reveal` it."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        return self.__value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is never stored")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What carrying out a request gave: the receipt to keep and the secret to show once."""

    receipt: Receipt
    secret: Secret | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """Who ended a request early and the reason they gave; `by` is empty when nobody but the desk did."""

    by: str = ""
    name: str = ""
    reason: str = ""
    refusal: Refusal | None = None
    choice: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Means:
    """What somebody could sign in with: the directory's word for its type and its name; `lost`: as they say."""

    type: str
    name: str = ""
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One person's errand; `version` grows with every save, times are UTC.

    `expires_at` is when the present status runs out, `due_at` when the desk must next look by itself. `terms` are the
    variants of the policy that held when it was last decided, `stage` is its kind's word for what came of it.
    `repeated` is how often it was asked for once more while it was open. `means` are what they could sign in with then,
    None where nobody looked. `acted_at` is when its act was recorded; `frozen_at` since when it freezes its subject,
    `lifted_by` who ended that; `alarmed_at` stays: what was asked before goes on no more, lifted or not.
    """

    id: str
    kind: str
    requester: Person
    subject: Person
    details: Mapping[str, str]
    mode: Mode
    status: Status
    version: int
    created_at: datetime
    way: Way = Way.SHOW
    terms: tuple[str, ...] = ()
    level: str = ""  # how grave it was when it was last decided
    level_from: int = 0  # the version from which on cards say so
    more: int = 0  # approvals beyond the policy's, after somebody's no
    stage: str = ""
    follow: Follow = Follow.NOTHING
    expires_at: datetime | None = None
    due_at: datetime | None = None
    reminded: bool = False
    repeated: int = 0
    means: tuple[Means, ...] | None = None
    attempts: int = 0
    replaced: bool = False
    reported: bool = False
    hidden: bool = False
    acted_at: datetime | None = None
    frozen_at: datetime | None = None
    lifted_by: str = ""
    alarmed_at: datetime | None = None
    evidence: tuple[Evidence, ...] = ()
    receipt: Receipt | None = None
    ending: Ending | None = None
    retracted: tuple[Evidence, ...] = ()  # approvals that were taken back, and when
    opened_by: Person | None = None  # the agent who opened it for its subject
    attention: Attention | None = None  # the approver who looks at it; it decides nothing

    @property
    def tenant(self) -> str:
        return self.subject.tenant

    def evidence_of(self, wanted: EvidenceType) -> tuple[Evidence, ...]:
        """The evidence of one sort that was bound to this very request."""
        return tuple(e for e in self.evidence if e.type is wanted and e.request == self.id)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a kind found: its own no, and those that hold only `where` the policy sets the key.

    `level` is its word for how grave it is (a policy may have variants for each); `found` is for those who decide,
    `means`, where the kind has looked, for the person themselves: what they could sign in with.
    """

    objection: Refusal | None = None
    where: Mapping[str, Refusal] = field(default_factory=lambda: MappingProxyType({}))
    level: str = ""
    found: Mapping[str, str] = field(default_factory=_empty)
    means: tuple[Means, ...] | None = field(default=None, compare=False)
