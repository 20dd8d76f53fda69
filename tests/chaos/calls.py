"""Calls: somebody rings the helpdesk; an agent has them asked whether it is them, and opens for them what they want."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final
from uuid import uuid4

from bot.core.calling import NUMBER, PICKED, TYPED, OpenRequest, Verb, pack
from playground.teams.outcomes import Outcome
from playground.teams.presses import Button, buttons, gather
from playground.teams.views import Seen, strings
from tests.chaos.eyes import data_of, found
from tests.chaos.person import Person

ANSWER: Final = 12.0  # seconds until somebody gives up waiting for the other
FORM: Final = {"reason": "new_phone", "minutes": "30"}
# How a colleague answers; all but the first two are the end of it.
ANSWERS: Final = {"signs in": 50, "types and signs in": 22, "types": 8, "guesses": 6, "says no": 8, "is silent": 6}
PROVED: Final = frozenset({"signs in", "types and signs in"})
DENIED: Final = frozenset({"says no", "guesses"})  # nobody asks them again that day, or lets them prove it so
_DIGITS: Final = re.compile(r"\d\d")


def answer(random: Random) -> str:
    return random.choices(list(ANSWERS), list(ANSWERS.values()))[0]


@dataclass(slots=True)
class Call:
    """`me` is on the telephone with `agent`, and `how` they answer is settled before; `came` says how far it came."""

    me: Person
    agent: Person
    how: str
    double: bool = False
    came: str = "nobody was asked"

    async def opens(self) -> str:
        """Return the request that was opened for them, or nothing where nothing was."""
        form = await self._asked() or await self._asked()  # what could not be checked just now is tried again
        if not form:
            return ""
        self.came = "not proved" if self.how in PROVED else self.how
        if not await self._answered(form):
            return ""
        self.came = "not opened"
        return await self._opened(form)

    async def _asked(self) -> str:
        """The agent finds their colleague and has them asked; return the form's id once the question stands."""
        agent, upn = self.agent, self.me.play.world.people[self.me.key].upn
        door = agent.eyes.latest(agent.key, agent.home, Verb.BEGIN, "")
        if door is None:
            await agent.play.teams.say(agent.key, "verify a caller")
            door = await self._sees(agent, lambda: agent.eyes.latest(agent.key, agent.home, Verb.BEGIN, ""))
        if door is None:
            return ""
        dialog = await self._sent(door, await agent.press(door, Verb.BEGIN), Verb.FIND, {TYPED: upn})
        them = self.me.play.world.people[self.me.key].id
        asks = next((b for b in _buttons(dialog, Verb.ASK) if data_of(b).get(PICKED) == them), None)
        if asks is None:
            return ""
        form = str(data_of(asks)["id"])
        await self._finished(door, asks, {})
        asked = await self._sees(self.me, lambda: self.me.sees(form))
        return form if asked is not None else ""

    async def _answered(self, form: str) -> bool:
        """Answer as was settled; say whether the agent may go on."""
        me, seen = self.me, self.me.sees(form)
        if seen is None or self.how == "is silent":
            return False
        if self.how == "says no":
            await me.press(seen, Verb.DENY, twice=self.double)
            return False
        if self.how == "guesses":
            await me.press(seen, Verb.TYPE, {NUMBER: str(me.random.randint(10, 99))}, twice=self.double)
            return False
        if self.how != "signs in":
            await me.press(seen, Verb.TYPE, {NUMBER: await self._read_aloud(form)}, twice=self.double)
        if self.how == "types":
            await self._forged(form)
            return False
        proves = await self._sees(me, lambda: _with(me.sees(form), "sign-in-window"))
        return proves is not None and await me.sign_in(proves)

    async def _read_aloud(self, form: str) -> str:
        """What the agent reads on their own card, if it came."""
        seen = await self._sees(self.agent, lambda: self.agent.sees(form))
        said = [text for card in seen.cards for text in strings(card)] if seen is not None else []
        return next((text for text in said if _DIGITS.fullmatch(text)), "")

    async def _forged(self, form: str) -> None:
        """The agent, or whoever sits there, sends the form that a number alone does not open."""
        seen = await self._sees(self.agent, lambda: self.agent.sees(form))
        if seen is not None:
            data = {**pack(OpenRequest(form, 9, "tap", uuid4().hex, {})), **FORM}
            await self.agent.play.teams.finish_dialog(self.agent.key, seen, data)

    async def _opened(self, form: str) -> str:
        """The agent fills in what they want; return the request once its question stands before them."""
        agent, me = self.agent, self.me
        seen = await self._sees(agent, lambda: _with(agent.sees(form), Verb.OPEN))
        if seen is None:
            return ""
        dialog = await agent.press(seen, Verb.OPEN)
        send = next(iter(_buttons(dialog, Verb.SEND)), None)
        if send is None:
            return ""
        request = str(data_of(send)["form"])
        await self._finished(seen, send, FORM)
        wanted = await self._sees(me, lambda: me.sees(request))
        return request if wanted is not None else ""

    async def _sent(self, door: Seen, dialog: Outcome, verb: str, inputs: dict[str, str]) -> Outcome:
        button = next(iter(_buttons(dialog, verb)), None)
        return await self._finished(door, button, inputs) if button is not None else Outcome("none")

    async def _finished(self, door: Seen, button: Button, inputs: dict[str, str]) -> Outcome:
        """Press a button of an open dialog, or twice at once."""
        agent, names = self.agent, {item["id"] for item in button.inputs}
        data = gather(button, {name: value for name, value in inputs.items() if name in names})
        agent.eyes.press(agent.id, data)
        sending = (agent.play.teams.finish_dialog(agent.key, door, data) for _ in range(2 if self.double else 1))
        first, *_ = await asyncio.gather(*sending)
        return first

    async def _sees(self, who: Person, look: Callable[[], Seen | None]) -> Seen | None:
        """Wait until there is something to see, as long as one waits on the telephone."""
        until = asyncio.get_running_loop().time() + ANSWER
        while (seen := look()) is None and asyncio.get_running_loop().time() < until:
            await who.pause()
        return seen


def _buttons(dialog: Outcome, verb: str) -> list[Button]:
    card = (dialog.dialog or {}).get("card") or {}
    return [button for button in buttons(card) if data_of(button).get("verb") == verb]


def _with(seen: Seen | None, verb: str) -> Seen | None:
    return seen if seen is not None and found(seen.cards, verb) is not None else None
