"""Figures: one section of docs/figures.md for each thing measured, written by what measured it and by nobody's hand."""

from __future__ import annotations

import os
import platform
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

DOCUMENT: Final = Path(__file__).parent.parent / "docs" / "figures.md"
WIDTH: Final = 120
PREFACE: Final = """# Figures

What was measured, on which machine, by which command. What stands between the marks of a section is written by the code
that measured it (`make bench`); absolute numbers belong to the machine, ratios were taken side by side in one run and
carry further.
"""


@dataclass(frozen=True, slots=True)
class Table:
    """`head` names the columns; the first is text, the others are numbers."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """What was to be reached; `most` turns it round: the value may not be larger. `note` says why it was missed."""

    what: str
    value: float
    goal: float
    unit: str = ""
    most: bool = False
    note: str = ""

    @property
    def reached(self) -> bool:
        return self.value <= self.goal if self.most else self.value >= self.goal

    def row(self) -> tuple[str, ...]:
        wanted = f"{'at most' if self.most else 'at least'} {number(self.goal)}{self.unit}"
        off = abs(self.value / self.goal - 1) if self.goal else 0.0
        verdict = "reached" if self.reached else f"**missed by {off:.0%}**" if self.goal else "**missed**"
        return (
            self.what,
            wanted,
            f"{number(self.value)}{self.unit}",
            verdict + (f": {self.note}" if self.note else ""),
        )


@dataclass(frozen=True, slots=True)
class Section:
    """One thing measured. `name` marks its place in the document; `how` is what must be known to read the tables."""

    name: str
    title: str
    command: str
    how: tuple[str, ...]
    tables: tuple[Table, ...]
    goals: tuple[Goal, ...] = ()
    versions: tuple[str, ...] = ()


def number(value: float) -> str:
    """Write a number with three digits that say something."""
    size = abs(value)
    if size >= 100:  # noqa: PLR2004 - three digits stand before the point
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}" if size >= 0.1 or size == 0 else f"{value:.3f}"  # noqa: PLR2004


def markdown(section: Section) -> str:
    """Return a section as it stands in the document, and on a terminal."""
    measured = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine()}, by `{section.command}`."
    if section.versions:
        measured += f" With {', '.join(section.versions)}."
    parts = [f"## {section.title}", textwrap.fill(f"Measured {measured}", WIDTH)]
    parts += [
        textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False)
        for text in section.how
    ]
    parts += [(f"{t.caption}\n\n" if t.caption else "") + _drawn(t.head, t.rows) for t in section.tables]
    if section.goals:
        parts.append(_drawn(("goal", "wanted", "measured", ""), [goal.row() for goal in section.goals], left=True))
    return "\n\n".join(parts) + "\n"


def write(section: Section, document: Path = DOCUMENT) -> None:
    """Put a section between its marks in the document, at its end when it is new."""
    text = document.read_text(encoding="utf-8") if document.exists() else PREFACE
    begin, end = f"<!-- figures: {section.name} -->", f"<!-- end: {section.name} -->"
    block = f"{begin}\n\n{markdown(section)}\n{end}"
    before, found, rest = text.partition(begin)
    if not found:
        document.write_text(f"{text.rstrip()}\n\n{block}\n", encoding="utf-8")
        return
    _, ended, after = rest.partition(end)
    if not ended:
        raise ValueError(f"{document.name}: {begin} has no {end}")
    document.write_text(f"{before}{block}{after}", encoding="utf-8")


def machine() -> str:
    """Describe the machine: processor, cores, memory, kernel, Python."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    model = next((line.partition(":")[2].strip() for line in info.splitlines() if line.startswith("model name")), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{model}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def _drawn(head: Sequence[str], rows: Sequence[Sequence[str]], *, left: bool = False) -> str:
    """Draw a table whose columns line up in the source too."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    sides = [str.ljust if left or i == 0 else str.rjust for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        padded = (side(cell, width) for side, cell, width in zip(sides, cells, widths, strict=True))
        return f"| {' | '.join(padded)} |".rstrip()

    ruler = [
        "-" * (width + 2) if side is str.ljust else "-" * (width + 1) + ":"
        for side, width in zip(sides, widths, strict=True)
    ]
    return "\n".join([line(head), f"|{'|'.join(ruler)}|", *map(line, rows)])
