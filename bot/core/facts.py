"""Facts: what was found out about a person just now, and when it is asked; None means that nobody knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from bot.core.model import Refusal


def _none() -> Mapping[str, Refusal]:
    return MappingProxyType({})


class Moment(StrEnum):
    """When `decide` is asked: what might be asked for, at the request, on its way, immediately before the act."""

    HOME = "home"
    ASK = "ask"
    WAY = "way"
    ACT = "act"


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found out about the subject just now. `None` means it could not be found out, and refuses.

    `home` is where a guest comes from; `roles` are directory roles held or eligible; `guarded_groups` the role-
    assignable groups the person is a member or owner of; `groups` those of the policy's groups they are in;
    `recent` how often they asked in the last 24 hours; `guarded_contexts` the authentication contexts an enabled
    Conditional Access policy protects; `approvers` those who approved and still may; `proved_at` when they last
    proved who they are. `objection`, `where`, `level` and `found` are what the kind itself found.
    """

    enabled: bool | None = None
    guest: bool | None = None
    home: str = ""
    restricted: bool | None = None
    roles: tuple[str, ...] | None = None
    guarded_groups: tuple[str, ...] | None = None
    groups: frozenset[str] | None = None
    recent: int | None = None
    guarded_contexts: frozenset[str] | None = None
    approvers: frozenset[str] | None = None
    proved_at: datetime | Literal["never"] | None = None
    objection: Refusal | Literal["none"] | None = None
    where: Mapping[str, Refusal] = field(default_factory=_none)
    level: str | None = None
    found: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
