"""Callers: somebody rings and says who they are; what their colleague answers in Teams says whether that is so. Pure.

A number proves that somebody at that person's Teams hears the agent, and no more: it never opens what gives access.
Whom nobody can ask there, their manager may vouch for, who has heard or seen them, and signs in to say so.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final, assert_never

from bot.core.audit import Deed, Note
from bot.core.matters import Matter, Turned
from bot.core.model import Person, Refusal
from bot.core.proven import STRONG, VALID, Proven, stronger
from bot.core.reasons import Reason

WAIT: Final = timedelta(minutes=5)  # for the colleague's answer
VOUCHING: Final = timedelta(minutes=15)  # for the manager's: they have to be reached, and to reach the colleague
LOWEST, NUMBERS = 10, 90  # two digits, as one says them on the telephone
HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
ABOUT_AN_HOUR, ABOUT_A_DAY, BY_AN_HOUR = 3, 6, 20  # questions about one person, and by one agent
COOL: Final = timedelta(hours=4)  # so long after a wrong number only a sign-in proves anything


class Stand(StrEnum):
    """How a verification stands."""

    ASKED = "asked"
    UNREACHED = "unreached"  # they have no chat with us: nobody could be asked
    VOUCHING = "vouching"  # their manager is asked
    VERIFIED = "verified"
    REFUSED = "refused"  # they say that it is not them, or their manager does not vouch for them
    MISMATCHED = "mismatched"  # another number than the one they should have heard
    UNANSWERED = "unanswered"
    CANCELLED = "cancelled"  # the agent has taken the question back


WAITING: Final = frozenset({Stand.ASKED, Stand.VOUCHING})  # for somebody's answer
DEEDS: Final = MappingProxyType(
    {
        Stand.ASKED: Deed.CALLER_ASKED,
        Stand.UNREACHED: Deed.CALLER_UNREACHED,
        Stand.VOUCHING: Deed.CALLER_VOUCHING,
        Stand.VERIFIED: Deed.CALLER_VERIFIED,
        Stand.REFUSED: Deed.CALLER_REFUSED,
        Stand.MISMATCHED: Deed.CALLER_MISMATCHED,
        Stand.UNANSWERED: Deed.CALLER_UNANSWERED,
        Stand.CANCELLED: Deed.CALLER_CANCELLED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification(Matter):
    """An agent (`by`) asks whether it is really that colleague (`about`) who is on the telephone.

    `seed` makes the number, and is gone once that is of no use. `by_number`: the number may answer it; it may not for a
    while after a wrong one. `reached`: they were asked in a chat of their own. `voucher` is their manager, once asked
    `vouching_at` then; `vouched` is what that one said, if anything. `quiet_until`: nobody is to ask them before that.
    """

    SORT: ClassVar[str] = "caller"

    status: Stand = Stand.ASKED
    seed: str = ""
    by_number: bool = True
    proven: Proven | None = None
    proven_at: datetime | None = None
    ended_at: datetime | None = None  # when it came to nothing
    used_for: str = ""  # the one request that was opened with it
    wanted: str = ""  # the kind that the agent said they want to open, if they did
    reached: bool = True
    voucher: Person | None = None
    vouching_at: datetime | None = None
    vouched: bool | None = None
    quiet_until: datetime | None = None

    @property
    def lane(self) -> str:
        """One question at a time: two agents who ask the same person would not know whom they answered."""
        return self.about.id if self.status in WAITING else ""

    @property
    def ends_at(self) -> datetime:
        """Until when it may be answered, or what was proved holds."""
        if self.proven_at is not None:
            return self.proven_at + VALID
        return self.vouching_at + VOUCHING if self.vouching_at is not None else self.created_at + WAIT

    def over(self, now: datetime) -> bool:
        """Whether nothing more can come of it: past its time is over, whoever looks first."""
        return self.status not in {Stand.VERIFIED, *WAITING} or now >= self.ends_at

    def leaves(self, now: datetime) -> bool:
        """Whether their manager may be asked: nobody could be, or nobody answered, and the call is not long over."""
        nobody = self.status in {Stand.UNREACHED, Stand.UNANSWERED} or (self.status is Stand.ASKED and self.over(now))
        return nobody and self.voucher is None and now < self.created_at + HOUR

    @property
    def number(self) -> int | None:
        """What the agent reads aloud; None once nobody is to type it."""
        if not self.seed:
            return None
        made = hmac.new(bytes.fromhex(self.seed), self.id.encode(), hashlib.sha256).digest()
        return LOWEST + int.from_bytes(made[:8]) % NUMBERS


# Events: what the colleague or the agent did.
@dataclass(frozen=True, slots=True)
class NumberTyped:
    number: str


@dataclass(frozen=True, slots=True)
class NotMe:
    """They are not on the telephone with anybody, or not with this one."""


@dataclass(frozen=True, slots=True)
class CallerSignedIn:
    at: datetime
    context: str


@dataclass(frozen=True, slots=True)
class FaceShown:
    """They showed their face then, by this proof, which was begun for this call."""

    at: datetime
    proof: str


@dataclass(frozen=True, slots=True)
class ManagerAsked:
    """The agent has the colleague's manager asked, this one."""

    voucher: Person


