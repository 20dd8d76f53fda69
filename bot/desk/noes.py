"""Noes: a question that gets no answer leaves its fact unknown; where asking again changes nothing, that is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Final, TypeVar

import structlog

from bot.core.errors import DeskError, Rejected
from bot.core.reasons import Reason
from bot.desk.answered import lasting, lasts

T = TypeVar("T")
PATIENCE: Final = 4.0  # seconds for all facts together: an invoke must be answered within eight

log = structlog.get_logger(__name__)


class Noes:
    """The questions of one inquiry that got a lasting no, each with its reason."""

    def __init__(self) -> None:
        self.told: dict[str, Reason] = {}

    @property
    def any(self) -> Reason | None:
        return next(iter(self.told.values()), None)

    async def known(self, question: Coroutine[object, object, T], name: str, patience: float = PATIENCE) -> T | None:
        """Return the answer, or None when there was none in time: the decision refuses what is unknown."""
        try:
            async with asyncio.timeout(patience):
                return await question
        except (DeskError, TimeoutError) as error:
            log.warning("fact_unknown", fact=name, error=type(error).__name__)
            if isinstance(error, Rejected) and lasts(error):
                self.told[name] = lasting(error)
            return None
