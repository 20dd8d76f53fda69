"""Hand: a person without a browser, on the same wire; for stories in which processes die."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from cards.words import own
from playground.server import Play
from playground.teams.outcomes import Outcome
from playground.teams.popup import Dead
from playground.teams.views import LINK, Seen, strings
from tests.stories.seat import words

TRIES = 4
CONTACT = "the helpdesk on extension 4357"  # in this world


def read(outcome: Outcome) -> str:
    """Everything that stands in a dialog, or the line that came instead."""
    said = "\n".join(strings((outcome.dialog or {}).get("card") or {})) or outcome.text
    return LINK.sub(r"\1", said.replace("**", ""))


async def come_true(test: Callable[[], bool], *, seconds: float = 30) -> None:
    """Wait until it is so; what the desk does by itself takes its time."""
    async with asyncio.timeout(seconds):
        while not test():
            await asyncio.sleep(0.05)


@dataclass(frozen=True)
class Hand:
    play: Play
    key: str

    @property
    def name(self) -> str:
        return self.play.world.people[self.key].name

    async def sees(self, holding: str, chat: str = "vouchsafe", *, seconds: float = 40) -> Seen:
        return await self.play.teams.wait(self.key, chat, has=holding, seconds=seconds)

    async def ask(self) -> Outcome:
        await self.play.teams.say(self.key, "I need a TAP")
        return await self.want("tap", reason="new_phone")

    async def look(self, kind: str) -> str:
        """Read the form of a kind, or what stands in its place."""
        return read((await self._form(kind))[1])

    async def want(self, kind: str, **form: str) -> Outcome:
        """Ask for anything: open its form from the home card, fill it in, send it."""
        home, dialog = await self._form(kind)
        return await self.play.teams.submit_dialog(self.key, home, dialog, words(own(kind, "button.send")), form)

    async def _form(self, kind: str) -> tuple[Seen, Outcome]:
        """Open a form on the home card; where not everything could be read in time, once more, as it says there."""
        home = await self.sees(words(f"{kind}.summary"))
        for _ in range(TRIES):
            dialog = await self.play.teams.open_dialog(self.key, home, words(f"{kind}.button.ask"))
            if words("refusal.unknown", contact=CONTACT) not in read(dialog):
                break
        return home, dialog

    async def press(self, button: str, *, on: str, chat: str = "vouchsafe") -> Outcome:
        """Press the button with this title on the message with the words `on`."""
        return await self.play.teams.press(self.key, await self.sees(on, chat), button)

    async def sign_in(self) -> Outcome:
        """Use the prompt; when it was begun before and cut off, have another one sent, as its page says."""
        prompt = await self._prompt()
        try:
            return await self.play.teams.sign_in(self.key, prompt)
        except Dead:
            card = await self.sees(words("request.step_up.title"))
            await self.play.teams.press(self.key, card, words("button.sign_in_again"))
            return await self.play.teams.sign_in(self.key, await self._prompt(after=prompt))

    async def _prompt(self, after: Seen | None = None) -> Seen:
        return await self.play.teams.wait(self.key, test=lambda seen: seen.oauth is not None, after=after, seconds=40)

    async def approve(self, name: str, *, kind: str = "tap", verdict: str = "") -> Outcome:
        """Approve in the channel, with a verdict where a yes can mean several things, and confirm it in private."""
        title = words(f"{kind}.approvers.title", name=name)
        await self._say_yes(await self.sees(title, "helpdesk"), verdict)
        try:
            return await self._confirm(title)
        except Dead:  # begun before and cut off: pressing Approve again makes a new one
            before = (await self.sees(title)).cards
            await self._say_yes(await self.sees(title, "helpdesk"), verdict)
            with suppress(TimeoutError):  # nothing of the old one was kept, so its link is as good as new
                await self.play.teams.wait(self.key, has=title, test=lambda seen: seen.cards != before, seconds=10)
            return await self._confirm(title)

    async def _say_yes(self, card: Seen, verdict: str) -> Outcome:
        if not verdict:
            return await self.play.teams.press(self.key, card, words("button.approve"))
        return await self.play.teams.press(self.key, card, words("button.approve_send"), {"choice": verdict})

    async def _confirm(self, title: str) -> Outcome:
        mine = await self.sees(title)
        return await self.play.teams.sign_in(self.key, mine, button=words("button.sign_in_and_approve"))

    async def show(self) -> str:
        """Press *Show my pass* and return what can be read."""
        ready = await self.sees(words("tap.request.ready.title"))
        outcome = await self.play.teams.press(self.key, ready, words("tap.button.show"))
        return "\n".join(strings((outcome.dialog or {}).get("card") or {})) or outcome.text

    async def to_ready(self, approver: Hand) -> None:
        await self.ask()
        await self.sign_in()
        await approver.approve(self.name)
        await self.sees(words("tap.request.ready.title"))
