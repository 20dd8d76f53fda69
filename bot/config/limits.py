"""Limits: the one table of the file that is no kind's; it holds for everybody, whatever they ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from bot.config.keys import duration_or_none, parsed
from bot.core.lately import USUAL_LIMITS, Limits
from bot.core.officehours import LIKE, OfficeHours
from bot.core.options import number

TABLE: Final = "limits"


def _unknown(value: object) -> str:
    if value not in ("usual", "stricter"):
        raise ValueError('must be "usual" (what the policies say) or "stricter" (as if it had changed)')
    return str(value)


def _office(value: object) -> OfficeHours | None:
    if value is False:
        return None
    if not isinstance(value, str):
        raise ValueError(f"{LIKE}, or false")  # noqa: TRY004 - told like every other fault
    return OfficeHours.read(value)


def _many(value: object) -> int:
    return 0 if value is False else number(1, 100_000)(value)


LIMITS: Final[Mapping[str, Callable[[object], object]]] = MappingProxyType(
    {
        "repeat": duration_or_none,
        "cool_down": duration_or_none,
        "changed": duration_or_none,
        "changed_unknown": _unknown,
        "per_agent_hour": _many,
        "per_approver_hour": _many,
        "per_tenant_hour": _many,
        "office": _office,
    }
)


def limited(table: object, wrong: list[str]) -> Limits:
    """Lay the file's table over what holds without one; what does not fit is added to `wrong` and left out."""
    if not isinstance(table, Mapping):
        wrong.append(f"{TABLE}: must be a table; write [{TABLE}] and its keys below it")
        return USUAL_LIMITS
    changes: dict[str, Any] = parsed(table, TABLE, LIMITS, wrong)
    return replace(USUAL_LIMITS, **changes)
