"""A verifier for tests: asks the playground's Request Service as the bot does, and keeps what it is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from playground import entra, graph
from playground.replicas import free_port
from playground.verified import AUTHORITY
from playground.wallet.routes import setup as verify
from playground.world import VERIFIED_ID, World, create

Json = dict[str, Any]
KEY = "the verifier's own secret"


@dataclass
class Verifier:
    """`heard` are the callbacks in the order they came, `keys` what they carried; `answers` are statuses to give."""

    world: World
    http: aiohttp.ClientSession
    callback: str
    heard: list[Json] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def hear(self, request: web.Request) -> web.Response:
        self.heard.append(await request.json())
        self.keys.append(request.headers.get("api-key"))
        return web.Response(status=self.answers.pop(0) if self.answers else 204)

    def body(self, key: str = "ann", **more: Any) -> Json:
        """What the bot sends to find out whether it is really this person."""
        face = {"sourcePhotoClaimName": "photo", "matchConfidenceThreshold": 70}
        one = {
            "type": "VerifiedEmployee",
            "purpose": "To know that it is you",
            "acceptedIssuers": [AUTHORITY],
            "constraints": [{"claimName": "revocationId", "values": [self.world.people[key].upn.upper()]}],
            "configuration": {
                "validation": {"allowRevoked": False, "validateLinkedDomain": True, "faceCheck": face},
            },
        }
        body = {
            "authority": AUTHORITY,
            "includeQRCode": True,
            "includeReceipt": False,
            "registration": {"clientName": "Vouchsafe", "purpose": "To know that it is you"},
            "callback": {"url": self.callback, "state": "made up", "headers": {"api-key": KEY}},
            "requestedCredentials": [one],
        }
        return body | more

    async def ask(self, body: Any, *, token: str | None = None) -> tuple[int, Json]:
        held = entra.app_token(self.world, VERIFIED_ID) if token is None else token
        headers = {"Authorization": f"Bearer {held}"} if held else {}
        url = f"{self.world.origin}/verified-id/v1.0/verifiableCredentials/createPresentationRequest"
        async with self.http.post(url, json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def begun(self, key: str = "ann", **more: Any) -> str:
        """Ask, and return the request's id."""
        status, made = await self.ask(self.body(key, **more))
        assert status == 201, made
        return str(made["requestId"])

    def told(self) -> list[str]:
        return [body["requestStatus"] for body in self.heard]


@asynccontextmanager
async def verifying(folder: Path) -> AsyncIterator[Verifier]:
    """A world with a verifier beside it: real HTTP in both directions."""
    port = free_port()
    world = create(f"http://127.0.0.1:{port}", folder, record=folder / "record")
    app, listener = web.Application(), web.Application()
    for setup in (entra.setup, graph.setup, verify):
        setup(app, world)
    jar = aiohttp.CookieJar(unsafe=True)
    async with (
        TestServer(app, host="127.0.0.1", port=port),
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(10), cookie_jar=jar) as http,
    ):
        verifier = Verifier(world, http, "")
        listener.router.add_post("/verified-id/callback", verifier.hear)
        async with TestServer(listener) as server:
            verifier.callback = str(server.make_url("/verified-id/callback"))
            yield verifier
