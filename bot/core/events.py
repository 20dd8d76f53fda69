"""What can happen to a request, and what must follow: events in the past tense, effects as orders."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.model import Evidence, Person, Receipt, Refusal
from bot.core.policy import Decision


# Events: what happened. The decision that goes with one was made from facts gathered just now.
@dataclass(frozen=True, slots=True)
class Asked:
    decision: Decision


@dataclass(frozen=True, slots=True)
class SteppedUp:
    evidence: Evidence
    decision: Decision


@dataclass(frozen=True, slots=True)
class Approved:
    evidence: Evidence
    decision: Decision


@dataclass(frozen=True, slots=True)
class Denied:
    by: Person
    reason: str


@dataclass(frozen=True, slots=True)
class Withdrew:
    by: Person


@dataclass(frozen=True, slots=True)
class ShowPressed:
    """The subject wants it now; with `again`, once more after an answer was lost."""

    decision: Decision
    again: bool = False


@dataclass(frozen=True, slots=True)
class ActDone:
    """The act answered; `attempt` says which claim it belongs to, so that a late answer is known as one."""

    receipt: Receipt
    attempt: int


@dataclass(frozen=True, slots=True)
class ActFailed:
    refusal: Refusal
    attempt: int


@dataclass(frozen=True, slots=True)
class ActPostponed:
    """The act was not begun and may be tried again; `refusal` says why."""

    refusal: Refusal
    attempt: int


@dataclass(frozen=True, slots=True)
class ShowFailed:
    """The act is recorded, but what it made could not be shown."""


@dataclass(frozen=True, slots=True)
class Hid:
    by: Person


@dataclass(frozen=True, slots=True)
class ActLost:
    """No answer to the act came back."""

    attempt: int


@dataclass(frozen=True, slots=True)
class Looked:
    """What looking found after a lost answer: the receipt of what the act made, or nothing."""

    found: Receipt | None


@dataclass(frozen=True, slots=True)
class TimePassed:
    """`due_at` came. The decision is there for a request that waits to go on."""

    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class RevokeChosen:
    by: Person


@dataclass(frozen=True, slots=True)
class Reported:
    """The subject says: this was not me."""

    by: Person


@dataclass(frozen=True, slots=True)
class RevokeDone:
    pass


Event = (
    Asked
    | SteppedUp
    | Approved
    | Denied
    | Withdrew
    | ShowPressed
    | ActDone
    | ActFailed
    | ActPostponed
    | ActLost
    | Looked
    | ShowFailed
    | Hid
    | TimePassed
    | RevokeChosen
    | Reported
    | RevokeDone
)


# Effects: what must follow. Each becomes a job in the transaction that saves the request.
@dataclass(frozen=True, slots=True)
class UpdateCards:
    """Bring every message of the request to what its state asks for: new, changed or gone."""


@dataclass(frozen=True, slots=True)
class AskSignIn:
    """Ask the requester, in the private chat, to sign in again."""


@dataclass(frozen=True, slots=True)
class Revoke:
    """Take back what was made; with `sessions`, sign the subject out everywhere too."""

    sessions: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """Find out what a lost act has left behind."""


Effect = UpdateCards | AskSignIn | Revoke | Look
