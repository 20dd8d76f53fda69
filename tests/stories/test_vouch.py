"""Rita rings without Teams. Max, her manager, has just spoken to her; of somebody else's Max he has not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from playwright.async_api import expect

from playground.server import Play
from tests.stories.conftest import Take
from tests.stories.hand import Hand
from tests.stories.seat import PATIENCE, Seat, words
from tests.stories.test_verify import policies

RITA = "Rita Reyes"


@pytest.fixture
def setting(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
    """The desk may install the app for nobody."""
    held = policies(tmp_path_factory, "[tap]\nassisted = true\n")
    return {"env": {**held["env"], "VOUCHSAFE_CATALOG_APP": ""}}  # type: ignore[dict-item]


async def tries(ben: Seat, name: str) -> None:
    """Ben takes a call and has the caller asked, who has no chat with the desk."""
    await ben.say("verify a caller")
    await ben.press(words("call.button.begin"), on=words("call.door"))
    await ben.dialog.get_by_label(words("call.typed")).fill(name)
    await ben.dialog.get_by_role("button", name=words("call.button.find"), exact=True).click()
    await ben.dialog.get_by_role("button", name=words("call.button.ask"), exact=True).first.click()
    await expect(ben.dialog.get_by_text("they do not have this app")).to_be_visible(timeout=PATIENCE)
    await ben.close()


@pytest.mark.browser
async def test_max_vouches_for_rita_and_what_is_opened_is_still_hers_alone(play: Play, take: Take) -> None:
    ben, max_ = await take("ben"), await take("max")
    play.teams.uninstall("rita")
    await tries(ben, RITA)
    await ben.picture("vouch-1-unreached")
    await ben.press(words("call.button.manager"), on="I cannot reach Rita Reyes in Teams")
    await max_.sees(words("call.voucher.title", name=RITA))
    await max_.picture("vouch-2-asked")
    await max_.sign_in(words("call.button.vouch"))
    await ben.sees("has just heard or seen Rita Reyes, and has signed in to say so")
    await ben.picture("vouch-3-vouched")
    await max_.sees("You cannot approve what is opened with it")
    await max_.picture("vouch-4-thanks")

    await ben.press(words("tap.title"), on="has just heard or seen Rita Reyes")
    await expect(ben.dialog.get_by_text("This desk gives them nothing that lets them in")).to_be_visible(
        timeout=PATIENCE
    )
    await ben.close()
    assert play.world.graph.issued == []

    play.teams.install("rita")
    rita = await take("rita")
    await ben.press(words("tap.title"), on="has just heard or seen Rita Reyes")
    await ben.fill_form()
    await expect(ben.dialog.get_by_text(words("call.opened", name=RITA))).to_be_visible(timeout=PATIENCE)
    await ben.close()
    await rita.press(words("button.consent"), on=words("request.consent.title"))
    await rita.sign_in()
    cleo = Hand(play, "cleo")
    card = await cleo.sees(words("tap.approvers.title", name=RITA), "helpdesk")
    assert "their manager Max Moore" in card.words
    await cleo.approve(RITA)
    issued = await rita.read_pass()
    await ben.never_sees(issued)
    await max_.never_sees(issued)


@pytest.mark.browser
async def test_whoever_became_mos_manager_two_days_ago_is_not_asked(play: Play, take: Take) -> None:
    ben = await take("ben")
    play.teams.uninstall("mo")
    await tries(ben, "Mo Malik")
    await ben.press(words("call.button.manager"), on="I cannot reach Mo Malik in Teams")
    await ben.sees("for less than two weeks")
    await ben.picture("vouch-5-new-manager")
    assert not any("Mo Malik" in message.words for message in play.teams.messages("max"))
