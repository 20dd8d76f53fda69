"""One transaction of the desk. Audit entries and wake-ups are written last, so that their locks are held shortest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from bot.core.audit import GENESIS, Note, link
from bot.core.errors import Conflict, Rejected
from bot.core.model import VERIFIED, Chat, Mode, Person, Request, Status
from bot.core.ports import Clock, Job, Posted, Purpose, SignIn, SignInStage, Unit
from bot.store import codec, sql

ADDS: Final = 3  # the request that is in the way may be gone when we look at it


class PostgresUnit(Unit):
    """See `core.ports.Unit`. Notes and jobs are kept until `finish`, in one order for everybody: no deadlocks."""

    def __init__(self, connection: AsyncConnection[DictRow], clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._notes: list[tuple[Request, Note]] = []
        self._jobs: dict[str, Job] = {}

    async def finish(self) -> None:
        """Write what was kept for last; the caller commits."""
        await self._enqueue()
        by_tenant: dict[str, list[tuple[Request, Note]]] = {}
        for request, note in self._notes:
            by_tenant.setdefault(request.tenant, []).append((request, note))
        for tenant in sorted(by_tenant):
            await self._append(tenant, by_tenant[tenant])

    async def add(self, request: Request) -> Request | None:
        row = codec.request_row(request)
        for _ in range(ADDS):
            if await self._one(sql.ADD_REQUEST, row) is not None:
                return None
            rival = await self._one(sql.RIVAL, row)
            if rival is not None:
                return codec.request_of(rival)
        raise Conflict("another request of this kind comes and goes")

    async def load(self, request_id: str) -> Request | None:
        row = await self._one(sql.LOAD_REQUEST, {"id": request_id})
        return codec.request_of(row) if row else None

    async def save(self, request: Request) -> Request:
        row = await self._one(sql.SAVE_REQUEST, codec.request_row(request))
        if row is None:
            raise Conflict(f"request {request.id} is no longer at version {request.version}")
        return replace(request, version=row["version"])

    async def note(self, request: Request, *notes: Note) -> None:
        self._notes.extend((request, note) for note in notes)

    async def defer(self, *jobs: Job) -> None:
        self._jobs.update((f"{job.name}:{job.request}:{job.slot}:{job.person}", job) for job in jobs)

    async def recent(self, tenant: str, subject: str, kind: str, since: datetime, *, but: str) -> int:
        values = {
            "tenant": tenant,
            "subject": subject,
            "kind": kind,
            "since": since,
            "but": but,
            "refused": Status.REFUSED.value,
        }
        row = await self._one(sql.RECENT, values)
        return int(row["count"]) if row else 0

    async def proved(self, tenant: str, subject: str) -> datetime | None:
        values = {
            "tenant": tenant,
            "subject": subject,
            "ended": Status.ENDED.value,
            "verified": VERIFIED,
            "enforce": Mode.ENFORCE.value,
        }
        row = await self._one(sql.PROVED, values)
        return row["at"] if row else None

    async def latest(self, tenant: str, person: str, limit: int) -> Sequence[Request]:
        rows = await self._all(sql.LATEST, {"tenant": tenant, "person": person, "limit": limit})
        return tuple(codec.request_of(row) for row in rows)

    async def due(self, now: datetime, limit: int) -> Sequence[str]:
        return tuple(row["id"] for row in await self._all(sql.DUE, {"now": now, "limit": limit}))

    async def remember(self, person: Person, chat: Chat) -> None:
        if not chat.personal or chat.tenant != person.tenant:
            raise Rejected("only the private chat of a person, in their own tenant, is remembered")
        await self._run(sql.REMEMBER, codec.home_row(person, chat))

    async def forget(self, tenant: str, person: str) -> None:
        await self._run(sql.FORGET, {"tenant": tenant, "person": person})

    async def private_chat(self, tenant: str, person: str) -> tuple[Person, Chat] | None:
        row = await self._one(sql.PRIVATE_CHAT, {"tenant": tenant, "person": person})
        return codec.home_of(row) if row else None

    async def posted(self, request_id: str) -> Sequence[Posted]:
        return tuple(codec.posted_of(row) for row in await self._all(sql.POSTED, {"request": request_id}))

    async def keep_posted(self, posted: Posted) -> None:
        await self._run(sql.KEEP_POSTED, codec.posted_row(posted))

    async def keep_sign_in(self, sign_in: SignIn) -> SignIn:
        statement = sql.SAVE_SIGN_IN if sign_in.version else sql.ADD_SIGN_IN
        row = await self._one(statement, codec.sign_in_row(sign_in))
        if row is None:
            raise Conflict("this sign-in went on elsewhere")
        return replace(sign_in, version=row["version"])

    async def sign_in(self, sign_in_id: str) -> SignIn | None:
        row = await self._one(sql.LOAD_SIGN_IN, {"id": sign_in_id})
        return codec.sign_in_of(row) if row else None

    async def sign_in_for(self, request_id: str, person: str, purpose: Purpose) -> SignIn | None:
        finished = SignInStage.FINISHED.value
        values = {"request": request_id, "person": person, "finished": finished, "purpose": purpose.value}
        row = await self._one(sql.SIGN_IN_FOR, values)
        return codec.sign_in_of(row) if row else None

    async def sign_ins(self, request_id: str) -> Sequence[SignIn]:
        rows = await self._all(sql.SIGN_INS, {"request": request_id})
        return tuple(codec.sign_in_of(row) for row in rows)

    async def first_time(self, tenant: str, key: str, now: datetime) -> bool:
        return await self._one(sql.FIRST_TIME, {"tenant": tenant, "key": key, "now": now}) is not None

    async def _append(self, tenant: str, notes: Sequence[tuple[Request, Note]]) -> None:
        await self._run(sql.BEGIN_CHAIN, {"tenant": tenant, "hash": GENESIS})
        head = await self._one(sql.LOCK_CHAIN, {"tenant": tenant})
        if head is None:
            raise Conflict("the audit chain could not be begun")
        seq, previous, entries = head["seq"], head["hash"], []
        at = self._clock.now()
        for request, note in notes:
            entry = link(
                previous,
                tenant=tenant,
                seq=seq + 1,
                at=at,
                request=request.id,
                kind=request.kind,
                subject=request.subject.id,
                mode=request.mode.value,
                note=note,
            )
            seq, previous = entry.seq, entry.hash
            entries.append(codec.entry_row(entry))
        async with self._connection.cursor() as cursor:
            await cursor.executemany(sql.ADD_ENTRY, entries)
        await self._run(sql.MOVE_CHAIN, {"tenant": tenant, "seq": seq, "hash": previous})

    async def _enqueue(self) -> None:
        if not self._jobs:
            return
        keys = sorted(self._jobs)
        jobs = [self._jobs[key] for key in keys]
        values = {"keys": keys, "locks": [_lock(job) for job in jobs], "args": [Jsonb(asdict(job)) for job in jobs]}
        await self._run(sql.ENQUEUE, values)

    async def _run(self, statement: str, values: dict[str, Any]) -> None:
        async with self._connection.cursor() as cursor:
            await cursor.execute(statement, values)

    async def _one(self, statement: str, values: dict[str, Any]) -> DictRow | None:
        async with self._connection.cursor() as cursor:
            await cursor.execute(statement, values)
            return await cursor.fetchone()

    async def _all(self, statement: str, values: dict[str, Any]) -> list[DictRow]:
        async with self._connection.cursor() as cursor:
            await cursor.execute(statement, values)
            return await cursor.fetchall()


def _lock(job: Job) -> str:
    """What may not run twice at once: deliveries to one message, and otherwise the same job of one request."""
    return f"{job.request}:{job.slot}:{job.person}" if job.slot else f"{job.name}:{job.request}::{job.person}"
