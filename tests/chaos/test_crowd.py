"""The short form of the crowd that waits in bad weather: fewer people, every promise."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.chaos.checks import books, settled, violations
from tests.chaos.crowd import NEWCOMERS, waited
from tests.chaos.report import told
from tests.chaos.stage import staged
from tests.chaos.weather import FAR

WAITING, PACE = 100, 1.2
SPREAD = 6.0  # seconds within which they come


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_crowd_before_the_approvers_holds_up_no_lock_and_no_newcomer(folder: Path) -> None:
    seed = os.environ.get("SEED", "1")
    async with staged(folder=folder, seed=seed, replicas=2, people=2 * NEWCOMERS, pace=PACE, waiting=WAITING) as stage:
        stage.weather.without = frozenset({FAR})
        crowd = await waited(stage, spread=SPREAD)
        await stage.weather.clear()
        assert await settled(stage, seconds=240) == ""
        broken = {name: lines for name, lines in (await violations(stage)).items() if lines}
        assert broken == {}, "\n".join(told(stage, await books(stage), broken, seconds={}))
        assert list(crowd.broken()) == []
