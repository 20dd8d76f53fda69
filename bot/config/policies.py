"""Policies: `policies.toml` over each kind's own policy; whatever is wrong with it is told together, with the fix."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from stat import S_IWGRP, S_IWOTH
from types import MappingProxyType
from typing import Any

from bot.config.combinations import faceless, unsound
from bot.config.keys import KEYS, parsed
from bot.config.limits import TABLE, limited
from bot.config.settings import Settings
from bot.config.variants import TABLES, varied
from bot.core.errors import Misconfigured
from bot.core.kind import Kind
from bot.core.lately import Limits
from bot.core.policy import Policy


def load(path: str, kinds: Mapping[str, Kind], settings: Settings) -> Mapping[str, Policy]:
    """Return the policy in force for each kind; raise `Misconfigured` naming every key that is wrong.

    Groups a kind and the file do not name come from the settings. The deny-list of the settings always holds;
    the file can only add to it.
    """
    tables = _read(path)
    wrong = [
        f"[{name}]: there is no such kind; there are: {', '.join(sorted(kinds))}"
        for name in sorted(set(tables) - {*kinds, TABLE})
    ]
    limited(tables.get(TABLE, {}), wrong)
    policies: dict[str, Policy] = {}
    for name, kind in kinds.items():
        policy = _over(kind, tables.get(name, {}), wrong)
        policies[name] = _filled(policy, settings)
        wrong += [f"[{name}] {fault}" for fault in unsound(kind, policies[name])]
    wrong += faceless(kinds, policies)
    if wrong:
        raise Misconfigured(f"{path or 'The policies'}:\n" + "\n".join(f"  {line}" for line in wrong))
    return MappingProxyType(policies)


def limits(path: str) -> Limits:
    """Return what the same file says for everybody; what is wrong with it `load` has told."""
    return limited(_read(path).get(TABLE, {}), [])


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
    own = {key: value for key, value in table.items() if key not in TABLES}
    options = {option.name: option.parse for option in kind.policy.options}
    changes = parsed(own, kind.name, {**KEYS, **options}, wrong)
    return varied(kind, kind.policy.changed(changes), changes.keys(), table, wrong)


def _filled(policy: Policy, settings: Settings) -> Policy:
    return replace(
        policy,
        allowed_groups=policy.allowed_groups or settings.allowed_groups,
        approvers_group=policy.approvers_group or settings.approvers_group,
        deny_list=policy.deny_list | settings.deny_list,
    )
