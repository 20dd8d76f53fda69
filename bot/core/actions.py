"""What a person can do at the desk: who does it comes from the authenticated activity, and is no part of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.calling import AboutOthers, Calling, ShowCaller
from bot.core.doubting import Doubting, ShowDoubt
from bot.core.escalating import Escalating
from bot.core.locking import Locking, ShowLocking
from bot.core.looking import Looking
from bot.core.queueing import Attend, SeeQueue, Take
from bot.core.raising import Raising, ShowThreat
from bot.core.refs import Ref as Ref  # noqa: PLC0414 - whoever names an action names what it belongs to


@dataclass(frozen=True, slots=True)
class Home:
    """Show what this person may ask for."""


@dataclass(frozen=True, slots=True)
class Help:
    pass


@dataclass(frozen=True, slots=True)
class ShowStatus:
    pass


@dataclass(frozen=True, slots=True)
class Human:
    """Say where people help."""


@dataclass(frozen=True, slots=True)
class Thanks:
    pass


@dataclass(frozen=True, slots=True)
class NotWanted:
    """They said what they do not want: nothing is offered."""


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """`likely` are kinds that come near what was written."""

    likely: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MachineMade:
    """What came as a text is no speech: a button's data, or markup. It is not read."""


@dataclass(frozen=True, slots=True)
class NoWindow:
    """A button that only opens a window came back as a message: the client has no windows. Nothing comes of it."""


@dataclass(frozen=True, slots=True)
class OfferKind:
    """Show the way to a kind. `said` is why, in their own words: what of it fills in its form, the kind knows."""

    kind: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Begin:
    """Open the form of a kind."""

    kind: str


@dataclass(frozen=True, slots=True)
class Submit:
    """Send the form. `request` is the id the form was opened with, so that a form sent twice is one request."""

    kind: str
    request: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choose:
    """Choose a line of a form, to be asked what belongs to it; without `values`, go back to all of them."""

    kind: str
    request: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Disown:
    """Say that something a kind's form shows is not theirs. `values` names it; without, they are asked which it is."""

    kind: str
    request: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ForSome:
    """Show what only some may see (`what` names the door); everybody else is shown what the words come to otherwise."""

    what: str
    instead: Written


@dataclass(frozen=True, slots=True)
class SignInAgain:
    """Send the sign-in prompt once more."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class Prove:
    """Begin the proof of identity that a request waits for."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class Approve:
    """A yes; `choice` is the verdict it comes with, where the kind knows several."""

    ref: Ref
    choice: str = ""


@dataclass(frozen=True, slots=True)
class Deny:
    ref: Ref
    reason: str
    choice: str = ""


@dataclass(frozen=True, slots=True)
class Retract:
    """An approver takes their own yes back, as long as nothing was done on it."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class NotNow:
    """An approver does not confirm now what they have pressed: they decide later, or leave it to others."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class Lift:
    """An approver says that an account is in its owner's hands again, and how they made sure."""

    ref: Ref
    reason: str


@dataclass(frozen=True, slots=True)
class SeeProof:
    """An approver wants to see a proof of identity, with their own rights and for themselves."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class Withdraw:
    ref: Ref


@dataclass(frozen=True, slots=True)
class WithdrawListed:
    """Withdraw, pressed in the list of one's requests: the list is what comes back."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class Consent:
    """They want what an agent opened for them."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class RefuseConsent:
    """They do not: it is not them who is on the telephone."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class Show:
    """Show it. `in_place`: the press is answered where it was made, as in a dialog, so the answer may hold a secret."""

    ref: Ref
    in_place: bool = True


@dataclass(frozen=True, slots=True)
class Replace:
    """Show again after an answer was lost: once."""

    ref: Ref
    in_place: bool = True


@dataclass(frozen=True, slots=True)
class Hide:
    ref: Ref


@dataclass(frozen=True, slots=True)
class RevokeIt:
    ref: Ref


@dataclass(frozen=True, slots=True)
class Report:
    """It was not me."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class Refresh:
    """A client brought the card into view and asks for its present state."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class OfferToken:
    """Teams exchanged a token silently for a sign-in prompt. The token is in memory only."""

    sign_in: str
    token: str

    def __repr__(self) -> str:
        return f"OfferToken(sign_in={self.sign_in!r}, token=***)"


@dataclass(frozen=True, slots=True)
class ReturnCode:
    """The popup closed and its code came back through Teams."""

    code: str

    def __repr__(self) -> str:
        return "ReturnCode(***)"


# What words come to: none of it acts.
Written = (
    Home
    | Help
    | ShowStatus
    | ShowCaller
    | AboutOthers
    | ShowDoubt
    | ShowThreat
    | ShowLocking
    | ForSome
    | Human
    | Thanks
    | NotWanted
    | NotUnderstood
    | MachineMade
    | NoWindow
    | OfferKind
)
Shown = Home | ShowStatus | Human  # what a button shows, for words that were not understood
Own = (
    Consent
    | RefuseConsent
    | SignInAgain
    | Prove
    | Withdraw
    | WithdrawListed
    | Show
    | Replace
    | Hide
    | RevokeIt
    | Report
)  # only for whom the request is about
Plain = Own | SeeProof | NotNow | Retract | Refresh
Deciding = Approve | Deny | SeeProof | Take | NotNow | Retract | Attend  # of those who decide about others
Press = Plain | Approve | Deny | Lift | Take | Attend
Matters = Calling | Doubting | Escalating | Raising | Locking  # what is about no request of whoever does it
Asking = Begin | Submit | Choose | Disown  # what somebody wants for themselves
Action = Matters | Looking | Written | Asking | SeeQueue | OfferToken | ReturnCode | Press
