"""Policies: `policies.toml` over each kind's own policy; whatever is wrong with it is told together, with the fix."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from bot.core.errors import Misconfigured
from bot.core.kinds import Kind
from bot.core.model import Mode
from bot.core.policy import Policy
from bot.settings import Settings

_CONTEXT: Final = re.compile(r"c[1-9]\d?")
_DURATION: Final = re.compile(r"([1-9]\d{0,5})([smhd])")
_UNITS: Final = MappingProxyType({"s": "seconds", "m": "minutes", "h": "hours", "d": "days"})
_SHORTEST: Final = timedelta(minutes=1)
_LONGEST: Final = timedelta(days=7)


def load(path: str, kinds: Mapping[str, Kind], settings: Settings) -> Mapping[str, Policy]:
    """Return the policy in force for each kind; raise `Misconfigured` naming every key that is wrong.

    Groups a kind and the file do not name come from the settings. The deny-list of the settings always holds;
    the file can only add to it.
    """
    tables = _read(path)
    wrong = [
        f"[{name}]: there is no such kind; there are: {', '.join(sorted(kinds))}"
        for name in sorted(set(tables) - set(kinds))
    ]
    policies: dict[str, Policy] = {}
    for name, kind in kinds.items():
        policy = _over(kind.policy, tables.get(name, {}), name, wrong)
        policies[name] = _filled(policy, settings)
        wrong += [f"[{name}] {fault}" for fault in _unsound(policies[name])]
    if wrong:
        raise Misconfigured(f"{path or 'The policies'}:\n" + "\n".join(f"  {line}" for line in wrong))
    return MappingProxyType(policies)


def _read(path: str) -> Mapping[str, Any]:
    if not path:
        return {}
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise Misconfigured(f"VOUCHSAFE_POLICIES: {path} cannot be read ({error.strerror}); name a file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path}: is not TOML: {error}") from error


def _over(policy: Policy, table: object, kind: str, wrong: list[str]) -> Policy:
    """Lay one kind's table over its policy; what does not fit is added to `wrong` and left out."""
    if not isinstance(table, Mapping):
        wrong.append(f"{kind}: must be a table; write [{kind}] and its keys below it")
        return policy
    changes: dict[str, object] = {}
    for key, value in table.items():
        parse = _PARSERS.get(key)
        if parse is None:
            wrong.append(f"[{kind}] {key}: there is no such key; there are: {', '.join(_PARSERS)}")
            continue
        try:
            changes[key] = parse(value)
        except ValueError as error:
            wrong.append(f"[{kind}] {key} = {value!r}: {error}")
    return replace(policy, **changes)  # type: ignore[arg-type]  # each parser gives its own field's type


def _filled(policy: Policy, settings: Settings) -> Policy:
    return replace(
        policy,
        allowed_groups=policy.allowed_groups or settings.allowed_groups,
        approvers_group=policy.approvers_group or settings.approvers_group,
        deny_list=policy.deny_list | settings.deny_list,
    )


def _unsound(policy: Policy) -> list[str]:
    """What no single key shows: a kind that would be given away for the asking, a proof older than its wait."""
    faults = []
    if not policy.step_up and not policy.approvals:
        faults.append('asks for no proof at all: set step_up (such as "c1") or approvals (1 or more)')
    return faults


def _mode(value: object) -> Mode:
    if not isinstance(value, str) or value not in set(Mode):
        raise ValueError(f"must be one of {', '.join(repr(m.value) for m in Mode)}")
    return Mode(value)


def _guid(value: object) -> str:
    try:
        return str(UUID(value)) if isinstance(value, str) else _not_guid()
    except ValueError:
        return _not_guid()


def _not_guid() -> str:
    raise ValueError("must be an Entra object id (a GUID)")


def _guids(value: object) -> frozenset[str]:
    if not isinstance(value, list):
        raise ValueError("must be a list of Entra object ids")  # noqa: TRY004 - told like every other fault
    return frozenset(_guid(one) for one in value)


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


def _duration(value: object) -> timedelta:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('must be a duration such as "15m", "4h" or "1d"')
    duration = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if not _SHORTEST <= duration <= _LONGEST:
        raise ValueError('must lie between "1m" and "7d"')
    return duration


def _number(least: int, most: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return value

    return parse


def _reveal(value: object) -> str:
    if value not in ("dialog", "message"):
        raise ValueError('must be "dialog" or "message"')
    return str(value)


_PARSERS: Final[Mapping[str, Callable[[object], object]]] = MappingProxyType(
    {
        "mode": _mode,
        "allowed_groups": _groups,
        "deny_list": _guids,
        "approvers_group": _guid,
        "approvals": _number(0, 9),
        "step_up": _context,
        "step_up_age": _duration,
        "approver_step_up": _context,
        "step_up_wait": _duration,
        "approval_wait": _duration,
        "show_wait": _duration,
        "per_day": _number(1, 100),
        "reveal": _reveal,
    }
)
