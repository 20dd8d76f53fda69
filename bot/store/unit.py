"""One transaction of the desk. Audit entries and wake-ups are written last, so that their locks are held shortest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from bot.core.audit import GENESIS, About, Entry, Keys, Note, link
from bot.core.errors import Conflict, Rejected
from bot.core.locks import Locks
from bot.core.model import OPEN, Chat, Person, Request, Status
from bot.core.ports import Clock, Job, Posted, Purpose, SignIn, SignInStage, Unit, Urgency
from bot.core.watch import WINDOWS, Count, Notice, Sort, slot
from bot.store import alarms, beside, chain, codec, lockdown, sql, unusual
from bot.store.lately import PastRows
from bot.store.matters import MatterRows
from bot.store.pipeline import Pipeline
from bot.store.unusual import UnusualRows
from bot.store.values import utc
from bot.store.waiting import QueueRows

WORDS: Final = ("name", "request", "slot", "person")  # of a job, as every version that runs takes them
ADDS: Final = 3  # the request that is in the way may be gone when we look at it


class PostgresUnit(MatterRows, PastRows, QueueRows, UnusualRows, Unit):
    """See `core.ports.Unit`. Notes and jobs are kept until `finish`, in one order for everybody: no deadlocks.

    `begun`: the tenants who have a chain already, as far as this process knows.

    What is written waits in line for whatever is read next, or for `finish`: so does the `Conflict` it may raise.
    """

    def __init__(self, line: Pipeline, clock: Clock, keys: Keys, begun: Collection[str]) -> None:
        super().__init__(line)
        self._begun = begun
        self._clock = clock
        self._keys = keys
        self._notes: list[tuple[About, Note]] = []
        self._jobs: dict[str, Job] = {}
        self.heads: dict[str, tuple[int, str]] = {}  # of the chains this unit makes longer, once it is finished

    async def finish(self) -> None:
        """Put in line what was kept for last; the caller commits."""
        self._enqueue()
        by_tenant: dict[str, list[tuple[About, Note]]] = {}
        for about, note in self._notes:
            by_tenant.setdefault(about.tenant, []).append((about, note))
        for tenant in sorted(by_tenant):
            await self._append(tenant, by_tenant[tenant])

    async def add(self, request: Request) -> Request | None:
        row = codec.request_row(request)
        for _ in range(ADDS):
            if await self._line.rows(sql.ADD_REQUEST, row, writes=True):
                return None
            rival = await self._one(sql.RIVAL, row)
            if rival is not None:
                return codec.request_of(rival)
        raise Conflict("another request of this kind comes and goes")

    async def load(self, request_id: str) -> Request | None:
        row = await self._one(sql.LOAD_REQUEST, {"id": request_id})
        return codec.request_of(row) if row else None

    async def save(self, request: Request) -> Request:
        stale = f"request {request.id} is no longer at version {request.version}"
        self._line.put(sql.SAVE_REQUEST, codec.request_row(request), conflict=stale)
        return replace(request, version=request.version + 1)

    async def note(self, about: Request | About, *notes: Note) -> None:
        told = _about(about) if isinstance(about, Request) else about
        self._notes.extend((told, note) for note in notes)

    async def defer(self, *jobs: Job) -> None:
        for job in jobs:
            key = f"{job.name}:{job.request}:{job.slot}:{job.person}"
            there = self._jobs.get(key)
            if there is None or there.urgency < job.urgency:
                self._jobs[key] = job

    async def latest(self, tenant: str, person: str, limit: int) -> Sequence[Request]:
        rows = await self._line.rows(sql.LATEST, {"tenant": tenant, "person": person, "limit": limit})
        return tuple(codec.request_of(row) for row in rows)

    async def locks(self, tenant: str, subject: str) -> Locks:
        rows = await self._line.rows(alarms.LOCKS, {"tenant": tenant, "subject": subject})
        held = {row["id"]: datetime.fromisoformat(row["held"]) for row in rows if row["held"] is not None}
        return Locks(held, max((datetime.fromisoformat(row["raised"]) for row in rows), default=None))

    async def locked(self, tenant: str) -> Sequence[Request]:
        return tuple(codec.request_of(row) for row in await self._line.rows(alarms.LOCKED, {"tenant": tenant}))

    async def on_its_way(self, tenant: str, subject: str) -> Sequence[Request]:
        values = {
            "tenant": tenant,
            "subject": subject,
            "done": Status.DONE.value,
            "open": [one.value for one in (*OPEN, Status.REVOKING)],
        }
        return tuple(codec.request_of(row) for row in await self._line.rows(alarms.ON_ITS_WAY, values))

    async def raised(self, tenant: str, subject: str, kind: str, since: datetime) -> Sequence[tuple[str, datetime]]:
        values = {"tenant": tenant, "subject": subject, "kind": kind, "since": since}
        return tuple((row["id"], utc(row["created_at"])) for row in await self._line.rows(alarms.RAISED, values))

    async def due(self, now: datetime, limit: int) -> Sequence[str]:
        return tuple(row["id"] for row in await self._line.rows(sql.DUE, {"now": now, "limit": limit}))

    async def remember(self, person: Person, chat: Chat) -> None:
        if not chat.alone or chat.tenant != person.tenant:
            raise Rejected("only the private chat of a person, in their own tenant, is remembered")
        self._line.put(sql.REMEMBER, codec.home_row(person, chat), again=True)

    async def forget(self, tenant: str, person: str) -> None:
        self._line.put(sql.FORGET, {"tenant": tenant, "person": person}, again=True)

    async def private_chat(self, tenant: str, person: str) -> tuple[Person, Chat] | None:
        row = await self._one(sql.PRIVATE_CHAT, {"tenant": tenant, "person": person})
        return codec.home_of(row) if row else None

    async def homes_of(self, request_id: str) -> Mapping[str, tuple[Person, Chat]]:
        homes = [codec.home_of(row) for row in await self._line.rows(beside.HOMES_OF, {"request": request_id})]
        return {person.id: (person, chat) for person, chat in homes}

    async def posted(self, request_id: str) -> Sequence[Posted]:
        return tuple(codec.posted_of(row) for row in await self._line.rows(sql.POSTED, {"request": request_id}))

    async def owned(self, place: str, activity: str) -> bool:
        return await self._one(sql.OWNED, {"place": place, "activity": activity}) is not None

    async def keep_posted(self, posted: Posted) -> None:
        self._line.put(sql.KEEP_POSTED, codec.posted_row(posted), again=True)

    async def keep_sign_in(self, sign_in: SignIn) -> SignIn:
        if sign_in.version:
            self._line.put(sql.SAVE_SIGN_IN, codec.sign_in_row(sign_in), conflict="this sign-in went on elsewhere")
        else:
            self._line.put(sql.ADD_SIGN_IN, codec.sign_in_row(sign_in))
        return replace(sign_in, version=sign_in.version + 1)

    async def move_sign_ins(self, person: Person, chat: Chat, now: datetime) -> Sequence[str]:
        values = codec.moved_row(person, chat, now)
        rows = await self._line.rows(sql.MOVE_SIGN_INS, values, writes=True)
        return tuple(dict.fromkeys(str(row["request"]) for row in rows))

    async def sign_in(self, sign_in_id: str) -> SignIn | None:
        row = await self._one(sql.LOAD_SIGN_IN, {"id": sign_in_id})
        return codec.sign_in_of(row) if row else None

    async def exclude(self, tenant: str) -> None:
        self._line.put(lockdown.ALONE, {"tenant": tenant}, again=True)

    async def admit(self, tenant: str, now: datetime) -> None:
        values = {"tenant": tenant, "now": now, **lockdown.LOCKDOWN}
        self._line.put(lockdown.BESIDE, {"tenant": tenant}, again=True)
        self._line.put(lockdown.ADMITTED, values, conflict="a lockdown has begun")

    async def request_of(self, sign_in_id: str) -> Request | None:
        row = await self._one(beside.REQUEST_OF, {"sign_in": sign_in_id})
        return codec.request_of(row) if row else None

    async def sign_in_for(self, request_id: str, person: str, purpose: Purpose) -> SignIn | None:
        finished = SignInStage.FINISHED.value
        values = {"request": request_id, "person": person, "finished": finished, "purpose": purpose.value}
        row = await self._one(sql.SIGN_IN_FOR, values)
        return codec.sign_in_of(row) if row else None

    async def hold(self, request_id: str) -> None:
        self._line.put(sql.HOLD_REQUEST, {"request": request_id}, again=True)

    async def close_sign_ins(self, request_id: str, person: str, purposes: Collection[Purpose], but: str) -> None:
        named, finished = [purpose.value for purpose in purposes], SignInStage.FINISHED.value
        values = {"request": request_id, "person": person, "purposes": named, "finished": finished, "but": but}
        self._line.put(sql.CLOSE_SIGN_INS, values, again=True)

    async def sign_ins(self, request_id: str) -> Sequence[SignIn]:
        rows = await self._line.rows(sql.SIGN_INS, {"request": request_id, "finished": SignInStage.FINISHED.value})
        return tuple(codec.sign_in_of(row) for row in rows)

    async def use_sign_in(self, tenant: str, person: str, at: datetime, request_id: str) -> None:
        values = {"tenant": tenant, "person": person, "at": at, "request": request_id}
        self._line.put(sql.USE_SIGN_IN, values, conflict="this sign-in serves another request")

    async def used_for(self, tenant: str, person: str, at: datetime) -> str:
        row = await self._one(sql.SIGN_IN_USED, {"tenant": tenant, "person": person, "at": at})
        return str(row["request"]) if row else ""

    async def tried(self, person: Person, sort: Sort, now: datetime, many: int = 1) -> Count:
        minute, hour, day = (now - window for window in WINDOWS)
        values = {"tenant": person.tenant, "person": person.id, "sort": sort.value, "at": slot(now), "many": many}
        self._line.put(sql.ALONE, values, again=True)
        (row,) = await self._line.rows(sql.TRIED, {**values, "minute": minute, "hour": hour, "day": day}, writes=True)
        return Count(row["minute"], row["hour"], row["day"])

    async def alone(self, person: Person, what: str) -> None:
        self._line.put(sql.ALONE, {"tenant": person.tenant, "person": person.id, "sort": what}, again=True)

    async def found(self, finding: Notice) -> bool:
        return bool(await self._line.rows(unusual.ADD_FINDING, codec.finding_row(finding), writes=True))

    async def finding(self, finding_id: str) -> Notice | None:
        row = await self._one(unusual.LOAD_FINDING, {"id": finding_id})
        return codec.finding_of(row) if row else None

    async def first_time(self, tenant: str, key: str, now: datetime) -> bool:
        values = {"tenant": tenant, "key": key, "now": now}
        return bool(await self._line.rows(sql.FIRST_TIME, values, writes=True))

    async def _append(self, tenant: str, notes: Sequence[tuple[About, Note]]) -> None:
        """Lock the end of the chain, whatever waits in line going first, and put in line what follows it."""
        ends = await self._end(tenant) if tenant in self._begun else []
        if not ends:
            self._line.put(chain.BEGIN_CHAIN, {"tenant": tenant, "hash": GENESIS})
            ends = await self._end(tenant)
        (head,) = ends
        last, previous, at = head["seq"], head["hash"], self._clock.now()
        entries: list[Entry] = []
        for seq, (about, note) in enumerate(notes, last + 1):
            entries.append(link(previous, about=about, seq=seq, at=at, note=note, keys=self._keys))
            previous = entries[-1].hash
        self._line.put(chain.APPEND, codec.entries_row(entries))
        self.heads[tenant] = (entries[-1].seq, previous)

    async def _end(self, tenant: str) -> list[DictRow]:
        return await self._line.rows(chain.LOCK_HEAD, {"tenant": tenant}, writes=True)

    def _enqueue(self) -> None:
        if not self._jobs:
            return
        keys = sorted(self._jobs)
        jobs = [self._jobs[key] for key in keys]
        values = {
            "keys": keys,
            "locks": [_lock(job) for job in jobs],
            "args": [Jsonb({name: getattr(job, name) for name in WORDS}) for job in jobs],
            "priorities": [job.urgency.value for job in jobs],
            "hurried": sorted({_lock(job) for job in jobs if job.urgency is Urgency.ALARM}),
        }
        self._line.put(sql.ENQUEUE, values, again=True)

    async def _one(self, statement: str, values: dict[str, Any]) -> DictRow | None:
        return next(iter(await self._line.rows(statement, values)), None)


def _lock(job: Job) -> str:
    """What may not run twice at once: deliveries to one message, and otherwise the same job of one request."""
    return f"{job.request}:{job.slot}:{job.person}" if job.slot else f"{job.name}:{job.request}::{job.person}"


def _about(request: Request) -> About:
    return About(request.tenant, request.id, request.kind, request.subject.id, request.mode.value)
