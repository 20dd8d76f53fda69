"""Past: what a transaction can be asked about a person's last days; nothing here changes anything of that."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.core.limits import Tally
from bot.core.model import Request


@dataclass(frozen=True, slots=True)
class Since:
    """From when on something counts as given to a person, and a face as not like theirs."""

    given: datetime
    unlike: datetime


@dataclass(frozen=True, slots=True)
class Happened:
    """When something was last given to a person: now, where it is under way or its answer was lost.

    And when somebody tried to prove that they are this person, and was not like them; the newest first.
    """

    given: datetime | None = None
    unlike: tuple[datetime, ...] = ()


class PastUnit(Protocol):
    """What is read at the same time (`asyncio.gather`) costs no more than one question."""

    async def recent(self, tenant: str, subject: str, now: datetime, *, but: str = "") -> Mapping[str, Tally]:
        """Say by kind what counts of the requests about `subject` other than `but`: nobody else may use that up.

        For a day those they signed in or proved themselves for; for an hour those that got on without, or that Entra
        did not carry out. Not what was refused or withdrawn or ran out, nor what waits for their own proof. And for an
        hour what stood before approvers, whatever became of it.
        """

    async def history(self, tenant: str, subject: str, since: datetime, limit: int) -> Sequence[Request]:
        """Return the requests about `subject` that were made, done or ended since then; what happened last is first."""

    async def denied(self, tenant: str, subject: str, since: datetime) -> Mapping[str, Mapping[str, datetime]]:
        """Say by kind who said no to a request about `subject` since then, and when they last did."""

    async def happened(self, request: Request, kinds: Collection[str], now: datetime, since: Since) -> Happened:
        """Say what was done for a person or tried in their name since then, but by this request."""

    async def only(self, request: Request, kinds: Collection[str], since: datetime) -> None:
        """Raise `Conflict` where something else of these kinds was given since then, or is on its way.

        Nothing of them is given to this person by anybody else until this transaction is over.
        """
