"""Everything a person can do in Teams, as calls; the browser's client and the tests go through these same ones."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import aiohttp

from playground.people import Person
from playground.teams.activities import Author, hears
from playground.teams.chats import BOT, Change, Chat, Chats, Message
from playground.teams.clicks import Clicks, Knobs
from playground.teams.delivery import Delivery
from playground.teams.limits import Limits
from playground.teams.outcomes import Outcome
from playground.teams.popup import Popup
from playground.teams.presses import NotThere, Unfilled, choose
from playground.teams.signin import SignIn
from playground.teams.views import Seen, see
from playground.world import World

Json = dict[str, Any]
_NO_TEXT = "The message has no text."


class Teams:
    """One tenant's Teams with the bot in it."""

    def __init__(self, *, world: World, session: aiohttp.ClientSession, replicas: Callable[[], Sequence[str]]) -> None:
        self.world = world
        self.knobs = Knobs()
        self.limits = Limits()
        self.chats = Chats(world)
        self._apps = world.graph.apps
        self._apps.installed |= {chat.members[0] for chat in self.chats if chat.kind == "personal" and chat.installed}
        self._apps.given.append(self._given)
        self.delivery = Delivery(world=world, session=session, replicas=replicas)
        self.signin = SignIn(world=world, chats=self.chats, delivery=self.delivery)
        self.clicks = Clicks(world=world, chats=self.chats, delivery=self.delivery, knobs=self.knobs)

    # -- people and places -------------------------------------------------------------------------------

    def person(self, key: str) -> Person:
        return self.world.people[key]

    def chat(self, key: str, slug: str = "vouchsafe") -> Chat:
        chat = self.chats.find(key, slug)
        if chat is None:
            raise NotThere(f"{key} has no chat {slug!r}")
        return chat

    def place(self, key: str, message: Seen | str) -> tuple[Chat, Message]:
        """The chat and message meant, provided this person is in that chat."""
        found = self.chats.message(message.id if isinstance(message, Seen) else message)
        if found is None or key not in found[0].members:
            raise NotThere(f"{key} sees no such message")
        return found

    def messages(self, key: str, chat: str = "vouchsafe") -> list[Seen]:
        return [see(m, key) for m in self.chat(key, chat).messages if not m.deleted]

    def last(self, key: str, chat: str = "vouchsafe") -> Seen:
        """The newest message of the bot in that chat, as this person sees it."""
        said = [m for m in self.messages(key, chat) if m.sender == BOT]
        if not said:
            raise NotThere(f"The bot has said nothing to {key} in {chat}")
        return said[-1]

    def now(self, key: str, message: Seen | str) -> Seen:
        return see(self.place(key, message)[1], key)

    async def wait(
        self,
        key: str,
        chat: str = "vouchsafe",
        *,
        has: str = "",
        test: Callable[[Seen], bool] | None = None,
        after: Seen | None = None,
        seconds: float = 15.0,
    ) -> Seen:
        """The first message of the bot with those words, as soon as it is there; TimeoutError tells what is."""
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            for seen in self.messages(key, chat):
                fits = has.lower() in seen.words.lower() and (test is None or test(seen))
                if seen.sender == BOT and fits and (after is None or int(seen.id) > int(after.id)):
                    return seen
            if asyncio.get_running_loop().time() > deadline:
                said = "\n---\n".join(f"{m.sender}: {m.words}" for m in self.messages(key, chat)[-6:])
                raise TimeoutError(f"{key} never saw {has!r} in {chat}; there is:\n{said}")
            await asyncio.sleep(0.02)

    # -- writing -----------------------------------------------------------------------------------------

    async def say(self, key: str, text: str, chat: str = "vouchsafe", *, thread: str = "") -> Message:
        """Write a message; in a channel and a group chat the bot hears it only when it is mentioned."""
        if not text.strip():
            raise Unfilled(_NO_TEXT)
        where = self.chat(key, chat)
        shown = {"type": "message", "text": text, "textFormat": "plain"}
        message = self.chats.post(chat=where, sender=key, activity=shown, thread=thread)
        activity = self._author(key, where, message.thread).message(text, message_id=message.id)
        if where.installed and (where.kind == "personal" or hears(activity)):
            self.delivery.send(activity)
        return message

    async def edit(self, key: str, message: Seen | Message | str, text: str) -> None:
        chat, mine = self.place(key, message.id if isinstance(message, Message) else message)
        if mine.sender != key:
            raise NotThere("Only the sender may edit a message")
        if not text.strip():
            raise Unfilled(_NO_TEXT)
        activity = {"type": "message", "text": text, "textFormat": "plain"}
        self.chats.update(chat=chat, message=mine, activity=activity)
        if chat.installed:
            self.delivery.send(self._author(key, chat, mine.thread).edit(text, message_id=mine.id))

    def _author(self, key: str, chat: Chat, thread: str = "") -> Author:
        return Author(self.world, self.person(key), chat, thread)

    # -- cards and dialogs -------------------------------------------------------------------------------

    async def press(self, key: str, message: Seen | str, name: str, inputs: dict[str, str] | None = None) -> Outcome:
        """Press the button of that title, verb or id, with these inputs filled in."""
        chat, target = self.place(key, message)
        try:
            action = choose(see(target, key).cards, name, inputs or {})
        except Unfilled as error:
            return Outcome("invalid", str(error))
        outcome = await self.clicks.act(self._author(key, chat, target.thread), target, action)
        return await self._log_in(key, target.id, action, outcome) if outcome.kind == "login" else outcome

    async def act(self, key: str, message: str, action: Json, extra: Json | None = None) -> Outcome:
        """A press as the browser reports it: the action, with what was typed merged into its data."""
        chat, target = self.place(key, message)
        return await self.clicks.act(self._author(key, chat, target.thread), target, action, extra=extra)

    async def _log_in(self, key: str, message: str, action: Json, asked: Outcome) -> Outcome:
        """The bot wants a token with the press: press again with one, when the card allows it."""
        extra = self.login(key, asked.oauth or {})
        return await self.act(key, message, action, extra=extra) if extra else asked

    def login(self, key: str, oauth: Json) -> Json | None:
        resource = oauth.get("tokenExchangeResource")
        if not isinstance(resource, dict) or resource.get("uri") not in self.signin.resources():
            return None
        return {"authentication": self.signin.token(self.person(key), oauth)}

    async def refresh(self, key: str, message: Seen | str) -> Outcome:
        """The card came into view: ask for this person's own view of it, if it has one."""
        chat, target = self.place(key, message)
        return await self.clicks.refresh(self._author(key, chat, target.thread), target)

    async def open_dialog(self, key: str, message: Seen | str, name: str) -> Outcome:
        """Press a button that opens a dialog; anything but a dialog coming of it is an error."""
        outcome = await self.press(key, message, name)
        if outcome.kind not in {"dialog", "error"}:
            raise NotThere(f"{name!r} opened no dialog but gave {outcome.kind} {outcome.text!r}")
        return outcome

    async def submit_dialog(
        self,
        key: str,
        message: Seen | str,
        dialog: Outcome,
        name: str,
        inputs: dict[str, str] | None = None,
    ) -> Outcome:
        """Press a button inside an open dialog."""
        try:
            action = choose([(dialog.dialog or {}).get("card") or {}], name, inputs or {})
        except Unfilled as error:
            return Outcome("invalid", str(error))
        return await self.finish_dialog(key, message, action.get("data"))

    async def finish_dialog(self, key: str, message: Seen | str, data: Any) -> Outcome:
        chat, target = self.place(key, message)
        return await self.clicks.task(self._author(key, chat, target.thread), "task/submit", data, target.id)

    # -- signing in --------------------------------------------------------------------------------------

    async def exchange(self, key: str, message: Seen | str) -> Outcome:
        """What every client does on its own when a sign-in card arrives."""
        chat, target = self.place(key, message)
        return await self.signin.exchange(person=self.person(key), chat=chat, message=target)

    async def verify(self, key: str, message: Seen | str, state: str) -> Outcome:
        chat, target = self.place(key, message)
        person = self.person(key)
        return await self.signin.verify(person=person, chat=chat, state=state, thread=target.thread)

    async def sign_in(
        self,
        key: str,
        message: Seen | str,
        *,
        who: str = "",
        method: str = "passkey",
        button: str = "",
        fill: dict[str, str] | None = None,
    ) -> Outcome:
        """The whole sign-in: silently, else by the popup as `who`; `button` names a card's button, if it is one."""
        seen = self.now(key, message)
        silent = seen.oauth is not None and not button and seen.signin != "button"
        outcome = await self.exchange(key, seen) if silent else self._popup_of(seen, button)
        if outcome.kind != "popup":
            return outcome
        values = {"person": who or key, "method": method, **(fill or {})}
        async with Popup(self.world.origin) as popup:
            state = await popup.walk(outcome.url, values)
        return await self.verify(key, seen, state)

    def _popup_of(self, seen: Seen, button: str) -> Outcome:
        if seen.oauth is not None and not button:
            return self.signin.button(seen.oauth)
        action = choose(seen.cards, button, {})
        return Outcome("popup", url=str(action.get("data", {}).get("msteams", {}).get("value", "")))

    # -- the app -----------------------------------------------------------------------------------------

    def install(self, key: str) -> None:
        """Install the app for this person; the bot hears of it as it does in Teams."""
        self._apps.give(key)

    def _given(self, key: str) -> None:
        self._installed(key, self.chats.personal(key), on=True)

    def uninstall(self, key: str) -> None:
        self._apps.installed.discard(key)
        self._installed(key, self.chats.personal(key), on=False)

    def _installed(self, key: str, chat: Chat, *, on: bool) -> None:
        author = self._author(key, chat)
        self.delivery.send(*([*_added(author)] if on else [author.installed("remove")]))
        chat.installed = on
        self.chats.tell(Change("chats", chat))

    def announce(self) -> None:
        """The bot learns of every chat that it was installed in before it came up."""
        there = [chat for chat in self.chats if chat.installed and chat.members]
        authors = [self._author(chat.members[0], chat) for chat in there]
        self.delivery.send(*(activity for author in authors for activity in _added(author)))


def _added(author: Author) -> tuple[Json, Json]:
    return author.installed("add"), author.bot_added()
