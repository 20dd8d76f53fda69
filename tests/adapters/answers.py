"""A small server that says exactly what a test wants Graph to say, and the directory that hears it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.config.cloud import PUBLIC
from bot.core.budgets import Budget
from bot.core.errors import Unavailable
from bot.graph.directory import GraphDirectory
from tests.contracts.witness import WITNESS

ANN = "c5b71de4-a0d4-537f-a36f-0693c91805ac"
PASS = "6f1967b7-15e8-4935-ac26-d50770ed07a7"
HOUR = timedelta(hours=1)
VALUE = "Kn0wn+Pass"
Json = dict[str, Any]
USER: Json = {
    "id": ANN,
    "displayName": "Ann Archer",
    "userPrincipalName": "ann@contoso.example",
    "accountEnabled": True,
    "userType": "Member",
    "isManagementRestricted": None,
    "onPremisesSyncEnabled": None,
    "externalUserState": None,
}
MADE: Json = {
    "id": PASS,
    "temporaryAccessPass": VALUE,
    "createdDateTime": "2026-03-02T09:00:00Z",
    "startDateTime": "2026-03-02T09:00:00Z",
    "lifetimeInMinutes": 60,
    "isUsableOnce": True,
    "isUsable": True,
    "methodUsabilityReason": "EnabledByPolicy",
}
POLICY: Json = {
    "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration",
    "state": "enabled",
    "minimumLifetimeInMinutes": 10,
    "maximumLifetimeInMinutes": 480,
    "defaultLifetimeInMinutes": 60,
    "isUsableOnce": False,
    "includeTargets": [{"id": "all_users", "targetType": "group"}],
}


@dataclass
class Server:
    """Says `answer` (a status and a body, or a ready answer) to everything, and `deleted` to a DELETE."""

    status: int = 200
    body: Any = None
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    deleted: int = 204
    asked: list[tuple[str, str]] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    sent: list[Any] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.path))
        self.queries.append(dict(request.query))
        raw = await request.read()
        self.sent.append(json.loads(raw) if raw else None)
        self.tokens.append(request.headers["Authorization"])
        if request.method == "DELETE":
            return web.Response(status=self.deleted)
        if self.text is not None:
            return web.Response(text=self.text, status=self.status, content_type="application/json")
        return web.json_response(self.body, status=self.status, headers=self.headers)


class Counting:
    """Tokens that can be told apart."""

    def __init__(self) -> None:
        self.forgotten = 0

    async def get(self, scope: str) -> str:
        assert scope == PUBLIC.graph_scope
        return f"token-{self.forgotten}"

    async def forget(self, scope: str) -> None:
        assert scope == PUBLIC.graph_scope
        self.forgotten += 1


class Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class Free:
    """A budget that lets everybody in at once, or nobody when it is `spent`; it keeps how long they would wait."""

    spent: bool = False
    patience: list[float] = field(default_factory=list)

    async def turn(self, patience: float) -> None:
        self.patience.append(patience)
        if self.spent:
            raise Unavailable("no turn", retry_after=7)


@asynccontextmanager
async def hearing(server: Server, budget: Budget | None = None) -> AsyncIterator[GraphDirectory]:
    app = web.Application(middlewares=[WITNESS.of(None)])
    app.router.add_route("*", "/{path:.*}", server.answer)
    async with TestServer(app, host="127.0.0.1") as real:
        cloud = replace(PUBLIC, graph=str(real.make_url("")).rstrip("/"))
        made = GraphDirectory(
            cloud=cloud,
            tokens=Counting(),
            clock=Clock(),
            budget=budget or Free(),
            reports=budget or Free(),
            attribute_set="Vouchsafe",
        )
        try:
            yield made
        finally:
            await made.close()
