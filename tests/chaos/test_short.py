"""The short form of `make chaos`: few errands, every sort of bad weather, every invariant; nothing here is timed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.chaos.checks import books, settled, violations
from tests.chaos.report import told
from tests.chaos.stage import staged

ERRANDS, PEOPLE, PACE = 40, 12, 1.2
LONGEST = 240.0  # seconds for the errands on a machine that is busy with other things; usually a tenth of it


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_whatever_goes_wrong_nothing_is_doubled_lost_leaked_or_untrue(folder: Path) -> None:
    async with staged(folder=folder, seed=os.environ.get("SEED", "1"), replicas=2, people=PEOPLE, pace=PACE) as stage:
        await stage.run(ERRANDS, seconds=LONGEST, every_sort=True)
        assert stage.weather.missing() == []
        await stage.weather.clear()
        assert await settled(stage, seconds=120) == ""
        broken = {name: lines for name, lines in (await violations(stage)).items() if lines}
        assert broken == {}, "\n".join(told(stage, await books(stage), broken, seconds={}))
        assert any(errand.how == "done" for errand in stage.errands)
