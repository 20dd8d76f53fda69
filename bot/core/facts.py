"""Facts: what was found out about a person just now, and when it is asked; None means that nobody knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal

from bot.core.lately import Lately
from bot.core.model import Means, Refusal
from bot.core.reasons import Reason
from bot.core.threat import Posture

# Which question answers which facts, by the names that `Facts.lasting` has.
ASKED: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("enabled", "guest", "restricted"), "account"),
        **dict.fromkeys(("roles", "guarded_groups"), "standing"),
        "approves": "approvers_groups",
        **dict.fromkeys(("objection", "level"), "objection"),
    }
)


def _none() -> Mapping[str, Refusal]:
    return MappingProxyType({})


class Moment(StrEnum):
    """When `decide` is asked: what might be asked for, at the request, on its way, immediately before the act."""

    HOME = "home"
    ASK = "ask"
    WAY = "way"
    ACT = "act"


@dataclass(frozen=True, slots=True)
class ApproverFacts:
    """What was found out just now about somebody whose yes is to count. `None` could not be found out, and refuses.

    `groups` are those of the policy's approvers' groups they are in; `at_risk` whether ID Protection flags them;
    `human` says which human an account is of, "" where the directory does not tell; `same_human`: it is the one that
    the request is by or about. `guarded_contexts` are those that an enabled policy protects for them. `lasting` is why
    asking again does not change that something is not known.
    """

    enabled: bool | None = None
    guest: bool | None = None
    restricted: bool | None = None
    groups: frozenset[str] | None = None
    at_risk: bool | None = None
    human: str | None = None
    same_human: bool = False
    guarded_contexts: frozenset[str] | None = None
    lasting: Reason | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found out about the subject just now. `None` means it could not be found out, and refuses.

    `home` is where a guest comes from; `roles` are directory roles held or eligible; `guarded_groups` the role-
    assignable groups the person is a member or owner of; `groups` those of the policy's groups they are in; `recent`
    until when what they asked for counts for their day, `shown` the same of what approvers were shown; `denied` who
    said no to the same kind of request about them in the last days, and when; `guarded_contexts` the authentication
    contexts for which Conditional Access demands a fresh sign-in of this person; `approvers` is what is known of those
    who approved; `approves` the groups of approvers they are in or could put themselves into as an owner; `face_check`
    whether they can prove here who they are; `frozen_at` since when an alarm freezes what they may get here;
    `opener` why the agent who opened it is none just now. `levels`
    are what its kind may call a case, mildest first; `harmless`: what they ask for only locks or proves; `locks`: it
    only takes access away. `objection`, `where`, `level`, `found` and `means` are what the kind itself found.
    `gives_access`: it gives access to an account. `threat` is how strict the desk is just now for everybody, `lately`
    for this person, after what happened about them; `changed`: their account is new, or not what it was days ago.
    `lasting` says of questions that got a no why asking again does not change it. `upn`, `work`, as what and where,
    and `manager`, by name, tell those who decide who it is, and decide nothing; nor do `mails`, where notices go.
    """

    enabled: bool | None = None
    guest: bool | None = None
    home: str = ""
    upn: str = ""
    work: str = ""
    mails: tuple[str, ...] = ()
    manager: str = ""
    restricted: bool | None = None
    roles: tuple[str, ...] | None = None
    guarded_groups: tuple[str, ...] | None = None
    groups: frozenset[str] | None = None
    recent: tuple[datetime, ...] | None = None
    shown: tuple[datetime, ...] | None = None
    denied: Mapping[str, datetime] | None = None
    guarded_contexts: frozenset[str] | None = None
    approvers: Mapping[str, ApproverFacts] | None = None
    approves: frozenset[str] | None = None
    face_check: bool | None = None
    frozen_at: datetime | Literal["never"] | None = None
    opener: Refusal | Literal["none"] | None = None
    threat: Posture | None = None
    lately: Lately | None = None
    changed: bool | None = None
    objection: Refusal | Literal["none"] | None = None
    where: Mapping[str, Refusal] = field(default_factory=_none)
    level: str | None = None
    levels: tuple[str, ...] = ()
    harmless: bool = False
    locks: bool = False
    gives_access: bool = False
    found: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    means: tuple[Means, ...] | None = None
    lasting: Mapping[str, Reason] = field(default_factory=lambda: MappingProxyType({}))
