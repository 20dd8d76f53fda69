"""Kind: everything one type of request says about itself; Tools: all that it may touch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.core.model import Field, Outcome, Person, Receipt, Refusal, Request
from bot.core.policy import Policy
from bot.core.ports import Clock, Directory


@dataclass(frozen=True, slots=True)
class Tools:
    """What a kind may touch. `policy` is the one in force for it; `ticket_pattern` from the settings."""

    directory: Directory
    clock: Clock
    policy: Policy
    ticket_pattern: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of request.

    `form` asks for what it needs (raises `Unavailable` when it cannot be found out); `object_to` is the
    kind's own refusal, from facts gathered now; `carry_out` is the one act: it writes at most once and lets
    `AnswerLost` through; `look` finds what a lost act left behind; `undo` takes it back and may be repeated.
    Texts come from the catalogue under the kind's name.
    """

    name: str  # stored, and in policies.toml: never renamed
    permissions: tuple[str, ...]
    policy: Policy
    form: Callable[[Person, Tools], Awaitable[tuple[Field, ...]]]
    object_to: Callable[[Request, Tools], Awaitable[Refusal | None]]
    carry_out: Callable[[Request, Tools], Awaitable[Outcome]]
    look: Callable[[Request, Tools], Awaitable[Receipt | None]]
    undo: Callable[[Request, Tools], Awaitable[None]]


Kinds = Mapping[str, Kind]
