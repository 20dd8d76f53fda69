"""Clock: the one place that reads the machine's time; a loopback cloud may shift it, nothing else can."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bot.core.ports import Clock

_GLANCE: Final = 0.05  # seconds between two looks at the file


class SystemClock(Clock):
    """Real time, in UTC. `time_file` holds seconds to add to it: how a playground turns the clock forward."""

    def __init__(self, time_file: str = "") -> None:
        self._file = Path(time_file) if time_file else None
        self._offset = timedelta()
        self._looked = float("-inf")

    def now(self) -> datetime:
        if self._file is not None and time.monotonic() - self._looked >= _GLANCE:
            self._look(self._file)
        return datetime.now(UTC) + self._offset

    def _look(self, file: Path) -> None:
        self._looked = time.monotonic()
        try:
            self._offset = timedelta(seconds=float(file.read_text()))
        except (OSError, ValueError, OverflowError):
            return  # whoever plays with the time has not written it yet: the last offset holds
