"""Somebody is in Ann's account: Ben locks it for her while security looks on; who is neither is told who does."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from playground.server import Play
from tests.stories.conftest import Take
from tests.stories.hand import Hand
from tests.stories.seat import PATIENCE, Seat, words

ANN, KIND = "Ann Archer", "compromised"
WHY = "She gets prompts that she did not start."


async def fills_in(ben: Seat) -> None:
    """Ben says whose account it is, with the picker, what is to be done, and why."""
    await ben.say("somebody is in Ann's account")
    await ben.press(words("lock.button.begin"), on="You can lock it for them")
    await ben.dialog.get_by_label(words("call.picked")).locator("input").fill(f"{ANN}, Buyer")
    await ben.dialog.get_by_role("button", name=words("call.button.find"), exact=True).click()
    await expect(ben.dialog.get_by_text("ann.archer@")).to_be_visible(timeout=PATIENCE)
    await ben.picture("locked-1-found")
    await ben.dialog.get_by_role("button", name=words("lock.button.choose"), exact=True).first.click()
    await ben.dialog.get_by_label(words(f"{KIND}.lock.choice"), exact=True).check(timeout=PATIENCE)
    await ben.dialog.get_by_label(words("lock.why")).fill(WHY)
    await ben.picture("locked-2-form")
    await ben.dialog.get_by_role("button", name=words("lock.button.send"), exact=True).click()
    await expect(ben.dialog.get_by_text(words("lock.continue_in_private"))).to_be_visible(timeout=PATIENCE)
    await ben.close()


@pytest.mark.browser
async def test_ben_locks_anns_account_for_her_while_security_looks_on(play: Play, take: Take) -> None:
    ann, ben, sofia = await take("ann"), await take("ben"), await take("sofia")
    await ann.ask()
    await sofia.open("security")
    await fills_in(ben)
    await ben.sees(words(f"{KIND}.lock.confirm", name=ANN)[:60])
    await ben.picture("locked-3-confirm")
    assert play.world.graph.revoked == []
    await ben.sign_in(words("lock.button.sign_in"))
    await ben.sees("It is done.")
    await ben.picture("locked-4-done")
    await ann.sees(WHY)
    await ann.picture("locked-5-ann")
    await sofia.sees(words(f"{KIND}.alert.opened", opener="Ben Bishop", name=ANN)[:40])
    await sofia.sees(WHY)
    await sofia.picture("locked-6-security")
    await ann.sees(words(f"{KIND}.came.told")[:40])
    assert [done.person for done in play.world.graph.revoked] == ["ann"]
    risk = play.world.graph.risks.get("ann")
    assert risk is not None
    assert (risk.state, risk.level) == ("confirmedCompromised", "high")

    hand = Hand(play, "ann")
    await play.teams.say("ann", "lock Ben's account")
    told = await hand.sees("in their own chat with me, or by the helpdesk")
    assert words("lock.button.begin") not in told.words
