"""Clock: real time plus an offset that is kept in a file, so that whoever reads the file shares the time."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path


class Clock:
    """The world's time; an offset that is already in the file holds on, for the data of then is still there."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.offset = _read(file)
        self._write()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def advance(self, by: timedelta) -> None:
        self.offset += by
        self._write()

    def reset(self) -> None:
        """Go back to real time."""
        self.offset = timedelta()
        self._write()

    def _write(self) -> None:
        # Readers see the old number or the new one, never half of it.
        self.file.parent.mkdir(parents=True, exist_ok=True)
        draft = self.file.with_name(f"{self.file.name}.{os.getpid()}.new")
        draft.write_text(repr(self.offset.total_seconds()))
        draft.replace(self.file)


def _read(file: Path) -> timedelta:
    try:
        return timedelta(seconds=float(file.read_text()))
    except (OSError, ValueError, OverflowError):
        return timedelta()
