"""`make chaos`: so many errands in bad weather, then a crowd that waits in it, and every invariant after each.

SEED, ERRANDS and CROWD repeat a run.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.chaos.checks import books, settled, violations
from tests.chaos.crowd import NEWCOMERS, waited
from tests.chaos.report import told
from tests.chaos.stage import Stage, staged
from tests.chaos.weather import FAR

ERRANDS = int(os.environ.get("ERRANDS", "2000"))
CROWD = int(os.environ.get("CROWD", "320"))
SEED = os.environ.get("SEED") or secrets.token_hex(4)
REPLICAS, PEOPLE, PACE, ASKED = 3, 48, 2.0, 7  # a channel takes a thread every two seconds
LONGEST = 600.0  # seconds for all errands
ERRANDS_UNTIL = 430.0  # the rest is for deadlines to run out and for looking
SPREAD = 25.0  # seconds within which the crowd comes


async def main(folder: Path) -> int:
    sys.stdout.write(f"SEED={SEED} ERRANDS={ERRANDS} CROWD={CROWD} make chaos   (logs and journals: {folder})\n")
    wrong = 0
    for part, number in ((_errands, ERRANDS), (_crowd, CROWD)):
        if number:
            where = folder / part.__name__.strip("_")
            where.mkdir()
            where.chmod(0o755)  # the database runs as another user where this runs as root
            wrong += await part(where)
    return 1 if wrong else 0


async def _errands(folder: Path) -> int:
    began = time.monotonic()
    async with staged(folder=folder, seed=SEED, replicas=REPLICAS, people=PEOPLE, pace=PACE, asked=ASKED) as stage:
        up = time.monotonic()
        await stage.run(ERRANDS, seconds=ERRANDS_UNTIL, every_sort=False)
        wrong = await _checked(stage, {"up": up - began, "errands": time.monotonic() - up})
        done, missing = len(stage.errands), stage.weather.missing()
    failed = [f"{done} of {ERRANDS} errands were done in {ERRANDS_UNTIL:.0f} s"] if done < ERRANDS else []
    failed += [f"what never happened: {', '.join(missing)}"] if missing else []
    total = time.monotonic() - began
    failed += [f"it took {total:.0f} s, longer than {LONGEST:.0f} s"] if total > LONGEST else []
    return wrong + _failed(failed)


async def _crowd(folder: Path) -> int:
    began, people = time.monotonic(), 2 * NEWCOMERS
    async with staged(
        folder=folder, seed=SEED, replicas=REPLICAS, people=people, pace=PACE, waiting=CROWD + NEWCOMERS
    ) as stage:
        stage.weather.without = frozenset({FAR})  # it would be the end of their waiting
        up = time.monotonic()
        crowd = await waited(stage, spread=SPREAD)
        took = {"up": up - began, "the crowd": time.monotonic() - up}
        sys.stdout.write("\n".join((f"a crowd of {CROWD}", *crowd.told(), "")))
        return await _checked(stage, took) + _failed(crowd.broken())


async def _checked(stage: Stage, took: Mapping[str, float]) -> int:
    """Let the weather be fine, say what was found, and return how much of it is wrong."""
    began = time.monotonic()
    await stage.weather.clear()
    left = await settled(stage, seconds=90)
    calm = time.monotonic()
    found = {"it settles": [left] if left else [], **await violations(stage)}
    seconds = {**took, "settled": calm - began, "checked": time.monotonic() - calm}
    sys.stdout.write("\n".join(told(stage, await books(stage), found, seconds=seconds)) + "\n")
    return sum(map(len, found.values()))


def _failed(lines: Iterable[str]) -> int:
    failed = list(lines)
    sys.stdout.writelines(f"FAILED: {line}.\n" for line in failed)
    return len(failed)


if __name__ == "__main__":
    where = Path(tempfile.mkdtemp(prefix="vouchsafe-chaos-"))
    where.chmod(0o755)  # as above
    sys.exit(asyncio.run(main(where)))
