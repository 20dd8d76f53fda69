"""AppTokens: the bot's own access tokens, one call to Entra per scope and lifetime. A token is never logged or kept."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msal
import requests
from msal.exceptions import MsalServiceError

from bot.config.cloud import Cloud
from bot.core.errors import NotGranted, Unavailable
from bot.core.ports import Clock
from bot.entra.transport import Transport, authority

EARLY: Final = timedelta(minutes=5)  # a token is renewed this long before it runs out
PATIENCE: Final = 8.0  # seconds for a token: discovery and the call, each with its own deadline
PASSING: Final = frozenset({"temporarily_unavailable", "server_error", "slow_down"})


class Forgetful(msal.TokenCache):  # type: ignore[misc]  # msal brings no types
    """Keeps nothing: the desk's own clock says when a token is over, and no second copy of it rests in msal."""

    def add(self, event: Any, now: Any = None) -> None:
        """Let it go."""


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    renew_at: datetime

    def __repr__(self) -> str:
        return f"_Token(***, renew_at={self.renew_at!r})"


class AppTokens:
    """Client-credentials tokens by scope. `get` raises `Unavailable` or `NotGranted` (code: Entra's AADSTS number)."""

    def __init__(self, cloud: Cloud, app_id: str, secret: str, tenant: str, clock: Clock) -> None:
        self.app_id = app_id
        self.tenant = tenant
        self._cloud = cloud
        self._secret = secret
        self._clock = clock
        self._tokens: dict[str, _Token] = {}
        self._flights: dict[str, asyncio.Task[_Token]] = {}
        self._app: Any = None
        self._building = threading.Lock()

    async def get(self, scope: str) -> str:
        """Return a token for `scope` that is good for five more minutes at least."""
        token = self._tokens.get(scope)
        if token is not None and self._clock.now() < token.renew_at:
            return token.value
        flight = self._flights.get(scope)
        if flight is None:
            flight = asyncio.create_task(self._fetch(scope))
            flight.add_done_callback(lambda done: self._landed(scope, done))
            self._flights[scope] = flight
        return (await asyncio.shield(flight)).value  # one caller going away must not fail the others

    async def forget(self, scope: str) -> None:
        """Drop a token that was not accepted; the next `get` asks Entra again."""
        self._tokens.pop(scope, None)

    def _landed(self, scope: str, flight: asyncio.Task[_Token]) -> None:
        self._flights.pop(scope, None)
        if not flight.cancelled() and flight.exception() is None:
            self._tokens[scope] = flight.result()

    async def _fetch(self, scope: str) -> _Token:
        asked_at = self._clock.now()
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await asyncio.to_thread(self._ask, scope)
        except TimeoutError:
            raise Unavailable("Entra did not answer in time") from None
        except (requests.RequestException, MsalServiceError, ValueError, KeyError, RuntimeError) as error:
            raise Unavailable(f"Entra could not be asked ({type(error).__name__})") from None
        return _read(answer, asked_at)

    def _ask(self, scope: str) -> dict[str, Any]:
        """Ask Entra, in a thread: msal is synchronous and asks for the tenant's addresses when it is built."""
        with self._building:
            if self._app is None:
                self._app = msal.ConfidentialClientApplication(
                    self.app_id,
                    client_credential=self._secret,
                    authority=authority(self._cloud, self.tenant),
                    http_client=Transport(self._cloud),
                    instance_discovery=False,
                    token_cache=Forgetful(),
                )
        answer: dict[str, Any] = self._app.acquire_token_for_client(scopes=[scope])
        return answer


def _read(answer: dict[str, Any], asked_at: datetime) -> _Token:
    value, lifetime = answer.get("access_token"), answer.get("expires_in")
    if isinstance(value, str) and value and isinstance(lifetime, int):
        return _Token(value, asked_at + max(timedelta(seconds=lifetime) - EARLY, timedelta(seconds=lifetime) / 2))
    if answer.get("error") in PASSING or "error" not in answer:
        raise Unavailable("Entra gave no token for now")
    codes = answer.get("error_codes")
    code = f"AADSTS{codes[0]}" if isinstance(codes, list) and codes else str(answer["error"])[:60]
    raise NotGranted(f"Entra refused the bot a token ({code})", code=code)
