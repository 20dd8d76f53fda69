"""Tidings: one line of each act in security's channel, below one message of that day; they go after every alarm."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

import structlog

import cards
from bot.core.answers import Said
from bot.core.errors import AnswerLost, Rejected, Unavailable
from bot.core.notices import ActNotice
from bot.core.ports import Clock, Job, Messenger, Posted, Slot, Store
from bot.teams.scenes import Message
from cards.view import View

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tidings:
    """`herald` brings what is news to a channel; `channel` is security's, and `language` what is spoken there."""

    store: Store
    clock: Clock
    herald: Messenger
    channel: str
    language: str
    contact: str

    async def tell(self, job: Job) -> None:
        """Post the line of the notice whose id the job holds, unless it stands there."""
        async with self.store.unit() as unit:
            one, posted = await asyncio.gather(unit.matter(ActNotice, job.request), unit.posted(job.request))
        if one is None or posted:
            return
        line = Said("notice.line", {"line": cards.text(f"{one.kind}.notice.line", self.language, name=one.about.name)})
        try:
            await self._post(one, line)
        except AnswerLost as error:
            raise Unavailable("no answer to a message") from error
        except Rejected as error:  # of an alarm it is told that the channel takes nothing
            log.warning("line_not_told", notice=one.id, error_code=error.code)

    async def _post(self, one: ActNotice, line: Said) -> None:
        day = day_of(one.done_at or one.created_at)
        async with self.store.unit() as unit:
            thread = next((p for p in await unit.posted(day) if p.chat is not None), None)
        if thread is None:
            thread = await self._begun(one.tenant, day)
        if thread.chat is None:
            return
        activity = await self.herald.post(thread.chat, self._message(line))
        await self._keep(Posted(one.id, Slot.SECURITY, "", thread.chat, activity, one.phase))

    async def _begun(self, tenant: str, day: str) -> Posted:
        """Begin the day's thread; two processes may each begin one, and the later one is gone on with."""
        await self.herald.thread_turn(self.channel)
        head = self._message(Said("notice.day", {"day": day.partition(":")[2]}))
        chat, activity = await self.herald.post_in_channel(tenant, self.channel, head)
        begun = Posted(day, Slot.SECURITY, "", chat, activity, day)
        await self._keep(begun)
        return begun

    def _message(self, said: Said) -> Message:
        view = View(language=self.language, now=self.clock.now(), contact=self.contact)
        return cards.message(cards.show(said, view), cards.text(said.key, view.language, **said.params))

    async def _keep(self, posted: Posted) -> None:
        async with self.store.unit() as unit:
            await unit.keep_posted(posted)


def day_of(at: datetime) -> str:
    """Return what the message of a day is kept by: clients send no id with a colon, so no request has this one."""
    return f"notices:{at:%Y-%m-%d}"
