"""Verifier: proof of identity by a Verified ID with Face Check, as a protocol."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.core.model import Secret


@dataclass(frozen=True, slots=True)
class Presentation:
    """A request for a Verified ID: `url` opens a wallet on this device, `qr` is a picture (a data URI) for another."""

    id: str
    url: str = field(repr=False)
    qr: str = field(repr=False)
    expires_at: datetime


class Verifier(Protocol):
    """Microsoft Entra Verified ID with Face Check."""

    async def unavailable(self) -> str:
        """Return why nobody can be verified here: `not_set_up`, `no_billing`, `not_permitted`, or "" when all is well.

        Asked again from time to time; the admin is told where the desk tells its health.
        """

    async def probe(self) -> str:
        """Find out in earnest, as `unavailable` would say it."""

    async def begin(self, *, upn: str, state: Secret, key: Secret, threshold: int, language: str) -> Presentation:
        """Ask for the credential of exactly this person, by our own issuer, with a face match.

        `state` comes back with each callback, `key` authenticates it. Raises `Unavailable`, `Rejected`, `AnswerLost`.
        """
