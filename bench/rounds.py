"""Rounds: contestants take turns on a core of their own, round after round; a figure is a median, a ratio of pairs."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Final

LOAD_CORE, BOT_CORE = 0, 1  # the load and the fakes on one core, the one bot that is measured on the other
TICKS: Final = os.sysconf("SC_CLK_TCK")  # a second, in the kernel's accounts of processes


class Unsuited(Exception):
    """This machine cannot run the bench; the text says what it lacks."""


def insist() -> None:
    """Refuse a machine without two cores and Linux's accounts. Raises `Unsuited`."""
    if sys.platform != "linux":
        raise Unsuited("The bench reads Linux's accounts of processes in /proc: run it on Linux.")
    if not {LOAD_CORE, BOT_CORE} <= os.sched_getaffinity(0):
        raise Unsuited("The bench needs two cores, 0 and 1: one for the bot, one for the load.")
    if shutil.which("taskset") is None:
        raise Unsuited("The bench pins processes with `taskset`: install util-linux.")


def pin(core: int, *, ahead: bool = False) -> None:
    """Keep this process, and what it starts, on one core; `ahead` of others who would use it. Raises `Unsuited`."""
    os.sched_setaffinity(0, {core})
    if ahead:
        try:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        except PermissionError:
            raise Unsuited("Only root may go before everybody else: leave out --ahead.") from None


def pinned(core: int) -> tuple[str, ...]:
    """Return the beginning of a command that runs the rest of it on one core."""
    return ("taskset", "--cpu-list", str(core))


def cpu_seconds(pid: int) -> float:
    """Return the CPU time a process has used, all its threads, in user and kernel mode.

    By its own clock, which counts nanoseconds: `/proc` counts hundredths of a second, a tenth of what an errand takes.
    https://man7.org/linux/man-pages/man3/clock_getcpuclockid.3.html
    """
    return time.clock_gettime((~pid << 3) | 2)


def busy_seconds(core: int) -> float:
    """Return how long a core has been busy, whoever kept it so, the hypervisor's other guests included."""
    line = next(x for x in Path("/proc/stat").read_text(encoding="ascii").splitlines() if x.startswith(f"cpu{core} "))
    user, nice, system, _, _, irq, softirq, steal = map(int, line.split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


def resident(pid: int) -> int:
    """Return a process's resident memory in kB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise ProcessLookupError(pid)


def interleaved(names: Sequence[str], rounds: int) -> Iterator[tuple[int, str]]:
    """Yield who is next: all of them each round, there and back, so that no one is always first or after another."""
    for number in range(rounds):
        for name in names if number % 2 == 0 else reversed(names):
            yield number, name


def middle(values: Iterable[float]) -> float:
    return median(values)


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the ratios round by round: what slowed a whole round down is in both of a pair."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
