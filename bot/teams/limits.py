"""Limiter: keeps to what Teams allows one bot in one conversation; a message waits its turn instead of failing."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

from bot.core.errors import Unavailable

# Messages and seconds: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit
WINDOWS: Final = ((7, 1.0), (8, 2.0), (60, 30.0), (1800, 3600.0))
LONGEST: Final = max(seconds for _, seconds in WINDOWS)
PATIENCE: Final = 3.0  # seconds a message waits here; a longer wait is the job's
CONVERSATIONS: Final = 20_000  # as many are remembered at most


class Limiter:
    """Turns per conversation, for this process. `now` is a monotonic clock in seconds."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic, patience: float = PATIENCE) -> None:
        self._now = now
        self._patience = patience
        self._sent: OrderedDict[str, deque[float]] = OrderedDict()

    async def turn(self, conversation: str) -> None:
        """Wait until a message may be sent there. Raises `Unavailable` when that would take too long."""
        sent = self._sent.setdefault(conversation, deque(maxlen=WINDOWS[-1][0]))
        self._sent.move_to_end(conversation)
        if len(self._sent) > CONVERSATIONS:
            self._sent.popitem(last=False)
        now = self._now()
        at = _free(sent, now)
        if at - now > self._patience:
            raise Unavailable("too many messages for this conversation", retry_after=at - now)
        sent.append(at)  # taken before the wait, so that nobody else takes it meanwhile
        if at > now:
            await asyncio.sleep(at - now)


def _free(sent: deque[float], now: float) -> float:
    """Return the first moment at which no window is full; `sent` ascends and may reach into the future."""
    at = max(now, sent[-1]) if sent else now
    for count, seconds in WINDOWS:
        if len(sent) >= count:
            at = max(at, sent[-count] + seconds)
    return at
