"""Findings: brings what is out of the ordinary to security's channel, once; it is never given up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog

import cards
from bot.core.errors import AnswerLost, Rejected, Unavailable
from bot.core.ports import Clock, Job, Messenger, Posted, Slot, Store
from bot.core.watch import Notice
from cards.view import View

CLOSED: Final = 60.0  # seconds between two tries in a channel that takes nothing

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Findings:
    """`siren` goes before all other messages; `channel` is security's, and `language` what is spoken there."""

    store: Store
    clock: Clock
    siren: Messenger
    channel: str
    language: str
    contact: str

    async def tell(self, job: Job) -> None:
        """Post the finding whose id the job holds, unless it stands there. Raises `Unavailable` until it does."""
        async with self.store.unit() as unit:
            found, posted = await asyncio.gather(unit.finding(job.request), unit.posted(job.request))
        if found is None or any(not p.going for p in posted):
            return
        try:
            await self.siren.thread_turn(self.channel)
            await self._post(found)
        except AnswerLost as error:
            raise Unavailable("no answer to a message") from error
        except Rejected as error:
            log.exception("finding_not_told", finding=found.id, error_code=error.code)
            raise Unavailable("the security channel takes nothing", retry_after=CLOSED) from error

    async def _post(self, found: Notice) -> None:
        view = View(language=self.language, now=self.clock.now(), contact=self.contact)
        message = cards.message(cards.show(found, view), cards.text("finding.title", view.language))
        chat, activity = await self.siren.post_in_channel(found.tenant, self.channel, message)
        async with self.store.unit() as unit:
            await unit.keep_posted(Posted(found.id, Slot.SECURITY, "", chat, activity, found.sort))
