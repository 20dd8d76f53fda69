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
    | ActLost
    | Looked
    | TimePassed
    | RevokeChosen
    | Reported
    | RevokeDone
)


# Effects: what must follow. Each becomes a job in the transaction that saves the request.
@dataclass(frozen=True, slots=True)
class UpdateCards:
    """Bring every card of the request up to date, and the requester's into being."""


@dataclass(frozen=True, slots=True)
class AskApprovers:
    """Put the request before the approvers in their channel."""


@dataclass(frozen=True, slots=True)
class RemindApprovers:
    pass


@dataclass(frozen=True, slots=True)
class AskSignIn:
    """Ask the requester, in the private chat, to sign in again."""


@dataclass(frozen=True, slots=True)
class Revoke:
    """Take back what was made; with `sessions`, sign the subject out everywhere too."""

    sessions: bool = False


@dataclass(frozen=True, slots=True)
class TellSecurity:
    pass


@dataclass(frozen=True, slots=True)
class Look:
    """Find out what a lost act has left behind."""


@dataclass(frozen=True, slots=True)
class HideSecret:
    """Delete the private message that holds the secret, if there is one."""


Effect = UpdateCards | AskApprovers | RemindApprovers | AskSignIn | Revoke | TellSecurity | Look | HideSecret
