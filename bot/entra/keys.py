"""KeyRing: the public keys of one issuer, fetched by its OpenID metadata; without keys nothing is believed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm
from jwt.exceptions import InvalidKeyError

from bot.config.outgoing import via
from bot.core.errors import Unavailable
from bot.core.ports import Clock

FRESH: Final = timedelta(days=1)
LONGEST: Final = timedelta(days=5)  # as long are old keys believed when no new ones can be had
UNKNOWN: Final = timedelta(minutes=1)  # between two refreshes for a key nobody knows
RETRY: Final = timedelta(seconds=5)  # between two tries when the last one failed
DEADLINE: Final = aiohttp.ClientTimeout(total=2.5)
LARGEST: Final = 512 * 1024
SMALLEST_KEY: Final = 2048  # bits

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A public key and the channels its holder may speak for. The same object as long as it is published unchanged."""

    kid: str
    public: RSAPublicKey
    endorsements: frozenset[str]
    published: str


class KeyRing:
    """Keys by id. Fetched once, renewed daily; an unknown id may renew them once a minute, however many ask."""

    def __init__(self, session: aiohttp.ClientSession, openid_url: str, clock: Clock) -> None:
        self._session = session
        self._url = openid_url
        self._clock = clock
        self._keys: Mapping[str, IssuerKey] = {}
        self._fetched_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._asked_at: datetime | None = None
        self._flight: asyncio.Task[None] | None = None

    async def find(self, kid: str) -> IssuerKey | None:
        """Return the key, or None when the issuer does not publish it. Raises `Unavailable` without any keys."""
        await self.load()
        now = self._clock.now()
        key = self._keys.get(kid)
        if key is None and _past(self._asked_at, UNKNOWN, now):
            self._asked_at = now
            await self._refresh(now)
            key = self._keys.get(kid)
        elif key is None and self._flight is not None:
            await asyncio.shield(self._flight)
            key = self._keys.get(kid)
        return key

    async def load(self) -> None:
        """Make sure that there are keys to believe. Raises `Unavailable`."""
        now = self._clock.now()
        age = self._age(now)
        if age is None or age > LONGEST:
            await self._refresh(now)
            age = self._age(now)
            if age is None or age > LONGEST:
                raise Unavailable("the issuer's signing keys cannot be had", retry_after=RETRY.total_seconds())
        elif age > FRESH:
            self._start(now)  # yesterday's keys will do until the new ones are here

    def _age(self, now: datetime) -> timedelta | None:
        return None if self._fetched_at is None else now - self._fetched_at

    async def _refresh(self, now: datetime) -> None:
        flight = self._start(now)
        if flight is not None:
            await asyncio.shield(flight)

    def _start(self, now: datetime) -> asyncio.Task[None] | None:
        """Begin to fetch, or join the fetch under way; None when the last try failed a moment ago."""
        if self._flight is None and _past(self._tried_at, RETRY, now):
            self._tried_at = now
            self._flight = asyncio.create_task(self._fetch(now))
            self._flight.add_done_callback(self._landed)
        return self._flight

    def _landed(self, _: asyncio.Task[None]) -> None:
        self._flight = None

    async def _fetch(self, now: datetime) -> None:
        """Fetch; on failure the keys that are there stay."""
        try:
            address = _address(await self._json(self._url), self._url)
            found = _parse(await self._json(address), self._keys)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.warning("keys_not_fetched", issuer=urlsplit(self._url).hostname, error=type(error).__name__)
            return
        self._keys, self._fetched_at, self._tried_at = found, now, None

    async def _json(self, url: str) -> dict[str, Any]:
        async with self._session.get(url, timeout=DEADLINE, allow_redirects=False, proxy=via(url)) as response:
            if response.status != 200:  # noqa: PLR2004 - an HTTP status
                raise ValueError(f"status {response.status}")
            body = await response.content.read(LARGEST + 1)
            while not response.content.at_eof() and len(body) <= LARGEST:
                body += await response.content.read(LARGEST + 1)
        if len(body) > LARGEST:
            raise ValueError("too large")
        document = json.loads(body)
        if not isinstance(document, dict):
            raise ValueError("not an object")  # noqa: TRY004 - one family of errors for one document
        return document


def _past(then: datetime | None, pause: timedelta, now: datetime) -> bool:
    return then is None or now - then >= pause or now < then


def _address(metadata: Mapping[str, Any], url: str) -> str:
    """Return where the keys are; a document read over https may not lead to plain http."""
    address = metadata.get("jwks_uri")
    if not isinstance(address, str) or urlsplit(address).scheme != urlsplit(url).scheme:
        raise ValueError("no usable jwks_uri")
    return address


def _parse(document: Mapping[str, Any], old: Mapping[str, IssuerKey]) -> dict[str, IssuerKey]:
    """Read a key set (https://www.rfc-editor.org/rfc/rfc7517); what is not an RSA signing key is passed over."""
    found: dict[str, IssuerKey] = {}
    published = document.get("keys")
    for jwk in published if isinstance(published, list) else []:
        key = _key(jwk) if isinstance(jwk, dict) else None
        if key is not None:
            known = old.get(key.kid)
            found[key.kid] = known if known is not None and known.published == key.published else key
    if not found:
        raise ValueError("no usable key")
    return found


def _key(jwk: dict[str, Any]) -> IssuerKey | None:
    kid, endorsements = jwk.get("kid"), jwk.get("endorsements")
    if jwk.get("use", "sig") != "sig" or not isinstance(kid, str):
        return None
    try:
        public = RSAAlgorithm.from_jwk(jwk)
    except (InvalidKeyError, ValueError, TypeError, KeyError):
        return None
    if not isinstance(public, RSAPublicKey) or public.key_size < SMALLEST_KEY:
        return None
    endorsed = (
        frozenset(e for e in endorsements if isinstance(e, str)) if isinstance(endorsements, list) else frozenset()
    )
    return IssuerKey(kid=kid, public=public, endorsements=endorsed, published=repr(sorted(jwk.items())))
