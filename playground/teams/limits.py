"""How much the connector takes: so many messages per thread and time, and so many bytes each."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from time import monotonic

MESSAGE_BYTES = 100 * 1024
# https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit (per bot and thread)
PER_THREAD: tuple[tuple[int, float], ...] = ((7, 1.0), (8, 2.0), (60, 30.0), (1800, 3600.0))


@dataclass(slots=True)
class Limits:
    """Counts per thread; `relaxed` lets everything through."""

    relaxed: bool = False
    _sent: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def wait(self, thread: str) -> float:
        """Seconds to wait before this thread takes another message; 0 means it took this one."""
        if self.relaxed:
            return 0.0
        now = monotonic()
        sent = self._sent[thread]
        while sent and now - sent[0] > PER_THREAD[-1][1]:
            sent.popleft()
        for most, seconds in PER_THREAD:
            if len(sent) >= most and (left := seconds - (now - sent[-most])) > 0:
                return left
        sent.append(now)
        return 0.0
