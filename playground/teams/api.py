"""What the browser's client asks of the server; every call says as whom, and does what the driver does."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from playground.people import Person
from playground.teams.chats import BOT, BOT_NAME, TEAM_NAME, Chat, mri
from playground.teams.driver import Teams
from playground.teams.presses import NotThere, Unfilled
from playground.teams.stream import Stream
from playground.teams.views import see

Json = dict[str, Any]
Call = Callable[[Json], Awaitable[Json]]
CLIENT = Path(__file__).parent / "client"


class Api:
    """The routes under /teams."""

    def __init__(self, teams: Teams) -> None:
        self._teams = teams
        self.stream = Stream(teams.chats)

    def setup(self, app: web.Application) -> None:
        app.router.add_get("/", self.page)
        app.router.add_static("/teams/client/", CLIENT)
        app.router.add_get("/teams/api/people", self.people)
        app.router.add_get("/teams/api/chats", self.chats)
        app.router.add_get("/teams/api/messages", self.messages)
        app.router.add_get("/teams/api/events", self.events)
        calls: dict[str, Call] = {
            "say": self.say,
            "edit": self.edit,
            "act": self.act,
            "login": self.login,
            "refresh": self.refresh,
            "dialog": self.dialog,
            "exchange": self.exchange,
            "verify": self.verify,
            "seen": self.seen,
        }
        for name, call in calls.items():
            app.router.add_post(f"/teams/api/{name}", _json(call))

    async def page(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(CLIENT / "index.html", headers={"Cache-Control": "no-store"})

    async def people(self, _: web.Request) -> web.Response:
        people = [self._card(person) for person in self._teams.world.people]
        bot = {"key": BOT, "name": BOT_NAME, "id": f"28:{self._teams.world.bot_id}"}
        tenant = {"id": self._teams.world.tenant, "name": TEAM_NAME}
        now = self._teams.world.clock.now().isoformat()
        return web.json_response({"people": people, "bot": bot, "tenant": tenant, "now": now})

    def _card(self, person: Person) -> Json:
        return {
            "key": person.key,
            "id": person.id,
            "mri": mri(person),
            "name": person.name,
            "upn": person.upn,
            "title": person.title,
            "language": person.language,
            "guest": person.guest,
            "enabled": person.enabled,
        }

    async def chats(self, request: web.Request) -> web.Response:
        key = self._who(request.query)
        return web.json_response([self._chat(chat, key) for chat in self._teams.chats.of(key)])

    def _chat(self, chat: Chat, key: str) -> Json:
        last = next((m for m in reversed(chat.messages) if not m.deleted), None)
        return {
            "id": chat.id,
            "slug": chat.slug,
            "name": chat.name,
            "kind": chat.kind,
            "installed": chat.installed,
            "members": chat.members,
            "unread": self._teams.chats.unread(chat, key),
            "last": see(last, key).wire() if last else None,
        }

    async def messages(self, request: web.Request) -> web.Response:
        key = self._who(request.query)
        chat = self._teams.chat(key, request.query.get("chat", ""))
        return web.json_response([see(m, key).wire() for m in chat.messages])

    async def events(self, request: web.Request) -> web.StreamResponse:
        return await self.stream.serve(request, self._who(request.query))

    async def say(self, asked: Json) -> Json:
        message = await self._teams.say(self._who(asked), asked["text"], asked["chat"], thread=asked.get("thread", ""))
        return {"id": message.id}

    async def edit(self, asked: Json) -> Json:
        await self._teams.edit(self._who(asked), asked["message"], asked["text"])
        return {}

    async def act(self, asked: Json) -> Json:
        outcome = await self._teams.act(self._who(asked), asked["message"], asked["action"], asked.get("extra"))
        return outcome.wire()

    async def login(self, asked: Json) -> Json:
        """The extra that a press needs when the bot answered it with a request to sign in."""
        return {"extra": self._teams.login(self._who(asked), asked["oauth"])}

    async def refresh(self, asked: Json) -> Json:
        return (await self._teams.refresh(self._who(asked), asked["message"])).wire()

    async def dialog(self, asked: Json) -> Json:
        key = self._who(asked)
        return (await self._teams.finish_dialog(key, asked["message"], asked.get("data"))).wire()

    async def exchange(self, asked: Json) -> Json:
        return (await self._teams.exchange(self._who(asked), asked["message"])).wire()

    async def verify(self, asked: Json) -> Json:
        key = self._who(asked)
        return (await self._teams.verify(key, asked["message"], asked["state"])).wire()

    async def seen(self, asked: Json) -> Json:
        key = self._who(asked)
        self._teams.chats.see(self._teams.chat(key, asked["chat"]), key)
        return {}

    def _who(self, asked: Any) -> str:
        key = str(asked.get("as", ""))
        if key not in {person.key for person in self._teams.world.people}:
            raise NotThere(f"There is nobody {key!r} here")
        return key


def _json(call: Call) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A call with a JSON object in and out."""

    async def handle(request: web.Request) -> web.Response:
        try:
            asked = json.loads(await request.read())
        except ValueError:
            return refused(400, "The body is not JSON")
        if not isinstance(asked, dict):
            return refused(400, "The body is not a JSON object")
        try:
            return web.json_response(await call(asked))
        except KeyError as error:
            return refused(400, f"{error.args[0]} is missing")
        except Unfilled as error:
            return refused(400, str(error))

    return handle


def refused(status: int, text: str) -> web.Response:
    return web.json_response({"error": text}, status=status)


@web.middleware
async def answering(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """What is not there is a 404 with a reason, for every route of the client."""
    try:
        return await handler(request)
    except NotThere as error:
        return refused(404, str(error))
