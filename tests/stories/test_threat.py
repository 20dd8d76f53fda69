"""Somebody calls helpdesks: security stops everything that gives access, for everybody, and two let it go on."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from playground.server import Play
from tests.stories.conftest import Take
from tests.stories.seat import PATIENCE, Seat, words

WHY = "Somebody calls helpdesks and passes for staff."


async def raises(sofia: Seat, level: str) -> None:
    """Sofia writes one word, fills the form in, and signs in for it."""
    await sofia.say("lockdown")
    await sofia.press(words("threat.button.begin"), on=words("threat.door"))
    await sofia.dialog.get_by_label(words(f"threat.choice.{level}"), exact=True).check(timeout=PATIENCE)
    await sofia.dialog.get_by_label(words("threat.how_long")).select_option(label=words("threat.hours.4"))
    await sofia.dialog.get_by_label(words("threat.why")).fill(WHY)
    await sofia.picture("threat-1-form")
    await sofia.dialog.get_by_role("button", name=words("threat.button.raise"), exact=True).click()
    await expect(sofia.dialog.get_by_text(words("threat.continue_in_private"))).to_be_visible(timeout=PATIENCE)
    await sofia.close()
    await sofia.sees(words(f"threat.confirm.{level}"))
    await sofia.picture("threat-2-confirm")
    await sofia.sign_in(words("threat.button.sign_in"))
    await sofia.sees(words(f"threat.held.security.{level}"))


async def lowers(who: Seat) -> None:
    """Press the button in security's channel, and sign in for it in private."""
    await who.open("security")
    await who.press(words("threat.button.lower"), on=words("threat.name.lockdown"))
    await who.open("vouchsafe")
    await who.sees(words("threat.confirm.lower"))
    await who.sign_in(words("threat.button.sign_in_lower"))


@pytest.mark.browser
async def test_a_lockdown_holds_anns_pass_and_two_people_let_it_go_on(play: Play, take: Take) -> None:
    ann, ben, sofia, cleo = await take("ann"), await take("ben"), await take("sofia"), await take("cleo")
    await ann.ask()
    await ann.sign_in()
    await ben.approve("Ann Archer")
    await ann.sees(words("tap.request.ready.title"))

    await raises(sofia, "lockdown")
    await ann.press(words("tap.button.show"), on=words("tap.request.ready.title"))
    await expect(ann.dialog.get_by_text("Security has declared a lockdown").first).to_be_visible(timeout=PATIENCE)
    await ann.picture("threat-3-held")
    await ann.close()
    assert play.world.graph.issued == []
    await ann.say("hello")
    await ann.sees(words("home.stricter_lockdown"))
    await ann.picture("threat-4-home")
    await ben.open("helpdesk")
    await ben.sees(words("threat.held.helpdesk.lockdown"))
    await ben.picture("threat-5-helpdesk")

    await lowers(sofia)
    await sofia.sees(words("threat.lowering", name="Sofia Stone"))
    await sofia.open("security")
    await sofia.picture("threat-6-lowering")
    await lowers(cleo)
    await cleo.sees("ended it before its time")
    await cleo.picture("threat-7-lowered")
    assert await ann.read_pass()
