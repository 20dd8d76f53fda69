"""Metadata: what anybody may know, of this tenant and of the Bot Framework: addresses and public keys."""

from __future__ import annotations

from aiohttp import web

from playground.entra.refusals import RefusedByEntra
from playground.world import BOT_FRAMEWORK, World


class Metadata:
    def __init__(self, world: World) -> None:
        self._world = world

    async def tenant(self, request: web.Request) -> web.Response:
        known(self._world, request)
        base = f"{self._world.origin}/entra/{self._world.tenant}"
        return web.json_response(
            {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "response_modes_supported": ["query"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code"],
                "scopes_supported": ["openid", "profile", "email"],
                "issuer": self._world.issuer,
                "request_uri_parameter_supported": False,
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "claims_supported": [
                    *("sub", "iss", "aud", "exp", "iat", "auth_time", "acrs", "nonce"),
                    *("preferred_username", "name", "tid", "ver"),
                ],
            }
        )

    async def keys(self, request: web.Request) -> web.Response:
        known(self._world, request)
        return web.json_response(self._world.keys.jwks("entra"))

    async def bot(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": BOT_FRAMEWORK,
                "authorization_endpoint": "https://invalid.botframework.com",
                "jwks_uri": f"{self._world.origin}/botframework/v1/.well-known/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            }
        )

    async def bot_keys(self, _request: web.Request) -> web.Response:
        return web.json_response(self._world.keys.jwks("botframework"))


def known(world: World, request: web.Request) -> None:
    """Refuse a tenant that is not this one."""
    tenant = request.match_info["tenant"]
    if tenant.lower() != world.tenant:
        text = f"Tenant '{tenant}' not found. Check that it is the right tenant and the right cloud."
        raise RefusedByEntra("invalid_request", 90002, text)
