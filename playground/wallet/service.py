"""Service: the Request Service; it believes only a token that was made for it and has the role for asking.

https://learn.microsoft.com/entra/verified-id/presentation-request-api
"""

from __future__ import annotations

import json
from typing import Any, Final

import segno
from aiohttp import web

from playground.entra.tokens import bearer
from playground.verified.asked import Asked, Wanted, read
from playground.verified.credentials import AUTHORITY
from playground.verified.refusals import RefusedByVerifier, bad
from playground.verified.state import CREATE, Presentation
from playground.world import VERIFIED_ID, World

Json = dict[str, Any]
CREATE_PATH: Final = "/v1.0/verifiableCredentials/createPresentationRequest"
_ROLES: Final = frozenset({CREATE, "VerifiableCredential.Create.All"})
_BILLING: Final = "Premium features cannot be used until billing is enabled by the admin. See https://aka.ms/fcbilling"


class Service:
    def __init__(self, world: World) -> None:
        self._world = world

    async def create(self, request: web.Request) -> web.Response:
        """POST: keep the request and say where a wallet finds it."""
        self._authorized(request)
        asked = read(await _body(request), authority=AUTHORITY)
        if asked.wanted.face is not None and not self._world.verified.billing:
            raise bad(_BILLING, "authority")
        made = self._world.verified.begin(asked)
        return web.json_response(self._made(made), status=201)

    async def described(self, request: web.Request) -> web.Response:
        """GET: what a wallet is told of a request; what the verifier keeps to itself is not in it."""
        found = self._world.verified.requests.get(request.match_info["request"])
        if found is None:
            raise RefusedByVerifier(404, "notFound", "There is no such request.", target="requestId")
        return web.json_response(_described(found), headers={"Cache-Control": "no-store"})

    def _authorized(self, request: web.Request) -> None:
        claims = bearer(self._world, request.headers.get("Authorization", ""), VERIFIED_ID)
        if claims is None:
            raise RefusedByVerifier(
                401, "tokenError", "The access token is missing or not valid.", target="Authorization"
            )
        if _ROLES.isdisjoint(claims.get("roles", ())):
            raise RefusedByVerifier(403, "tokenError", f"The access token has no role {CREATE}.", target="roles")

    def _made(self, made: Presentation) -> Json:
        url = f"openid-vc://?request_uri={self._world.origin}/verified-id/requests/{made.id}"
        answer: Json = {"requestId": made.id, "url": url, "expiry": int(made.expires.timestamp())}
        if made.asked.picture:
            answer["qrCode"] = segno.make_qr(url, error="l").png_data_uri(scale=6)
        return answer


async def _body(request: web.Request) -> Any:
    if request.content_type != "application/json":
        raise RefusedByVerifier(415, "badOrMissingField", "Send JSON as application/json.", target="Content-Type")
    try:
        return json.loads(await request.read())
    except (ValueError, RecursionError):
        raise bad("The body is not JSON.", "body") from None


def _described(found: Presentation) -> Json:
    asked: Asked = found.asked
    return {
        "requestId": found.id,
        "authority": AUTHORITY,
        "registration": {"clientName": asked.client, "purpose": asked.purpose},
        "requestedCredentials": [_wanted(asked.wanted)],
        "expiry": int(found.expires.timestamp()),
    }


def _wanted(wanted: Wanted) -> Json:
    face = wanted.face and {
        "sourcePhotoClaimName": wanted.face.photo,
        "matchConfidenceThreshold": wanted.face.threshold,
    }
    named = [{"claimName": one.claim, "operand": one.operand, "values": list(one.values)} for one in wanted.constraints]
    return {
        "type": wanted.type,
        "purpose": wanted.purpose,
        "acceptedIssuers": list(wanted.issuers),
        "constraints": named,
        "faceCheck": face,
    }
