"""A story in which nothing holds up the event loop: while one person's errand is worked on, all others are answered."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from playground.server import Play, playground
from tests.stories.conftest import READY
from tests.stories.hand import CONTACT, Hand
from tests.stories.seat import words
from tests.stories.test_death import hands
from tests.stories.test_replicas import AGAIN, a_pass, a_password, a_proof, turns_of_one_tenant

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="Linux accounts for what a thread waits for"),
]

WATCHED = Path(__file__).parent / "watched"


@pytest.fixture
async def play(data: Path, tmp_path: Path) -> AsyncIterator[Play]:
    """A playground with two replicas whose every callback is watched, once they are up."""
    name = f"story_{uuid4().hex}"
    async with playground(folder=tmp_path, replicas=0, database=name, database_folder=data, like=READY) as started:
        (tmp_path / "policies.toml").write_text(AGAIN)
        policies = {"VOUCHSAFE_POLICIES": str(tmp_path / "policies.toml")}
        env = {
            **started.replicas.env,
            **policies,
            "WATCHED": str(tmp_path / "held"),
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        for _ in range(2):
            await started.replicas.start(started.replicas.add(root=WATCHED, env=env))
        (tmp_path / "held").write_text("")
        started.teams.announce()
        yield started


async def test_no_callback_holds_up_the_loop(play: Play, tmp_path: Path) -> None:
    ann, ben = hands(play)
    await play.teams.delivery.settled()
    await a_pass(play, ann, ben)
    await a_password(play, ann)
    await a_proof(play, ann)
    await turns_of_one_tenant(play)
    await asyncio.gather(*(_locked(Hand(play, key)) for key in ("cleo", "sam", "tess")))
    assert (tmp_path / "held").read_text(encoding="utf-8") == ""


async def _locked(hand: Hand) -> None:
    await hand.play.teams.say(hand.key, "Somebody is in my account!")
    await hand.press(words("compromised.button.ask"), on=words("home.alarm", contact=CONTACT)[:30])
    await hand.sees(words("compromised.request.done.title"))
