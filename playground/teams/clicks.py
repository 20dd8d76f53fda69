"""A pressed button turned into what Teams sends for it; who pressed is the author, never the card's data."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from playground.teams.activities import Author
from playground.teams.chats import Chats, Message, mri
from playground.teams.delivery import Delivery
from playground.teams.outcomes import Outcome, of_action, of_task
from playground.teams.views import see
from playground.world import World

Json = dict[str, Any]
_REFRESH_AGAIN = timedelta(minutes=1)
# https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/user-specific-views
_REFRESH_EVERYBODY = 60


@dataclass(slots=True)
class Knobs:
    """Habits that can be changed; `trigger` says how often a press names what set it off.

    Without `windows`, clients open no dialog and no sign-in window, as Microsoft's own Agents Playground does not:
    whatever a button of Action.Submit asks for, it is a message with its data.
    """

    trigger: Literal["always", "never", "alternate"] = "alternate"
    theme: str = "default"
    windows: bool = True


class Clicks:
    """Presses of one tenant's people."""

    def __init__(self, *, world: World, chats: Chats, delivery: Delivery, knobs: Knobs) -> None:
        self._world = world
        self._chats = chats
        self._delivery = delivery
        self._knobs = knobs
        self._refreshed: dict[tuple[str, str], tuple[int, datetime]] = {}
        self._presses = 0

    async def act(self, author: Author, target: Message, action: Json, *, extra: Json | None = None) -> Outcome:
        match action.get("type"):
            case "Action.Execute":
                return await self.execute(author, target, action, trigger="manual", extra=extra)
            case "Action.Submit":
                return await self.submit(author, target, action.get("data"))
            case "Action.OpenUrl":
                return Outcome("open", url=str(action.get("url", "")))
            case _:
                return Outcome("none")

    async def execute(
        self,
        author: Author,
        target: Message,
        action: Json,
        *,
        trigger: str,
        extra: Json | None = None,
    ) -> Outcome:
        """A Universal Action; a card in the answer is shown to this person only."""
        sent = {"type": "Action.Execute", "id": action.get("id") or "", "verb": action.get("verb") or ""}
        value: Json = {"action": {**sent, "data": action.get("data") or {}}, **(extra or {})}
        if self._names_trigger(trigger):
            value["trigger"] = trigger
        version = target.version
        activity = author.invoke("adaptiveCard/action", value, reply_to=target.id)
        outcome = of_action(await self._delivery.invoke(activity))
        # An update that came meanwhile is newer than this answer.
        if outcome.card is not None and target.version == version:
            key = author.person.key
            self._chats.show(chat=author.chat, message=target, key=key, card=outcome.card)
        return outcome

    def _names_trigger(self, trigger: str) -> bool:
        self._presses += 1
        if trigger == "automatic" or self._knobs.trigger == "always":
            return True
        return self._knobs.trigger == "alternate" and self._presses % 2 == 1

    async def refresh(self, author: Author, target: Message) -> Outcome:
        """At most once a minute and version."""
        card = next(iter(see(target, author.person.key).cards), None)
        if card is None or not _refreshes(card, author):
            return Outcome("none")
        now, key = self._world.clock.now(), (author.person.key, target.id)
        version, before = self._refreshed.get(key, (0, now))
        if version == target.version and now - before < _REFRESH_AGAIN:
            return Outcome("none")
        self._refreshed[key] = (target.version, now)
        return await self.execute(author, target, card["refresh"]["action"], trigger="automatic")

    async def submit(self, author: Author, target: Message, data: Any) -> Outcome:
        """Action.Submit: what it does is in `data.msteams`; without that it is a message with a value."""
        special = data.get("msteams") if isinstance(data, dict) else None
        if not self._knobs.windows or not isinstance(special, dict) or not special.get("type"):
            self._delivery.send(author.submit(data, reply_to=target.id))
            return Outcome("none")
        match special["type"]:
            case "task/fetch":
                return await self.task(author, "task/fetch", data, target.id)
            case "signin":
                return Outcome("popup", url=str(special.get("value", "")))
            case "imBack":
                self._say(author, str(special.get("value", "")))
            case "messageBack":
                self._message_back(author, target, special)
            case "invoke":
                value = special.get("value")
                answer = await self._delivery.invoke(author.invoke("", value, reply_to=target.id))
                return of_task(answer)
            case unknown:
                return Outcome("error", f"Teams knows no button of type {unknown!r}.")
        return Outcome("none")

    def _say(self, author: Author, text: str) -> None:
        message = self._chats.post(
            chat=author.chat,
            sender=author.person.key,
            activity={"type": "message", "text": text, "textFormat": "plain"},
            thread=author.thread,
        )
        self._delivery.send(author.message(text, message_id=message.id))

    def _message_back(self, author: Author, target: Message, special: Json) -> None:
        """Only the display text is shown; without one nothing is."""
        shown, text = str(special.get("displayText") or ""), str(special.get("text") or "")
        number = self._chats.new_id()
        if shown:
            activity = {"type": "message", "text": shown, "textFormat": "plain"}
            number = self._chats.post(
                chat=author.chat, sender=author.person.key, activity=activity, thread=author.thread
            ).id
        self._delivery.send(
            author.message_back(text=text, value=special.get("value"), reply_to=target.id, message_id=number)
        )

    async def task(self, author: Author, name: str, data: Any, reply_to: str) -> Outcome:
        """A dialog asked for or sent in."""
        value = {"data": data, "context": {"theme": self._knobs.theme}}
        return of_task(await self._delivery.invoke(author.invoke(name, value, reply_to=reply_to)))


def _refreshes(card: Json, author: Author) -> bool:
    """Whether the card refreshes for this person: they are named, or the conversation is small enough."""
    refresh = card.get("refresh")
    if not isinstance(refresh, dict) or not isinstance(refresh.get("action"), dict):
        return False
    named = refresh.get("userIds")
    if named:
        return mri(author.person) in named[:_REFRESH_EVERYBODY]
    return len(author.chat.members) <= _REFRESH_EVERYBODY
