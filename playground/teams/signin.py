"""Sign-in cards: the silent token exchange, then the button; a token only goes to the app that the card names."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from playground.entra import sso_token
from playground.people import Person
from playground.teams.activities import Author
from playground.teams.chats import Chat, Chats, Message
from playground.teams.delivery import Answer, Delivery
from playground.teams.outcomes import Outcome, failed
from playground.teams.views import see
from playground.world import World

Json = dict[str, Any]
MISMATCH = "Resource match failed: the card's resource is not the one of the app's manifest."


class SignIn:
    """What a Teams client does with an OAuth card, for one person at a time."""

    def __init__(self, *, world: World, chats: Chats, delivery: Delivery) -> None:
        self._world = world
        self._chats = chats
        self._delivery = delivery

    def resources(self) -> set[str]:
        """The application id URI of the app's manifest, with and without the port of a loopback address."""
        place = urlsplit(self._world.public_url)
        return {f"api://{host}/botid-{self._world.bot_id}" for host in (place.netloc, place.hostname)}

    async def exchange(self, *, person: Person, chat: Chat, message: Message) -> Outcome:
        """Try it silently; what does not work out leaves the button."""
        card = see(message, person.key).oauth
        if card is None:
            return Outcome("error", "There is nothing to sign in to here.")
        outcome = await self._silently(Author(self._world, person, chat, message.thread), card)
        state = "done" if outcome.kind == "signed" else "button"
        self._chats.sign(chat=chat, message=message, key=person.key, state=state)
        return outcome

    async def _silently(self, author: Author, card: Json) -> Outcome:
        resource = card.get("tokenExchangeResource")
        if not isinstance(resource, dict):
            return self.button(card)
        if author.chat.kind == "channel" or resource.get("uri") not in self.resources():
            value = {"code": "resourcematchfailed", "message": MISMATCH}
            await self._delivery.invoke(author.invoke("signin/failure", value))
            return self.button(card)
        answer = await self._delivery.invoke(author.invoke("signin/tokenExchange", self.token(author.person, card)))
        return self._read(card, answer)

    def token(self, person: Person, card: Json) -> Json:
        return {
            "id": card["tokenExchangeResource"].get("id", ""),
            "connectionName": card.get("connectionName", ""),
            "token": sso_token(self._world, person),
        }

    def _read(self, card: Json, answer: Answer | None) -> Outcome:
        if answer is not None and answer.status == HTTPStatus.OK:
            return Outcome("signed", status=200)
        if answer is not None and answer.status == HTTPStatus.PRECONDITION_FAILED:
            return self.button(card)
        return failed(answer)

    def button(self, card: Json) -> Outcome:
        url = next((str(b.get("value", "")) for b in card.get("buttons") or [] if b.get("type") == "signin"), "")
        return Outcome("popup", str(card.get("text", "")), url=url, status=412)

    async def verify(self, *, person: Person, chat: Chat, state: str, thread: str = "") -> Outcome:
        """The popup's result, brought to the bot in the name of whoever opened the popup."""
        author = Author(self._world, person, chat, thread)
        answer = await self._delivery.invoke(author.invoke("signin/verifyState", {"state": state}))
        if answer is None or answer.status != HTTPStatus.OK:
            return failed(answer)
        for message in chat.messages:
            if message.signin.get(person.key) == "button":
                self._chats.sign(chat=chat, message=message, key=person.key, state="done")
        return Outcome("signed", status=200)
