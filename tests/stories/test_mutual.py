"""Somebody rings Ann and says he is Ben from the helpdesk. If he is, both read one code; if not, she hangs up."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect

from tests.stories.conftest import Take
from tests.stories.seat import PATIENCE, Seat, words

ANN, BEN = "Ann Archer", "Ben Bishop"


async def asks(ann: Seat, who: str, work: str) -> None:
    """Ann says who she hears, by the picker of the card."""
    await ann.say("is this really the helpdesk?")
    form = await ann.sees(words("doubt.form"))
    await form.get_by_label(words("doubt.picked")).locator("input").fill(f"{who}, {work}")
    await ann.press(words("doubt.button.ask"), on=words("doubt.form"))
    await ann.sees(words("doubt.asker.asking"))


async def code(where: Locator) -> str:
    spelled = await where.get_by_text(" · ").last.inner_text()
    return "".join(sign.strip()[0] for sign in spelled.split("·"))


@pytest.mark.browser
async def test_ann_and_ben_read_the_same_and_she_knows_that_it_is_him(take: Take) -> None:
    ann, ben = await take("ann"), await take("ben")
    await asks(ann, BEN, "Helpdesk agent")
    await ann.picture("mutual-1-asking")
    mine = await code(await ann.sees(words("doubt.asker.title.matching", name=BEN)))
    his = await code(await ben.sees(words("doubt.agent.title", by=ANN)))
    assert mine == his
    await ann.picture("mutual-2-asker")
    await ben.picture("mutual-3-agent")
    await ann.press(words("doubt.button.same"), on=words("doubt.asker.title.matching", name=BEN))
    await ann.sees(words("doubt.asker.title.same"))
    await ann.picture("mutual-4-same")
    await ben.sees("they know that it is you")


@pytest.mark.browser
async def test_mallory_passes_for_ben_and_ann_hangs_up(take: Take) -> None:
    ann, ben, sofia = await take("ann"), await take("ben"), await take("sofia")
    await asks(ann, BEN, "Helpdesk agent")
    await ben.press(words("doubt.button.not_calling"), on=words("doubt.agent.title", by=ANN))
    hangs_up = await ann.sees(words("doubt.asker.title.denied"))
    await expect(hangs_up.get_by_role("button", name=words("doubt.button.same"))).to_have_count(0, timeout=PATIENCE)
    await ann.picture("mutual-5-denied")
    await sofia.open("security")
    await sofia.sees(words("doubt.security.title", by=ANN))
    await sofia.picture("mutual-6-security")
    await asks(ann, "Max Moore", "Head of purchasing")
    await ann.sees(words("doubt.asker.title.nobody"))
    await sofia.sees("who is not of the helpdesk")
