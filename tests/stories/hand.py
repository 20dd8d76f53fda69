"""Hand: a person without a browser, on the same wire; for stories in which processes die."""

from __future__ import annotations

from dataclasses import dataclass

from playground.server import Play
from playground.teams.outcomes import Outcome
from playground.teams.views import Seen, strings
from tests.stories.seat import words


@dataclass(frozen=True)
class Hand:
    play: Play
    key: str

    @property
    def name(self) -> str:
        return self.play.world.people[self.key].name

    async def sees(self, holding: str, chat: str = "vouchsafe", *, seconds: float = 20) -> Seen:
        return await self.play.teams.wait(self.key, chat, has=holding, seconds=seconds)

    async def ask(self) -> Outcome:
        await self.play.teams.say(self.key, "I need a TAP")
        home = await self.sees(words("tap.summary"))
        dialog = await self.play.teams.open_dialog(self.key, home, words("tap.button.ask"))
        return await self.play.teams.submit_dialog(
            self.key, home, dialog, words("button.send"), {"reason": "new_phone"}
        )

    async def sign_in(self) -> Outcome:
        prompt = await self.play.teams.wait(self.key, test=lambda seen: seen.oauth is not None, seconds=20)
        return await self.play.teams.sign_in(self.key, prompt)

    async def approve(self, name: str) -> Outcome:
        title = words("tap.approvers.title", name=name)
        card = await self.sees(title, "helpdesk")
        await self.play.teams.press(self.key, card, words("button.approve"))
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
