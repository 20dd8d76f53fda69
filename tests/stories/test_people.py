"""Stories of several people at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from playground.server import Play
from tests.stories.hand import Hand
from tests.stories.seat import words

pytestmark = pytest.mark.slow


async def test_ben_and_cleo_approve_at_the_same_moment(play: Play) -> None:
    ann, ben, cleo = (Hand(play, key) for key in ("ann", "ben", "cleo"))
    await ann.ask()
    await ann.sign_in()
    await asyncio.gather(ben.approve(ann.name), cleo.approve(ann.name), return_exceptions=True)
    await ann.sees(words("tap.request.ready.title"))
    said = await ann.show()
    assert play.world.graph.issued[0].value in said
    title, begins = words("tap.approvers.title", name=ann.name), words("confirm.text", name=ann.name, before="|")
    wanted = begins.partition("|")[0]
    for hand in (ben, cleo):  # one counted; the other is told that it was not needed, or counted too
        await play.teams.wait(hand.key, test=lambda s: title in s.words and wanted not in s.words, seconds=20)


async def test_what_is_asked_among_others_is_answered_in_private(play: Play) -> None:
    offered = None
    for chat in ("general", "falcon"):
        where = next(c.slug for c in play.teams.chats if chat in c.slug)
        await play.teams.say("ann", "@Vouchsafe I need a TAP", where)
        line = await play.teams.wait("ann", where, has=words("said.in_private"), seconds=20)
        assert line.cards == []
        offered = await play.teams.wait("ann", has=words("home.begin"), after=offered, seconds=20)


async def test_who_has_not_added_the_app_is_told_so_and_nothing_else(play: Play) -> None:
    play.teams.uninstall("ann")
    await play.teams.delivery.settled()
    await play.teams.say("ann", "@Vouchsafe I need a TAP", "general")
    line = await play.teams.wait("ann", "general", has=words("said.add_me"), seconds=20)
    assert line.cards == []


async def test_an_edited_message_is_no_command(play: Play) -> None:
    await Hand(play, "ann").sees(words("home.welcome"))
    mine = await play.teams.say("ann", "good weather today")
    await Hand(play, "ann").sees(words("home.not_understood"))
    before = len(play.teams.messages("ann"))
    await play.teams.edit("ann", mine, "I need a TAP")
    await play.teams.delivery.settled()
    assert len(play.teams.messages("ann")) == before


class TestTwoNeeded:
    """A policy that wants two approvals."""

    @pytest.fixture
    def setting(self, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
        policies: Path = tmp_path_factory.mktemp("policies") / "policies.toml"
        policies.write_text("[tap]\napprovals = 2\n")
        return {"env": {"VOUCHSAFE_POLICIES": str(policies)}}

    async def test_one_yes_is_not_enough(self, play: Play) -> None:
        ann, ben, cleo = (Hand(play, key) for key in ("ann", "ben", "cleo"))
        await ann.ask()
        await ann.sign_in()
        await ben.approve(ann.name)
        await cleo.sees("1 of 2: Ben Bishop", "helpdesk")
        await cleo.approve(ann.name)
        await ann.sees(words("tap.request.ready.title"))
        said = await ann.show()
        assert play.world.graph.issued[0].value in said
