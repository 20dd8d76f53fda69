"""Sheets: what somebody reads before they ask, made by the kinds themselves out of a made-up directory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast

from bot.config.settings import Settings
from bot.core.directory import Directory
from bot.core.errors import Rejected
from bot.core.facts import Moment
from bot.core.forms import Sheet
from bot.core.kind import Kind, Tools
from bot.core.methods import Method
from bot.core.model import Person
from bot.core.passes import EVERYBODY, PassPolicy
from bot.core.risk import Detection, Risk
from bot.core.verifier import Verifier

_PASSES: Final = PassPolicy(True, 10, 480, 60, frozenset({EVERYBODY}), frozenset())


@dataclass(frozen=True, slots=True)
class Found:
    """What the directory says of somebody when they open a form, and what the policy in force changes there."""

    flag: Risk | None = None
    premium: bool = True  # the tenant has ID Protection
    noticed: tuple[Detection, ...] = ()
    held: tuple[Method, ...] = ()
    policy: Mapping[str, Any] = field(default_factory=dict)

    async def pass_policy(self) -> PassPolicy:
        return _PASSES

    async def risk(self, _person: str) -> Risk | None:
        if not self.premium:
            raise Rejected("risk", code="no_premium")
        return self.flag

    async def detections(self, _person: str, limit: int) -> tuple[Detection, ...]:
        return self.noticed[:limit]

    async def methods(self, _person: str) -> tuple[Method, ...]:
        return self.held


@dataclass(frozen=True, slots=True)
class _At:
    moment: datetime

    def now(self) -> datetime:
        return self.moment


def sheet(kind: Kind, asker: Person, found: Found, now: datetime) -> Sheet:
    """Return what this kind shows somebody of whom this is found."""
    tools = Tools(
        directory=cast("Directory", found),
        verifier=cast("Verifier", None),
        clock=_At(now),
        policy=kind.policy.changed(found.policy),
        ticket_pattern=Settings.model_fields["ticket_pattern"].default,
        moment=Moment.HOME,
        ticket_example=Settings.model_fields["ticket_example"].default,
    )

    async def opened() -> Sheet:
        return await kind.sheet(asker, tools)

    return asyncio.run(opened())
