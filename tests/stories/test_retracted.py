"""Ben has said yes and thinks again: he takes it back, Ann reads it, and only Cleo's yes gives her the pass."""

from __future__ import annotations

import pytest

from playground.server import Play
from tests.stories.conftest import Take
from tests.stories.seat import words


@pytest.mark.browser
async def test_ben_takes_his_yes_back_and_cleo_says_it_instead(play: Play, take: Take) -> None:
    ann, ben, cleo = await take("ann"), await take("ben"), await take("cleo")
    await ann.ask()
    await ann.sign_in()
    await ben.approve("Ann Archer")
    await ann.sees(words("tap.request.ready.title"))
    await ben.open("vouchsafe")
    await ben.sees(words("confirm.counted"))
    await ben.picture("retracted-1-counted")
    await cleo.open("helpdesk")
    await cleo.press(words("button.retract"), on=words("tap.approvers.title", name="Ann Archer"))
    await cleo.sees("there is no yes of yours to it")
    await ben.press(words("button.retract"), on=words("confirm.counted"))
    await ben.sees(words("confirm.retracted"))
    await ben.picture("retracted-2-taken-back")
    await ann.sees(words("request.approval.again"))
    await ann.picture("retracted-3-ann")
    assert play.world.graph.issued == []
    await cleo.sees("said yes and took it back")
    await cleo.picture("retracted-4-helpdesk")
    await cleo.approve("Ann Archer")
    assert await ann.read_pass()
