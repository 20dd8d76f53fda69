"""Undecidable: a value that has a reason is no truth; whoever takes it for one is told at once."""

from __future__ import annotations

from typing import NoReturn


class Undecidable:
    """A value that has a reason, not a truth: `if decision:` is a mistake and says so."""

    __slots__ = ()

    def __bool__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} has no truth value: match on it")
