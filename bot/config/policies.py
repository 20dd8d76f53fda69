"""Policies: `policies.toml` over each kind's own policy; whatever is wrong with it is told together, with the fix."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from stat import S_IWGRP, S_IWOTH
from types import MappingProxyType
from typing import Any, Final

from bot.config.combinations import unsound
from bot.config.keys import KEYS, guid
from bot.config.settings import Settings
from bot.core.errors import Misconfigured
from bot.core.kind import Kind
from bot.core.policy import GROUP, LEVEL, Policy
from bot.core.strictness import STRICTER

_VARIANTS: Final = MappingProxyType({"groups": GROUP, "levels": LEVEL})


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
    options = kind.policy.options
    changes = _parsed(own, kind.name, {**KEYS, **{option.name: option.parse for option in options}}, wrong)
    variants = {name: dict(changed) for name, changed in kind.policy.variants.items()}
    varying = {key: parse for key, parse in KEYS.items() if key in STRICTER}
    varying |= {option.name: option.parse for option in options if option.stricter is not None}
    for key, prefix in _VARIANTS.items():
        for name, inner in _named(kind, table.get(key, {}), key, wrong).items():
            where = f"{kind.name}.{key}.{name}"
            variants.setdefault(f"{prefix}{name}", {}).update(_parsed(inner, where, varying, wrong))
    return replace(kind.policy.changed(changes), variants=MappingProxyType(variants))


def _named(kind: Kind, tables: object, key: str, wrong: list[str]) -> Mapping[str, Mapping[str, object]]:
    """Return the tables for groups or levels by name, those that make sense."""
    if not isinstance(tables, Mapping):
        wrong.append(f'[{kind.name}] {key}: must be tables; write [{kind.name}.{key}."..."] and its keys below it')
        return {}
    found: dict[str, Mapping[str, object]] = {}
    for name, inner in tables.items():
        try:
            called = guid(name) if key == "groups" else _level(name, kind)
        except ValueError as error:
            wrong.append(f"[{kind.name}.{key}.{name}]: {error}")
            continue
        if called in found:
            wrong.append(f"[{kind.name}.{key}.{name}]: is there twice; write it once")
            continue
        if isinstance(inner, Mapping):
            found[called] = inner
        else:
            wrong.append(f'[{kind.name}] {key}."{name}": must be a table; write [{kind.name}.{key}."{name}"]')
    return found


def _level(name: str, kind: Kind) -> str:
    if name not in kind.levels:
        there = f"there are: {', '.join(kind.levels)}" if kind.levels else "this kind knows none"
        raise ValueError(f"there is no such level; {there}")
    return name


def _parsed(
    table: Mapping[str, object], where: str, known: Mapping[str, Callable[[object], object]], wrong: list[str]
) -> dict[str, object]:
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


def _filled(policy: Policy, settings: Settings) -> Policy:
    return replace(
        policy,
        allowed_groups=policy.allowed_groups or settings.allowed_groups,
        approvers_group=policy.approvers_group or settings.approvers_group,
        deny_list=policy.deny_list | settings.deny_list,
    )
