"""Trail: the audit trail as an operator reads and checks it, entry by entry; reading changes nothing."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncGenerator, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from bot.config.settings import Settings
from bot.config.trail import keyed
from bot.core.audit import Break, Entry, Walk
from bot.core.errors import Misconfigured
from bot.process.clock import SystemClock
from bot.store.postgres import PostgresStore

T = TypeVar("T")
_HEAD: Final = re.compile(r"(?P<hash>[0-9a-f]{64})(:(?P<seq>[1-9][0-9]{0,15}))?")


@dataclass(frozen=True, slots=True)
class Anchor:
    """The end of a chain as it was kept elsewhere: a hash, and its entry's place if that was kept too."""

    hash: str
    seq: int | None = None


def anchor(text: str) -> Anchor:
    """Read the end of a chain as an operator hands it in: a hash, or a hash and a place (`HASH:N`)."""
    found = _HEAD.fullmatch(text.strip().lower())
    if found is None:
        raise Misconfigured("--head: write the hash of an audit_head in the log, or the hash, a colon and its seq")
    return Anchor(found["hash"], int(found["seq"]) if found["seq"] else None)


def fresh_key(name: str = "") -> str:
    """Make a key for the trail at random, as the settings take it."""
    called = name or datetime.now(UTC).strftime("%Y-%m")
    try:
        return keyed(f"{called}:{secrets.token_urlsafe(32)}")
    except ValueError:
        raise Misconfigured("a key's name has up to 32 small letters, digits, points and hyphens") from None


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """What came of checking one tenant's chain of `length` entries; those before `keyed_from` carry no key."""

    tenant: str
    length: int
    broken: Break | None
    keyed_from: int = 0
    used: frozenset[str] = frozenset()

    def __str__(self) -> str:
        if self.broken is not None:
            return f"{self.tenant}: BROKEN at entry {self.broken.seq}: {self.broken.why}"
        told = f"{self.tenant}: {self.length} entries, whole"
        if not self.keyed_from:
            return f"{told}, and without a key: whoever may write the database could have written all of it"
        told += f"; with a key from entry {self.keyed_from} on ({', '.join(sorted(self.used))})"
        return told if self.keyed_from == 1 else f"{told}, which also holds the {self.keyed_from - 1} plain ones before"


def lines(settings: Settings, tenant: str = "") -> Iterator[dict[str, Any]]:
    """Yield every entry as JSON values, oldest first, one tenant after the other."""
    with opened(settings) as (runner, store):
        for one in _tenants(runner, store, tenant):
            for entry in _pulled(runner, store.audit_entries(one)):
                told = {field.name: getattr(entry, field.name) for field in fields(entry)}
                yield {**told, "at": entry.at.isoformat(), "data": dict(entry.data)}


def recent(settings: Settings, since: datetime, tenant: str = "") -> Iterator[Entry]:
    """Yield the entries written since then, one tenant after the other."""
    with opened(settings) as (runner, store):
        for one in _tenants(runner, store, tenant):
            yield from _pulled(runner, store.audit_entries(one, since=since))


def verified(
    settings: Settings, tenant: str = "", *, anchors: Iterable[Anchor] = (), plain_until: int | None = None
) -> Iterator[ChainCheck]:
    """Check each tenant's chain against its stored end, read first: what is added meanwhile is left out.

    And against the `anchors`, ends of one tenant's chain that were kept elsewhere: a stored end can be rewritten with
    the chain. Where there is a key, every entry must carry one: see `core.audit.Walk`.
    """
    kept = tuple(anchors)
    with opened(settings) as (runner, store):
        tenants = _tenants(runner, store, tenant)
        if kept and len(tenants) != 1:
            raise Misconfigured("--head is the end of one trail: say which with --tenant")
        for one in tenants:
            head = runner.run(store.head(one))
            if head is None:
                yield ChainCheck(one, 0, Break(1, "the end of the chain is missing"))
                continue
            with closing(_pulled(runner, store.audit_entries(one, upto=head[0]))) as entries:
                went = _walked(Walk(settings.keys, plain_until), entries, kept)
            if isinstance(went, Break):
                yield ChainCheck(one, head[0], went)
            else:
                broken = went.end(head) or _beyond(runner.run(store.beyond(one)))
                yield ChainCheck(one, head[0], broken, went.keyed_from, went.used)


def _walked(walk: Walk, entries: Iterator[Entry], kept: tuple[Anchor, ...]) -> Walk | Break:
    """Walk to the end, and find each anchor on the way."""
    missing = set(kept)
    for entry in entries:
        went = walk.on(entry)
        if isinstance(went, Break):
            return went
        walk = went
        missing -= {Anchor(entry.hash), Anchor(entry.hash, entry.seq)}
        if any(anchor.seq == entry.seq for anchor in missing):
            return Break(entry.seq, "its hash is not the one that was kept: from there or before it was written anew")
    return Break(walk.seq + 1, "an entry whose hash was kept is not there: the end was cut off") if missing else walk


def _beyond(seq: int | None) -> Break | None:
    return None if seq is None else Break(seq, "it stands beyond the end of the chain, where the desk put nothing")


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[asyncio.Runner, PostgresStore]]:
    store = PostgresStore(settings.database_url.get_secret_value(), clock=SystemClock(), size=2, keys=settings.keys)
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


def _pulled(runner: asyncio.Runner, entries: AsyncGenerator[T]) -> Generator[T]:
    """Yield one after the other what only a running loop can give: a trail may be longer than the memory."""

    async def following() -> T | None:
        return await anext(entries, None)

    try:
        while (entry := runner.run(following())) is not None:
            yield entry
    finally:  # also when somebody has read enough
        runner.run(entries.aclose())
