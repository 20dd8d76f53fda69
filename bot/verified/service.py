"""Request Service: asks Entra Verified ID for a person's credential, once; state and key only pass through."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

import aiohttp
import structlog

from bot.config.cloud import Cloud
from bot.config.outgoing import NOT_SENT, via
from bot.core.errors import AnswerLost, DeskError, Rejected, Unavailable
from bot.core.model import Secret
from bot.core.ports import Clock
from bot.core.tokens import Tokens
from bot.core.verifier import Presentation, Verifier
from bot.verified import wire
from bot.verified.wire import CredentialType, ServiceAnswer

CALLBACK: Final = "/verified-id/callback"
NOT_SET_UP: Final = "not_set_up"
LIMIT: Final = 4.0  # seconds for the token and the call
CONNECT: Final = 2.0
LARGEST: Final = 64 * 1024  # bytes of an answer
REMEMBERED: Final = timedelta(minutes=10)
LASTING: Final = frozenset({wire.NO_BILLING, wire.NOT_PERMITTED})
NAMELESS: Final = "nameless"
NOBODY: Final = "probe@invalid"
USUAL: Final = 70  # per cent, Verified ID's own default

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """Why nobody can be verified, as it was found out last."""

    reason: str
    until: datetime


class RequestService(Verifier):
    """`core.verifier.Verifier` by HTTP. `purpose` says, in a language, what a wallet shows as the reason for asking."""

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        tokens: Tokens,
        cloud: Cloud,
        clock: Clock,
        wanted: CredentialType,
        public_url: str,
        purpose: Callable[[str], str],
    ) -> None:
        self._session = session
        self._tokens = tokens
        self._clock = clock
        self._wanted = wanted
        self._scope = cloud.verified_id_scope
        self._url = f"{cloud.verified_id}{wire.PATH}" if cloud.verified_id else ""
        self._callback = f"{public_url}{CALLBACK}"
        self._purpose = purpose
        self._told: Told | None = None

    async def unavailable(self) -> str:
        """Return what is known without asking: the set-up, and a refusal of the last ten minutes."""
        if not self._set_up:
            return NOT_SET_UP
        told = self._told
        return told.reason if told is not None and self._clock.now() < told.until else ""

    async def probe(self) -> str:
        """Find out, by a request nobody can answer: it costs nothing, for only a face that is checked does."""
        if self._set_up:
            state, key = Secret(secrets.token_urlsafe()), Secret(secrets.token_urlsafe())
            try:
                await self.begin(upn=NOBODY, state=state, key=key, threshold=USUAL, language="en")
            except Rejected as refused:
                self._remember(refused.code if refused.code in LASTING else NOT_SET_UP)
            except (Unavailable, AnswerLost):
                log.info("verified_id_not_probed")  # what was known before still holds for its time
        return await self.unavailable()

    async def begin(self, *, upn: str, state: Secret, key: Secret, threshold: int, language: str) -> Presentation:
        """Ask for the credential of exactly this person, once. A refusal for want of billing or permission is kept."""
        if not self._set_up:
            raise Rejected("Verified ID is not set up", code=NOT_SET_UP)
        if not upn:
            raise Rejected("Verified ID is asked about somebody with a name", code=NAMELESS)
        body = wire.request(
            self._wanted,
            upn=upn,
            callback=self._callback,
            state=state,
            key=key,
            threshold=threshold,
            purpose=self._purpose(language),
        )
        try:
            begun = wire.presentation(await self._send(body), self._clock.now())
        except DeskError as fault:
            log.warning("verified_id_fault", outcome=type(fault).__name__.lower(), said=str(fault))
            if isinstance(fault, Rejected) and fault.code in LASTING:
                self._remember(fault.code)
            raise
        self._told = None
        return begun

    @property
    def _set_up(self) -> bool:
        return bool(self._wanted.authority and self._url and self._scope)

    def _remember(self, reason: str) -> None:
        self._told = Told(reason, self._clock.now() + REMEMBERED)

    async def _send(self, body: bytes) -> ServiceAnswer:
        """Send it once. Until there is a token nothing has left; from then on a lost answer is one."""
        sent = False
        try:
            async with asyncio.timeout(LIMIT):
                headers = {
                    "Authorization": f"Bearer {await self._tokens.get(self._scope)}",
                    "Content-Type": "application/json",
                }
                sent = True
                answer = await self._post(body, headers)
        except NOT_SENT:
            raise Unavailable("Verified ID cannot be reached", retry_after=wire.AGAIN) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if sent:
                raise AnswerLost(f"Verified ID did not answer ({type(error).__name__})") from None
            raise Unavailable("Entra gave no token in time", retry_after=wire.AGAIN) from None
        if answer.status == HTTPStatus.UNAUTHORIZED:
            await self._tokens.forget(self._scope)
        return answer

    async def _post(self, body: bytes, headers: dict[str, str]) -> ServiceAnswer:
        patience = aiohttp.ClientTimeout(total=LIMIT, sock_connect=CONNECT)
        async with self._session.post(
            self._url, data=body, headers=headers, timeout=patience, allow_redirects=False, proxy=via(self._url)
        ) as response:
            raw = bytearray()
            async for chunk in response.content.iter_chunked(8192):
                raw += chunk
                if len(raw) > LARGEST:
                    raise AnswerLost("Verified ID: an answer without an end")
            return ServiceAnswer(response.status, response.headers.get("Retry-After", ""), bytes(raw))
