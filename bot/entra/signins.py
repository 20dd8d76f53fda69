"""Step-up at Entra: silently on behalf of a person, or by a sign-in page. Only a validated ID token proves anything."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import msal
import requests
from msal.exceptions import MsalServiceError

from bot.config.cloud import Cloud
from bot.config.settings import Settings
from bot.core.errors import DeskError, Forged, Rejected, Unavailable
from bot.core.model import Secret
from bot.core.ports import Clock
from bot.core.signins import SignedIn, SignIns
from bot.entra.idtoken import IssuerKeys, TokenClaims, TokenFlaw, TokenReader
from bot.entra.tokens import PASSING, Forgetful
from bot.entra.transport import DEADLINE, Response, Transport, authority, plain

CALLBACK: Final = "/step-up/callback"
SILENT_LIMIT: Final = 3.0  # seconds: Teams waits for the answer to a token it offered
LIMIT: Final = 8.0
SCOPE: Final = "access_as_user"
# Teams on desktops and phones, and on the web: nobody else gets a token for the desk that it would exchange.
# https://learn.microsoft.com/microsoftteams/platform/bots/how-to/authentication/bot-sso-register-aad
TEAMS: Final = frozenset({"1fec8e78-bce4-4aaf-ab1b-5451cc387264", "5e3ce6c0-2b1f-4285-8d4b-75ee78787346"})
CANCELLED: Final = "cancelled"
CONSENT: Final = "consent_required"
READ_PROOFS: Final = "CustomSecAttributeAssignment.Read.All"
_ANSWER: Final = frozenset({"code", "state", "error", "error_description"})  # msal reads more, but needs no more


class Busy(requests.RequestException):
    """Entra has no time; `retry_after` in seconds if it said when."""

    def __init__(self, retry_after: float | None) -> None:
        super().__init__("Entra is busy")
        self.retry_after = retry_after


class Undivided(Transport):
    """Keeps msal from holding back answers: its throttle takes all on-behalf-of calls for one and the same person's."""

    def post(self, url: str, **kwargs: Any) -> Response:
        response = super().post(url, **kwargs)
        after = response.headers.get("Retry-After", "")
        if response.status_code in {408, 429} or response.status_code >= 500:  # noqa: PLR2004 - HTTP's own numbers
            raise Busy(float(after[:6]) if after.isdecimal() else None)
        response.headers = requests.structures.CaseInsensitiveDict()
        return response


