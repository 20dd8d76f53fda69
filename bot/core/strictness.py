"""Strictness: which of two values of one key of a policy demands more; a key that is not here varies by nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

from bot.core.model import Mode

T = TypeVar("T")
Stricter = Callable[[T, T], T]


def _harder(*mildest_first: T) -> Stricter[T]:
    return lambda one, other: max(one, other, key=mildest_first.index)


def _context(one: str, other: str) -> str:
    """An authentication context is more than none; of two nobody can say which is more, so the later holds."""
    return other or one


# What may differ by group or level; who may ask or approve, and how it comes about, may not.
STRICTER: Final[Mapping[str, Stricter[Any]]] = MappingProxyType(
    {
        "mode": _harder(Mode.ENFORCE, Mode.EVALUATE, Mode.OFF),
        "approvals": max,
        "step_up": _context,
        "step_up_age": min,
        "approver_step_up": _context,
        "evidence": _harder("", "face_check"),
        "evidence_age": min,
        "step_up_wait": min,
        "approval_wait": min,
        "show_wait": min,
        "approval_age": min,
        "after_no": max,
        "life": min,
        "per_day": min,
        "reveal": _harder("message", "dialog"),
    }
)
