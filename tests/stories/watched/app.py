"""The desk's command line on an event loop that writes down every callback which holds it up; asyncio's, not uvloop's.

Counted is the time a callback had the thread, working or blocked; what it waited for a core that others had is not, be
they processes or, where this machine is one of several on another, machines.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[3]
LONGEST = 0.02  # seconds
_WAITS = os.open("/proc/thread-self/schedstat", os.O_RDONLY)  # nanoseconds on a core, and waiting for one
_run = asyncio.Handle._run  # where asyncio's debug mode measures, too; but that counts others' work


def waited() -> float:
    return int(os.pread(_WAITS, 100, 0).split()[1]) / 1e9


def slept() -> int:
    """How often this thread gave its core away by itself: to wait for something."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw


def watched(handle: asyncio.Handle) -> None:
    began, worked, before, sleeps = time.perf_counter(), time.thread_time(), waited(), slept()
    _run(handle)
    held = time.thread_time() - worked
    if slept() > sleeps:  # what it was neither at work nor waiting for a core, it was blocked
        held = time.perf_counter() - began - (waited() - before)
    if held > LONGEST:
        with Path(os.environ["WATCHED"]).open("a", encoding="utf-8") as file:
            file.write(f"{held * 1000:.0f} ms in {handle!r}\n")


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    import uvloop

    from app import cli

    uvloop.new_event_loop = asyncio.new_event_loop  # type: ignore[assignment]  # uvloop's callbacks cannot be watched
    asyncio.Handle._run = watched  # type: ignore[assignment]

    cli()