class EntraSignIns(SignIns):
    """No token outlives its call. Raises `Unavailable`, or `Rejected` with Entra's word or our `TokenFlaw`."""

    def __init__(self, *, settings: Settings, cloud: Cloud, keys: IssuerKeys, clock: Clock) -> None:
        self._settings = settings
        self._cloud = cloud
        self._redirect = f"{settings.public_url}{CALLBACK}"
        self._tokens = TokenReader(
            cloud=cloud, app_id=settings.app_id, tenant=settings.tenant_id, keys=keys, clock=clock
        )
        self._transport = Undivided(cloud, deadline=DEADLINE)
        self._app: Any = None
        self._building = threading.Lock()

    async def close(self) -> None:
        self._transport.close()

    async def silently(self, token: str, *, tenant: str, person: str, context: str) -> SignedIn:
        await self._exchangeable(token, tenant, person)
        scope = self._scope("User.Read")

        def ask() -> Any:
            return self._client().acquire_token_on_behalf_of(token, [scope], claims_challenge=_claims(context))

        answer = await self._asked(ask, SILENT_LIMIT)
        identity = await self._tokens.read(_id_token(answer))
        _belongs(identity, tenant, person)
        return _proven(identity)

    async def delegated(self, token: Secret, *, tenant: str, person: str) -> Secret:
        await self._exchangeable(token.reveal(), tenant, person)
        scope = self._scope(READ_PROOFS)

        def ask() -> Any:
            return self._client().acquire_token_on_behalf_of(token.reveal(), [scope])

        answer = await self._asked(ask, SILENT_LIMIT)
        if answer.get("suberror") == CONSENT:  # Entra calls a missing consent an invalid grant first
            raise Rejected("Entra refused", code=CONSENT)
        value = _granted(answer).get("access_token")
        if not isinstance(value, str) or not value:
            raise Rejected("Entra sent no access token", code=TokenFlaw.NO_ACCESS_TOKEN)
        return Secret(value)

    async def begin(self, *, context: str, login_hint: str) -> Mapping[str, object]:
        def ask() -> Any:
            return self._client().initiate_auth_code_flow(
                scopes=[],
                redirect_uri=self._redirect,
                login_hint=login_hint or None,
                prompt="login",
                claims_challenge=_claims(context),
                response_mode="form_post",
            )

        flow = await self._asked(ask, LIMIT)
        return {**flow, "auth_uri": self._address(str(flow["auth_uri"]))}

    async def finish(self, flow: Mapping[str, object], answer: Mapping[str, str]) -> SignedIn:
        known = {name: value for name, value in answer.items() if name in _ANSWER}
        nonce = flow.get("nonce")
        if not isinstance(nonce, str):
            raise Rejected("the sign-in was not begun here", code=TokenFlaw.WRONG_NONCE)

        def ask() -> Any:
            return self._client().acquire_token_by_auth_code_flow(dict(flow), known)

        result = await self._asked(ask, LIMIT)
        hashed = hashlib.sha256(nonce.encode()).hexdigest()  # what msal sent instead of the nonce
        return _proven(await self._tokens.read(_id_token(result), nonce=hashed))

    async def _exchangeable(self, token: str, tenant: str, person: str) -> None:
        """Raise `Forged` for what no client of Teams would offer for this person; an old token is only old."""
        try:
            await self._offered(token, tenant, person)
        except Rejected as error:
            if error.code in {TokenFlaw.EXPIRED, TokenFlaw.NOT_YET}:
                raise
            raise Forged(str(error), code=error.code) from None

    async def _offered(self, token: str, tenant: str, person: str) -> None:
        offered = await self._tokens.read(token)
        _belongs(offered, tenant, person)
        if SCOPE not in offered.scopes:  # an ID token is for us to read, not to exchange, and so is any other
            raise Rejected("a token is not to be exchanged", code=TokenFlaw.NOT_FOR_EXCHANGE)
        if offered.client not in TEAMS:
            raise Rejected("a token another client got", code=TokenFlaw.NOT_FROM_TEAMS)

    def _scope(self, permission: str) -> str:
        return f"{self._cloud.graph_scope.removesuffix('.default')}{permission}"

    def _address(self, uri: str) -> str:
        """Have the answer come in the query: a form posted from Entra's site would not carry our Lax cookie."""
        parts = urlsplit(plain(self._cloud, uri))
        query = [(k, "query" if k == "response_mode" else v) for k, v in parse_qsl(parts.query)]
        return parts._replace(query=urlencode(query)).geturl()

    async def _asked(self, ask: Callable[[], Any], limit: float) -> dict[str, Any]:
        """Run msal, which is synchronous, in a thread. What it raises may quote tokens: none of it goes on."""
        try:
            async with asyncio.timeout(limit):
                answer: dict[str, Any] = await asyncio.to_thread(ask)
        except (requests.RequestException, MsalServiceError, TimeoutError) as error:
            after = error.retry_after if isinstance(error, Busy) else None
            fault: DeskError = Unavailable(f"Entra could not be asked ({type(error).__name__})", retry_after=after)
        except (ValueError, RuntimeError, KeyError, AssertionError, TypeError):  # wrong state or nonce, no code
            fault = Rejected("Entra's answer does not fit the sign-in", code="mismatch")
        else:
            return answer
        raise fault

    def _client(self) -> Any:
        with self._building:
            if self._app is None:
                self._app = self._built()
            return self._app

    def _built(self) -> Any:
        try:
            return msal.ConfidentialClientApplication(
                self._settings.app_id,
                client_credential=self._settings.app_secret.get_secret_value(),
                authority=authority(self._cloud, self._settings.tenant_id),
                http_client=self._transport,
                instance_discovery=False,
                token_cache=Forgetful(),
                exclude_scopes=["offline_access"],
            )
        except ValueError:  # so msal calls a tenant's metadata that cannot be had
            raise Busy(None) from None


def _claims(context: str) -> str:
    """Demand a context: https://learn.microsoft.com/entra/identity-platform/developer-guide-conditional-access-authentication-context."""
    return json.dumps({"id_token": {"acrs": {"essential": True, "value": context}}}, separators=(",", ":"))


def _id_token(answer: Mapping[str, Any]) -> str:
    """Return the ID token of an answer, or raise what its error means."""
    token = _granted(answer).get("id_token")
    if not isinstance(token, str):
        raise Rejected("Entra sent no ID token", code=TokenFlaw.NO_ID_TOKEN)
    return token


def _granted(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an answer without an error, or raise what its error means."""
    error = answer.get("error")
    if error == "access_denied":
        raise Rejected("the person cancelled", code=CANCELLED)
    if error in PASSING:
        raise Unavailable("Entra gave no token for now")
    if error:
        raise Rejected("Entra refused", code="".join(c for c in str(error) if c.isalnum() or c == "_")[:60])
    return answer


def _belongs(identity: TokenClaims, tenant: str, person: str) -> None:
    if identity.tenant != tenant.casefold():
        raise Rejected("a token of another tenant", code=TokenFlaw.WRONG_TENANT)
    if identity.person != person.casefold():
        raise Rejected("a token of another person", code=TokenFlaw.WRONG_PERSON)


def _proven(identity: TokenClaims) -> SignedIn:
    if identity.signed_in_at is None:
        raise Rejected("Entra did not say when the sign-in was", code=TokenFlaw.NO_AUTH_TIME)
    return SignedIn(identity.tenant, identity.person, identity.contexts, identity.signed_in_at)
