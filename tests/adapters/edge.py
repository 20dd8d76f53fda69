"""Teams at the door: an issuer with real keys, deliveries with real tokens, a desk that says what it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import aiohttp
import jwt
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from bot.config.cloud import Cloud
from bot.config.settings import Settings
from bot.core.actions import Action
from bot.core.answers import Answer, Done, HomeCard
from bot.core.model import Actor, Chat, Mode, Person, Receipt, Request, Status
from bot.entra.keys import KeyRing
from bot.kinds import KINDS
from bot.teams import endpoint

Json = dict[str, Any]

APP = "aaaaaaaa-0000-4000-8000-00000000000a"
TENANT = "bbbbbbbb-0000-4000-8000-00000000000b"
ANN, BEN = "cccccccc-0000-4000-8000-00000000000c", "dddddddd-0000-4000-8000-00000000000d"
SERVICE = "https://smba.example/emea/"
ISSUER = "https://api.botframework.com"
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@dataclass
class SetClock:
    time: datetime = NOW

    def now(self) -> datetime:
        return self.time

    def advance(self, **how: float) -> None:
        self.time += timedelta(**how)


@cache
def key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:  # noqa: ARG001 - each name has a key of its own
    """A key of that name, made once for all tests of a process: making one takes longer than any test here."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


class Issuer:
    """Publishes keys and signs with them; counts how often it was asked, and fails when told to."""

    def __init__(self) -> None:
        self.private: dict[str, rsa.RSAPrivateKey] = {}
        self.published: dict[str, Json] = {}
        self.fetched = 0
        self.broken = False
        self.delay = 0.0

    def add(self, kid: str, *, endorsements: list[str] | None = None, bits: int = 2048, publish: bool = True) -> None:
        self.private[kid] = key(kid, bits)
        jwk: Json = json.loads(RSAAlgorithm.to_jwk(self.private[kid].public_key()))
        endorsed = ["msteams", "webchat"] if endorsements is None else endorsements
        if publish:
            self.published[kid] = {"kty": "RSA", "use": "sig", "kid": kid, "n": jwk["n"], "e": jwk["e"]}
            self.published[kid]["endorsements"] = endorsed

    def sign(self, claims: Mapping[str, Any], *, kid: str = "one", **how: Any) -> str:
        headers = how.pop("headers", {"kid": kid})
        key, algorithm = how.get("key", self.private[kid]), how.get("algorithm", "RS256")
        return jwt.encode(dict(claims), key, algorithm=algorithm, headers=headers)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/openid", self._metadata)
        app.router.add_get("/keys", self._keys)
        return app

    async def _metadata(self, request: web.Request) -> web.Response:
        await asyncio.sleep(self.delay)
        if self.broken:
            return web.Response(status=500)
        return web.json_response({"issuer": ISSUER, "jwks_uri": str(request.url.with_path("/keys"))})

    async def _keys(self, _: web.Request) -> web.Response:
        self.fetched += 1
        return web.json_response({"keys": list(self.published.values())})


@dataclass
class ToldDesk:
    """Says what it is told to say; remembers what it was asked."""

    says: Callable[[Actor, Action], Awaitable[Answer]] | Answer = field(default_factory=Done)
    asked: list[tuple[Actor, Action, str]] = field(default_factory=list)
    homes: list[tuple[Person, Chat]] = field(default_factory=list)
    gone: list[Person] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    cards: set[str] = field(default_factory=set)  # a conversation and a message of it that is a request's own

    async def handle(self, actor: Actor, action: Action, *, card: str = "") -> Answer:
        self.asked.append((actor, action, card))
        return await self.says(actor, action) if callable(self.says) else self.says

    async def installed(self, person: Person, chat: Chat) -> None:
        self.homes.append((person, chat))

    async def removed(self, person: Person) -> None:
        self.gone.append(person)

    async def owned(self, chat: Chat, card: str) -> bool:
        return f"{chat.id} {card}" in self.cards

    async def first_time(self, tenant: str, key: str) -> bool:
        fresh = f"{tenant} {key}" not in self.seen
        self.seen.add(f"{tenant} {key}")
        return fresh

    @property
    def action(self) -> Action:
        return self.asked[-1][1]


@dataclass
class Post:
    """A post office: keeps what is sent. `troubles` are raised by the next calls, first come, first served."""

    sent: list[tuple[Chat, Mapping[str, Any]]] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    troubles: list[Exception] = field(default_factory=list)
    closed: Exception | None = None
    changed: list[tuple[Chat, str, Mapping[str, Any]]] = field(default_factory=list)

    async def post(self, chat: Chat, message: Mapping[str, object]) -> str:
        if self.troubles:
            raise self.troubles.pop(0)
        self.sent.append((chat, message))
        return f"m{len(self.sent)}"

    async def typing(self, chat: Chat) -> None: ...

    async def thread_turn(self, channel: str, *, first: bool = False) -> None: ...

    async def post_in_channel(self, *_: object) -> tuple[Chat, str]:
        raise AssertionError("a turn starts no thread")

    async def update(self, chat: Chat, activity: str, message: Mapping[str, object]) -> None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.changed.append((chat, activity, message))

    async def delete(self, *_: object) -> None:
        raise AssertionError("a turn deletes no message")

    async def open_private(self, tenant: str, person: str) -> Chat:
        if self.closed is not None:
            raise self.closed
        self.opened.append(person)
        return Chat(tenant, f"a:{person}", SERVICE, personal=True)

    def texts(self) -> list[str]:
        return [str(message.get("text", "")) for _, message in self.sent]


