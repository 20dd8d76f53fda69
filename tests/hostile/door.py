"""The door as production hangs it, for hostile hands: real keys, real tokens, and a count of all that goes out."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

import cards
from bot.core.kind import Kinds
from bot.core.model import Actor
from bot.entra.keys import KeyRing
from bot.kinds import KINDS
from bot.process import metrics, service
from bot.process.runner import IDLE, LINGER, runner
from bot.teams import endpoint
from bot.teams.turn import Viewer
from bot.web.limit import Limit
from bot.web.middleware import surfacing
from bot.web.page import Pages
from tests.adapters.edge import Edge, Issuer, Json, Post, SetClock, ToldDesk, cloud_at, home, key, settings

PATH = "/api/messages"


class Notary(Issuer):
    """An issuer that signs whatever bytes there are."""

    def seal(self, head: Any, body: Any, *, kid: str = "one") -> str:
        """A token of exactly these bytes, rightly signed by RS256 whatever its header says."""
        signed = f"{part(head)}.{part(body)}"
        signature = self.private[kid].sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{part(signature)}"


@dataclass
class Door(Edge):
    """`calls` is every address this process asked for; `desk` and `post` tell what came of a delivery."""

    issuer: Notary
    calls: list[str] = field(default_factory=list)

    @property
    def seen(self) -> tuple[Any, ...]:
        """All that a delivery could have brought about."""
        desk, post = self.desk, self.post
        return (list(desk.asked), list(desk.homes), list(desk.gone), set(desk.seen), list(post.sent), list(post.opened))

    async def knock(self, activity: Any, *headers: tuple[str, str]) -> tuple[int, str]:
        """Deliver with just these headers; return the status and the body."""
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        sent = [("Content-Type", "application/json"), *headers]
        async with self.client.post(PATH, data=body, headers=sent, skip_auto_headers=("Content-Type",)) as response:
            return response.status, await response.text()


@asynccontextmanager
async def door(
    desk: Any = None,
    *,
    post: Any = None,
    clock: Any = None,
    kinds: Kinds | None = None,
    tenant: str = "",
    reading: float = endpoint.READING,
    idle: float = IDLE,
    linger: float = LINGER,
    viewer: Viewer | None = None,
) -> AsyncIterator[Door]:
    """Open the door. `desk`, `post` and `clock` may be those of a whole office."""
    issuer, told, sent, now = Notary(), desk or ToldDesk(home()), post or Post(), clock or SetClock()
    issuer.add("one")
    calls: list[str] = []
    own = settings() if not tenant else settings().model_copy(update={"tenant_id": tenant})
    async with TestServer(issuer.app()) as server, aiohttp.ClientSession(trace_configs=[_counting(calls)]) as session:
        cloud = cloud_at(str(server.make_url("")).rstrip("/"))
        pages = Pages(cloud, cards.text, own.helpdesk_contact)
        app = web.Application(
            middlewares=[surfacing(pages, metrics.failed, Limit(burst=1000, rate=1000))],
            client_max_size=service.LARGEST,
        )
        keys = KeyRing(session, cloud.bot_openid, now)
        endpoint.setup(
            app,
            desk=told,
            kinds=kinds or {"tap": KINDS["tap"]},
            settings=own,
            cloud=cloud,
            keys=keys,
            messenger=sent,
            clock=now,
            reading=reading,
            viewer=viewer,
        )
        async with TestClient(Hung(app, idle, linger)) as client:
            yield Door(client, issuer, now, told, sent, cloud, calls=calls)


class Hung(TestServer):
    """The application behind the same protocol settings as in production."""

    def __init__(self, app: web.Application, idle: float, linger: float) -> None:
        super().__init__(app)
        self._waits = {"idle": idle, "linger": linger}

    async def _make_runner(self, **_: Any) -> web.AppRunner:
        return runner(self.app, **self._waits)


def part(value: Any) -> str:
    """A part of a token: bytes as they are, a string as its UTF-8, anything else as JSON."""
    raw = value if isinstance(value, bytes) else (value if isinstance(value, str) else json.dumps(value)).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def head(**other: Any) -> Json:
    whole: Mapping[str, Any] = {"alg": "RS256", "kid": "one", "typ": "JWT", **other}
    return {name: value for name, value in whole.items() if value is not None}


def bearer(token: str) -> tuple[str, str]:
    return "Authorization", f"Bearer {token}"


def _counting(calls: list[str]) -> aiohttp.TraceConfig:
    async def begun(_: Any, __: Any, asked: aiohttp.TraceRequestStartParams) -> None:
        await asyncio.sleep(0)
        calls.append(asked.url.path)

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(begun)
    return trace


__all__ = ["PATH", "Actor", "Door", "bearer", "door", "head", "key", "part"]
