"""Sign-ins: Entra's side of a step-up, as a port, and what a sign-in that was validated says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.core.model import Secret


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a validated ID token says: it was issued to us, for this person, with this context, at this time."""

    tenant: str
    person: str
    contexts: frozenset[str]
    at: datetime


class SignIns(Protocol):
    """Entra's side of a step-up. Every method raises `Unavailable` or `Rejected` (with Entra's code)."""

    async def silently(self, token: str, *, tenant: str, person: str, context: str) -> SignedIn:
        """Validate a token Teams exchanged and try on-behalf-of with the context demanded."""

    async def delegated(self, token: Secret, *, tenant: str, person: str) -> Secret:
        """Exchange a token from Teams for one that reads custom security attributes as that person."""

    async def begin(self, *, context: str, login_hint: str) -> Mapping[str, object]:
        """Start an authorization code flow with PKCE; return MSAL's flow, its `auth_uri` included."""

    async def finish(self, flow: Mapping[str, object], answer: Mapping[str, str]) -> SignedIn:
        """Redeem Entra's answer and validate the ID token ourselves."""
