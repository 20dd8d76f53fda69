"""Person: somebody with errands. They act on what stands in Teams, try again as people do, and lose patience."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from random import Random
from typing import Final

import aiohttp

from bot.core.forms import Choice
from playground.server import Play
from playground.teams.chats import Chat
from playground.teams.outcomes import Outcome
from playground.teams.popup import Dead, Page, Popup
from playground.teams.presses import NotThere, Unfilled, buttons, gather
from playground.teams.views import Seen
from tests.chaos.eyes import Eyes, about, data_of, found

PAGES: Final = 8
GLANCE: Final = 1.5  # seconds between two looks at a chat in which nothing changes
SIGN_IN: Final = "signs in"  # what is remembered of a window, as if it were a button
TROUBLE: Final = (aiohttp.ClientError, TimeoutError, OSError, Dead, NotThere, Unfilled)


@dataclass
class Person:
    """`address` is the loopback address their browser asks from: each has one of their own, as on a network."""

    play: Play
    eyes: Eyes
    key: str
    random: Random
    address: str
    asked: dict[str, str] = field(default_factory=dict)  # by kind, the last request of theirs

    @property
    def id(self) -> str:
        return self.play.world.people[self.key].id

    @property
    def home(self) -> Chat:
        return self.play.teams.chats.personal(self.key)

    def sees(self, request: str) -> Seen | None:
        return self.eyes.newest(request, self.key, self.home)

    def reads(self, last: int = 12) -> list[Seen]:
        """The newest messages of the bot in their chat."""
        return self.play.teams.messages(self.key)[-last:]

    async def press(
        self, seen: Seen, verb: str, inputs: dict[str, str] | None = None, *, kind: str = "", twice: bool = False
    ) -> Outcome:
        """Press the button that does this, or with `twice` twice at once; what is not there is no error."""
        button = found(seen.cards, verb, kind)
        if button is None:
            return Outcome("none")
        known = {item["id"] for item in button.inputs}
        given = {name: value for name, value in (inputs or {}).items() if name in known}
        action = button.action | {"data": gather(button, given)}
        self.eyes.press(self.id, action["data"])
        first, *_ = await asyncio.gather(
            *(self.play.teams.act(self.key, seen.id, action) for _ in range(2 if twice else 1)),
        )
        return first

    async def choose(self, seen: Seen, dialog: Outcome, value: str) -> Outcome:
        """Press the button beside this line of an open form; where there is none, the form stays as it is."""
        every = [dict(data_of(button)) for button in buttons((dialog.dialog or {}).get("card") or {})]
        beside = [data for data in every if data.get("verb") == "choose" and Choice(value, "").tag in data.values()]
        return await self.play.teams.finish_dialog(self.key, seen, beside[0]) if beside else dialog

    async def send(self, seen: Seen, dialog: Outcome, inputs: dict[str, str], *, twice: bool) -> str:
        """Fill in the form of an open dialog and send it; the id it was opened with, or nothing if it has none."""
        button = found([(dialog.dialog or {}).get("card") or {}], "submit")
        if button is None:
            return ""
        data = gather(button, {name: value for name, value in inputs.items() if name in _fields(button.inputs)})
        sending = (self.play.teams.finish_dialog(self.key, seen, data) for _ in range(2 if twice else 1))
        await asyncio.gather(*sending)
        return str(data_of(button)["id"])

    async def sign_in(self, seen: Seen, *, password: str = "") -> bool:
        """Use a card's window, page by page."""
        button = found(seen.cards, "sign-in-window")
        url = str(data_of(button)["msteams"]["value"]) if button else ""
        if not url:
            return False
        for one in about(seen.cards):
            self.eyes.press(self.id, {"verb": SIGN_IN, "id": one})
        result = await self._window(url, password)
        return (await self.play.teams.verify(self.key, seen, result)).kind == "signed"

    async def _window(self, url: str, password: str) -> str:
        async with Popup(self.play.world.origin, address=self.address) as popup:
            page = await popup.open(url)
            for _ in range(PAGES):
                if page.result is not None:
                    return page.result
                page = await self._next(popup, page, password)
            raise Dead(page)

    async def _next(self, popup: Popup, page: Page, password: str) -> Page:
        if not page.forms or page.status >= 400:
            raise Dead(page)
        if _asks_password(page):
            self.play.world.graph.passwords.told.append(password)  # the canary looks for it from now on
            over = await popup.submit(page, {"password": password}, button="send")
            if over.result is None:
                raise Dead(over)
            return over
        who = {"person": self.key, "method": "passkey"}
        return await popup.submit(page, who, button="continue" if _continues(page) else "")

    async def pause(self, most: float = GLANCE) -> None:
        await self.eyes.change(self.home, self.random.uniform(most / 3, most))


def _fields(inputs: tuple[dict[str, object], ...]) -> set[object]:
    return {item["id"] for item in inputs}


def _asks_password(page: Page) -> bool:
    return any("password" in form.values for form in page.forms)


def _continues(page: Page) -> bool:
    return any("continue" in form.buttons for form in page.forms)
