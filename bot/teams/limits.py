"""Limits: what Teams allows one bot, kept over all replicas; a message waits its turn instead of failing.

Source: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from enum import IntEnum
from typing import Final

from bot.core.budgets import Budget, Share, Shared
from bot.core.errors import Unavailable

# Messages and seconds, in one conversation.
WINDOWS: Final = ((7, 1.0), (8, 2.0), (60, 30.0), (1800, 3600.0))
PATIENCE: Final = 3.0  # seconds a message waits here; a longer wait is the job's
AT_HAND: Final = 0.5  # seconds a thread waits here for its channel's turn
CONVERSATIONS: Final = 20_000  # as many are remembered at most

# A tenant takes 50 a second from one app. Shares are taken at 40: what is left is for answers on credit, which go
# before their turn is taken, and for turns that are used a little late.
TENANT: Final = 1 / 40  # seconds between two turns
CREDIT: Final = 2  # answers a replica sends before it has asked for their turns
LARGEST: Final = 8  # turns taken at once
AHEAD: Final = 4  # as many at the least while nobody else wants them: what follows at once need not ask again
LATE: Final = 0.1  # seconds after its moment within which a turn may still be used
CROWDED: Final = 0.25  # seconds the turns are away when nobody has credit any more
BEHIND: Final = 0.1  # seconds by which what is no answer may be ahead of the clock: so long an answer waits behind it
ASKING, ALONE = 0.5, 5.0  # seconds to be told of turns, and to go on without being told
# A channel's threads are begun at the pace of its hour, and some at once: with both, every window holds.
CHANNEL, AT_ONCE = 2.01, 6


class Rank(IntEnum):
    """Who goes first: a person who waits for an answer, a person who hears news, and then what changes or reminds."""

    ANSWER = 0
    NEWS = 1
    REST = 2


class Limiter:
    """Turns per conversation, and over all. `now` is a monotonic clock in seconds.

    `tenant` is shared by all replicas, as is what `channel` returns for the name of one; without them this process is
    the only one there is. In a conversation each replica keeps to its part of what Teams allows: no message waits for
    a question to the others.
    """

    def __init__(
        self,
        *,
        tenant: Shared | None = None,
        channel: Callable[[str], Budget] | None = None,
        now: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
    ) -> None:
        self._now = now
        self._patience = patience
        self._channel = channel
        self._sent: OrderedDict[str, deque[float]] = OrderedDict()
        self._pace = TenantQueue(tenant, now) if tenant is not None else None

    async def thread(self, channel: str, patience: float = AT_HAND) -> None:
        """Take the turn to begin a thread in a channel, before anything is done for it; `turn` comes after it.

        Raises `Unavailable` when that is not now: whoever waits for a channel holds up nobody else. Whoever has more
        patience than all others and than a turn takes has the next one.
        """
        if self._channel is not None:
            await self._channel(channel).turn(patience)

    async def turn(self, conversation: str, rank: Rank = Rank.ANSWER, *, channel: bool = False) -> None:
        """Wait until a message may be sent there; `channel`: it begins a thread in one, whose turn was taken.

        Raises `Unavailable` when that would take too long.
        """
        shared = channel and self._channel is not None
        if not shared:
            self._free(conversation)  # who is turned away here takes no turn of the tenant's
        if self._pace is not None:
            await self._pace.turn(rank, self._patience)
        if shared:
            return
        at = self._free(conversation)
        self._sent[conversation].append(at)  # taken before the wait, so that nobody else takes it meanwhile
        if at > self._now():
            await asyncio.sleep(at - self._now())

    def _free(self, conversation: str) -> float:
        """Return when this conversation takes a message. Raises `Unavailable` when that is too far away."""
        sent = self._sent.setdefault(conversation, deque(maxlen=WINDOWS[-1][0]))
        self._sent.move_to_end(conversation)
        if len(self._sent) > CONVERSATIONS:
            self._sent.popitem(last=False)
        now = self._now()
        at = _free(sent, now, self._pace.replicas if self._pace is not None else 1)
        if at - now > self._patience:
            raise Unavailable("too many messages for this conversation", retry_after=at - now)
        return at


class TenantQueue:
    """One process's share of a tenant's turns: taken several at once, used by rank, and lost when nobody uses them."""

    def __init__(self, tenant: Shared, now: Callable[[], float]) -> None:
        self.replicas = 1
        self._tenant = tenant
        self._now = now
        self._turns: deque[float] = deque()  # the moments of those taken
        self._waiting: list[tuple[Rank, int, asyncio.Future[None]]] = []
        self._number = 0
        self._debt = 0
        self._crowded = False
        self._plenty = False  # nobody waited for the turns that were taken last
        self._alone_until = self._last = 0.0
        self._taking: asyncio.Task[None] | None = None

    async def turn(self, rank: Rank, patience: float) -> None:
        """Wait for a turn, behind those of a better rank. Raises `Unavailable` when it does not come in time."""
        if rank is Rank.ANSWER and self._debt < CREDIT and not self._crowded:
            self._debt += 1
            self._take()
            return
        self._number += 1
        mine = (rank, self._number, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        self._take()
        try:
            async with asyncio.timeout(patience):
                await mine[2]
        except TimeoutError:
            raise Unavailable("too many messages for this tenant", retry_after=1.0) from None
        finally:
            if mine in self._waiting:
                self._waiting.remove(mine)

    def _take(self) -> None:
        if self._taking is None or self._taking.done():
            self._taking = asyncio.create_task(self._taken())

    async def _taken(self) -> None:
        """Hand out turns until nobody waits and nothing is owed."""
        while self._debt or self._waiting:
            while self._turns and self._turns[0] < self._now() - LATE:
                self._turns.popleft()
            if not self._turns:
                await self._more()
                continue
            await asyncio.sleep(max(0.0, self._turns.popleft() - self._now()))
            if self._debt:
                self._debt -= 1
            elif self._waiting:
                _, _, first = best = min(self._waiting)
                self._waiting.remove(best)
                if not first.done():
                    first.set_result(None)

    async def _more(self) -> None:
        """Take the next turns; where nobody can be asked, go on at this replica's part of the pace."""
        count = min(LARGEST, max(self._debt + len(self._waiting), AHEAD if self._plenty else 1))
        hurry = self._debt > 0 or min(self._waiting)[0] is Rank.ANSWER
        apart = TENANT
        try:
            share = await self._asked(count, PATIENCE if hurry else BEHIND)
        except Unavailable as error:
            if error.retry_after is not None:  # others have the next turns
                self._crowded, self._plenty = True, False
                await asyncio.sleep(min(max(error.retry_after - BEHIND, TENANT), CROWDED))
                return
            self._alone_until = max(self._alone_until, self._now() + ALONE)
            share, apart = Share(0.0, self.replicas), TENANT * self.replicas
        self.replicas = share.replicas
        self._crowded = share.wait > CROWDED
        self._plenty = share.wait <= 0
        first = max(self._now() + share.wait, self._last + apart)
        self._turns.extend(first + apart * place for place in range(count))
        self._last = self._turns[-1]

    async def _asked(self, count: int, patience: float) -> Share:
        """Ask for turns; one that could not be asked just now is not asked again at once."""
        if self._now() < self._alone_until:
            raise Unavailable("nobody could be asked a moment ago")
        try:
            async with asyncio.timeout(ASKING):
                return await self._tenant.share(count, patience)
        except TimeoutError:
            raise Unavailable("nobody could be asked in time") from None


def _free(sent: deque[float], now: float, replicas: int) -> float:
    """Return the first moment at which no window is full; `sent` ascends and may reach into the future."""
    at = max(now, sent[-1]) if sent else now
    for most, seconds in WINDOWS:
        count = max(1, most // replicas)
        if len(sent) >= count:
            at = max(at, sent[-count] + seconds)
    return at
