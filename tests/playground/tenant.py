"""What tests of the tenant say to it: MSAL and the SDK taught to speak to loopback, and short ways to ask."""

from __future__ import annotations

from typing import Any

import aiohttp
import jwt
import msal
import requests
from kiota_abstractions.authentication import AccessTokenProvider, AllowedHostsValidator

from playground import entra
from playground.world import GRAPH, World


class Plain:
    """MSAL insists on https; this carries what it says to one loopback origin without it."""

    def __init__(self, origin: str) -> None:
        self._plain = origin
        self._wanted = origin.replace("http://", "https://")
        self._session = requests.Session()

    def get(self, url: str, **more: Any) -> requests.Response:
        answer = self._session.get(url.replace(self._wanted, self._plain), timeout=10, **more)
        answer._content = answer.content.replace(self._plain.encode(), self._wanted.encode())
        return answer

    def post(self, url: str, **more: Any) -> requests.Response:
        return self._session.post(url.replace(self._wanted, self._plain), timeout=10, **more)

    def close(self) -> None:
        self._session.close()


class Ready(AccessTokenProvider):
    """A token that is there already."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def get_authorization_token(self, uri: str, additional_authentication_context: Any = None) -> str:
        del uri, additional_authentication_context
        return self._token

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        return AllowedHostsValidator([])


def connected(world: World, http: Plain, secret: str = "") -> msal.ConfidentialClientApplication:
    return msal.ConfidentialClientApplication(
        world.bot_id,
        client_credential=secret or world.bot_secret,
        authority=world.origin.replace("http:", "https:") + f"/entra/{world.tenant}",
        instance_discovery=False,
        http_client=http,
        exclude_scopes=["offline_access"],
    )


def claims_of(world: World, token: str) -> dict[str, Any]:
    kid = jwt.get_unverified_header(token)["kid"]
    key = next(key for key in world.keys.jwks("entra")["keys"] if key["kid"] == kid)
    audience = jwt.decode(token, options={"verify_signature": False})["aud"]
    claims: dict[str, Any] = jwt.decode(token, jwt.PyJWK(key), algorithms=["RS256"], audience=audience)
    return claims


def fresh(world: World) -> dict[str, str]:
    return {"Authorization": f"Bearer {entra.app_token(world, GRAPH)}"}


async def get(http: aiohttp.ClientSession, path: str, **more: Any) -> tuple[int, dict[str, Any]]:
    async with http.get(path, **more) as answer:
        return answer.status, await answer.json()


async def post(http: aiohttp.ClientSession, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    async with http.post(path, json=body) as answer:
        return answer.status, await answer.json()


def passes(world: World, key: str) -> str:
    return f"users/{world.people[key].id}/authentication/temporaryAccessPassMethods"
