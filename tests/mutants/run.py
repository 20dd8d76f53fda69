"""A run: every test once, seeing which lines it reaches; then each mutant in a fork, against those that reach it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.mutants.guards import Mutant, mutants
from tests.mutants.swap import swapped

LIMIT = 300.0  # seconds for a mutant; each of its tests ends by itself long before
NOTICED, UNNOTICED, NOT_TRIED, BROKE = 1, 0, 3, 4  # how the process of a mutant ends


@dataclass(frozen=True, slots=True)
class Part:
    """A module, or some lines of it."""

    path: Path
    first: int
    last: int

    @classmethod
    def of(cls, text: str) -> Part:
        """Read `bot/desk/stepup.py`, or `bot/desk/stepup.py:40-60`."""
        name, _, lines = text.partition(":")
        first, _, last = lines.partition("-")
        return cls(Path(name).resolve(), int(first or 1), int(last or first or sys.maxsize))


@dataclass(eq=False)
class Mutants:
    """A plugin of pytest's that runs the tests in its own way."""

    parts: Sequence[Part]
    reached: dict[tuple[str, int], list[pytest.Item]] = field(default_factory=dict)
    took: dict[str, float] = field(default_factory=dict)
    noticed: Counter[str] = field(default_factory=Counter)  # the tests that noticed the last ones are tried first
    failed: bool = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed = self.failed or report.failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Interrupted("the tests could not be collected")
        self._look(session.items)
        if self.failed:
            raise session.Interrupted("the tests fail without any mistake")
        for part in self.parts:
            self._module(part)
        return True

    def _look(self, items: list[pytest.Item]) -> None:
        """Run each test and keep which lines it reaches; what belongs to the session stays for the forks."""
        paths = {str(part.path) for part in self.parts}
        for at, item in enumerate(items):
            hits: set[tuple[str, int]] = set()
            began = time.monotonic()
            with _traced(paths, hits):
                _play(item, items[(at + 1) % len(items)])
            self.took[item.nodeid] = time.monotonic() - began
            for hit in hits:
                self.reached.setdefault(hit, []).append(item)

    def _module(self, part: Part) -> None:
        name, counted, began = os.path.relpath(part.path), Counter[str](), time.monotonic()
        for mutant in mutants(part.path.read_text()):
            if part.first <= mutant.line <= part.last:
                came = self._tried(part.path, mutant)
                counted[came] += 1
                if came != "noticed":
                    _say(f"{came}: {name}:{mutant}")
        said = ", ".join(f"{many} {came}" for came, many in sorted(counted.items()))
        _say(f"## {name}: {counted.total()} mutants, {said}; {time.monotonic() - began:.0f} s")

    def _tried(self, path: Path, mutant: Mutant) -> str:
        reached = (self.reached.get((str(path), line), []) for line in range(mutant.first, mutant.last + 1))
        items = {item.nodeid: item for items in reached for item in items}
        first = sorted(items.values(), key=lambda item: (-self.noticed[item.nodeid], self.took[item.nodeid]))
        if not first and path.read_text().splitlines()[mutant.first - 1].startswith(" "):
            return "not reached"
        by, came = _forked(lambda tell: self._child(path, mutant, first or self._every(path), tell))
        self.noticed[by] += 1
        return {NOTICED: "noticed", UNNOTICED: "UNNOTICED", NOT_TRIED: "not tried"}.get(came, f"noticed ({came})")

    def _every(self, path: Path) -> list[pytest.Item]:
        """Return all that reach a module: what it says once, when it is loaded, no test reaches."""
        items = {i.nodeid: i for (name, _), items in self.reached.items() if name == str(path) for i in items}
        return sorted(items.values(), key=lambda item: (-self.noticed[item.nodeid], self.took[item.nodeid]))

    def _child(self, path: Path, mutant: Mutant, items: list[pytest.Item], tell: int) -> int:
        if not swapped(path, mutant.text):
            return NOT_TRIED
        for at, item in enumerate(items):
            _play(item, items[(at + 1) % len(items)])
            if self.failed:
                os.write(tell, item.nodeid.encode())
                return NOTICED
        return UNNOTICED


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _play(item: pytest.Item, following: pytest.Item) -> None:
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


@contextmanager
def _traced(paths: set[str], hits: set[tuple[str, int]]) -> Iterator[None]:
    def lines(frame: FrameType, _event: str, _arg: object) -> Any:
        hits.add((frame.f_code.co_filename, frame.f_lineno))
        return lines

    def calls(frame: FrameType, _event: str, _arg: object) -> Any:
        return lines if frame.f_code.co_filename in paths else None

    sys.settrace(calls)
    threading.settrace(calls)
    try:
        yield
    finally:
        sys.settrace(None)
        threading.settrace(None)


def _forked(child: Callable[[int], int]) -> tuple[str, int]:
    """Run something in a process of its own that nothing is heard of; return what it told, and how it ended."""
    hear, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        try:
            os._exit(child(tell))
        except BaseException:  # noqa: BLE001 - whatever it was, the tests came to an end by it
            os._exit(BROKE)
    os.close(tell)
    until = time.monotonic() + LIMIT
    done, status = os.waitpid(pid, os.WNOHANG)
    while not done and time.monotonic() < until:
        time.sleep(0.01)
        done, status = os.waitpid(pid, os.WNOHANG)
    if not done:
        os.killpg(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    with os.fdopen(hear) as told:
        return told.read(), os.waitstatus_to_exitcode(status)
