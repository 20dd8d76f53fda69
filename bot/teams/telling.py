"""Telling: brings the messages of a matter up to date; what one place refuses keeps no other from its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from bot.core.errors import Closed, NotGranted, Rejected, Unavailable
from bot.core.matters import Matter
from bot.core.ports import Job, Messenger, Posted, Slot, Urgency
from bot.desk.homes import Homes
from bot.teams.board import Board, Stage
from bot.teams.scenes import PlannedMessage

SHUT: Final = 60.0  # seconds between two tries in a channel that takes nothing
MOVED: Final = 1.0  # seconds until what somebody's dead chat did not take is brought to the one opened since

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Telling:
    """`by` brings them; a private chat that is dead is opened anew, and what waits there comes along."""

    homes: Homes
    by: Messenger

    async def bring(self, stage: Stage, posted: Sequence[Posted], wanted: Iterable[PlannedMessage]) -> None:
        """Bring each by itself. Raises, when all others are done, `Unavailable` and `NotGranted` for what must wait.

        A channel that takes nothing now may be put right, so that is asked again; a person who takes nothing is not.
        """
        there = {(p.slot, p.person): p for p in posted}
        held: list[Unavailable | NotGranted] = []
        pairs = [(there.get((should.slot, should.person)), should) for should in wanted]
        async with Board(self.homes.ledger.store, self.by) as board:
            await board.begin(stage, pairs)
            for known, should in pairs:
                try:
                    await self._brought(board, stage, known, should)
                except (Unavailable, NotGranted) as error:
                    held.append(error)
        if held:
            raise max(held, key=lambda error: getattr(error, "retry_after", None) or 0)

    async def counts(self, stage: Stage, posted: Sequence[Posted], burst: Sequence[Matter]) -> bool:
        """Say whether security reads of this matter on a card of its own; else the first of its burst is told anew."""
        first = burst[0]
        if first.id == stage.id or any(p.slot is Slot.SECURITY for p in posted):
            return True
        async with self.homes.ledger.store.unit() as unit:
            await unit.defer(Job(first.SIREN, first.id, urgency=Urgency.ALARM))
        return False

    async def _brought(self, board: Board, stage: Stage, there: Posted | None, should: PlannedMessage) -> None:
        try:
            if should.channel and (there is None or there.going or there.deleted):
                await self.by.thread_turn(should.channel)
            await board.converge(self.by, stage, there, should)
        except NotGranted:
            raise
        except Rejected as error:
            told = log.bind(matter=stage.id, slot=should.slot.value, error_code=error.code)
            if should.channel:
                told.exception("matter_not_told")
                raise Unavailable("a channel takes nothing", retry_after=SHUT) from error
            told.warning("matter_not_told")
            dead = should.chat if isinstance(error, Closed) else None
            if dead is not None and await self.homes.anew(stage.tenant, should.person, dead):
                raise Unavailable("their private chat is another one now", retry_after=MOVED) from error
