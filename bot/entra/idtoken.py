"""Tokens of the tenant's people, validated by us: msal checks neither issuer nor audience, expiry nor signature."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Protocol

import jwt
from jwt.types import Options

from bot.config.cloud import Cloud
from bot.core.errors import Rejected
from bot.core.ports import Clock
from bot.core.skew import CLOCK_SKEW
from bot.entra.keys import IssuerKey

LONGEST: Final = 16_384  # characters
_LAST: Final = 253_402_300_800.0  # the year 10000: no date can say more
_SIGNATURE_ONLY: Final[Options] = {
    "verify_exp": False,  # the times are compared with our own clock, the names one by one
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


class TokenFlaw(StrEnum):
    """What is wrong with a token: the `code` of `Rejected`."""

    MALFORMED = "malformed"
    ALGORITHM = "algorithm"
    UNKNOWN_KEY = "unknown_key"
    SIGNATURE = "signature"
    WRONG_ISSUER = "wrong_issuer"
    WRONG_AUDIENCE = "wrong_audience"
    WRONG_TENANT = "wrong_tenant"
    WRONG_PERSON = "wrong_person"
    WRONG_NONCE = "wrong_nonce"
    NO_TIMES = "no_times"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    NOT_FOR_EXCHANGE = "not_for_exchange"
    NOT_FROM_TEAMS = "not_from_teams"
    NO_AUTH_TIME = "no_auth_time"
    NO_ACCESS_TOKEN = "no_access_token"  # noqa: S105 - the name of a flaw
    NO_ID_TOKEN = "no_id_token"  # noqa: S105 - the name of a flaw


class IssuerKeys(Protocol):
    async def find(self, kid: str) -> IssuerKey | None: ...


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """What a valid token says. `client` is who got it; `scopes` are empty in an ID token; `contexts` are its `acrs`."""

    tenant: str
    person: str
    client: str
    scopes: frozenset[str]
    contexts: frozenset[str]
    signed_in_at: datetime | None


def openid_url(cloud: Cloud, tenant: str) -> str:
    """Return where the tenant publishes its metadata and, by it, its keys."""
    return f"{cloud.authority(tenant)}/v2.0/.well-known/openid-configuration"


class TokenReader:
    """Believes v2.0 tokens of one tenant for one app. Raises `Rejected` with a `TokenFlaw`, `Unavailable` without keys.

    The claims: https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
    """

    def __init__(self, *, cloud: Cloud, app_id: str, tenant: str, keys: IssuerKeys, clock: Clock) -> None:
        self._issuer = f"{cloud.authority(tenant)}/v2.0"
        self._app_id = app_id.casefold()
        self._tenant = tenant.casefold()
        self._keys = keys
        self._clock = clock

    async def read(self, token: str, *, nonce: str | None = None) -> TokenClaims:
        """Return what the token says; with `nonce`, only when the token answers to that very one."""
        claims = await self._signed(token)
        self._addressed(claims)
        self._timely(claims)
        if nonce is not None and not _same(claims.get("nonce"), nonce):
            raise _flawed(TokenFlaw.WRONG_NONCE)
        person = claims.get("oid")
        if not isinstance(person, str) or not person:
            raise _flawed(TokenFlaw.WRONG_PERSON)
        return TokenClaims(
            tenant=self._tenant,
            person=person.casefold(),
            client=_text(claims.get("azp")).casefold(),
            scopes=frozenset(_text(claims.get("scp")).split()),
            contexts=_strings(claims.get("acrs")),
            signed_in_at=_moment(claims.get("auth_time")),
        )

    async def _signed(self, token: str) -> Mapping[str, Any]:
        if len(token) > LONGEST or not token.isascii():
            raise _flawed(TokenFlaw.MALFORMED)
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.InvalidTokenError, ValueError, RecursionError):
            raise _flawed(TokenFlaw.MALFORMED) from None
        kid = header.get("kid")
        if header.get("alg") != "RS256" or not isinstance(kid, str):
            raise _flawed(TokenFlaw.ALGORITHM)
        key = await self._keys.find(kid)
        if key is None:
            raise _flawed(TokenFlaw.UNKNOWN_KEY)
        try:
            claims: dict[str, Any] = jwt.decode(token, key.public, algorithms=["RS256"], options=_SIGNATURE_ONLY)
        except jwt.InvalidSignatureError:
            raise _flawed(TokenFlaw.SIGNATURE) from None
        except (jwt.InvalidTokenError, ValueError, RecursionError):
            raise _flawed(TokenFlaw.MALFORMED) from None
        return claims

    def _addressed(self, claims: Mapping[str, Any]) -> None:
        if claims.get("iss") != self._issuer:
            raise _flawed(TokenFlaw.WRONG_ISSUER)
        if _text(claims.get("aud")).casefold() != self._app_id:
            raise _flawed(TokenFlaw.WRONG_AUDIENCE)
        if _text(claims.get("tid")).casefold() != self._tenant:
            raise _flawed(TokenFlaw.WRONG_TENANT)

    def _timely(self, claims: Mapping[str, Any]) -> None:
        starts, made, ends = (_moment(claims.get(name)) for name in ("nbf", "iat", "exp"))
        if starts is None or made is None or ends is None:
            raise _flawed(TokenFlaw.NO_TIMES)
        now = self._clock.now()
        if now >= ends + CLOCK_SKEW:
            raise _flawed(TokenFlaw.EXPIRED)
        if now < max(starts, made) - CLOCK_SKEW:
            raise _flawed(TokenFlaw.NOT_YET)


def _flawed(flaw: TokenFlaw) -> Rejected:
    return Rejected(f"a token is not to be believed: {flaw}", code=flaw)


def _same(value: object, wanted: str) -> bool:
    return hmac.compare_digest(_text(value).encode(), wanted.encode())


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _strings(value: object) -> frozenset[str]:
    return frozenset(one for one in value if isinstance(one, str)) if isinstance(value, list) else frozenset()


def _moment(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _LAST:
        return None
    return datetime.fromtimestamp(value, UTC)
