"""Matters: what the desk keeps that is no request. Like one, it changes in one place, one version after another.

A matter and what the trail says of it commit together with the job that brings its messages, or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Generic, Protocol, TypeVar

from bot.core.audit import About, Note
from bot.core.model import Person, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """Something the desk keeps that is no request: who began it, whom it is about, and where it stands.

    `due_at` (UTC) is when the desk must next look by itself. Of several that say the same in `lane`, one may be open.
    """

    SORT: ClassVar[str]  # as stored, and what the trail calls it
    SIREN: ClassVar[str] = "warn"  # the job, never given up, by which others hear of one that alarms

    id: str
    by: Person
    about: Person
    created_at: datetime
    due_at: datetime | None = None
    version: int = 1

    @classmethod
    def named(cls, key: str) -> str:
        """Return the id of the one with this key, which a client may have chosen: no request can have the same id.

        Messages, jobs and sign-ins are kept by such ids, whatever they are about; clients send none with a colon.
        """
        return f"{cls.SORT}:{key}"

    @property
    def key(self) -> str:
        """What its buttons carry of its id."""
        return self.id.partition(":")[2]

    @property
    def tenant(self) -> str:
        return self.by.tenant

    @property
    def lane(self) -> str:
        """What only one of them may hold at a time, "" when it holds nothing."""
        return ""

    @property
    def entry(self) -> About:
        """What the trail says an entry about it is about."""
        return About(self.tenant, self.id, self.SORT, self.about.id)


M = TypeVar("M", bound=Matter)


@dataclass(frozen=True, slots=True)
class Turned(Generic[M]):
    """What an event made of a matter; with a `refusal` it was not taken as somebody wished.

    `alarms`: security hears of it.
    """

    matter: M
    notes: tuple[Note, ...] = ()
    refusal: Refusal | None = None
    alarms: bool = False


class MatterUnit(Protocol):
    """What a transaction does with matters."""

    async def begin(self, matter: Matter) -> bool:
        """Insert; say False where that one is there, or where another holds its lane."""

    async def matter(self, sort: type[M], matter_id: str) -> M | None: ...

    async def keep(self, matter: M) -> M:
        """Write the next version; raise `Conflict` when somebody else did. Return it with its new version."""

    async def about(self, sort: type[M], tenant: str, person: str, since: datetime) -> Sequence[M]:
        """Return those about a person that were begun since then, newest first."""

    async def begun_by(self, sort: type[M], tenant: str, person: str, since: datetime) -> Sequence[M]:
        """Return those that a person has begun since then, newest first."""

    async def in_lane(self, sort: type[M], tenant: str, lane: str) -> M | None:
        """Return the one that holds this lane."""

    async def in_lanes(self, sort: type[M], tenant: str) -> Sequence[M]:
        """Return all that hold a lane."""

    async def matters_due(self, now: datetime, limit: int) -> Sequence[str]:
        """Return ids of matters whose `due_at` has come."""
