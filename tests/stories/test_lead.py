"""Somebody rings as Greta and is denied. Ben asks who leads the helpdesk; Cleo asks Greta herself, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from playwright.async_api import expect

from cards import text
from playground.server import Play
from tests.stories.conftest import Take
from tests.stories.seat import PATIENCE, words
from tests.stories.test_verify import policies
from tests.stories.test_worn_down import GRETA, UPN, questions


@pytest.fixture
def setting(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
    return policies(tmp_path_factory, "[tap]\nassisted = true\n")


@pytest.mark.browser
async def test_a_lead_asks_greta_anew_after_her_no_and_can_do_no_more(play: Play, take: Take) -> None:
    greta, ben, cleo = await take("greta"), await take("ben"), await take("cleo")
    await ben.say(f"for @{GRETA}: new phone")
    await ben.sees(UPN)
    await ben.picture("lead-1-named")
    await ben.press(words("call.button.ask"), on=UPN)
    await greta.press(text("call.button.no", "de"), on=text("call.caller.title", "de"))
    await ben.sees("End the call")
    await ben.press(words("escalation.button.ask"), on="End the call")
    await ben.sees(words("escalation.status.asked"))
    await ben.picture("lead-2-agent")

    about = words("escalation.about", name=GRETA)
    read = await cleo.sees(about)
    await expect(read).to_contain_text("Ben Bishop")
    await expect(read).to_contain_text("said that it is not them")
    await expect(read).to_contain_text(words("tap.title"))
    await cleo.picture("lead-3-lead")
    await cleo.press(words("escalation.button.take"), on=about)
    await cleo.dialog.get_by_role("button", name=words("call.button.ask"), exact=True).first.click(timeout=PATIENCE)
    await expect(cleo.dialog.get_by_text(words("call.sent", name=GRETA))).to_be_visible(timeout=PATIENCE)
    await cleo.close()
    await ben.sees("Cleo Carter takes it over")
    await ben.picture("lead-4-taken")

    await greta.sees("Cleo Carter vom Helpdesk")
    assert len(questions(play)) == 2
    await greta.press(text("call.button.no", "de"), on="Cleo Carter vom Helpdesk")
    await cleo.sees("End the call")
    await cleo.picture("lead-5-no")
    await cleo.press(words("escalation.button.take"), on=about)  # a second no holds for everybody
    await cleo.dialog.get_by_role("button", name=words("call.button.ask"), exact=True).first.click(timeout=PATIENCE)
    await expect(cleo.dialog.get_by_text(words("refusal.caller_said_no"))).to_be_visible(timeout=PATIENCE)
    assert len(questions(play)) == 2
    assert play.world.graph.issued == []
