"""Mistakes put into guards: `python -m tests.mutants bot/desk/stepup.py[:40-60] ... [-- TESTS]`; docs/mutations.md."""

from __future__ import annotations

import sys
from itertools import takewhile

import pytest

from tests.mutants import emptied
from tests.mutants.run import Mutants, Part

TESTS = ("tests/laws",)
ALONE = ("-q", "-s", "-p", "no:xdist", "-p", "no:cacheprovider", "-o", "addopts=", "--timeout=60", "--no-summary")


def main(arguments: list[str]) -> int:
    """Try each mutant of the modules named against those of the tests that reach it."""
    modules = list(takewhile(lambda word: word != "--", arguments))
    tests = arguments[len(modules) + 1 :] or TESTS
    if not modules:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    emptied.use()
    return int(pytest.main([*ALONE, *tests], plugins=[Mutants([Part.of(module) for module in modules])]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
