"""Board: one message of a request in Teams, brought to what it should be; doing it again changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.core.errors import AnswerLost, Missing, Rejected, Unavailable
from bot.core.model import Request
from bot.core.ports import Messenger, Posted, Store
from bot.teams.scenes import PlannedMessage


@dataclass(frozen=True, slots=True)
class Board:
    """`messenger` takes messages away; who brings one is said each time, by how urgent it is."""

    store: Store
    messenger: Messenger

    async def converge(
        self, by: Messenger, request: Request, there: Posted | None, should: PlannedMessage | None
    ) -> None:
        """Bring one message to what it should be. Raises `Unavailable`, and `Rejected` where nobody can be told."""
        try:
            if should is None:
                await self.gone(there)
            elif there is None or there.deleted or not there.activity or should.anew(there):
                await self._post(by, request, should)
                await self.gone(there, keep=False)
            elif there.shown != should.fingerprint and there.chat is not None:
                await self._change(by, request, there, should)
        except AnswerLost as error:
            raise Unavailable("no answer to a message") from error

    async def _change(self, by: Messenger, request: Request, there: Posted, should: PlannedMessage) -> None:
        if there.chat is None:
            return
        try:
            await by.update(there.chat, there.activity, should.message)
        except Missing:  # somebody deleted it
            if should.channel:
                await by.thread_turn(should.channel)
            await self._post(by, request, should)
            return
        await self.keep(replace(there, shown=should.fingerprint))

    async def _post(self, by: Messenger, request: Request, should: PlannedMessage) -> None:
        if should.chat is None and not should.channel:  # a reminder before its thread is known
            raise Unavailable("the thread is not there yet", retry_after=1)
        # It is on its way: a client may show it before its id is kept here, and it must not count as a stray then.
        going = Posted(request.id, should.slot, should.person, should.chat, "", "")
        await self.keep(going)
        try:
            if should.chat is not None:
                chat, activity = should.chat, await by.post(should.chat, should.message)
            else:
                chat, activity = await by.post_in_channel(request.tenant, should.channel, should.message)
        except Rejected:
            await self.keep(replace(going, deleted=True))
            raise
        await self.keep(replace(going, chat=chat, activity=activity, shown=should.fingerprint))

    async def gone(self, posted: Posted | None, *, keep: bool = True) -> None:
        """Take a message away; one that was on its way when its answer got lost is no longer waited for."""
        if posted is None or posted.deleted:
            return
        if posted.chat is not None and posted.activity:
            await self.messenger.delete(posted.chat, posted.activity)
        if keep:
            await self.keep(replace(posted, deleted=True))

    async def keep(self, posted: Posted) -> None:
        async with self.store.unit() as unit:
            await unit.keep_posted(posted)
