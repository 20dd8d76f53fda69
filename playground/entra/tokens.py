"""Tokens: everything that is signed here, with the claims Microsoft documents and the world's time."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any, Final

from playground.people import Person, guid
from playground.tenant.access import Method, Session
from playground.world import BOT_FRAMEWORK, GRAPH, VERIFIED_ID, World

Claims = dict[str, Any]
LIFE: Final = 3599  # seconds, as Entra says in expires_in
# https://learn.microsoft.com/entra/verified-id/get-started-request-api names the Request Service by its id.
_SKEW: Final = 300
TEAMS: Final = "5e3ce6c0-2b1f-4285-8d4b-75ee78787346"  # the Teams web client's application id
_AMR: Final[dict[Method, list[str]]] = {
    "passkey": ["fido", "mfa"],
    "authenticator": ["pwd", "mfa"],
    "password": ["pwd"],
}


def app_token(world: World, audience: str) -> str:
    """What client credentials buy: an app-only token for one resource."""
    granted = {GRAPH: world.graph.granted, VERIFIED_ID: world.verified.granted}.get(audience)
    roles = {} if granted is None else {"roles": sorted(granted)}
    claims = {
        "aud": audience,
        "appid": world.bot_id,
        "azp": world.bot_id,
        "appidacr": "1",
        "azpacr": "1",
        "idtyp": "app",
        "oid": guid("service-principal/vouchsafe"),
        "ver": "2.0",
    }
    return world.keys.sign(_stamped(world, claims) | roles, "entra")


def user_token(world: World, person: Person, scope: str) -> str:
    """An access token for Graph in a person's name."""
    claims = _who(world, person) | {"aud": GRAPH, "appid": world.bot_id, "azp": world.bot_id, "scp": scope}
    return world.keys.sign(_stamped(world, claims), "entra")


def id_token(world: World, person: Person, *, session: Session, contexts: tuple[str, ...] = (), nonce: str = "") -> str:
    """An ID token for the bot; `acrs` only where it was demanded and the sign-in satisfies it."""
    claims = _who(world, person) | {
        "aud": world.bot_id,
        "auth_time": int(session.at.timestamp()),
        "amr": _AMR[session.method],
    }
    claims |= {"acrs": list(contexts)} if contexts else {}
    claims |= {"nonce": nonce} if nonce else {}
    return world.keys.sign(_stamped(world, claims), "entra")


def sso_token(world: World, person: Person, *, client: str = TEAMS, scope: str = "access_as_user") -> str:
    """What Teams sends in signin/tokenExchange: a token of the person's Teams session for the bot's own API.

    Another app of the tenant that was let in could get one too: that is another `client`.
    """
    claims = _who(world, person) | {"aud": world.bot_id, "azp": client, "azpacr": "0", "scp": scope}
    return world.keys.sign(_stamped(world, claims), "entra")


def channel_token(world: World, service_url: str) -> str:
    """What the Bot Framework shows the bot: https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication."""
    now = int(world.clock.now().timestamp())
    claims = {
        "iss": BOT_FRAMEWORK,
        "aud": world.bot_id,
        "serviceurl": service_url,
        "nbf": now - _SKEW,
        "iat": now - _SKEW,
        "exp": now + LIFE,
    }
    return world.keys.sign(claims, "botframework")


def bearer(world: World, header: str, audience: str) -> Claims | None:
    """Return the claims of an app token in an Authorization header that is ours, for `audience` and in time."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        return None
    claims = verified(world, token.strip())
    if claims is None or claims.get("aud") != audience or claims.get("idtyp") != "app":
        return None
    return claims


def verified(world: World, token: str) -> Claims | None:
    """Return the claims of a token of this tenant that is signed by us and in time."""
    claims = world.keys.read(token, "entra")
    now = world.clock.now().timestamp()
    if claims is None or claims.get("iss") != world.issuer or claims.get("tid") != world.tenant:
        return None
    return claims if claims["nbf"] <= now < claims["exp"] else None


def _who(world: World, person: Person) -> Claims:
    return {
        "name": person.name,
        "oid": person.id,
        "preferred_username": person.upn,
        "sub": _pairwise(world, person.id),
        "ver": "2.0",
    }


def _stamped(world: World, claims: Claims) -> Claims:
    now = int(world.clock.now().timestamp())
    times = {"iat": now, "nbf": now - _SKEW, "exp": now + LIFE}
    return {"iss": world.issuer, "tid": world.tenant, "uti": secrets.token_urlsafe(16)} | times | claims


def _pairwise(world: World, subject: str) -> str:
    digest = hashlib.sha256(f"{world.bot_id}/{subject}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
