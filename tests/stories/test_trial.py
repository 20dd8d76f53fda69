"""Stories of a trial: everything is checked and nothing is done, for a kind or for some people, and it is reported."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from playground.people import HELPDESK
from playground.server import Play, environment
from tests.stories.hand import CONTACT, Hand, come_true
from tests.stories.seat import words

pytestmark = pytest.mark.slow

POLICIES = f"""
[risk]
mode = "evaluate"
[risk.levels.medium]
approvals = 0
milder = ["approvals"]
[methods]
mode = "evaluate"
[verify]
mode = "evaluate"
[sessions]
mode = "evaluate"
[sessions.groups."{HELPDESK}"]
mode = "enforce"
"""


@pytest.fixture
def setting(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
    policies: Path = tmp_path_factory.mktemp("policies") / "policies.toml"
    policies.write_text(POLICIES)
    return {"env": {"VOUCHSAFE_POLICIES": str(policies)}}


async def report(play: Play) -> str:
    """What `app.py report` says over this story's database."""
    env = {**os.environ, **environment(play.world, play.database_url)}
    run = await asyncio.create_subprocess_exec(
        sys.executable, "app.py", "report", env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        out, err = await run.communicate()
    assert (run.returncode, err.decode()) == (0, "")
    return out.decode()


async def test_a_trial_touches_nothing_and_says_what_would_have_been(play: Play) -> None:
    rita, ann, ben = (Hand(play, key) for key in ("rita", "ann", "ben"))
    await rita.want("risk", reason="travel")
    await rita.sign_in()
    await rita.sees(words("risk.request.evaluated.text"))
    await ann.want("methods", method="phone:3179e48a-750b-4051-897c-87b9720928f7", why="lost")
    await ann.sign_in()
    await ann.sees(words("methods.request.evaluated.text"))
    before = set(play.world.verified.requests)  # those of the probe
    await ann.want("verify")
    await ann.sees(words("verify.request.evaluated.text"))
    assert set(play.world.verified.requests) == before
    assert play.world.graph.attributes.values == {}
    await ann.want("sessions", reason="other")
    await ann.sees(words("sessions.request.evaluated.text", contact=CONTACT))
    assert play.world.graph.risks["rita"].state == "atRisk"
    assert len(play.world.graph.methods["ann"]) == 4
    assert play.world.graph.revoked == []

    await ben.want("sessions", reason="other")  # in earnest for his group
    await ben.sees(words("sessions.request.done.title"))
    await come_true(lambda: [one.person for one in play.world.graph.revoked] == ["ben"])
    said = await report(play)
    for kind in ("risk", "methods", "verify", "sessions"):
        assert re.search(rf"{kind} \(evaluate\)\n  asked .*\n +1  would have been done\n", said), said
    assert re.search(rf"sessions \(enforce\), group:{HELPDESK}\n  asked .*\n +1  done\n", said), said
