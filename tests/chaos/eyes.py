"""Eyes: what stands in Teams, told of every change; a card is known by the requests its buttons were ever about."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from playground.server import Play
from playground.teams.chats import BOT, Change, Chat, Message
from playground.teams.presses import Button, buttons
from playground.teams.views import Seen, see

Json = dict[str, Any]


def data_of(button: Button) -> Json:
    data = button.action.get("data")
    return data if isinstance(data, dict) else {}


def found(cards: Sequence[Json], verb: str, kind: str = "") -> Button | None:
    """The button of these cards that does this; `sign-in-window` opens a window by itself."""
    for card in cards:
        for button in buttons(card):
            data = data_of(button)
            window = isinstance(special := data.get("msteams"), dict) and special.get("type") == "signin"
            named = "sign-in-window" if window else data.get("verb")
            if named == verb and button.action.get("isEnabled", True) and kind in {"", data.get("kind")}:
                return button
    return None


def verbs(seen: Seen) -> set[str]:
    """All that can be pressed on a message."""
    every = {str(data_of(button).get("verb", "")) for card in seen.cards for button in buttons(card)}
    return every | ({"sign-in-window"} if found(seen.cards, "sign-in-window") else set())


def about(node: Any) -> Iterator[str]:
    """The ids of the requests that anything in an activity presses on."""
    if isinstance(node, list):
        for item in node:
            yield from about(item)
    elif isinstance(node, dict):
        if "verb" in node and isinstance(node.get("id"), str) and isinstance(node.get("v"), int):
            yield node["id"]
        for value in node.values():
            if isinstance(value, dict | list):
                yield from about(value)


@dataclass(frozen=True, slots=True)
class Pressed:
    """Somebody's press: the verb of the button, and the request or the call it is about."""

    by: str
    verb: str
    about: str


class Eyes:
    """`known` holds for each request the messages that were about it, in the order they came.

    `pressed` are whose hand pressed what on what, by object id, before anybody answered.
    """

    def __init__(self, play: Play) -> None:
        self._play = play
        self._changed: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.known: dict[str, list[str]] = defaultdict(list)
        self.subject: dict[str, set[str]] = defaultdict(set)
        self.pressed: set[Pressed] = set()
        for chat in play.teams.chats:
            for message in chat.messages:
                self._hear(Change("message", chat, message))
        play.teams.chats.listen(self._hear)

    def _hear(self, change: Change) -> None:
        message = change.message
        if message is None or message.sender != BOT:
            return
        for request in {*about(message.activity), *about(message.views)} - self.subject[message.id]:
            self.subject[message.id].add(request)
            self.known[request].append(message.id)
        self._changed.pop(change.chat.id, asyncio.Event()).set()

    def press(self, by: str, data: Json) -> None:
        """Remember that somebody presses a button with this data, whatever comes of it."""
        self.pressed.add(Pressed(by, str(data.get("verb", "")), str(data.get("id", ""))))

    async def change(self, chat: Chat, seconds: float) -> None:
        """Wait until something in this chat changes, but not longer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, 0.01)):
                await self._changed[chat.id].wait()

    def newest(self, request: str, key: str, chat: Chat) -> Seen | None:
        """The newest message about a request that stands in this chat, as this person sees it."""
        for message_id in reversed(self.known.get(request, ())):
            there = self._play.teams.chats.message(message_id)
            if there is not None and there[0] is chat and not there[1].deleted:
                return see(there[1], key)
        return None

    def latest(self, key: str, chat: Chat, verb: str, kind: str) -> Seen | None:
        """The newest message in this chat that offers this."""
        for seen in self._newest(key, chat):
            if found(seen.cards, verb, kind) is not None:
                return seen
        return None

    def _newest(self, key: str, chat: Chat, most: int = 60) -> Iterator[Seen]:
        live = (m for m in reversed(chat.messages[-most:]) if not m.deleted and m.sender == BOT)
        return (see(message, key) for message in live)

    def standing(self) -> Iterator[tuple[Chat, Message]]:
        """Every message of the bot that stands anywhere."""
        for chat in self._play.teams.chats:
            for message in chat.messages:
                if message.sender == BOT and not message.deleted:
                    yield chat, message
