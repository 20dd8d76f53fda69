"""The page of threats, held to the code: every row names a test that is there, and no law is without a threat to it."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent.parent
PAGE: Final = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
ROWS: Final = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if re.match(r"\| \d+ \| ", line)]
NAMED: Final = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
LEAST: Final = 40


@cache
def kept_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    found = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in found if node.name.startswith("test_"))


def test_there_are_threats_and_each_has_its_number() -> None:
    assert len(ROWS) >= LEAST
    assert [int(row[0]) for row in ROWS] == list(range(1, len(ROWS) + 1))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row[0]))
def test_each_threat_is_stopped_by_something_and_covered_by_a_test_that_is_there(row: list[str]) -> None:
    _, threat, stopped, tests = row
    named = NAMED.findall(tests)
    assert threat
    assert stopped
    assert named
    assert NAMED.sub("", tests).strip(", ") == "", "nothing but tests belongs into that column"
    for path, name in named:
        assert (ROOT / path).exists(), path
        assert name in kept_in(path), f"{path}::{name}"


def test_each_law_is_threatened_by_something() -> None:
    laws = re.findall(
        r"^(\d+)\. \*\*", (ROOT / "docs" / "design.md").read_text(encoding="utf-8").split("## 3.")[0], re.MULTILINE
    )
    assert len(laws) == 14
    told = {law for row in ROWS for law in re.findall(r"law (\d+)", " ".join(row))}
    assert told == set(laws)
