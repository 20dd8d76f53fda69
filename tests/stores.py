"""The store as a test opens it: on a machine that does ten things at once, a connection may take its time."""

from __future__ import annotations

from bot.core.ports import Clock
from bot.store.postgres import PostgresStore

PATIENCE = 60.0  # seconds for a connection


def patient(url: str, clock: Clock, *, size: int = 10) -> PostgresStore:
    """Return the store, not open yet. For tests that are about something other than a database that is away."""
    return PostgresStore(url, clock=clock, size=size, wait=PATIENCE)
