"""Policies: `policies.toml` over each kind's own policy; whatever is wrong with it is told together, with the fix."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from stat import S_IWGRP, S_IWOTH
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from bot.config.combinations import unsound
from bot.config.settings import Settings
from bot.core.errors import Misconfigured
from bot.core.kind import Kind
from bot.core.model import Mode
from bot.core.policy import GROUP, LEVEL, Policy
from bot.core.strictness import STRICTER

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
        policy = _over(kind, tables.get(name, {}), wrong)
        policies[name] = _filled(policy, settings)
        wrong += [f"[{name}] {fault}" for fault in unsound(kind, policies[name])]
    if wrong:
        raise Misconfigured(f"{path or 'The policies'}:\n" + "\n".join(f"  {line}" for line in wrong))
    return MappingProxyType(policies)


def _read(path: str) -> Mapping[str, Any]:
    if not path:
        return {}
    file = Path(path)
    try:
        if file.stat().st_mode & (S_IWGRP | S_IWOTH):  # of the file itself: what leads to it may be a link
            told = "may be changed by others than its owner, and it says what the desk demands"
            raise Misconfigured(f"VOUCHSAFE_POLICIES: {path} {told}; run `chmod go-w {path}`")
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misconfigured(f"VOUCHSAFE_POLICIES: {path} cannot be read ({error.strerror}); name a file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path}: is not TOML: {error}") from error


def _over(kind: Kind, table: object, wrong: list[str]) -> Policy:
    """Lay one kind's table over its policy; what does not fit is added to `wrong` and left out."""
    if not isinstance(table, Mapping):
        wrong.append(f"{kind.name}: must be a table; write [{kind.name}] and its keys below it")
        return kind.policy
    own = {key: value for key, value in table.items() if key not in _VARIANTS}
    changes = _parsed(kind, own, kind.name, frozenset(_PARSERS), wrong)
    variants = {name: dict(changed) for name, changed in kind.policy.variants.items()}
    for key, prefix in _VARIANTS.items():
        for name, inner in _named(kind, table.get(key, {}), key, wrong).items():
            where = f"{kind.name}.{key}.{name}"
            variants.setdefault(f"{prefix}{name}", {}).update(_parsed(kind, inner, where, frozenset(STRICTER), wrong))
    return replace(kind.policy, **changes, variants=MappingProxyType(variants))  # type: ignore[arg-type]  # each parser gives its own field's type


def _named(kind: Kind, tables: object, key: str, wrong: list[str]) -> Mapping[str, Mapping[str, object]]:
    """Return the tables for groups or levels by name, those that make sense."""
    if not isinstance(tables, Mapping):
        wrong.append(f'[{kind.name}] {key}: must be tables; write [{kind.name}.{key}."..."] and its keys below it')
        return {}
    found: dict[str, Mapping[str, object]] = {}
    for name, inner in tables.items():
        try:
            called = _guid(name) if key == "groups" else _level(name, kind)
        except ValueError as error:
            wrong.append(f"[{kind.name}.{key}.{name}]: {error}")
            continue
        if called in found:
            wrong.append(f"[{kind.name}.{key}.{name}]: is there twice; write it once")
            continue
        found[called] = inner if isinstance(inner, Mapping) else {}
    return found


def _level(name: str, kind: Kind) -> str:
    if name not in kind.levels:
        there = f"there are: {', '.join(kind.levels)}" if kind.levels else "this kind knows none"
        raise ValueError(f"there is no such level; {there}")
    return name


def _parsed(
    kind: Kind, table: Mapping[str, object], where: str, allowed: frozenset[str], wrong: list[str]
) -> dict[str, object]:
    changes: dict[str, object] = {}
    known = {key: parse for key, parse in _PARSERS.items() if key in allowed - (_OPTIONS - kind.options)}
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


def _filled(policy: Policy, settings: Settings) -> Policy:
    return replace(
        policy,
        allowed_groups=policy.allowed_groups or settings.allowed_groups,
        approvers_group=policy.approvers_group or settings.approvers_group,
        deny_list=policy.deny_list | settings.deny_list,
    )


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


def _age(longest: timedelta, why: str) -> Callable[[object], timedelta]:
    """Return what reads a duration that may not be longer than this: `why` says what would come of it."""

    def parse(value: object) -> timedelta:
        age = _duration(value)
        if age > longest:
            most = f"{longest // timedelta(hours=1)}h"
            raise ValueError(f'must lie between "1m" and "{most}": {why}')
        return age

    return parse


def _number(least: int, most: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return value

    return parse


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")  # noqa: TRY004 - told like every other fault
    return value


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


_PARSERS: Final[Mapping[str, Callable[[object], object]]] = MappingProxyType(
    {
        "mode": _mode,
        "allowed_groups": _groups,
        "deny_list": _guids,
        "approvers_group": _guid,
        "approvals": _number(0, 9),
        "step_up": _context,
        "step_up_age": _age(timedelta(hours=1), "of an older sign-in nobody knows who is at the screen now"),
        "approver_step_up": _context,
        "guest_approvers": _yes_or_no,
        "known_approvers": _yes_or_no,
        "evidence": _evidence,
        "evidence_age": _duration,
        "step_up_wait": _duration,
        "approval_wait": _duration,
        "show_wait": _duration,
        "approval_age": _age(timedelta(hours=24), "an older yes was given for another day"),
        "life": _age(timedelta(hours=72), "nobody remembers what an older request was for"),
        "per_day": _number(1, 100),
        "reveal": _reveal,
        "revoke_sessions": _yes_or_no,
        "secure_first": _yes_or_no,
        "generate": _yes_or_no,
        "threshold": _number(50, 100),
        "several_groups": _several,
    }
)
_OPTIONS: Final = frozenset({"revoke_sessions", "secure_first", "generate", "threshold"})
_VARIANTS: Final = MappingProxyType({"groups": GROUP, "levels": LEVEL})
