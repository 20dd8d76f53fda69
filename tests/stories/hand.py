"""Hand: a person without a browser, on the same wire; for stories in which processes die."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from bot.core.forms import Choice
from bot.core.packing import CHOOSE
from cards.words import own
from playground.server import Play
from playground.teams.outcomes import Outcome
from playground.teams.popup import Dead
from playground.teams.presses import buttons
from playground.teams.views import LINK, Seen, strings
from tests.stories.seat import words

TRIES = 4
CONTACT = "the helpdesk on extension 4357"  # in this world


def read(outcome: Outcome) -> str:
    """Everything that stands in a dialog, or the line that came instead."""
    said = "\n".join(strings((outcome.dialog or {}).get("card") or {})) or outcome.text
    return LINK.sub(r"\1", said.replace("**", ""))


def beside(dialog: Outcome, form: Mapping[str, str]) -> dict[str, str] | None:
    """What the button beside a line of a form sends, where one of these is chosen by it."""
    card = (dialog.dialog or {}).get("card") or {}
    tags = {(name, Choice(value, "").tag) for name, value in form.items()}
    sent = [dict(button.action.get("data") or {}) for button in buttons(card)]
    return next((data for data in sent if data.get("verb") == CHOOSE and tags & set(data.items())), None)


def asks(seen: Seen) -> bool:
    """Whether its person is asked on this message to sign in for a request of theirs."""
    own = words("button.sign_in") in [str(b.action.get("title")) for card in seen.cards for b in buttons(card)]
    return own or seen.oauth is not None  # as a version before this one asks


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
        if (line := beside(dialog, form)) is not None:
            dialog = await self.play.teams.finish_dialog(self.key, home, line)
            form = {name: value for name, value in form.items() if name not in line}
        return await self.play.teams.submit_dialog(self.key, home, dialog, words(own(kind, "button.send")), form)

    async def _form(self, kind: str) -> tuple[Seen, Outcome]:
        """Open a form on the home card; where not everything could be read in time, once more, as it says there."""
        home = await self.sees(words(f"{kind}.button.ask"))
        for _ in range(TRIES):
            dialog = await self.play.teams.open_dialog(self.key, home, words(f"{kind}.button.ask"))
            if words("refusal.unknown", contact=CONTACT) not in read(dialog):
                break
        return home, dialog

    async def press(self, button: str, *, on: str, chat: str = "vouchsafe") -> Outcome:
        """Press the button with this title on the message with the words `on`."""
        return await self.play.teams.press(self.key, await self.sees(on, chat), button)

    async def sign_in(self) -> Outcome:
        """Press *Sign in* on the request's own card; when it was begun before and cut off, have another link made."""
        card = await self.signs_in()
        try:
            return await self.play.teams.sign_in(self.key, card, button=words("button.sign_in"))
        except Dead:
            await self.play.teams.press(self.key, card, words("button.sign_in_again"))
            anew = await self.signs_in(other_than=card)
            return await self.play.teams.sign_in(self.key, anew, button=words("button.sign_in"))

    async def signs_in(self, other_than: Seen | None = None) -> Seen:
        """The request's own card, with the button to sign in; with another link than it had, if it had one."""
        before = other_than.cards if other_than is not None else None
        return await self.play.teams.wait(self.key, test=lambda s: asks(s) and s.cards != before, seconds=40)

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
        return await self.play.teams.press(self.key, card, words("button.approve_send"), {"verdict_yes": verdict})

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
