"""Where a policy reveals by message: the pass is in the private chat until it is hidden or runs out, and then gone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from playground.server import Play
from tests.stories.conftest import Take
from tests.stories.hand import Hand
from tests.stories.seat import PATIENCE, words

pytestmark = pytest.mark.browser


@pytest.fixture
def setting(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
    policies: Path = tmp_path_factory.mktemp("policies") / "policies.toml"
    policies.write_text('[tap]\nreveal = "message"\n')
    return {"env": {"VOUCHSAFE_POLICIES": str(policies)}, "by_message": True}


async def test_ann_reads_her_pass_in_a_message_and_hides_it(play: Play, take: Take) -> None:
    await Hand(play, "ann").to_ready(Hand(play, "ben"))
    ann = await take("ann")
    await ann.press(words("tap.button.show"), on=words("tap.request.ready.title"))
    message = await ann.sees(words("tap.secret.title"))
    value = play.world.graph.issued[0].value
    await expect(message.get_by_text(value, exact=True)).to_be_visible(timeout=PATIENCE)
    await ann.press(words("button.hide"), on=words("tap.secret.title"))
    await expect(ann.page.get_by_text(value, exact=True)).to_have_count(0, timeout=PATIENCE)
    await _gone(play, value)


async def test_a_pass_that_ran_out_is_not_left_in_the_chat(play: Play) -> None:
    ann = Hand(play, "ann")
    await ann.to_ready(Hand(play, "ben"))
    await ann.show()
    value = play.world.graph.issued[0].value
    await ann.sees(value)
    play.world.clock.advance(timedelta(minutes=61))
    await ann.sees(words("tap.request.ended.title"))
    await _gone(play, value)


async def _gone(play: Play, value: str) -> None:
    """Wait until no message holds the value: a press replaces what Ann sees, a job then deletes what lies under it."""
    async with asyncio.timeout(10):
        while any(value in str(m.activity) for m in play.teams.chat("ann").messages if not m.deleted):
            await asyncio.sleep(0.05)
