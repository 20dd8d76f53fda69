"""Activities as Teams writes them; pure functions from who, where and what to the JSON on the wire."""

import re
import uuid
from dataclasses import dataclass
from typing import Any

from playground.people import Person
from playground.teams.chats import BOT_NAME, TEAM, TEAM_NAME, Chat, mri
from playground.world import World

Json = dict[str, Any]


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
        """A typed message; `@Vouchsafe`, and `@` before somebody's whole name, become mentions as Teams makes them.

        Of a person it names the id they have for this bot, and not the one they have in Entra.
        """
        activity = self._envelope("message")
        named = [(BOT_NAME, f"28:{self.world.bot_id}"), *((one.name, mri(one)) for one in self.world.people)]
        body, mentioned = mentions(text, named)
        activity |= {
            "id": message_id,
            "text": body if mentioned else text,
            "textFormat": "plain",
            "attachments": [{"contentType": "text/html", "content": f"<p>{body}</p>"}],
            "entities": [self._client()],
        }
        for name, id_ in reversed(mentioned):
            entity = {"type": "mention", "text": f"<at>{name}</at>", "mentioned": {"id": id_, "name": name}}
            activity["entities"].insert(0, entity)
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


def hears(activity: Json) -> bool:
    """Whether the bot is mentioned, so that it hears what is written where others sit."""
    said = (one["mentioned"]["id"] for one in activity["entities"] if one["type"] == "mention")
    return activity["recipient"]["id"] in said


def mentions(text: str, named: list[tuple[str, str]]) -> tuple[str, list[tuple[str, str]]]:
    """Text with mentions marked up, and who is mentioned: each of those who may be by their name, the longest first."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    ids = dict(reversed([(name.casefold(), (name, id_)) for name, id_ in named]))  # of two of one name the first
    either = "|".join(re.escape(name) for name in sorted(ids, key=len, reverse=True))
    found: dict[str, tuple[str, str]] = {}

    def marked(match: re.Match[str]) -> str:
        one = found.setdefault(match[1].casefold(), ids[match[1].casefold()])
        return f"<at>{one[0]}</at>"

    body = re.sub(rf"@({either})\b", marked, escaped, flags=re.IGNORECASE)
    return body, list(found.values())
