"""Activities as Teams writes them; pure functions from who, where and what to the JSON on the wire."""

import re
import uuid
from dataclasses import dataclass
from typing import Any

from playground.people import Person
from playground.teams.chats import BOT_NAME, TEAM, TEAM_NAME, Chat, mri
from playground.world import World

Json = dict[str, Any]
_MENTION = re.compile(rf"@{BOT_NAME}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Author:
    """Builds what one person's Teams sends from one chat."""

    world: World
    person: Person
    chat: Chat
    thread: str = ""

    def _envelope(self, kind: str) -> Json:
        now = self.world.clock.now()
        stamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {
            "type": kind,
            "id": f"f:{uuid.uuid4()}",
            "timestamp": stamp,
            "localTimestamp": stamp,
            "serviceUrl": f"{self.world.origin}/connector/",
            "channelId": "msteams",
            "from": {
                "id": mri(self.person),
                "name": self.person.name,
                "aadObjectId": self.person.id,
            },
            "conversation": self._conversation(),
            "recipient": {"id": f"28:{self.world.bot_id}", "name": BOT_NAME},
            "channelData": self._channel_data(),
            "locale": self.person.language,
        }

    def _conversation(self) -> Json:
        where: Json = {
            "id": address(self.chat, self.thread),
            "conversationType": self.chat.kind,
            "tenantId": self.world.tenant,
        }
        if self.chat.kind != "personal":
            where["isGroup"] = True
        return where

    def _channel_data(self) -> Json:
        data: Json = {"tenant": {"id": self.world.tenant}}
        if self.chat.kind == "channel":
            data |= {
                "team": {"id": TEAM, "name": TEAM_NAME},
                "channel": {"id": self.chat.id, "name": self.chat.name},
                "teamsTeamId": TEAM,
                "teamsChannelId": self.chat.id,
            }
        return data

    def _client(self) -> Json:
        return {
            "type": "clientInfo",
            "locale": self.person.language,
            "country": self.person.language[-2:].upper(),
            "platform": "Web",
            "timezone": "Europe/Dublin",
        }

    def message(self, text: str, *, message_id: str) -> Json:
        """A typed message; `@Vouchsafe` becomes a mention where Teams makes one."""
        activity = self._envelope("message")
        body, mentioned = mention(text)
        activity |= {
            "id": message_id,
            "text": body if mentioned else text,
            "textFormat": "plain",
            "attachments": [{"contentType": "text/html", "content": f"<p>{body}</p>"}],
            "entities": [self._client()],
        }
        if mentioned:
            activity["entities"].insert(
                0,
                {
                    "type": "mention",
                    "text": f"<at>{BOT_NAME}</at>",
                    "mentioned": {"id": f"28:{self.world.bot_id}", "name": BOT_NAME},
                },
            )
        return activity

    def edit(self, text: str, *, message_id: str) -> Json:
        activity = self.message(text, message_id=message_id)
        activity["type"] = "messageUpdate"
        activity["channelData"]["eventType"] = "editMessage"
        return activity

    def submit(self, data: Any, *, reply_to: str) -> Json:
        """Action.Submit: a message without text; the values are what the client says they are."""
        activity = self._envelope("message")
        return activity | {"value": data, "replyToId": reply_to, "entities": [self._client()]}

    def message_back(self, *, text: str, value: Any, reply_to: str, message_id: str) -> Json:
        activity = self.message(text, message_id=message_id)
        activity["replyToId"] = reply_to
        if value is not None:
            activity["value"] = value
        return activity

    def invoke(self, name: str, value: Any, *, reply_to: str = "") -> Json:
        activity = self._envelope("invoke")
        activity |= {"name": name, "value": value, "entities": [self._client()]}
        if reply_to:
            activity["replyToId"] = reply_to
            activity["channelData"]["legacy"] = {"replyToId": reply_to}
        if name.startswith(("task/", "adaptiveCard/")):
            activity["channelData"]["source"] = {"name": "message"}
        return activity

    def installed(self, action: str) -> Json:
        activity = self._envelope("installationUpdate")
        return activity | {"action": action, "entities": [self._client()]}

    def bot_added(self) -> Json:
        activity = self._envelope("conversationUpdate")
        if self.chat.kind == "channel":
            activity["channelData"]["eventType"] = "teamMemberAdded"
        return activity | {"membersAdded": [{"id": f"28:{self.world.bot_id}"}]}


def address(chat: Chat, thread: str = "") -> str:
    """The conversation id: in a channel it names the thread."""
    return f"{chat.id};messageid={thread}" if thread and chat.kind == "channel" else chat.id


def split(conversation: str) -> tuple[str, str]:
    """The chat's id and the thread inside it."""
    chat, _, thread = conversation.partition(";messageid=")
    return chat, thread


def mention(text: str) -> tuple[str, bool]:
    """Text with the bot's mention marked up, and whether there was one."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    body, count = _MENTION.subn(f"<at>{BOT_NAME}</at>", escaped)
    return body, count > 0
