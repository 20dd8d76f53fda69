"""Quiet: somebody who was asked says that nobody is to ask them for a day, and takes it back. Pure.

It is kept in the verification they were asked by: where the desk looks anyhow before it asks anybody.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.core.audit import Deed, Note
from bot.core.callers import DAY, Verification
from bot.core.matters import Turned
from bot.core.model import Refusal
from bot.core.reasons import Reason


def quieted(one: Verification, now: datetime) -> Turned[Verification]:
    """Let nobody ask them until a day after this question: what is said by an older card says nothing any more."""
    until = one.created_at + DAY
    if now >= until or one.quiet_until is not None:
        return Turned(one, refusal=None if one.quiet_until is not None else Refusal(Reason.CLOSED))
    return Turned(replace(one, quiet_until=until), (Note(Deed.CALLS_QUIET, {"by": one.about.id}),))


def resumed(one: Verification) -> Turned[Verification]:
    """Let them be asked again."""
    if one.quiet_until is None:
        return Turned(one)
    return Turned(replace(one, quiet_until=None), (Note(Deed.CALLS_RESUMED, {"by": one.about.id}),))