@dataclass
class Edge:
    """The bot's door and everything on both sides of it."""

    client: TestClient[web.Request, web.Application]
    issuer: Issuer
    clock: SetClock
    desk: ToldDesk
    post: Post
    cloud: Cloud

    def claims(self, **other: Any) -> Json:
        now = int(self.clock.now().timestamp())
        claims = {"iss": ISSUER, "aud": APP, "serviceurl": SERVICE, "nbf": now - 60, "exp": now + 3600}
        return {name: value for name, value in {**claims, **other}.items() if value is not None}

    def token(self, **other: Any) -> str:
        return self.issuer.sign(self.claims(**other))

    async def deliver(self, activity: Any, *, token: str | None = None) -> tuple[int, Any]:
        """Deliver as Teams does; return the status and the body."""
        headers = {"Authorization": f"Bearer {self.token() if token is None else token}"}
        async with self.client.post("/api/messages", json=activity, headers=headers) as response:
            text = await response.text()
            return response.status, json.loads(text) if text else None


@asynccontextmanager
async def edge(desk: ToldDesk | None = None, **how: Any) -> AsyncIterator[Edge]:
    issuer, clock, told, post = Issuer(), SetClock(), desk or ToldDesk(), Post()
    issuer.add("one")
    async with TestServer(issuer.app()) as server, aiohttp.ClientSession() as session:
        cloud = cloud_at(str(server.make_url("")).rstrip("/"))
        keys = KeyRing(session, cloud.bot_openid, clock)
        app = web.Application()
        endpoint.setup(
            app,
            desk=told,
            kinds={"tap": KINDS["tap"]},
            settings=settings(),
            cloud=cloud,
            keys=keys,
            messenger=post,
            clock=clock,
            **how,
        )
        async with TestClient(TestServer(app)) as client:
            yield Edge(client, issuer, clock, told, post, cloud)
            await app[endpoint.TURNS].close(8)


def settings() -> Settings:
    group = "eeeeeeee-0000-4000-8000-00000000000e"
    return Settings(
        app_id=APP,
        app_secret="shh",
        tenant_id=TENANT,
        public_url="https://desk.example",
        database_url="postgresql://db",
        approvers_group=group,
        allowed_groups=frozenset({group}),
        helpdesk_channel="19:help@thread.tacv2",
        security_channel="19:alarm@thread.tacv2",
        helpdesk_contact="extension 4357",
    )


def cloud_at(origin: str, *, service: tuple[str, ...] = ("https://smba.example/",)) -> Cloud:
    return Cloud(
        name="test",
        login=f"{origin}/entra",
        graph=f"{origin}/graph",
        graph_scope="https://graph.microsoft.com/.default",
        bot_issuer=ISSUER,
        bot_openid=f"{origin}/openid",
        bot_scope=f"{ISSUER}/.default",
        service_urls=service,
        teams_js="",
    )


def activity(kind: str = "message", /, **other: Any) -> Json:
    """An activity from Ann's private chat, as Teams writes it; a None takes a part away."""
    whole = {
        "type": kind,
        "id": "1700000000001",
        "channelId": "msteams",
        "serviceUrl": SERVICE,
        "locale": "en-GB",
        "from": {"id": "29:ann", "name": "Ann Archer", "aadObjectId": ANN},
        "conversation": {"id": "a:ann", "conversationType": "personal", "tenantId": TENANT},
        "recipient": {"id": f"28:{APP}", "name": "Vouchsafe"},
        "channelData": {"tenant": {"id": TENANT}},
    }
    return {name: part for name, part in {**whole, **other}.items() if part is not None}


def in_channel(kind: str = "message", /, **other: Any) -> Json:
    where = {
        "conversation": {
            "id": "19:general@thread.tacv2;messageid=17",
            "conversationType": "channel",
            "tenantId": TENANT,
            "isGroup": True,
        },
        "channelData": {"tenant": {"id": TENANT}, "team": {"id": "19:t"}, "channel": {"id": "19:general@thread.tacv2"}},
    }
    return activity(kind, **{**where, **other})


def invoke(name: str, value: Any, **other: Any) -> Json:
    return activity("invoke", name=name, value=value, **other)


def press(data: Json, **other: Any) -> Json:
    """An Action.Execute."""
    action = {"type": "Action.Execute", "verb": data.get("verb", ""), "data": data}
    return invoke("adaptiveCard/action", {"action": action, "trigger": "manual"}, replyToId="17", **other)


def person(object_id: str = ANN, tenant: str = TENANT) -> Person:
    return Person(tenant, object_id, "Ann Archer", "en-GB")


def private(**other: Any) -> Chat:
    return Chat(
        **{"tenant": TENANT, "id": "a:ann", "service_url": SERVICE, "personal": True, "user": "29:ann", **other}
    )


def request(status: Status = Status.DONE, **other: Any) -> Request:
    whole: Json = {
        "id": "r1",
        "kind": "tap",
        "requester": person(),
        "subject": person(),
        "details": {"reason": "new_phone"},
        "mode": Mode.ENFORCE,
        "status": status,
        "version": 3,
        "created_at": NOW,
        "expires_at": NOW + timedelta(hours=1),
        "receipt": Receipt("pass-1", NOW + timedelta(hours=1)),
    }
    return Request(**{**whole, **other})


def home() -> HomeCard:
    return HomeCard(person(), (), ())
