"""Throttle: how many turns one person may take; an alarm has turns of its own, so that no flood of theirs drowns it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bot.core.actions import Action, Begin, Report, Submit
from bot.core.model import Actor

Wait = Callable[[str], float]  # takes a turn of a person's: 0, or the seconds until there is one

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Throttle:
    """`turns` are for anything, `alarms` for raising one; `told` says how often a person hears that it was too much.

    `kinds` are those that are alarms. Whoever sits at somebody else's Teams may flood the desk with whatever they
    like: before the alarm has no turn left, it was raised.
    """

    turns: Wait
    alarms: Wait
    told: Wait
    kinds: frozenset[str]

    def admits(self, actor: Actor, action: Action) -> bool:
        """Take a turn, or say that there is none left for now."""
        if not (self.alarms if self._raises(action) else self.turns)(actor.person.id):
            return True
        log.warning("person_held_back", person=actor.person.id, action=type(action).__name__)
        return False

    def tells(self, actor: Actor) -> bool:
        """Say whether it is time to tell them."""
        return not self.told(actor.person.id)

    def _raises(self, action: Action) -> bool:
        match action:
            case Begin(kind) | Submit(kind):
                return kind in self.kinds
            case _:
                return isinstance(action, Report)
