"""Board: one message of ours in Teams, brought to what it should be; doing it again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol, Self

from bot.core.errors import AnswerLost, Missing, Rejected, Unavailable
from bot.core.ports import Messenger, Posted, Slot, Store
from bot.teams.scenes import Message, PlannedMessage


class Stage(Protocol):
    """What messages are about: a request or a matter."""

    @property
    def id(self) -> str: ...

    @property
    def tenant(self) -> str: ...

    def left(self, slot: Slot, person: str, *, moved: bool) -> Message:
        """Return the line that stays where a message stood."""


@dataclass(frozen=True, slots=True)
class Board:
    """`messenger` takes messages away; who brings one is said each time, by how urgent it is.

    What was changed or taken away is kept together when the `async with` is left: done again, it changes nothing.
    """

    store: Store
    messenger: Messenger
    _begun: set[tuple[Slot, str]] = field(default_factory=set)
    _later: list[Posted] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        later, self._later[:] = tuple(self._later), []
        await self.keep(*later)

    async def begin(self, stage: Stage, pairs: Iterable[tuple[Posted | None, PlannedMessage | None]]) -> None:
        """Keep of all that were never posted, at once, that they are on their way; `converge` brings each."""
        posts = [should for there, should in pairs if there is None and should is not None and should.placed]
        self._begun.update((should.slot, should.person) for should in posts)
        await self.keep(*(_going(stage, should) for should in posts))

    async def converge(self, by: Messenger, stage: Stage, there: Posted | None, should: PlannedMessage | None) -> None:
        """Bring one message to what it should be. Raises `Unavailable`, and `Rejected` where nobody can be told."""
        try:
            if should is None:
                await self._over(stage, there)
            elif _posts(there, should):
                await self._post(by, stage, should, there)
                await self._left(there, stage.left(should.slot, should.person, moved=True))
            elif there is not None and there.activity and there.shown != should.fingerprint and there.chat is not None:
                await self._change(by, stage, there, should)
        except AnswerLost as error:
            raise Unavailable("no answer to a message") from error

    async def _change(self, by: Messenger, stage: Stage, there: Posted, should: PlannedMessage) -> None:
        if there.chat is None:
            return
        try:
            await by.update(there.chat, there.activity, should.message)
        except Missing:  # somebody deleted it
            if should.channel:
                await by.thread_turn(should.channel)
            await self._post(by, stage, should)
            return
        self._later.append(replace(there, shown=should.fingerprint))

    async def _post(self, by: Messenger, stage: Stage, should: PlannedMessage, there: Posted | None = None) -> None:
        """Post it in place of the one that is `there`; where nobody takes it, that one stays known."""
        if not should.placed:  # a reminder before its thread is known
            raise Unavailable("the thread is not there yet", retry_after=1)
        # It is on its way: a client may show it before its id is kept here, and it must not count as a stray then.
        going = _going(stage, should)
        if (should.slot, should.person) not in self._begun:
            await self.keep(going)
        try:
            if should.chat is not None:
                chat, activity = should.chat, await by.post(should.chat, should.message)
            else:
                chat, activity = await by.post_in_channel(stage.tenant, should.channel, should.message)
        except Rejected:
            await self.keep(there if there is not None and there.activity else replace(going, deleted=True))
            raise
        await self.keep(replace(going, chat=chat, activity=activity, shown=should.fingerprint))

    async def _over(self, stage: Stage, posted: Posted | None) -> None:
        """Leave a line; a message that was on its way when its answer got lost is no longer waited for."""
        if posted is not None and not posted.deleted:
            await self._left(posted, stage.left(posted.slot, posted.person, moved=False))
            self._later.append(replace(posted, deleted=True))

    async def _left(self, posted: Posted | None, line: Message) -> None:
        """Leave a line where a message stood: of one that is taken away, Teams says for ever that it was deleted."""
        if posted is not None and not posted.deleted and posted.chat is not None and posted.activity:
            with suppress(Missing):
                await self.messenger.update(posted.chat, posted.activity, line)

    async def keep(self, *posted: Posted) -> None:
        if not posted:
            return
        async with self.store.unit() as unit:
            for each in posted:
                await unit.keep_posted(each)


def _posts(there: Posted | None, should: PlannedMessage) -> bool:
    """Whether it is to be posted, and not only changed."""
    return there is None or there.deleted or there.going or should.anew(there)


def _going(stage: Stage, should: PlannedMessage) -> Posted:
    return Posted(stage.id, should.slot, should.person, should.chat, "", "")