@dataclass(frozen=True, slots=True)
class Vouched:
    """The manager has heard or seen them just now, and has signed in then to say so."""

    at: datetime
    context: str


@dataclass(frozen=True, slots=True)
class NotVouched:
    """The manager has not, or it was not the manager who said so."""


@dataclass(frozen=True, slots=True)
class CallUsed:
    """The agent opens this request for the colleague."""

    request: str


@dataclass(frozen=True, slots=True)
class Disclaimed:
    """The colleague wants nothing of what was opened for them: whoever is on the telephone, it is not them."""


@dataclass(frozen=True, slots=True)
class CallOver:
    """The agent takes the question back."""


@dataclass(frozen=True, slots=True)
class AnswerDue:
    """Its time has come: for the answer, or for what was proved."""


Vouching = ManagerAsked | Vouched | NotVouched
Heard = NumberTyped | NotMe | CallerSignedIn | FaceShown | Vouching | CallUsed | Disclaimed | CallOver | AnswerDue


def asked(
    one: Verification, about: Sequence[Verification], by: Sequence[Verification], *, leads: bool = False
) -> Turned[Verification]:
    """Begin a verification, or say why not; `about` and `by` are the last day's, `leads`: a lead asks."""
    refusal = _held_back(about, by, one.created_at, noes=1 if leads else 0)
    cold = any(v.status is Stand.MISMATCHED and one.created_at - v.created_at < COOL for v in about)
    begun = replace(one, by_number=not cold, seed="" if cold else one.seed, due_at=one.created_at + WAIT)
    if not one.reached:
        begun = replace(one, status=Stand.UNREACHED, seed="")
    return Turned(begun, (_note(begun),), refusal)


def _held_back(
    about: Sequence[Verification], by: Sequence[Verification], now: datetime, *, noes: int
) -> Refusal | None:
    """Nobody is asked until they say yes to be left alone."""
    no = said_no(about, now, noes)
    if no is not None:
        return no
    if quieting(about, now) is not None:
        return Refusal(Reason.CALLER_QUIET)
    lately = [v for v in about if now - v.created_at < HOUR]
    if len(lately) >= ABOUT_AN_HOUR or len([v for v in about if now - v.created_at < DAY]) >= ABOUT_A_DAY:
        return Refusal(Reason.CALLER_ASKED_OFTEN)
    if len([v for v in by if now - v.created_at < HOUR]) >= BY_AN_HOUR:
        return Refusal(Reason.AGENT_ASKS_OFTEN)
    return None


def said_no(about: Iterable[Verification], now: datetime, most: int = 0) -> Refusal | None:
    """A no stands for a day, whoever asks next, and whoever is asked; `about` are those about one person.

    But so many of them keep nobody from asking: one, where a lead does.
    """
    noes = [v for v in about if v.status is Stand.REFUSED and now - v.created_at < DAY]
    return Refusal(Reason.CALLER_SAID_NO) if len(noes) > most else None


def quieting(about: Iterable[Verification], now: datetime) -> Verification | None:
    """Return that by which somebody has said that nobody is to ask them; `about` are the last day's about them."""
    return next((v for v in about if v.quiet_until is not None and now < v.quiet_until), None)


