"""Signboard: one living message in the approvers' channel that shows the line, and calls up whoever is at its front."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

import cards
from bot.core.answers import QueueCard, Said
from bot.core.budgets import Budget
from bot.core.errors import AnswerLost, Missing, NotGranted, Rejected, Unavailable
from bot.core.ports import Clock, Job, Messenger, Posted, Slot, Store, Urgency
from bot.core.queue import BOARD, FEW, LINE_ID, WaitingLine
from bot.teams.scenes import Message, digest
from cards.view import View

LOOK: Final = 2.0  # seconds between two looks of a replica at the line
PACE: Final = 3.0  # seconds between two changes of the message, whichever replica makes them
ROWS: Final = 8  # requests it shows with a button each: as many as one looks at on a phone
NEWS: Final = timedelta(minutes=10)  # threads push it out of sight: after so long it is a new message
SHUT: Final = timedelta(minutes=1)  # between two tries in a channel that takes nothing

GOING: Final = Posted(LINE_ID, Slot.APPROVERS, "", None, "", "")  # on its way: nobody knows yet whether it stands there

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Signboard:
    """`turns` are all replicas' together. Only one job draws at a time: that is the queue's lock."""

    store: Store
    clock: Clock
    messenger: Messenger
    turns: Budget
    tenant: str
    channel: str
    language: str
    contact: str

    async def look(self) -> None:
        """Have the line shown while more than a few wait in it, and threads begun for those at its front."""
        async with self.store.unit() as unit:
            line, front, posted = await asyncio.gather(
                unit.line(self.tenant, 0), unit.front(self.tenant, FEW), unit.posted(LINE_ID)
            )
        shows = line.count > FEW or any(not p.deleted for p in posted)
        if not shows and not front:
            return
        try:
            await self.turns.turn(0)
        except Unavailable:  # another replica is at it, or this one was a moment ago
            return
        calls = [Job("cards", request, urgency=Urgency.ACT) for request in front]
        async with self.store.unit() as unit:
            await unit.defer(*calls, *([Job(BOARD, LINE_ID, urgency=Urgency.PROMPT)] if shows else []))

    async def draw(self, _: Job) -> None:
        """Bring the message to what the line is now. Raises `Unavailable` where that must wait."""
        async with self.store.unit() as unit:
            line, posted = await asyncio.gather(unit.line(self.tenant, ROWS), unit.posted(LINE_ID))
        there = next(iter(posted), None)
        try:
            if there is not None and not there.deleted and not line.count:
                await self._left(there, "queue.over")
                await self._keep(replace(there, shown="", deleted=True))
            elif line.count > FEW or (line.count and there is not None and not there.deleted):
                await self._shown(line, there)
        except AnswerLost as error:
            raise Unavailable("no answer to a message") from error
        except NotGranted:
            raise
        except Rejected as error:
            log.warning("line_not_shown", error_code=error.code)

    async def _shown(self, line: WaitingLine, there: Posted | None) -> None:
        """Show the line: in the message that stands, or in a new one where that cannot be or would not be seen."""
        view = View(language=self.language, now=self.clock.now(), contact=self.contact)
        card = cards.show(QueueCard(line), view)
        message = cards.message(card, cards.text("queue.title", view.language, count=line.count))
        since, _, known = there.shown.partition(" ") if there is not None else ("", "", "")
        age = self.clock.now() - datetime.fromisoformat(since) if since else None
        if there is None or age is None or there.going:
            await self._posted(message, there)
        elif there.deleted:  # it was refused
            if age >= SHUT:
                await self._posted(message, None)
        elif (age >= NEWS and line.count > FEW) or not _here(there, self.channel):
            await self._posted(message, there)
        elif known != digest(message):
            await self._changed(message, there, since)

    async def _changed(self, message: Message, there: Posted, since: str) -> None:
        """Change the message that stands; one that was taken without an id cannot be changed."""
        if there.chat is None or not there.activity:
            return
        try:
            await self.messenger.update(there.chat, there.activity, message)
        except Missing:  # somebody deleted it
            await self._posted(message, None)
        except NotGranted:
            raise
        except Rejected:
            await self._keep(replace(GOING, shown=f"{self.clock.now().isoformat()} ", deleted=True))
            raise
        else:
            await self._keep(replace(there, shown=f"{since} {digest(message)}"))

    async def _posted(self, message: Message, there: Posted | None) -> None:
        """Post it in place of the one that is `there`; where nobody takes it, that one stays known."""
        await self.messenger.thread_turn(self.channel, first=True)
        now = self.clock.now().isoformat()
        await self._keep(GOING)
        try:
            chat, activity = await self.messenger.post_in_channel(self.tenant, self.channel, message)
        except Rejected:
            stands = there is not None and there.activity
            await self._keep(there if there is not None and stands else replace(GOING, shown=f"{now} ", deleted=True))
            raise
        await self._keep(replace(GOING, chat=chat, activity=activity, shown=f"{now} {digest(message)}"))
        await self._left(there, "queue.moved")

    async def _left(self, there: Posted | None, key: str) -> None:
        """Leave a line where it stood: of a message that is taken away, Teams says for ever that it was deleted."""
        if there is None or there.deleted or there.chat is None or not there.activity:
            return
        view = View(language=self.language, now=self.clock.now(), contact=self.contact)
        with suppress(Rejected):  # what cannot be changed any more stands as it is
            line = cards.message(cards.show(Said(key), view), cards.text(key, self.language))
            await self.messenger.update(there.chat, there.activity, line)

    async def _keep(self, posted: Posted) -> None:
        async with self.store.unit() as unit:
            await unit.keep_posted(posted)


def _here(there: Posted, channel: str) -> bool:
    """Say whether it stands in the channel that is the approvers' now."""
    return there.chat is not None and there.chat.place == channel
