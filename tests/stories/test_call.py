"""Somebody rings who is who they say: what Ben opens for them is theirs alone. Who is not is in `test_impostor`."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from playwright.async_api import expect

from playground.server import Play
from tests.stories.conftest import Take
from tests.stories.hand import Hand
from tests.stories.seat import PATIENCE, Seat, words
from tests.stories.test_verify import policies

ANN = "Ann Archer"
DIGITS = re.compile(r"^\d\d$", re.MULTILINE)


async def asks(ben: Seat, who: str = ANN, work: str = "Buyer") -> None:
    """Ben takes a call: he looks the caller up with the picker and has them asked."""
    await ben.say("verify a caller")
    await ben.press(words("call.button.begin"), on=words("call.door"))
    await ben.dialog.get_by_label(words("call.picked")).locator("input").fill(f"{who}, {work}")
    await ben.dialog.get_by_role("button", name=words("call.button.find"), exact=True).click()
    await expect(ben.dialog.get_by_text("ann.archer@")).to_be_visible(timeout=PATIENCE)
    await expect(ben.dialog.get_by_text("ann.archer2@")).to_be_visible(timeout=PATIENCE)  # of the same name
    await ben.picture("call-1-found")
    await ben.dialog.get_by_role("button", name=words("call.button.ask"), exact=True).first.click()
    await expect(ben.dialog.get_by_text(words("call.sent", name=who))).to_be_visible(timeout=PATIENCE)
    await ben.close()


async def number(ben: Seat) -> str:
    """What stands on Ben's card, for him to read aloud."""
    card = await ben.sees(words("call.agent.title", name=ANN))
    found = DIGITS.findall(await card.inner_text())
    assert len(found) == 1
    return str(found[0])


class TestOnBehalf:
    """The helpdesk may open a pass for whom it has verified."""

    @pytest.fixture
    def setting(self, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
        return policies(tmp_path_factory, "[tap]\nassisted = true\n")

    @pytest.mark.browser
    async def test_ben_opens_a_pass_for_ann_cleo_approves_and_ann_alone_sees_it(self, play: Play, take: Take) -> None:
        ann, ben = await take("ann"), await take("ben")
        await asks(ben)
        await ann.sees(words("call.caller.title"))
        await ann.sign_in(words("call.button.prove"))
        await ben.sees("has signed in to prove it")
        await ben.press(words("tap.title"), on="has signed in to prove it")
        await ben.fill_form()
        await expect(ben.dialog.get_by_text(words("call.opened", name=ANN))).to_be_visible(timeout=PATIENCE)
        await ben.close()
        await ben.sees("has to agree first")
        await ann.sees(words("request.consent.title"))
        await ann.picture("call-8-consent")
        await ann.press(words("button.consent"), on=words("request.consent.title"))
        await ann.sign_in()
        await ben.sees("You opened it, so you cannot be one")
        await ben.picture("call-9-opener")
        cleo = Hand(play, "cleo")
        card = await cleo.sees(words("tap.approvers.title", name=ANN), "helpdesk")
        assert words("fact.opened_by") in card.words
        await cleo.approve(ANN)
        issued = await ann.read_pass()
        await ben.sees("Only Ann Archer has what came of it")
        await ben.never_sees(issued)


@pytest.mark.browser
async def test_nia_never_met_the_bot_and_is_asked_all_the_same(play: Play, take: Take) -> None:
    ben = await take("ben")
    assert not play.teams.chats.personal("nia").installed
    await ben.say("verify a caller")
    await ben.press(words("call.button.begin"), on=words("call.door"))
    await ben.dialog.get_by_label(words("call.typed")).fill("Nia Novak")
    await ben.dialog.get_by_role("button", name=words("call.button.find"), exact=True).click()
    await ben.dialog.get_by_role("button", name=words("call.button.ask"), exact=True).first.click()
    await expect(ben.dialog.get_by_text(words("call.sent", name="Nia Novak"))).to_be_visible(timeout=PATIENCE)
    await ben.close()
    nia = Hand(play, "nia")
    await nia.sees(words("call.caller.title"))