def heard(one: Verification, event: Heard, now: datetime) -> Turned[Verification]:
    """Say what was heard makes of a verification. Total and pure: what does not fit is refused, never raised."""
    if one.status in WAITING and now >= one.ends_at:
        late = None if isinstance(event, AnswerDue) else Refusal(Reason.CLOSED)
        return _ended(one, Stand.UNANSWERED, now, late)
    if isinstance(event, Vouching):
        return _vouching(one, event, now)
    match event:
        case AnswerDue():
            return Turned(replace(one, due_at=None)) if one.over(now) else Turned(one)
        case NumberTyped(number) if one.status is Stand.ASKED and one.by_number:
            right = hmac.compare_digest(number.strip().encode(), str(one.number).encode())
            return _proved(one, Proven.PRESENCE, now) if right else _ended(one, Stand.MISMATCHED, now)
        case NotMe() if not one.over(now):  # also of what somebody else at their Teams has answered for them
            return replace(_ended(one, Stand.REFUSED, now), alarms=True)
        case CallerSignedIn(at, context) if not one.over(now) and now < at + VALID:
            return _proved(one, Proven.STEP_UP, min(at, now), {"context": context})
        case FaceShown(at, proof) if not one.over(now) and now < at + VALID:
            return _proved(one, Proven.FACE, min(at, now), {"proof": proof})
        case CallUsed(request) if not one.over(now) and one.proven in STRONG and one.used_for in {"", request}:
            return Turned(replace(one, used_for=request))
        case Disclaimed() if one.status is Stand.VERIFIED:
            return replace(_ended(one, Stand.REFUSED, now), alarms=True)
        case CallOver() if one.status in WAITING:
            return _ended(one, Stand.CANCELLED, now)
        case NumberTyped() | NotMe() | CallerSignedIn() | FaceShown() | CallUsed() | Disclaimed() | CallOver():
            return Turned(one, refusal=Refusal(Reason.CLOSED))
        case _:
            assert_never(event)


def _vouching(one: Verification, event: Vouching, now: datetime) -> Turned[Verification]:
    match event:
        case ManagerAsked(voucher) if one.leaves(now):
            asked = replace(
                one, status=Stand.VOUCHING, seed="", voucher=voucher, vouching_at=now, due_at=now + VOUCHING
            )
            return Turned(asked, (_note(asked),))
        case Vouched(at, context) if one.status is Stand.VOUCHING and now < at + VALID:
            return _proved(replace(one, vouched=True), Proven.MANAGER, min(at, now), {"context": context})
        case NotVouched() if one.status is Stand.VOUCHING or (one.vouched and not one.over(now)):
            return replace(_ended(replace(one, vouched=False), Stand.REFUSED, now), alarms=True)
        case _:
            return Turned(one, refusal=Refusal(Reason.CLOSED))


def _proved(
    one: Verification, by: Proven, at: datetime, how: Mapping[str, str] = MappingProxyType({})
) -> Turned[Verification]:
    """Take a proof of then: it is no newer for being told late."""
    if one.proven is not None and stronger(one.proven, by) is not by:
        return Turned(one)  # it says less than what is known, and does not make that any newer
    proven = replace(one, status=Stand.VERIFIED, seed="", proven=by, proven_at=at, due_at=at + VALID)
    return Turned(proven, (_note(proven, {"proven": by.value, **how}),))


def disproved(found: Sequence[Verification]) -> datetime | None:
    """Say when it last came out that it may be somebody else who speaks for a person, as far as these tell."""
    over = (v for v in found if v.status in {Stand.REFUSED, Stand.MISMATCHED})
    return max((v.ended_at or v.created_at for v in over), default=None)


def _ended(one: Verification, status: Stand, now: datetime, refusal: Refusal | None = None) -> Turned[Verification]:
    ended = replace(one, status=status, seed="", due_at=None, ended_at=now)
    return Turned(ended, (_note(ended),), refusal)


def _note(one: Verification, more: dict[str, str] | None = None) -> Note:
    voucher = {"voucher": one.voucher.id} if one.voucher is not None else {}
    return Note(DEEDS[one.status], {"by": one.by.id, "name": one.by.name, **voucher, **(more or {})})
