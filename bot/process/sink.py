"""Sink: log lines leave by a thread of their own, so that a reader that stops does not stop the desk."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

MOST: Final = 8 * 1024 * 1024  # characters that wait; a line for which there is no place is dropped
TOGETHER: Final = 0.01  # seconds in which lines gather, to be written at once
LAST: Final = 0.5  # seconds for what waits at the end
CHOKED: Final = 0.1  # seconds until a descriptor that takes nothing just now is asked again


class Sink:
    """A text stream to a file descriptor whose `write` never waits and never fails.

    What does not fit is dropped and counted: `dropped` is called with the number, from the sink's own thread, as soon
    as lines go out again, and may log. The descriptor is written to directly, because a thread that waits inside
    Python's buffered standard output would hold up the end of the process.
    """

    def __init__(self, descriptor: int, dropped: Callable[[int], object], *, most: int = MOST) -> None:
        self._descriptor = descriptor
        self._dropped = dropped
        self._most = most
        self._changed = threading.Condition()
        self._lines: deque[str] = deque()
        self._held = self._lost = 0
        self._closed = False
        self._thread = threading.Thread(target=self._carry, name="log", daemon=True)
        self._thread.start()

    def write(self, text: str) -> int:
        """Take the text, or drop it where too much waits; return its length, as streams do."""
        with self._changed:
            if self._closed or self._held + len(text) > self._most:
                self._lost += 1
            else:
                self._lines.append(text)
                self._held += len(text)
                self._changed.notify()
        return len(text)

    def flush(self) -> None:
        """Nothing to do: what was written goes out by itself."""

    def close(self, seconds: float = LAST) -> None:
        """Take no more, and give what waits so many seconds to go out."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(seconds)

    def leave(self, code: int) -> None:
        """End this process now, with the lines that still wait unless they take too long."""
        self.close(LAST)
        os._exit(code)

    def _carry(self) -> None:
        while (batch := self._next()) is not None:
            self._out(batch)
            with self._changed:
                self._held -= len(batch)
                lost = 0 if self._closed else self._lost
                self._lost -= lost
            if lost:
                self._dropped(lost)
            time.sleep(TOGETHER)

    def _next(self) -> str | None:
        """Return all that waits, as soon as something does; None when nothing will come any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._lines or self._closed)
            batch = "".join(self._lines)
            self._lines.clear()
        return batch or None

    def _out(self, batch: str) -> None:
        left = batch.encode("utf-8", "backslashreplace")
        while left:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:
                time.sleep(CHOKED)
            except OSError:  # nobody reads it any more: the desk goes on
                return
