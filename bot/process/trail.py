"""Trail: the audit trail as an operator reads and checks it, entry by entry; reading changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

from bot.config.settings import Settings
from bot.core.audit import Break, Entry, verify
from bot.core.errors import Misconfigured
from bot.process.clock import SystemClock
from bot.store.postgres import PostgresStore

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """What came of checking one tenant's chain of `length` entries."""

    tenant: str
    length: int
    broken: Break | None

    def __str__(self) -> str:
        if self.broken is None:
            return f"{self.tenant}: {self.length} entries, whole"
        return f"{self.tenant}: BROKEN at entry {self.broken.seq}: {self.broken.why}"


def lines(settings: Settings, tenant: str = "") -> Iterator[dict[str, Any]]:
    """Yield every entry as JSON values, oldest first, one tenant after the other."""
    with _opened(settings) as (runner, store):
        for one in _tenants(runner, store, tenant):
            for entry in _pulled(runner, store.audit_entries(one)):
                told = {field.name: getattr(entry, field.name) for field in fields(entry)}
                yield {**told, "at": entry.at.isoformat(), "data": dict(entry.data)}


def recent(settings: Settings, since: datetime, tenant: str = "") -> Iterator[Entry]:
    """Yield the entries written since then, one tenant after the other."""
    with _opened(settings) as (runner, store):
        for one in _tenants(runner, store, tenant):
            yield from _pulled(runner, store.audit_entries(one, since=since))


def verified(settings: Settings, tenant: str = "") -> Iterator[ChainCheck]:
    """Check each tenant's chain against its stored end, read first: what is added meanwhile is left out."""
    with _opened(settings) as (runner, store):
        for one in _tenants(runner, store, tenant):
            head = runner.run(store.head(one))
            if head is None:
                yield ChainCheck(one, 0, Break(1, "the end of the chain is missing"))
                continue
            entries: Iterator[Entry] = _pulled(runner, store.audit_entries(one, upto=head[0]))
            yield ChainCheck(one, head[0], verify(entries, head))


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[asyncio.Runner, PostgresStore]]:
    store = PostgresStore(settings.database_url.get_secret_value(), clock=SystemClock(), size=2)
    with asyncio.Runner() as runner:
        runner.run(store.__aenter__())
        try:
            runner.run(store.ping())
            if not runner.run(store.migrated()):
                raise Misconfigured("The database is not up to date: run `vouchsafe migrate`")
            yield runner, store
        finally:
            runner.run(store.__aexit__(None, None, None))


def _tenants(runner: asyncio.Runner, store: PostgresStore, tenant: str) -> tuple[str, ...]:
    known = runner.run(store.tenants())
    if tenant and tenant not in known:
        raise Misconfigured(f"--tenant {tenant}: there is no such trail; there are: {', '.join(known) or 'none'}")
    return (tenant,) if tenant else known


def _pulled(runner: asyncio.Runner, entries: AsyncIterator[T]) -> Iterator[T]:
    """Yield one after the other what only a running loop can give: a trail may be longer than the memory."""

    async def following() -> T | None:
        return await anext(entries, None)

    while (entry := runner.run(following())) is not None:
        yield entry
