"""What can happen to a request, and what must follow: events in the past tense, effects as orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.core.attention import Attended, Left
from bot.core.decide import Decision
from bot.core.model import Evidence, Person, Progress, Receipt, Refusal
from bot.core.reasons import Reason


# Events: what happened. The decision that goes with one was made from facts gathered just now.
@dataclass(frozen=True, slots=True)
class Asked:
    decision: Decision


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """Somebody asked for what is open already; `said` is why, as they said it this time, by the field's name."""

    by: Person
    said: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Consented:
    """Whom it is about wants what somebody else opened for them."""

    evidence: Evidence
    decision: Decision


@dataclass(frozen=True, slots=True)
class ConsentRefused:
    """Whom it is about does not: it is not them who is on the telephone."""

    by: Person


@dataclass(frozen=True, slots=True)
class SteppedUp:
    evidence: Evidence
    decision: Decision


@dataclass(frozen=True, slots=True)
class FaceProved:
    """Its requester proved who they are, for this request."""

    evidence: Evidence
    decision: Decision


@dataclass(frozen=True, slots=True)
class Approved:
    evidence: Evidence
    decision: Decision


@dataclass(frozen=True, slots=True)
class Denied:
    """An approver's no; `alarm`: its verdict is that somebody else is in the account.

    `proof` is the sign-in that confirmed it, where its verdict locks somebody out.
    """

    by: Person
    reason: str
    choice: str = ""
    proof: Evidence | None = None
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class Retracted:
    """An approver takes their own yes back: it only locks, so nothing is asked first."""

    by: Person


@dataclass(frozen=True, slots=True)
class Withdrew:
    by: Person


@dataclass(frozen=True, slots=True)
class ActWanted:
    """Its time has come: its subject pressed Show or entered something, or nothing more is in its way.

    With `again`, once more after an answer was lost.
    """

    decision: Decision
    again: bool = False


@dataclass(frozen=True, slots=True)
class ActDone:
    """The act answered; `attempt` says which claim it belongs to, so that a late answer is known as one.

    `frozen`: an alarm came meanwhile, so what it made is not to stay.
    """

    receipt: Receipt
    attempt: int
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class ActFailed:
    refusal: Refusal
    attempt: int


@dataclass(frozen=True, slots=True)
class ActPostponed:
    """The act was not begun and may be tried again, `after` so long; `refusal` says why."""

    refusal: Refusal
    attempt: int
    after: timedelta = timedelta(0)


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
    """What looking found after a lost answer: the receipt of what the act made, or nothing; `frozen` as above."""

    found: Receipt | None
    frozen: bool = False


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
class Stopped:
    """An alarm about the subject, or about the call that opened it, raised by `by` with `alarm`, stops a request."""

    by: Person
    alarm: str
    why: Reason = Reason.FROZEN


@dataclass(frozen=True, slots=True)
class Lifted:
    """Somebody entitled says that the account is in its owner's hands: what this request froze goes on.

    `proof` is the sign-in that confirmed it, where the policy wants one.
    """

    by: Person
    reason: str
    proof: Evidence | None = None


@dataclass(frozen=True, slots=True)
class RevokeDone:
    """What was made is taken back; with `signed_out`, they are signed out everywhere too."""

    signed_out: bool


@dataclass(frozen=True, slots=True)
class Progressed:
    """Something became of what the act left behind."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class Followed:
    """What comes after the act was done, or was refused for good; `came` is its kind's own word for what came of it."""

    done: bool
    came: str = ""


Event = (
    Asked
    | AskedAgain
    | Consented
    | ConsentRefused
    | SteppedUp
    | FaceProved
    | Approved
    | Denied
    | Retracted
    | Withdrew
    | ActWanted
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
    | Stopped
    | Lifted
    | RevokeDone
    | Progressed
    | Followed
    | Attended
    | Left
)


# Effects: what must follow. Each becomes a job in the transaction that saves the request.
@dataclass(frozen=True, slots=True)
class Changed:
    """Something about the request changed: whoever listens brings what it keeps of it to what its state asks for."""


@dataclass(frozen=True, slots=True)
class AskSignIn:
    """Ask the requester, in the private chat, to sign in again; with `enter`, to enter something."""

    context: str
    enter: bool = False


@dataclass(frozen=True, slots=True)
class CarryOut:
    """Carry it out by itself: nothing is in its way."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Look what became of what the act left behind."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Do what comes after the act."""


@dataclass(frozen=True, slots=True)
class Serve:
    """Let the request that this proof was begun for go on with it."""


@dataclass(frozen=True, slots=True)
class Revoke:
    """Take back what was made. `again`: it was asked for before, and nothing new has happened."""

    again: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """Find out what a lost act has left behind."""


@dataclass(frozen=True, slots=True)
class Freeze:
    """Stop everything else of the subject's that is on its way."""


Effect = Changed | AskSignIn | Serve | Revoke | Look | CarryOut | Watch | FollowUp | Freeze
