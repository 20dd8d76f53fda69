"""What the desk says back to the one who acted; an edge turns it into a card, a dialog or a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from bot.core.callcards import CallerCard, CallerDoor, CallerForm
from bot.core.doubtful import Doubted
from bot.core.escalating import EscalationCard
from bot.core.forms import Sheet
from bot.core.listed import StatusCard
from bot.core.lockcards import Locked
from bot.core.model import Chat, Person, Refusal, Request, Secret
from bot.core.ports import Purpose, Slot
from bot.core.queue import WaitingLine
from bot.core.queueing import SeeQueue
from bot.core.sights import HistoryCard, LookDoor, LookForm
from bot.core.threat import Threat, ThreatLevel


@dataclass(frozen=True, slots=True)
class Offer:
    """One kind on the home card: may this person ask for it, and if not, why not; `alarm`: one press is enough."""

    kind: str
    refusal: Refusal | None
    alarm: bool = False
    icon: str = ""


@dataclass(frozen=True, slots=True)
class HomeCard:
    """`lead` is the catalogue key of the line above it: a greeting, help, or that a text was not understood.

    `threat` is how strict the desk is just now for everybody.
    """

    person: Person
    offers: tuple[Offer, ...]
    open: tuple[Request, ...]
    lead: str = "home.lead"
    threat: ThreatLevel = ThreatLevel.NORMAL


@dataclass(frozen=True, slots=True)
class OfferCard:
    """One kind in answer to what was written: nothing is done before its button is pressed.

    `lead` is the catalogue key of the line above it, where something else led here than words.
    """

    person: Person
    offer: Offer
    lead: str = ""


@dataclass(frozen=True, slots=True)
class MissCard:
    """What was written was not understood: a line, and three doors, those of `kinds` that come near it first."""

    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueueCard:
    """The line, or a part of it. `after` is the request behind which it goes on, "" where nothing follows.

    `home` is the private chat it goes to where somebody asked for it in the channel; `board`: it was said there, and is
    for all who sit there. In private, `page` is what is shown of it, and `kinds` are those its reader decides about.
    """

    line: WaitingLine
    after: str = ""
    home: Chat | None = None
    board: bool = False
    page: SeeQueue = field(default_factory=SeeQueue)
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a kind; `errors` are catalogue keys by field, `values` what was typed so far.

    `disowns`: it does not ask for the kind, but which of what that shows is not theirs. `call`, an id and a version, is
    the verification of the colleague `about` whom it is, and for whom an agent fills it in.
    """

    kind: str
    request: str
    sheet: Sheet
    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    errors: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    disowns: bool = False
    call: tuple[str, int] | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class RequestCard:
    """The request as one of its places shows it."""

    request: Request
    slot: Slot


@dataclass(frozen=True, slots=True)
class ThreatDoor:
    """The way to raise the threat level: nothing is done before its button is pressed."""


@dataclass(frozen=True, slots=True)
class ThreatForm:
    """The form by which the level is raised: what was filled in so far, and the names of what is missing."""

    form: str
    level: str = ""
    hours: str = ""
    reason: str = ""
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ThreatCard:
    """A raising of the threat level as one of its places shows it."""

    threat: Threat
    slot: Slot


@dataclass(frozen=True, slots=True)
class SecretShown:
    """The one answer that holds a secret; it goes to its subject in a private chat or nowhere."""

    request: Request
    secret: Secret
    until: datetime | None


@dataclass(frozen=True, slots=True)
class ProofShown:
    """What is kept of somebody's last proof of identity; it goes to the approver who may read it, in private."""

    subject: Person
    proof: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Said:
    """A line of text from the catalogue."""

    key: str
    params: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Refused:
    """A no. With a `request`, its card is shown too, as it is now."""

    refusal: Refusal
    request: Request | None = None


@dataclass(frozen=True, slots=True)
class SignInWanted:
    """A silent attempt was not enough: Teams should show the sign-in button."""

    sign_in: str
    detail: str


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing to say: what changed is told by the cards."""


@dataclass(frozen=True, slots=True)
class SignInPage:
    """What the start page of a step-up says is being allowed, before anybody is sent to Entra.

    `what` is its key in the catalogue, `whom` the name of the person it is for.
    """

    person: Person
    purpose: Purpose
    what: str
    whom: str
    asked_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class EntryPage:
    """The page where a new password is entered, once its subject has signed in there."""

    person: Person
    request: Request
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """What is wrong with what was entered so far: keys of the catalogue, none when all is well.

    `met` are the rules it keeps; `strength` runs from 0 (guessed at once) to 4; `kind` has the words for it.
    """

    faults: tuple[str, ...]
    met: tuple[str, ...]
    strength: int
    kind: str = field(repr=False)  # so that nothing in it can look like what was typed


@dataclass(frozen=True, slots=True)
class Entered:
    """What came of what was entered. `refusal` when it was not taken; `again`: something else may be entered.

    `code` tells the Teams client that opened the window that it is over.
    """

    request: Request
    refusal: Refusal | None
    again: bool
    code: str


@dataclass(frozen=True, slots=True)
class EntryWanted:
    """The sign-in was good: the page comes next."""


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """A step-up that cannot go on: a `Reason` of the policy, and the language to say it in."""

    reason: str
    language: str


Answer = (
    HomeCard
    | OfferCard
    | MissCard
    | StatusCard
    | QueueCard
    | Form
    | CallerDoor
    | CallerForm
    | CallerCard
    | LookDoor
    | LookForm
    | HistoryCard
    | Doubted
    | EscalationCard
    | ThreatDoor
    | ThreatForm
    | ThreatCard
    | Locked
    | RequestCard
    | SecretShown
    | ProofShown
    | Said
    | Refused
    | SignInWanted
    | Done
)
