"""A press in the browser counts, whatever comes while the finger is still down."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect

from playground.server import Play
from tests.stories.conftest import Take
from tests.stories.hand import Hand
from tests.stories.seat import PATIENCE, Seat, words

pytestmark = pytest.mark.browser


async def presses_while_news_come(who: Seat, what: Locator, hand: Hand) -> None:
    await expect(what).to_be_visible(timeout=PATIENCE)
    await what.hover()
    await who.page.mouse.down()
    await hand.play.teams.say(hand.key, "hello")
    await hand.sees("Hello Ann")
    await who.page.wait_for_timeout(300)  # for the news to reach this tab too
    await who.page.mouse.up()


async def test_a_chat_opens_although_its_list_is_news_by_now(play: Play, take: Take) -> None:
    ann = await take("ann")
    await presses_while_news_come(ann, ann.page.get_by_test_id("chat-item-general"), Hand(play, "ann"))
    await expect(ann.page.get_by_role("heading", name="General", level=1)).to_be_visible(timeout=PATIENCE)


async def test_a_button_of_a_card_is_pressed_although_a_newer_card_came(play: Play, take: Take) -> None:
    ann = await take("ann")
    await ann.say("I need a TAP")
    card = await ann.sees(words("tap.summary"))
    button = card.get_by_role("button", name=words("tap.button.ask"), exact=True)
    await presses_while_news_come(ann, button, Hand(play, "ann"))
    await expect(ann.dialog).to_be_visible(timeout=PATIENCE)
