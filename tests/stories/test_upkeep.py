"""Stories of what becomes of a pass: used, followed by a passkey, or forgotten; its owner is told in private."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import expect

from playground.server import Play
from tests.stories.conftest import Take
from tests.stories.hand import Hand
from tests.stories.seat import PATIENCE, words


@pytest.mark.browser
async def test_ann_uses_her_pass_and_gets_a_passkey(play: Play, take: Take) -> None:
    await Hand(play, "ann").to_ready(Hand(play, "ben"))
    ann = await take("ann")
    value = await ann.read_pass()
    async with ann.page.expect_popup() as opened:
        await ann.dialog.get_by_role("link", name="aka.ms/mysecurityinfo").click()
    await ann.close()
    page = await opened.value
    await page.locator("input[name=pass]").fill(value)
    await page.locator("#continue").click()
    await expect(page.get_by_text("Welcome, Ann")).to_be_visible()
    play.world.clock.advance(timedelta(minutes=1))
    await ann.sees(words("tap.request.done.used.title"))
    await ann.picture("upkeep-1-used")
    await expect(ann.page.get_by_role("button", name=words("tap.button.revoke"), exact=True)).to_have_count(0)

    await page.get_by_test_id("passkey-name").fill("Ann's key")
    await page.get_by_test_id("add-passkey").click()
    await expect(page.get_by_text("Ann's key")).to_be_visible(timeout=PATIENCE)
    play.world.clock.advance(timedelta(minutes=5))
    await ann.sees(words("tap.request.ended.registered.title"))
    await ann.picture("upkeep-2-all-done")
    await ann.never_sees(words("tap.request.done.used.title"))


@pytest.mark.slow
async def test_a_pass_is_forgotten_used_without_a_passkey_and_revoked(play: Play) -> None:
    ann, rita, lou, ben = (Hand(play, key) for key in ("ann", "rita", "lou", "ben"))
    for hand in (ann, rita, lou):
        await hand.to_ready(ben)
        await hand.show()
    await lou.press(words("tap.button.revoke"), on=words("tap.request.done.title"))
    await lou.sees(words("tap.request.revoked.title"))
    assert "lou" not in play.world.graph.passes

    assert play.world.graph.use("rita", play.world.graph.passes["rita"].value) == "EnabledByPolicy"
    play.world.clock.advance(timedelta(minutes=1))
    await rita.sees(words("tap.request.done.used.title"))
    play.world.clock.advance(timedelta(hours=1))
    await ann.sees(words("tap.request.ended.title"))  # nobody used it
    play.world.clock.advance(timedelta(hours=24))
    await rita.sees("I have seen no new way to sign in since")


@pytest.mark.slow
async def test_a_new_phone_ends_it_well_and_an_old_one_does_not(play: Play) -> None:
    """Entra gives neither a date: what was there when the pass was made is no new one."""
    graph, (ann, rita, ben) = play.world.graph, (Hand(play, key) for key in ("ann", "rita", "ben"))
    assert graph.methods.of("ann", "microsoftAuthenticator")
    for hand, key in ((ann, "ann"), (rita, "rita")):
        await hand.to_ready(ben)
        await hand.show()
        assert graph.use(key, graph.passes[key].value) == "EnabledByPolicy"
    play.world.clock.advance(timedelta(minutes=1))
    for hand in (ann, rita):
        await hand.sees(words("tap.request.done.used.title"))
    graph.register_authenticator("rita", "Rita's new phone")
    play.world.clock.advance(timedelta(minutes=5))
    await rita.sees(words("tap.request.ended.equipped.title"))
    play.world.clock.advance(timedelta(hours=24))
    await ann.sees("I have seen no new way to sign in since")
