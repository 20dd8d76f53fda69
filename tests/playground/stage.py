"""A toy bot and the playground's Teams around it: real HTTP in both directions, no database, no processes."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from playground.entra import app_token
from playground.npm import Scripts
from playground.proxy import Proxy
from playground.replicas import Replicas
from playground.server import Play, application
from playground.teams.driver import Teams
from playground.world import BOT_FRAMEWORK, World, create

Json = dict[str, Any]
SCRIPTS: Final = Path(__file__).parents[2] / ".playground" / "npm"  # fetched once for all tests


@dataclass
class ToyBot:
    """Remembers every activity and answers invokes with what `answers` says for their name."""

    heard: list[Json] = field(default_factory=list)
    answers: dict[str, Callable[[Json], tuple[int, Any]]] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    pages: dict[str, tuple[str, str]] = field(default_factory=dict)

    async def messages(self, request: web.Request) -> web.Response:
        activity = await request.json()
        self.heard.append(activity)
        self.tokens.append(request.headers.get("Authorization", ""))
        answer = self.answers.get(activity.get("name") or activity["type"])
        if answer is None:
            return web.Response(status=200)
        status, body = answer(activity)
        return web.Response(status=status) if body is None else web.json_response(body, status=status)

    async def page(self, request: web.Request) -> web.Response:
        if found := self.pages.get(request.path):
            return web.Response(text=found[1], content_type=found[0])
        cookie = {"Set-Cookie": "seen=yes; Path=/step-up; HttpOnly"}
        text = f"{request.method} {request.path_qs} {request.host} {await request.text()}"
        return web.Response(text=text, headers=cookie)

    def of(self, kind: str) -> list[Json]:
        return [a for a in self.heard if kind in {a["type"], a.get("name")}]


@dataclass
class Stage:
    """Everything a test of Teams needs."""

    bot: ToyBot
    play: Play
    session: aiohttp.ClientSession

    @property
    def teams(self) -> Teams:
        return self.play.teams

    @property
    def world(self) -> World:
        return self.play.world

    async def connector(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> tuple[int, Any]:
        """One call of the bot to the connector; the status and the JSON."""
        held = app_token(self.world, BOT_FRAMEWORK) if token is None else token
        headers = {"Authorization": f"Bearer {held}"} if held else {}
        url = f"{self.world.origin}/connector{path}"
        async with self.session.request(method, url, json=body, headers=headers) as answer:
            text = await answer.text()
            return answer.status, await answer.json() if text else None

    async def api(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        async with self.session.request(method, f"{self.world.origin}{path}", json=body) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        bot = ToyBot()
        bots = web.Application()
        bots.router.add_post("/api/messages", bot.messages)
        bots.router.add_route("*", "/step-up/{path:.*}", bot.page)
        server = await stack.enter_async_context(TestServer(bots))
        url = str(server.make_url("")).rstrip("/")
        session = await stack.enter_async_context(aiohttp.ClientSession())
        app = web.Application()
        front = TestServer(app)
        await front.start_server()
        origin = str(front.make_url("")).rstrip("/")
        await front.close()
        world = create(origin, tmp_path)
        replicas = Replicas(count=0, env={}, cloud=tmp_path / "cloud.json", logs=tmp_path / "logs")
        teams = Teams(world=world, session=session, replicas=lambda: [url])
        teams.delivery.pause = 0.01
        stack.push_async_callback(teams.delivery.close)
        play = Play(origin, world, replicas, teams, Scripts(SCRIPTS), "")
        whole, api = application(play, Proxy(session=session, replicas=lambda: [url]))
        front = TestServer(whole, port=int(origin.rsplit(":", 1)[1]))
        await stack.enter_async_context(front)
        stack.callback(api.stream.close)
        yield Stage(bot, play, session)
