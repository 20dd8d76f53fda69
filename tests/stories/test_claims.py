"""Cleo looks at Ann's request, and Ben sees it; she looks at Ann's history, and Ann reads that she did."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from playground.server import Play
from tests.stories.conftest import Take
from tests.stories.seat import PATIENCE, words

ANN = "Ann Archer"
CLEO = words("attention.by", name="Cleo Carter", until="").partition(",")[0]
LOOKED = words("lookup.history.looked", name="Cleo Carter", when="").partition(",")[0]


@pytest.mark.browser
async def test_two_approvers_see_who_looks_and_ann_sees_who_looked(play: Play, take: Take) -> None:
    ann, ben, cleo = await take("ann"), await take("ben"), await take("cleo")
    await ann.ask()
    await ann.sign_in()
    title = words("tap.approvers.title", name=ANN)
    await cleo.open("helpdesk")
    await cleo.press(words("button.attend"), on=title)
    await ben.open("helpdesk")
    seen = await ben.sees(CLEO)
    await expect(seen.get_by_role("button", name=words("button.attend_over"))).to_be_visible(timeout=PATIENCE)
    await ben.picture("claims-1-channel")
    await play.teams.say("ben", "@Vouchsafe what is waiting?", "helpdesk")
    await ben.sees(words("queue.board").partition(".")[0])
    await ben.picture("claims-2-board")
    await ben.open("vouchsafe")
    await ben.say("queue")
    listed = words("queue.mine").partition(".")[0]
    await ben.sees(listed)
    await ben.picture("claims-3-list")
    await ben.press(words("button.attend_over"), on=listed)
    await expect(ben.message(listed).get_by_role("button", name=words("button.attend_end"))).to_be_visible(
        timeout=PATIENCE
    )
    await cleo.sees(words("attention.by", name="Ben Bishop", until="").partition(",")[0])
    await cleo.picture("claims-4-taken-over")

    await cleo.open("vouchsafe")
    await cleo.say("history @Ann Archer")
    await cleo.press(words("lookup.button.begin"), on=words("lookup.history.door").partition(".")[0])
    await cleo.dialog.get_by_label(words("call.picked")).locator("input").fill(f"{ANN}, Buyer")
    await cleo.dialog.get_by_role("button", name=words("call.button.find"), exact=True).click()
    await cleo.dialog.get_by_role("button", name=words("lookup.button.look"), exact=True).first.click(timeout=PATIENCE)
    await expect(cleo.dialog.get_by_text(words("lookup.history.of", name=ANN))).to_be_visible(timeout=PATIENCE)
    await cleo.picture("claims-5-history")
    await cleo.close()
    await ann.say("status")
    await ann.sees(LOOKED)
    await ann.picture("claims-6-looked")
