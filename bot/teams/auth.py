"""Who may speak to the bot: Teams, of our tenant, proved by a signed token; every check, every time.

The rules: https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from jwt.algorithms import RSAAlgorithm

from bot.config.cloud import Cloud
from bot.core.ports import Clock
from bot.core.skew import CLOCK_SKEW
from bot.entra.keys import IssuerKey, KeyRing
from bot.teams.origins import trusted

SKEW: Final = CLOCK_SKEW.total_seconds()
CHANNEL: Final = "msteams"
LONGEST_TOKEN: Final = 8 * 1024
REMEMBERED: Final = 1024  # verified tokens; Teams uses one for about an hour
LAST_SECOND: Final = 1e11  # in the year 5138
PERSONAL: Final = frozenset({"message", "invoke", "messageUpdate"})  # what only a person does
ALGORITHM: Final = "RS256"
# What changes how a token is read (https://www.rfc-editor.org/rfc/rfc7515#section-4.1); Teams' own have none of it.
FOREIGN: Final = frozenset({"crit", "b64", "zip", "cty", "enc"})
_BEARER: Final = re.compile(r"Bearer ([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
GUID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_RS256: Final = RSAAlgorithm(RSAAlgorithm.SHA256)


class NotAdmitted(Exception):
    """A delivery that is not from Teams (401), or not one this bot takes (403). `reason` is a word for the log."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says, and the key that proved it."""

    service_url: str
    starts_at: float
    ends_at: float
    key: IssuerKey


class Gate:
    """Admits activities. Raises `NotAdmitted`, or `Unavailable` when the issuer's keys cannot be had."""

    def __init__(
        self, *, cloud: Cloud, app_id: str, tenant: str, keys: KeyRing, clock: Clock, remember: int = REMEMBERED
    ) -> None:
        if not app_id or not tenant:
            raise ValueError("a bot without an app id and a tenant would let anybody in")
        self._cloud = cloud
        self._app_id = app_id.lower()
        self._tenant = tenant.lower()
        self._keys = keys
        self._clock = clock
        self._remember = remember
        self._verified: OrderedDict[bytes, Claims] = OrderedDict()

    async def recognise(self, header: str) -> Claims:
        """Check who is there, before anything of what they bring is read."""
        claims = await self._token(header)
        self._timely(claims)
        return claims

    def admit(self, claims: Claims, activity: Mapping[str, Any]) -> None:
        """Check what a recognised caller brings: where it comes from, and for which tenant."""
        if activity.get("channelId") != CHANNEL:
            raise NotAdmitted(403, "channel")
        if CHANNEL not in claims.key.endorsements:
            raise NotAdmitted(403, "endorsement")
        url = activity.get("serviceUrl")
        if not isinstance(url, str) or url != claims.service_url:
            raise NotAdmitted(403, "service_url_claim")
        if not trusted(self._cloud, url):
            raise NotAdmitted(403, "service_url")
        self._addressed(activity)

    def _addressed(self, activity: Mapping[str, Any]) -> None:
        if _low(_at(activity, "recipient", "id")) != f"28:{self._app_id}":
            raise NotAdmitted(403, "recipient")
        named = (_at(activity, "channelData", "tenant", "id"), _at(activity, "conversation", "tenantId"))
        if {_low(tenant) for tenant in named if tenant is not None} != {self._tenant}:
            raise NotAdmitted(403, "tenant")
        if not isinstance(_at(activity, "conversation", "id"), str):
            raise NotAdmitted(403, "conversation")
        person = _at(activity, "from", "aadObjectId")
        if (person is not None or activity.get("type") in PERSONAL) and not _guid(person):
            raise NotAdmitted(403, "person")

    async def _token(self, header: str) -> Claims:
        token = _BEARER.fullmatch(header) if len(header) <= LONGEST_TOKEN else None
        if token is None:
            raise NotAdmitted(401, "no_token")
        digest = hashlib.sha256(header.encode()).digest()
        known = self._verified.get(digest)
        if known is not None and await self._keys.find(known.key.kid) is known.key:
            self._verified.move_to_end(digest)
            return known
        claims = await self._verify(*token.groups())  # where its key was withdrawn, it is not believed any more
        self._verified[digest] = claims
        if len(self._verified) > self._remember:
            self._verified.popitem(last=False)
        return claims

    async def _verify(self, head: str, body: str, signature: str) -> Claims:
        header = _object(head)
        if header.get("alg") != ALGORITHM or header.get("typ", "JWT") != "JWT" or FOREIGN & header.keys():
            raise NotAdmitted(401, "algorithm")
        kid = header.get("kid")
        key = await self._keys.find(kid) if isinstance(kid, str) else None
        if key is None:
            raise NotAdmitted(401, "unknown_key")
        if not _RS256.verify(f"{head}.{body}".encode(), key.public, _bytes(signature)):
            raise NotAdmitted(401, "signature")
        return self._read(_object(body), key)

    def _read(self, claims: Mapping[str, Any], key: IssuerKey) -> Claims:
        """Compare the claims; a token of the emulator, of a skill or of Entra fails on the issuer."""
        if claims.get("iss") != self._cloud.bot_issuer:
            raise NotAdmitted(401, "issuer")
        if _low(claims.get("aud")) != self._app_id:
            raise NotAdmitted(401, "audience")
        starts, ends = _seconds(claims.get("nbf")), _seconds(claims.get("exp"))
        if "iat" in claims:
            starts = max(starts, _seconds(claims["iat"]))
        urls = [value for name, value in claims.items() if name.lower() == "serviceurl"]
        if len(urls) != 1 or not isinstance(urls[0], str):
            raise NotAdmitted(403, "service_url_claim")
        return Claims(service_url=urls[0], starts_at=starts, ends_at=ends, key=key)

    def _timely(self, claims: Claims) -> None:
        now = self._clock.now().timestamp()
        if now >= claims.ends_at + SKEW:
            raise NotAdmitted(401, "expired")
        if now < claims.starts_at - SKEW:
            raise NotAdmitted(401, "not_yet")


def _at(activity: Mapping[str, Any], *path: str) -> Any:
    """Return what is there; False, which equals nothing, where something other than an object is in the way."""
    here: Any = activity
    for name in path:
        if here is None:
            return None
        if not isinstance(here, dict):
            return False
        here = here.get(name)
    return here


def _low(value: object) -> str:
    return value.lower() if isinstance(value, str) else ""


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < LAST_SECOND:
        raise NotAdmitted(401, "no_times")
    return float(value)


def _guid(value: object) -> bool:
    return isinstance(value, str) and GUID.fullmatch(value) is not None


def _object(part: str) -> dict[str, Any]:
    """Read a part of a token: an object in UTF-8 that says nothing twice, as readers differ in which one they take."""
    try:
        found = json.loads(_bytes(part).decode("utf-8"), object_pairs_hook=_once, parse_constant=_constant)
    except (ValueError, RecursionError):
        raise NotAdmitted(401, "malformed") from None
    if not isinstance(found, dict):
        raise NotAdmitted(401, "malformed")
    return found


def _bytes(part: str) -> bytes:
    """Decode base64url as it must be written, so that one token has one spelling."""
    try:
        raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise NotAdmitted(401, "malformed") from None
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
        raise NotAdmitted(401, "malformed")
    return raw


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is there twice")
    return found


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
