"""Outbound: the Bot connector's messages. The bot's token goes to the cloud's own service URLs and nowhere else.

Source: https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import aiohttp
from yarl import URL

from bot.config.cloud import Cloud
from bot.config.outgoing import NOT_SENT, via
from bot.core.errors import AnswerLost, Closed, Missing, Rejected, Unavailable
from bot.core.model import Chat
from bot.entra.tokens import AppTokens
from bot.teams.limits import AT_HAND, PATIENCE, Limiter, Rank
from bot.teams.origins import joined, trusted

DEADLINE: Final = aiohttp.ClientTimeout(total=5, sock_connect=2.5)
CONVERSATIONS: Final = "v3/conversations"
LARGEST: Final = 100 * 1024  # bytes: Teams refuses a larger message
AGAIN: Final = 2.0  # seconds to wait when Teams does not say how long
SHORTEST, LARGEST_WAIT = 0.1, 3600.0
THROTTLED, NOT_NOW, BROKEN = 429, 503, 500
NOT_THERE: Final = frozenset({404, 410})
# Of a 403: the conversation is closed to us, whatever we send.
SHUT: Final = frozenset(
    {"BotDisabledByAdmin", "BotNotInConversationRoster", "ConversationBlockedByUser", "ForbiddenOperationException"}
)
PASSING: Final = frozenset({408, 412, 502, 503, 504})  # for calls that may be repeated
ODD: Final = re.compile(r"[^A-Za-z0-9_.~-]+")  # of an id, what cannot stand in a path as it is
CUT: Final = frozenset({408, 500, 502, 504})  # after these nobody knows whether a new message is there
NEVER: Final = frozenset({501, 505})  # what is not implemented is not implemented a little later either


class Posting(Enum):
    """May the call be made again when its answer is lost?"""

    NEW = "makes a new message"
    SAME = "leads to the same each time"


@dataclass(frozen=True, slots=True)
class ConnectorAnswer:
    status: int
    retry_after: str
    body: Mapping[str, Any]


class Connector:
    """`core.ports.Messenger` by HTTP, on the process's one session.

    New messages in private chats go by `rank`, everything else by `lowest`.
    """

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        tokens: AppTokens,
        cloud: Cloud,
        limiter: Limiter | None = None,
        rank: Rank = Rank.ANSWER,
        lowest: Rank = Rank.REST,
    ) -> None:
        self._session = session
        self._tokens = tokens
        self._cloud = cloud
        self._limiter = limiter or Limiter()
        self._rank = rank
        self._lowest = lowest
        self._bot = {"id": f"28:{tokens.app_id}"}

    async def post(self, chat: Chat, message: Mapping[str, object]) -> str:
        """Post a message and return its id, or "" where Teams took it and names none: sent is sent."""
        path = f"{_path(chat)}/activities"
        return _text(await self._send("POST", chat, path, self._addressed(chat, message), Posting.NEW), "id")

    async def post_in_channel(self, tenant: str, channel: str, message: Mapping[str, object]) -> tuple[Chat, str]:
        """Start a thread in a channel whose turn was taken; return the thread and the id of its first message.

        Where Teams names none of them, it is the channel itself, and "".
        """
        start = Chat(tenant=tenant, id=channel, service_url=self._cloud.service_urls[0], personal=False)
        body = {
            "bot": self._bot,
            "isGroup": True,
            "tenantId": tenant,
            "channelData": {"channel": {"id": channel}, "tenant": {"id": tenant}},
            "activity": {"type": "message", **message, "from": self._bot},
        }
        made = await self._send("POST", start, CONVERSATIONS, body, Posting.NEW)
        thread = _text(made, "id") or channel
        return replace(start, id=thread), _text(made, "activityId") or thread.partition(";messageid=")[2]

    async def typing(self, chat: Chat) -> None:
        """Show that we write there: it is refused as a message would be, and leaves nothing behind."""
        body = {"type": "typing", "from": self._bot, "conversation": {"id": chat.id}}
        await self._send("POST", chat, f"{_path(chat)}/activities", body, Posting.SAME)

    async def thread_turn(self, channel: str, *, first: bool = False) -> None:
        """Take the turn to start a thread in a channel; raises `Unavailable` when it is not now."""
        await self._limiter.thread(channel, PATIENCE if first else AT_HAND)

    async def channel_there(self, tenant: str, channel: str) -> frozenset[str]:
        """Return the tenants of some who are in a channel; raises `Missing` or `Rejected` when it is closed to us.

        https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference#get-conversation-paged-members
        """
        where = Chat(tenant=tenant, id=channel, service_url=self._cloud.service_urls[0], personal=False)
        page = await self._send("GET", where, f"{_path(where)}/pagedmembers?pageSize=50", None, Posting.SAME)
        members = page.get("members")
        named = (
            [_text(one, "tenantId") for one in members if isinstance(one, dict)] if isinstance(members, list) else []
        )
        return frozenset(tenant.lower() for tenant in named if tenant)

    async def update(self, chat: Chat, activity: str, message: Mapping[str, object]) -> None:
        """Replace a message of ours."""
        body = {**self._addressed(chat, message), "id": activity}
        await self._send("PUT", chat, f"{_path(chat)}/activities/{_part(activity)}", body, Posting.SAME)

    async def delete(self, chat: Chat, activity: str) -> None:
        """Delete a message; one that is gone already is no error."""
        try:
            await self._send("DELETE", chat, f"{_path(chat)}/activities/{_part(activity)}", None, Posting.SAME)
        except Missing:
            return

    async def open_private(self, tenant: str, person: str) -> Chat:
        """Open the 1:1 chat with a person; asked for again, Teams names the same one."""
        url = self._cloud.service_urls[0]
        desk = Chat(tenant=tenant, id=person, service_url=url, personal=True)
        body = {
            "bot": self._bot,
            "members": [{"id": person}],
            "isGroup": False,
            "tenantId": tenant,
            "channelData": {"tenant": {"id": tenant}},
        }
        made = await self._send("POST", desk, CONVERSATIONS, body, Posting.SAME)
        chat = Chat(tenant=tenant, id=_text(made, "id"), service_url=url, personal=True)
        if not chat.id:
            raise Unavailable("the connector did not name the chat it opened", retry_after=AGAIN)
        if not chat.alone:
            raise Rejected("what the connector opened is not a private chat", code="not_private")
        return chat

    def _addressed(self, chat: Chat, message: Mapping[str, object]) -> dict[str, object]:
        return {"type": "message", **message, "from": self._bot, "conversation": {"id": chat.id}}

    async def _send(
        self, method: str, chat: Chat, path: str, body: Mapping[str, object] | None, sort: Posting
    ) -> Mapping[str, Any]:
        """Call, once more with a new token when the old one was not accepted: a 401 says that nothing was done."""
        if not trusted(self._cloud, chat.service_url):
            raise Rejected("not a service URL of this cloud: no token goes there", code="service_url")
        if chat.tenant.lower() != self._tokens.tenant.lower():
            raise Rejected("a conversation of another tenant", code="tenant")
        sent = json.dumps(body).encode() if body is not None else None
        if sent is not None and len(sent) > LARGEST:
            raise Rejected("the message is too large for Teams", code="MessageSizeTooBig")
        rank = self._rank if method == "POST" and chat.personal else self._lowest
        await self._limiter.turn(chat.id, rank, channel=path == CONVERSATIONS and not chat.personal)
        url = joined(chat.service_url, path)
        answer = await self._call(method, url, sent, sort)
        if answer.status == 401:  # noqa: PLR2004 - Unauthorized
            await self._tokens.forget(self._cloud.bot_scope)
            answer = await self._call(method, url, sent, sort)
        return _judged(answer, sort)

    async def _call(self, method: str, url: str, sent: bytes | None, sort: Posting) -> ConnectorAnswer:
        headers = {
            "Authorization": f"Bearer {await self._tokens.get(self._cloud.bot_scope)}",
            "Content-Type": "application/json",
            "x-ms-client-request-id": str(uuid4()),
        }
        try:
            async with self._session.request(
                method,
                URL(url, encoded=True),
                data=sent,
                headers=headers,
                timeout=DEADLINE,
                allow_redirects=False,
                proxy=via(url),
            ) as response:
                told = response.headers.get("Retry-After", "")
                return ConnectorAnswer(response.status, told, _object(await response.read()))
        except NOT_SENT:
            raise Unavailable("the connector cannot be reached", retry_after=AGAIN) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if sort is Posting.NEW:
                raise AnswerLost(f"the connector did not answer ({type(error).__name__})") from None
            raise Unavailable(f"the connector did not answer ({type(error).__name__})", retry_after=AGAIN) from None


def _judged(answer: ConnectorAnswer, sort: Posting) -> Mapping[str, Any]:
    """Return the body, or raise what the status means: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/conversation-messages#status-codes-from-bot-conversational-apis."""
    status, code = answer.status, _code(answer.body)
    if 200 <= status < 300:  # noqa: PLR2004 - success
        return answer.body
    said = f"the connector answered {status} {code}".rstrip()
    if status in {THROTTLED, NOT_NOW}:
        raise Unavailable(said, retry_after=_wait(answer.retry_after))
    if sort is Posting.NEW and status in CUT:
        raise AnswerLost(said)
    if status in PASSING or (status >= BROKEN and status not in NEVER):
        raise Unavailable(said, retry_after=_wait(answer.retry_after))
    if code in SHUT or (status in NOT_THERE and sort is Posting.NEW):  # of a message, it may be only that
        raise Closed(said, code=code or str(status))
    if status in NOT_THERE:
        raise Missing(said, code=code or str(status))
    raise Rejected(said, code=code or str(status))


def _path(chat: Chat) -> str:
    return f"v3/conversations/{_part(chat.id)}"


def _part(name: str) -> str:
    """Return an id as one part of a path, whatever is in it."""
    if name.strip(".") == "":
        raise Rejected("not an id", code="BadArgument")
    return ODD.sub(_quoted, name)


def _quoted(odd: re.Match[str]) -> str:
    return quote(odd[0], safe="")


def _text(made: Mapping[str, Any], name: str) -> str:
    value = made.get(name)
    return value if isinstance(value, str) else ""


def _object(raw: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _code(body: Mapping[str, Any]) -> str:
    error = body.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code[:80] if isinstance(code, str) and code.replace(" ", "").isalnum() else ""


def _wait(told: str) -> float:
    try:
        return min(max(float(told), SHORTEST), LARGEST_WAIT)
    except ValueError:  # a date, or nothing
        return AGAIN
