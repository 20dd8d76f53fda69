"""Notices: whoever an act was done for hears of it by mail, at every address the directory has of them. Pure.

A notice is begun with the claim of its act, waits until it is known what became of that, and is never more than one.
Of a link in a mail only a hash is kept.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final, Protocol

from bot.core.audit import Deed, Note
from bot.core.kind import Kinds
from bot.core.matters import Matter, Turned
from bot.core.model import OPEN, Mode, Refusal, Request, Status
from bot.core.ports import Job
from bot.core.reasons import Reason

NOTICE: Final = "notice"  # the job that sends what there is to send
LINE: Final = "notice_line"  # the one that brings the line to security's channel
LIFE: Final = timedelta(days=7)  # of a link, from the day on which its act was known to be done
LINKS: Final = 24  # that are kept of one notice: a mail whose answer was lost is sent again, with another


class Phase(StrEnum):
    """How a notice stands."""

    HELD = "held"  # nobody knows yet what became of its act
    DUE = "due"  # the act is done
    SENT = "sent"
    FAILED = "failed"  # some of it could not be sent
    DROPPED = "dropped"  # nothing was done


@dataclass(frozen=True, slots=True, kw_only=True)
class ActNotice(Matter):
    """The notice of the one act of a request.

    `to` are the addresses that have not been written to, as the directory had them before the act; `manager` says that
    theirs is still to be told. `links` are hashes of what the mails held, `done_at` when the act was known to be done.
    """

    SORT: ClassVar[str] = "notice"

    request: str
    kind: str
    phase: Phase = Phase.HELD
    to: tuple[str, ...] = ()
    manager: bool = False
    sent: int = 0
    failed: int = 0
    links: tuple[str, ...] = ()
    done_at: datetime | None = None
    used_at: datetime | None = None

    def opens(self, secret: str, now: datetime) -> bool:
        """Whether this link locks now: it is one of ours, has not been used, and is not too old."""
        digest = hashed(secret)
        known = sum(hmac.compare_digest(digest, link) for link in self.links)
        return bool(known) and self.used_at is None and self.done_at is not None and now < self.done_at + LIFE


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail: plain text, to one address."""

    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Sends a mail from the desk's one mailbox. Raises as a write of the directory's does."""

    async def send(self, letter: Letter) -> None: ...


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def begun(request: Request, mails: tuple[str, ...], now: datetime, *, manager: bool) -> Turned[ActNotice]:
    """Begin the notice of a request whose act was just claimed."""
    one = ActNotice(
        id=ActNotice.named(request.id),  # there is one
        by=request.requester,
        about=request.subject,
        created_at=now,
        request=request.id,
        kind=request.kind,
        to=mails,
        manager=manager,
    )
    return Turned(one, (Note(Deed.NOTICE_QUEUED, {"request": request.id, "addresses": str(len(mails))}),))


def came_of(request: Request) -> Phase:
    """Say what became of an act, as far as anybody knows; of one that may have been done its person hears, too."""
    if request.acted_at is not None:
        return Phase.DUE
    unclear = request.ending is not None and request.ending.refusal == Refusal(Reason.UNCLEAR)
    if request.attempts and unclear:
        return Phase.DUE
    return Phase.HELD if request.status in OPEN or request.status is Status.REVOKING else Phase.DROPPED


def settled(one: ActNotice, request: Request, now: datetime) -> Turned[ActNotice]:
    """Let go what was held until it is known what became of the act."""
    phase = came_of(request) if one.phase is Phase.HELD else one.phase
    if phase is one.phase:
        return Turned(one)
    if phase is Phase.DROPPED:
        dropped = replace(one, phase=phase, to=(), manager=False)
        return Turned(dropped, (Note(Deed.NOTICE_DROPPED, {"request": one.request}),))
    return _over(replace(one, phase=phase, done_at=request.acted_at or now))


def linked(one: ActNotice, secret: str) -> Turned[ActNotice]:
    """Remember the link of a mail before it is sent: of one whose answer is lost, it may be there."""
    return Turned(replace(one, links=(*one.links, hashed(secret))[-LINKS:]))


def written(one: ActNotice, address: str, *, failed: bool) -> Turned[ActNotice]:
    """Say what became of the mail to one of its addresses: none is written to twice."""
    left = replace(one, to=tuple(to for to in one.to if to != address))
    return _over(replace(left, failed=one.failed + 1) if failed else replace(left, sent=one.sent + 1))


def manager_told(one: ActNotice, *, sent: int = 0, failed: int = 0) -> Turned[ActNotice]:
    """Say what became of the mail to the manager; there may be nobody to write to."""
    return _over(replace(one, manager=False, sent=one.sent + sent, failed=one.failed + failed))


def unsendable(one: ActNotice) -> Turned[ActNotice]:
    """Nothing can be sent from the desk's mailbox as things are: all that is left has failed."""
    return _over(replace(one, to=(), manager=False, failed=one.failed + len(one.to) + one.manager))


def _over(one: ActNotice) -> Turned[ActNotice]:
    """End a notice of which nothing is left to be sent; the addresses leave its row one by one."""
    if one.to or one.manager:
        return Turned(one)
    deed = Deed.NOTICE_FAILED if one.failed else Deed.NOTICE_SENT
    told = {"request": one.request, "sent": str(one.sent), "failed": str(one.failed)}
    return Turned(replace(one, phase=Phase.FAILED if one.failed else Phase.SENT), (Note(deed, told),))


def used(one: ActNotice, now: datetime) -> Turned[ActNotice]:
    """A link of it has locked: none of them does so again."""
    return Turned(replace(one, used_at=now), (Note(Deed.NOTICE_DISOWNED, {"request": one.request}),))


def follows(kinds: Kinds, request: Request) -> Iterator[Job]:
    """Say what follows a change here: once it is known what became of an act, its notice is let go."""
    noticed = kinds[request.kind].noticed and request.mode is Mode.ENFORCE and request.attempts
    if noticed and came_of(request) is not Phase.HELD:
        yield Job(NOTICE, ActNotice.named(request.id))
