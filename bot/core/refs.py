"""Ref: what a button says it belongs to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ref:
    """The request a button belongs to, and the version the person saw when they pressed it."""

    request: str
    version: int
