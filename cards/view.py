"""View: who looks at a card, and when; everything a card needs that is not part of the request itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from bot.core.kind import Verdicts
from bot.core.model import Chat, Person, Request


@dataclass(frozen=True, slots=True)
class View:
    """`language` is an IETF tag, `now` aware UTC, `contact` how to reach the helpdesk.

    `spoken`: it is the language they wrote in, not their client's, so that what follows from this card keeps to it.
    `link` is the start address of a pending sign-in of the person this card is for, which ends at `by`, `failed` why
    the one before it came to nothing; `user` is their Teams id (`29:…`), who may ask for a fresh card; `person` their
    Entra object id. `reveal` says how the policy shows a secret, `approvals` how many approvals it wants, `face`
    whether it wants a proof of identity, `verdicts` what an approver may add. `facts` are lines for approvers, already
    in words, by their key under `fact.` in the catalogue; `looks` says that there are proofs of identity to look at.
    `wallet` is the page that opens one on a phone, a request's id goes behind it; `alarm` the kind somebody presses
    who finds an intruder in their account; `denies`: what an approver confirms is a no. `levels` are what the kind may
    call a case, mildest first; `past` what else was asked about the person in the last days, newest first;
    `confirming` who is about to confirm what they pressed, and until when they may. `place` is where a request stands
    in the line of those that wait for an approver, `opened`: an approver took it from there, or put it off, and has
    pressed nothing since. `fresh`: it is read as soon as it is drawn, and gone, or drawn anew, before it is read again.
    """

    language: str
    now: datetime
    contact: str
    spoken: bool = False
    link: str = ""
    by: datetime | None = None
    failed: str = ""
    user: str = ""
    person: str = ""
    reveal: Literal["dialog", "message"] = "dialog"
    approvals: int = 1
    face: bool = False
    verdicts: Verdicts = Verdicts()  # noqa: RUF009 - it is frozen
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    looks: bool = False
    wallet: str = ""
    alarm: str = ""
    alarms: int = 1  # how often the same alarm was raised within a minute
    denies: bool = False
    levels: tuple[str, ...] = ()
    past: tuple[Request, ...] = ()
    confirming: tuple[tuple[str, datetime], ...] = ()
    place: int = 0
    opened: bool = False
    fresh: bool = False

    def to(self, person: Person, chat: Chat) -> View:
        """Return the view of whom a private message is for."""
        return replace(self, language=person.language, user=chat.user, person=person.id)
