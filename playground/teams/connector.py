"""The Bot connector's REST interface; it answers what Teams documents, refusals included."""

import json
from http import HTTPStatus
from typing import Any

from aiohttp import web

from playground.entra import bearer
from playground.faults import faulty
from playground.journal import recorded
from playground.people import Person
from playground.teams.activities import address, split
from playground.teams.chats import BOT, Chat, Chats, Message, mri
from playground.teams.limits import MESSAGE_BYTES, Limits
from playground.world import World

Json = dict[str, Any]
SCOPE = "https://api.botframework.com"


class Refusal(Exception):
    """An answer in the connector's error form; the middleware turns it into the response."""

    def __init__(self, status: int, code: str, message: str, *, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after

    def response(self) -> web.Response:
        headers = {"Retry-After": str(max(1, round(self.retry_after)))} if self.retry_after else {}
        body = {"error": {"code": self.code, "message": str(self)}}
        return web.json_response(body, status=self.status, headers=headers)


class Connector:
    """The routes under /connector/v3."""

    def __init__(self, *, world: World, chats: Chats, limits: Limits) -> None:
        self._world = world
        self._chats = chats
        self._limits = limits

    def app(self) -> web.Application:
        app = web.Application(
            middlewares=[
                recorded(self._world.journal, self._world.clock, "connector"),
                faulty(self._world.faults, self._world.clock, "connector"),
                self._guard,
            ],
            client_max_size=1024 * 1024,
        )
        one = "/v3/conversations/{conversation}"
        app.router.add_post("/v3/conversations", self.create)
        app.router.add_post(f"{one}/activities", self.send)
        app.router.add_post(f"{one}/activities/{{activity}}", self.send)
        app.router.add_put(f"{one}/activities/{{activity}}", self.update)
        app.router.add_delete(f"{one}/activities/{{activity}}", self.delete)
        app.router.add_get(f"{one}/members", self.members)
        app.router.add_get(f"{one}/pagedmembers", self.pages)
        app.router.add_get(f"{one}/members/{{member}}", self.member)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        try:
            self._authorize(request)
            answer: web.StreamResponse = await handler(request)
        except Refusal as refusal:
            return refusal.response()
        except web.HTTPException as error:
            code = "NotFound" if error.status == HTTPStatus.NOT_FOUND else "BadArgument"
            return Refusal(error.status, code, error.reason).response()
        return answer

    def _authorize(self, request: web.Request) -> None:
        claims = bearer(self._world, request.headers.get("Authorization", ""), SCOPE)
        if claims is None:
            raise Refusal(401, "Unauthorized", "Authorization has been denied for this request.")
        if claims.get("appid", claims.get("azp")) != self._world.bot_id:
            raise Refusal(401, "BotNotRegistered", "No registration found for this bot.")

    async def create(self, request: web.Request) -> web.Response:
        body = await _body(request)
        self._same_tenant(body)
        channel = (body.get("channelData") or {}).get("channel") or {}
        if channel.get("id"):
            return self._thread(channel["id"], body)
        members = body.get("members") or []
        if body.get("isGroup") or len(members) != 1:
            raise Refusal(400, "BadSyntax", "Bots start conversations with exactly one person.")
        person = self._person(str(members[0].get("id", "")))
        chat = self._chats.personal(person.key) if person else None
        if chat is None or not chat.installed:
            raise Refusal(403, "ForbiddenOperationException", "The bot is not installed in user's personal scope")
        created: Json = {"id": chat.id}
        if activity := body.get("activity"):
            created["activityId"] = self._post(chat, "", activity)
        return web.json_response(created, status=201)

    def _thread(self, channel: str, body: Json) -> web.Response:
        chat = self._chat(channel)
        activity = body.get("activity")
        if not isinstance(activity, dict):
            raise Refusal(400, "BadArgument", "A new thread needs its first activity.")
        posted = self._post(chat, "", activity)
        return web.json_response({"id": address(chat, posted), "activityId": posted}, status=201)

    async def send(self, request: web.Request) -> web.Response:
        chat, thread = self._where(request)
        activity = await _body(request)
        if activity.get("type") == "typing":
            self._chats.typing(chat)
            return web.json_response({"id": self._chats.new_id()}, status=202)
        if activity.get("type", "message") != "message":
            raise Refusal(400, "BadArgument", f"Unknown activity type {activity.get('type')!r}.")
        if chat.kind == "channel" and not thread and request.match_info.get("activity"):
            thread = request.match_info["activity"]
        split_up = bool(activity.get("text")) and bool(activity.get("attachments"))
        posted = self._post(chat, thread, activity)
        # Teams makes two messages of text with an attachment, and then names neither.
        return web.json_response({} if split_up else {"id": posted}, status=201)

    async def update(self, request: web.Request) -> web.Response:
        chat, message = self._mine(request)
        activity = await _body(request)
        self._limit(chat, message.thread)
        self._chats.update(chat=chat, message=message, activity=activity)
        return web.json_response({"id": message.id})

    async def delete(self, request: web.Request) -> web.Response:
        chat, message = self._mine(request)
        self._chats.delete(chat=chat, message=message)
        return web.Response(status=200)

    async def members(self, request: web.Request) -> web.Response:
        return web.json_response(self._roster(self._where(request)[0]))

    async def pages(self, request: web.Request) -> web.Response:
        roster = self._roster(self._where(request)[0])
        size = max(50, min(500, int(request.query.get("pageSize") or 200)))
        start = int(request.query.get("continuationToken") or 0)
        page: Json = {"members": roster[start : start + size]}
        if start + size < len(roster):
            page["continuationToken"] = str(start + size)
        return web.json_response(page)

    async def member(self, request: web.Request) -> web.Response:
        chat, _ = self._where(request)
        person = self._person(request.match_info["member"])
        if person is None or person.key not in chat.members:
            raise Refusal(404, "MemberNotFoundInConversation", "The member is not in this conversation.")
        return web.json_response(self._card(person))

    def _post(self, chat: Chat, thread: str, activity: Json) -> str:
        self._limit(chat, thread)
        text, attachments = activity.get("text"), activity.get("attachments")
        if not text and not attachments:
            raise Refusal(400, "BadSyntax", "Activity has neither text nor attachments.")
        if text and attachments:
            first = {key: value for key, value in activity.items() if key != "attachments"}
            posted = self._chats.post(chat=chat, sender=BOT, activity=first, thread=thread)
            activity = {key: value for key, value in activity.items() if key != "text"}
            thread = posted.thread
        return self._chats.post(chat=chat, sender=BOT, activity=activity, thread=thread).id

    def _limit(self, chat: Chat, thread: str) -> None:
        if wait := self._limits.wait(address(chat, thread)):
            raise Refusal(429, "Throttled", "Too many requests.", retry_after=wait)

    def _chat(self, chat_id: str) -> Chat:
        chat = self._chats.get(chat_id)
        if chat is None:
            raise Refusal(404, "ConversationNotFound", "Conversation not found.")
        if not chat.installed:
            raise Refusal(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")
        return chat

    def _where(self, request: web.Request) -> tuple[Chat, str]:
        chat_id, thread = split(request.match_info["conversation"])
        return self._chat(chat_id), thread

    def _mine(self, request: web.Request) -> tuple[Chat, Message]:
        chat, _ = self._where(request)
        message = chat.message(request.match_info["activity"])
        if message is None or message.deleted:
            raise Refusal(404, "ActivityNotFoundInConversation", "The activity is not in this conversation.")
        if message.sender != BOT:
            raise Refusal(403, "NotEnoughPermissions", "Only the sender may change a message.")
        return chat, message

    def _same_tenant(self, body: Json) -> None:
        tenant = ((body.get("channelData") or {}).get("tenant") or {}).get("id") or body.get("tenantId")
        if tenant != self._world.tenant:
            raise Refusal(400, "BadArgument", "The tenant is missing or not this one.")

    def _person(self, name: str) -> Person | None:
        """A member by Teams' id or by object id; an object id only finds whom the tenant knows."""
        return next((p for p in self._world.people if name in {p.id, mri(p)}), None)

    def _roster(self, chat: Chat) -> list[Json]:
        return [self._card(self._world.people[key]) for key in chat.members]

    def _card(self, person: Person) -> Json:
        given, _, family = person.name.partition(" ")
        return {
            "id": mri(person),
            "name": person.name,
            "aadObjectId": person.id,
            "objectId": person.id,
            "givenName": given,
            "surname": family,
            "email": person.upn,
            "userPrincipalName": person.upn,
            "tenantId": self._world.tenant,
            "userRole": "guest" if person.guest else "user",
        }


async def _body(request: web.Request) -> Json:
    raw = await request.read()
    if len(raw) > MESSAGE_BYTES:
        raise Refusal(413, "MessageSizeTooBig", "Message size too large.")
    try:
        body = json.loads(raw)
    except ValueError:
        raise Refusal(400, "BadSyntax", "The body is not JSON.") from None
    if not isinstance(body, dict):
        raise Refusal(400, "BadSyntax", "The body is not a JSON object.")
    return body
