"""Somebody guesses Ann's number, or wants a second pass within a day: that takes more, and everybody reads why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from playwright.async_api import expect

from playground.server import Play
from tests.stories.conftest import Take
from tests.stories.hand import Hand
from tests.stories.seat import words
from tests.stories.test_attacks import guesses
from tests.stories.test_call import ANN, asks, number
from tests.stories.test_verify import policies, shown

TITLE = words("tap.approvers.title", name=ANN)


@pytest.fixture
def setting(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
    return policies(tmp_path_factory, "[tap]\nassisted = true\n")


@pytest.mark.browser
async def test_after_a_guess_and_for_a_second_pass_a_face_and_two_people_are_asked(play: Play, take: Take) -> None:
    ann, ben, cleo = await take("ann"), await take("ben"), await take("cleo")
    await ann.page.set_viewport_size({"width": 390, "height": 844})
    await asks(ben)
    await guesses(ann, await number(ben))
    await ben.sees("Another number than yours was typed")
    await ann.ask()  # whoever it is that guessed
    await ann.sees(words("stricter.cool_down"))
    await ann.sign_in()
    await ann.sees(words("request.proof.title"))
    await ann.picture("second-1-proof")
    await cleo.open("helpdesk")
    await cleo.never_sees(TITLE)  # nobody is asked before it is her face
    await shown(Hand(play, "ann"))
    await ben.approve(ANN)
    await cleo.sees(words("stricter.theirs.cool_down", name=ANN))
    await cleo.sees("1 of 2: Ben Bishop")
    await cleo.picture("second-2-cleo")
    await ann.never_sees(words("tap.button.show"))
    assert play.world.graph.issued == []
    await cleo.approve(ANN)
    assert await ann.read_pass()
    await ann.close()

    play.world.clock.advance(timedelta(hours=5))  # the guess is forgotten, the pass is not
    await ann.ask()
    second = await ann.sees(words("stricter.repeat"))
    await expect(second).not_to_contain_text(words("stricter.cool_down"))
    await ann.sign_in()
    again = await ann.sees(words("request.proof.title"))
    await expect(again).to_contain_text(words("stricter.repeat"))
    await ann.picture("second-3-again")
    assert len([seen for seen in play.teams.messages("cleo", "helpdesk") if TITLE in seen.words]) == 1
    assert len(play.world.graph.issued) == 1
    assert play.world.graph.revoked == []
    assert words("call.title") not in str([seen.words for seen in play.teams.messages("cleo", "security")])
