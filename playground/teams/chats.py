"""Chats and what was said in them; one list per conversation, and every change is told to the listeners."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from playground.people import HELPDESK, Person
from playground.world import World

BOT = "bot"
BOT_NAME = "Vouchsafe"
TEAM = "19:contoso000000000000000000000000@thread.tacv2"
TEAM_NAME = "Contoso"
GENERAL = TEAM
HELPDESK_CHANNEL = "19:helpdesk00000000000000000000000@thread.tacv2"
SECURITY_CHANNEL = "19:security00000000000000000000000@thread.tacv2"
FALCON = "19:falcon0000000000000000000000000@thread.v2"
FALCON_MEMBERS = ("ann", "ben", "mo")
SECURITY = ("cleo", "sofia")
NOT_INSTALLED = ("nia", "dan")

Json = dict[str, Any]
ChatKind = Literal["personal", "groupChat", "channel"]


@dataclass(slots=True)
class Message:
    """One message; `version` grows with every update, `views` holds the card one person was shown instead."""

    id: str
    chat: str
    thread: str
    sender: str
    at: datetime
    activity: Json
    version: int = 1
    edited: bool = False
    deleted: bool = False
    views: dict[str, Json] = field(default_factory=dict)
    signin: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Chat:
    """A conversation: personal, group chat or channel."""

    id: str
    slug: str
    name: str
    kind: ChatKind
    members: list[str]
    installed: bool
    messages: list[Message] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)

    def message(self, message_id: str) -> Message | None:
        return next((m for m in self.messages if m.id == message_id), None)


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to a chat: a message came, changed or went, somebody types, or the list itself changed."""

    kind: Literal["message", "typing", "chats"]
    chat: Chat
    message: Message | None = None
    only: str | None = None


def mri(person: Person) -> str:
    """Teams' own name for a person towards one bot: stable, and not the object id."""
    digest = hashlib.sha256(f"mri:{person.id}".encode()).digest()
    return "29:1" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def personal_id(person: Person) -> str:
    digest = hashlib.sha256(f"chat:{person.id}".encode()).digest()
    return "a:1" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


class Chats:
    """All conversations of the tenant."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._last = 0
        self._listeners: list[Callable[[Change], None]] = []
        self._all: dict[str, Chat] = {}
        self._places: dict[str, tuple[Chat, Message]] = {}
        everybody = [person.key for person in world.people]
        for person in world.people:
            self._add(
                Chat(
                    id=personal_id(person),
                    slug="vouchsafe",
                    name=BOT_NAME,
                    kind="personal",
                    members=[person.key],
                    installed=person.key not in NOT_INSTALLED,
                )
            )
        self._add(Chat(FALCON, "falcon", "Project Falcon", "groupChat", list(FALCON_MEMBERS), installed=True))
        self._add(Chat(GENERAL, "general", "General", "channel", everybody, installed=True))
        people, desk = world.people, set(world.people.members_of(HELPDESK))
        helpers = [person.key for person in people if person.id in desk]
        self._add(Chat(HELPDESK_CHANNEL, "helpdesk", "Helpdesk", "channel", helpers, installed=True))
        guards = [key for key in SECURITY if key in people]
        self._add(Chat(SECURITY_CHANNEL, "security", "Security", "channel", guards, installed=True))

    def _add(self, chat: Chat) -> None:
        self._all[chat.id] = chat

    def __iter__(self) -> "Any":
        return iter(self._all.values())

    def get(self, chat_id: str) -> Chat | None:
        return self._all.get(chat_id)

    def personal(self, key: str) -> Chat:
        return self._all[personal_id(self._world.people[key])]

    def of(self, key: str) -> list[Chat]:
        return [chat for chat in self._all.values() if key in chat.members]

    def find(self, key: str, slug: str) -> Chat | None:
        """The chat this person sees under that short name or id."""
        return next((chat for chat in self.of(key) if slug in {chat.slug, chat.id}), None)

    def join(self, slug: str, key: str) -> None:
        """Add somebody to a channel, as an owner of its team may add anybody."""
        chat = next(chat for chat in self._all.values() if chat.kind == "channel" and chat.slug == slug)
        if key not in chat.members:
            chat.members.append(key)
            self.tell(Change("chats", chat, only=key))

    def message(self, message_id: str) -> tuple[Chat, Message] | None:
        return self._places.get(message_id)

    def listen(self, listener: Callable[[Change], None]) -> None:
        self._listeners.append(listener)

    def tell(self, change: Change) -> None:
        for listener in self._listeners:
            listener(change)

    def new_id(self) -> str:
        """Teams numbers messages by the millisecond; two never share a number."""
        self._last = max(self._last + 1, int(self._world.clock.now().timestamp() * 1000))
        return str(self._last)

    def post(self, *, chat: Chat, sender: str, activity: Json, thread: str = "") -> Message:
        number = self.new_id()
        message = Message(
            id=number,
            chat=chat.id,
            thread=thread or (number if chat.kind == "channel" else ""),
            sender=sender,
            at=self._world.clock.now(),
            activity=activity,
        )
        chat.messages.append(message)
        self._places[number] = (chat, message)
        if sender != BOT:
            chat.seen[sender] = message.id
        self.tell(Change("message", chat, message))
        return message

    def update(self, *, chat: Chat, message: Message, activity: Json) -> None:
        """A new version replaces what everybody sees, the personal views included."""
        message.activity = activity
        message.version += 1
        message.edited = message.sender != BOT
        message.views.clear()
        message.signin.clear()
        self.tell(Change("message", chat, message))

    def delete(self, *, chat: Chat, message: Message) -> None:
        message.deleted = True
        message.activity = {"type": "message", "text": ""}
        message.views.clear()
        self.tell(Change("message", chat, message))

    def typing(self, chat: Chat) -> None:
        self.tell(Change("typing", chat))

    def show(self, *, chat: Chat, message: Message, key: str, card: Json) -> None:
        """From now on this person sees this card there, until the next version."""
        message.views[key] = card
        self.tell(Change("message", chat, message, only=key))

    def sign(self, *, chat: Chat, message: Message, key: str, state: str) -> None:
        message.signin[key] = state
        self.tell(Change("message", chat, message, only=key))

    def unread(self, chat: Chat, key: str) -> int:
        seen = int(chat.seen.get(key, "0"))
        return sum(1 for m in chat.messages if int(m.id) > seen and m.sender != key and not m.deleted)

    def see(self, chat: Chat, key: str) -> None:
        if chat.messages:
            chat.seen[key] = chat.messages[-1].id
        self.tell(Change("chats", chat, only=key))
