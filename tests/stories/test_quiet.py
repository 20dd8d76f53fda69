"""Greta has been asked often enough: she wants peace until tomorrow, and takes it back when she needs the helpdesk."""

from __future__ import annotations

import pytest

from cards import text
from playground.server import Play
from tests.stories.conftest import Take
from tests.stories.hand import Hand
from tests.stories.seat import words
from tests.stories.test_worn_down import GRETA, asks, is_told


@pytest.mark.browser
async def test_greta_has_peace_security_hears_of_it_and_she_takes_it_back(play: Play, take: Take) -> None:
    greta, ben = await take("greta"), await take("ben")
    await asks(ben)
    await greta.sees(text("call.caller.title", "de"))
    await ben.press(words("call.button.end"), on=words("call.agent.title", name=GRETA))
    await greta.sees("hat die Frage zurückgenommen")
    await greta.press(text("call.button.mute", "de"), on="hat die Frage zurückgenommen")
    await greta.sees("kann niemand vom Helpdesk hier bei Ihnen nachfragen")
    await greta.picture("quiet-1-greta")
    await is_told(ben, words("refusal.caller_quiet"))
    await ben.picture("quiet-2-ben")
    await ben.close()
    told = await Hand(play, "cleo").sees(words("finding.about_quiet", name=GRETA), "security")
    assert words("finding.quiet", name=GRETA) in told.words

    await greta.press(text("call.button.resume", "de"), on="kann niemand vom Helpdesk hier bei Ihnen nachfragen")
    await greta.sees(text("call.button.mute", "de"))
    await asks(ben)
    await greta.sees("sagt, dass Sie gerade")
