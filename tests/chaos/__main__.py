"""`make chaos`: so many errands in bad weather, and every invariant afterwards. SEED and ERRANDS repeat a run."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.checks import books, settled, violations
from tests.chaos.report import told
from tests.chaos.stage import staged

ERRANDS = int(os.environ.get("ERRANDS", "2000"))
SEED = os.environ.get("SEED") or secrets.token_hex(4)
REPLICAS, PEOPLE, PACE, ASKED = 3, 48, 2.0, 7  # a channel takes a thread every two seconds
LONGEST = 600.0  # seconds for all of it
ERRANDS_UNTIL = 430.0  # the rest is for deadlines to run out and for looking


async def main(folder: Path) -> int:
    began = time.monotonic()
    sys.stdout.write(f"SEED={SEED} ERRANDS={ERRANDS} make chaos   (its logs and its journal: {folder})\n")
    async with staged(folder=folder, seed=SEED, replicas=REPLICAS, people=PEOPLE, pace=PACE, asked=ASKED) as stage:
        up = time.monotonic()
        await stage.run(ERRANDS, seconds=ERRANDS_UNTIL, every_sort=False)
        ran = time.monotonic()
        await stage.weather.clear()
        left = await settled(stage, seconds=90)
        calm = time.monotonic()
        found = {"it settles": [left] if left else [], **await violations(stage)}
        took = {"up": up - began, "errands": ran - up, "settled": calm - ran, "checked": time.monotonic() - calm}
        book = await books(stage)
        sys.stdout.write("\n".join(told(stage, book, found, seconds=took)) + "\n")
        wrong = sum(map(len, found.values()))
        done = len(stage.errands)
    if done < ERRANDS:
        sys.stdout.write(f"FAILED: {done} of {ERRANDS} errands were done in {ERRANDS_UNTIL:.0f} s.\n")
    if missing := stage.weather.missing():
        sys.stdout.write(f"FAILED: what never happened: {', '.join(missing)}.\n")
    if (total := time.monotonic() - began) > LONGEST:
        sys.stdout.write(f"FAILED: it took {total:.0f} s, longer than {LONGEST:.0f} s.\n")
    return 1 if wrong or done < ERRANDS or missing or total > LONGEST else 0


if __name__ == "__main__":
    where = Path(tempfile.mkdtemp(prefix="vouchsafe-chaos-"))
    where.chmod(0o755)  # the database runs as another user where this runs as root
    sys.exit(asyncio.run(main(where)))
