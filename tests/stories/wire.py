"""Wire: what an attacker does to it. Presses that went by are sent again, or made up, each with Teams' own token."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from playground.server import Play
from playground.teams.activities import Author
from playground.teams.delivery import Answer
from playground.teams.outcomes import of_action, of_task
from playground.teams.views import LINK, strings

Json = dict[str, Any]
CARD, OPENING, SENDING = "adaptiveCard/action", "task/fetch", "task/submit"  # a card's button; a dialog, and its own
NAMES: Final = frozenset({CARD, OPENING, SENDING})


@dataclass
class Wire:
    play: Play
    pressed: list[Json] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.play.teams.delivery.listen(self._keep)

    def _keep(self, activity: Json, _: Answer) -> None:
        if activity.get("name") in NAMES:
            self.pressed.append(activity)

    def press(self, verb: str) -> Json:
        """The last press of this verb, as it went over the wire."""
        return next(one for one in reversed(self.pressed) if data(one).get("verb") == verb)

    async def again(self, press: Json) -> str:
        """Send a press once more, to the letter; return what can be read of the answer."""
        return read(press, await self.play.teams.delivery.invoke(press))

    async def sends(self, key: str, said: Json, *, name: str = CARD, chat: str = "vouchsafe") -> str:
        """Send, as this person and from this chat of theirs, what a button may say; no card of theirs need have it."""
        teams = self.play.teams
        value: Json = {"data": said, "context": {"theme": "default"}}
        if name == CARD:
            value = {"action": {"type": "Action.Execute", "id": "", "verb": "", "data": said}, "trigger": "manual"}
        return await self.again(Author(self.play.world, teams.person(key), teams.chat(key, chat)).invoke(name, value))


def data(press: Json) -> Json:
    """What the button says, be it of a card or of a dialog."""
    value = press.get("value") or {}
    found = (value.get("action") or {}).get("data") or value.get("data")
    return found if isinstance(found, dict) else {}


def read(press: Json, answer: Answer | None) -> str:
    """Everything that can be read of an answer."""
    outcome = of_action(answer) if press["name"] == CARD else of_task(answer)
    card = outcome.card or (outcome.dialog or {}).get("card") or {}
    return LINK.sub(r"\1", "\n".join([outcome.text, *strings(card)]).replace("**", ""))
