"""Somebody has Greta asked again and again, now by one agent, now by another, until she would say yes to have peace."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import expect

from bot.core.callers import WAIT
from cards import text
from playground.server import Play
from tests.stories.conftest import Take
from tests.stories.seat import PATIENCE, Seat, words
from tests.stories.test_attacks import names
from tests.stories.wire import SENDING, Wire, data

GRETA, UPN = "Greta Groß", "greta.gross@contoso.example"


def questions(play: Play) -> list[str]:
    """All that Greta was ever asked, as it stands now."""
    title = text("call.caller.title", "de")
    return [seen.words for seen in play.teams.messages("greta") if title in seen.words]


async def asks(agent: Seat) -> None:
    await names(agent, UPN)
    await expect(agent.dialog.get_by_text(words("call.sent", name=GRETA))).to_be_visible(timeout=PATIENCE)
    await agent.close()
    await agent.sees(words("call.agent.title", name=GRETA))


async def is_told(agent: Seat, why: str) -> None:
    await names(agent, UPN)
    await expect(agent.dialog.get_by_text(why)).to_be_visible(timeout=PATIENCE)


@pytest.mark.browser
async def test_nobody_asks_greta_a_fourth_time_whoever_they_are(play: Play, take: Take) -> None:
    greta, ben, cleo = await take("greta"), await take("ben"), await take("cleo")
    await greta.page.set_viewport_size({"width": 390, "height": 844})
    wire = Wire(play)
    await asks(ben)
    first = data(wire.press("call-ask"))
    await greta.sees(text("call.caller.title", "de"))
    await greta.picture("worn-1-greta")
    await is_told(cleo, words("refusal.caller_asked_already", name="Ben Bishop"))
    await cleo.picture("worn-2-already")
    await cleo.close()
    await ben.press(words("call.button.end"), on=words("call.agent.title", name=GRETA))
    await ben.sees("You took the question back")
    await greta.sees("hat die Frage zurückgenommen")

    await asks(cleo)
    await greta.sees("Cleo Carter vom Helpdesk")
    play.world.clock.advance(WAIT + timedelta(seconds=5))  # she is at lunch
    await cleo.sees("Nobody answered")
    await asks(ben)
    play.world.clock.advance(WAIT + timedelta(seconds=5))
    await ben.sees("Nobody answered")
    await ben.picture("worn-3-unanswered")

    for agent in (cleo, ben):
        await is_told(agent, words("refusal.caller_asked_often"))
    await ben.picture("worn-4-often")
    assert words("refusal.caller_asked_often") in await wire.sends("ben", first | {"id": "c" * 32}, name=SENDING)
    old = {"verb": "call-type", "id": first["id"], "v": 1, "number": "10"}
    assert text("refusal.closed", "de") in await wire.sends("greta", old)
    await greta.sees("niemand hat rechtzeitig geantwortet")
    await greta.picture("worn-5-greta")
    assert len(questions(play)) == 3
    assert not any(text("call.button.confirm", "de") in said for said in questions(play))
    assert play.teams.messages("cleo", "security") == []
