"""Variants: what a file says for a group or a level; milder than what holds without it only where it names the key."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from bot.config.keys import KEYS, guid, in_words, parsed
from bot.core.kind import Kind
from bot.core.options import FOR_EVERYBODY
from bot.core.policy import GROUP, LEVEL, Policy
from bot.core.strictness import STRICTER

TABLES: Final = MappingProxyType({"groups": GROUP, "levels": LEVEL})
MILDER: Final = "milder"  # the key of such a table that names those of its keys that are to ask for less
FREE: Final = "mode"  # asks nobody for anything: it says for whom the desk works already, as in a trial


def varied(
    kind: Kind, everybody: Policy, said: Collection[str], table: Mapping[str, object], wrong: list[str]
) -> Policy:
    """Lay a file's groups and levels over what it says for everybody; what does not fit is added to `wrong`.

    `said` are the keys that the file itself sets for everybody: the kind's own variants do not lower those.
    """
    variants = {
        name: {key: everybody.stricter(key, everybody.value(key), v) if key in said else v for key, v in own.items()}
        for name, own in kind.policy.variants.items()
    }
    for key, prefix in TABLES.items():
        for name, inner in _named(kind, table.get(key, {}), key, wrong).items():
            where = f"{kind.name}.{key}.{name}"
            changes = parsed({k: v for k, v in inner.items() if k != MILDER}, where, _varying(kind), wrong)
            own = variants.setdefault(f"{prefix}{name}", {})
            wrong += _milder(_least(everybody, own), changes, inner, where)
            own.update(changes)
    return replace(everybody, variants=MappingProxyType(variants))


def _varying(kind: Kind) -> Mapping[str, Callable[[object], object]]:
    own = {option.name: option.parse for option in kind.policy.options if option.stricter is not None}
    return {key: parse for key, parse in KEYS.items() if key in STRICTER} | own


def _least(everybody: Policy, own: Mapping[str, Any]) -> Policy:
    """Return what is asked for where the table is left out: the stricter of everybody's and the kind's own."""
    return everybody.changed({key: everybody.stricter(key, everybody.value(key), own[key]) for key in own})


def _milder(least: Policy, changes: Mapping[str, object], table: Mapping[str, object], where: str) -> Iterator[str]:
    """Name each key that asks for less than holds without the table, unless the table says that this is meant."""
    meant: Any = table.get(MILDER, [])
    if not isinstance(meant, list) or not all(isinstance(key, str) and key in table for key in meant):
        yield f'[{where}] {MILDER} = {meant!r}: must be a list of keys of this table, such as {MILDER} = ["approvals"]'
        return
    for key, value in changes.items():
        if key != FREE and (key not in meant or key in FOR_EVERYBODY) and least.milder(key, value):
            told = f"{in_words(value)}: milder than {in_words(least.value(key))}, which holds without this table"
            fix = f'raise it, leave it out, or, where it is meant, add {MILDER} = ["{key}"] to [{where}]'
            if key in FOR_EVERYBODY:
                fix = (
                    "raise it or leave it out: it is asked before it is known for whom, so nobody can be asked for less"
                )
            yield f"[{where}] {key} = {told}; {fix}"


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
