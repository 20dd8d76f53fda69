"""Mails: what Exchange took, by address; a mailbox is somebody's, or one that was made to send from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from playground.people import DOMAIN, Person

DESK: Final = f"identity.desk@{DOMAIN}"


@dataclass(frozen=True, slots=True)
class Mail:
    at: datetime
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str


@dataclass(slots=True)
class Mails:
    """`boxes` are mailboxes besides people's; `taken` is every mail in the order in which it came."""

    boxes: set[str] = field(default_factory=lambda: {DESK})
    taken: list[Mail] = field(default_factory=list)

    def of(self, person: Person) -> Iterator[Mail]:
        """Every mail to one of somebody's addresses, the newest first."""
        mine = {address.casefold() for address in person.mails}
        return (mail for mail in reversed(self.taken) if mine & {to.casefold() for to in mail.to})
