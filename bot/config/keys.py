"""Keys: what every policy may say in the file, and how each is read; what is wrong is said with what it must be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

from bot.core.model import Mode
from bot.core.options import age, duration, number, spelled, yes_or_no

_CONTEXT: Final = re.compile(r"c[1-9]\d?")


def _mode(value: object) -> Mode:
    if not isinstance(value, str) or value not in set(Mode):
        raise ValueError(f"must be one of {', '.join(repr(m.value) for m in Mode)}")
    return Mode(value)


def guid(value: object) -> str:
    try:
        return str(UUID(value)) if isinstance(value, str) else _not_guid()
    except ValueError:
        return _not_guid()


def _not_guid() -> str:
    raise ValueError("must be an Entra object id (a GUID)")


def _guids(value: object) -> frozenset[str]:
    if not isinstance(value, list):
        raise ValueError("must be a list of Entra object ids")  # noqa: TRY004 - told like every other fault
    return frozenset(guid(one) for one in value)


def _groups(value: object) -> frozenset[str]:
    found = _guids(value)
    if not found:
        raise ValueError('names nobody; leave it out for the groups of the settings, or set mode = "off"')
    return found


def _context(value: object) -> str:
    if value is False or value == "":
        return ""
    if not isinstance(value, str) or not _CONTEXT.fullmatch(value):
        raise ValueError('must be an authentication context, "c1" to "c99", or false for none')
    return value


def duration_or_none(value: object) -> timedelta:
    return timedelta(0) if value is False else duration(value)


def _evidence(value: object) -> str:
    if value is False or value == "":
        return ""
    if value != "face_check":
        raise ValueError('must be "face_check", or false for none')
    return "face_check"


def _several(value: object) -> str:
    if value not in ("stricter", "last"):
        raise ValueError('must be "stricter" (all that their groups demand) or "last" (what the last of them says)')
    return str(value)


def _reveal(value: object) -> str:
    if value not in ("dialog", "message"):
        raise ValueError('must be "dialog" or "message"')
    return str(value)


def in_words(value: object) -> str:
    """Return a value as a file says it."""
    match value:
        case bool() | "":
            return "true" if value else "false"
        case timedelta():
            return f"'{spelled(value)}'" if value else "false"
        case int():
            return str(value)
        case _:
            return f"'{value}'"


KEYS: Final[Mapping[str, Callable[[object], object]]] = MappingProxyType(
    {
        "mode": _mode,
        "allowed_groups": _groups,
        "deny_list": _guids,
        "approvers_group": guid,
        "approvals": number(0, 9),
        "step_up": _context,
        "step_up_age": age(timedelta(hours=1), "of an older sign-in nobody knows who is at the screen now"),
        "approver_step_up": _context,
        "guest_approvers": yes_or_no,
        "known_approvers": yes_or_no,
        "evidence": _evidence,
        "evidence_age": duration,
        "step_up_wait": duration,
        "after_no": duration_or_none,
        "approval_wait": duration,
        "show_wait": duration,
        "approval_age": age(timedelta(hours=24), "an older yes was given for another day"),
        "life": age(timedelta(hours=72), "nobody remembers what an older request was for"),
        "per_day": number(1, 100),
        "reveal": _reveal,
        "several_groups": _several,
    }
)


def parsed(
    table: Mapping[str, object], where: str, known: Mapping[str, Callable[[object], object]], wrong: list[str]
) -> dict[str, object]:
    """Return what a table says, as it is read; what does not fit is added to `wrong` and left out."""
    changes: dict[str, object] = {}
    for key, value in table.items():
        parse = known.get(key)
        if parse is None:
            wrong.append(f"[{where}] {key}: there is no such key here; there are: {', '.join(known)}")
            continue
        try:
            changes[key] = parse(value)
        except ValueError as error:
            wrong.append(f"[{where}] {key} = {value!r}: {error}")
    return changes
