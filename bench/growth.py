"""Growth: what more requests, more replicas and more people cost, with a PostgreSQL of its own and a past in it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import psycopg

from bench.contestants import World
from bench.crowd import Bucket, Heard, crowd, swiftly
from bench.figures import Goal, Section, Table, number
from bench.past import TENANT, Past, fill
from bench.replica import Now
from bench.rounds import BOT_CORE, LOAD_CORE, middle
from bot.core.audit import Deed, Note
from bot.core.model import Mode, Person, Request, Status
from bot.core.queue import Wanted
from bot.kinds import KINDS
from bot.store.postgres import PostgresStore
from bot.store.schema import migrate
from playground import postgres

SIZES: Final = (100, 10_000, 1_000_000)
QUICK: Final = 10_000  # requests, when there is little time
REPLICAS: Final = (1, 2, 4)
PEOPLE: Final = 50_000
FEW: Final = 5_000
TIMES: Final = 25
FETCH: Final = "SELECT procrastinate_fetch_job_v2(ARRAY['cards', 'act'], NULL)"
MS: Final = 1000
QUEUE: Final = "the queue of what waits for an approver"
WAITS: Final = 1000  # of so many requests one waits for an approver: of a million, more than anybody ever left waiting
TRAIL: Final = "the trail of the last hour"
ANN: Final = Person(TENANT, "p7", "Ann Archer", "en")
WORDS: Final = MappingProxyType(
    {
        "commits": "entries of the trail, a commit each, of one tenant",
        "asks": "all an ask does at the database",
        "jobs": "jobs of the queue that do nothing",
    }
)
HOW: Final = (
    "A PostgreSQL of its own on the same two cores and the same disk, with fsync as it comes.",
    f"Times are medians of {TIMES}, from one process with nothing else to do.",
    "Each request has six entries in the trail and three messages; a twentieth of them waits as jobs.",
    "One request of a thousand waits for an approver.",
    "Replicas are processes that do only this, eight at once each; they share two cores with PostgreSQL.",
    "People are told in a time that passes at once, by `bot/teams/limits.py` itself, eight at once.",
    "Beside them each replica gives an answer every 0.7 seconds.",
)


@dataclass(frozen=True, slots=True)
class Grown:
    """Milliseconds at one size, by what was asked, and the whole database in MB."""

    requests: int
    times: dict[str, float]
    space: float


async def measure(_: World, __: Sequence[str], count: int, seconds: float) -> Section:
    """Measure growth, replicas and people. With one round, only small numbers."""
    quick = count == 1
    os.sched_setaffinity(0, {LOAD_CORE, BOT_CORE})  # PostgreSQL and the replicas share what there is
    with tempfile.TemporaryDirectory(prefix="growth-") as folder:
        place = Path(folder) / "postgres"
        os.chmod(folder, 0o711)  # noqa: PTH101, S103 - the server runs as another user when we are root
        await asyncio.to_thread(postgres.start, place, database=postgres.SERVER)
        try:
            grown = [await _grown(place, size) for size in SIZES if not quick or size <= QUICK]
            url = await _fresh(place, "replicas")
            work = {name: [await _worked(name, url, n, seconds) for n in REPLICAS] for name in ("commits", "asks")}
            work["jobs"] = [await _worked("jobs", await _queued(place), n, seconds) for n in REPLICAS]
        finally:
            await asyncio.to_thread(postgres.stop, place)
    people = FEW if quick else PEOPLE
    told = [await asyncio.to_thread(_told, replicas, people) for replicas in REPLICAS]
    return _section(grown, work, told, people)


async def _fresh(place: Path, name: str) -> str:
    url = await asyncio.to_thread(postgres.start, place, database=name)
    await asyncio.to_thread(migrate, url)
    return url


async def _queued(place: Path) -> str:
    url = await _fresh(place, "jobs")
    await asyncio.to_thread(fill, url, Past(100, jobs=50_000))
    return url


async def _grown(place: Path, size: int) -> Grown:
    jobs = max(1, size // 20)
    url = await _fresh(place, f"grown_{size}")
    await asyncio.to_thread(fill, url, _past(size, jobs))
    async with PostgresStore(url, clock=Now(), size=4, wait=30) as store:
        await store.ping()
        times = {name: await _median(question) for name, question in Asked(store, url).questions.items()}
    return Grown(size, times, await asyncio.to_thread(_space, url))


def _past(size: int, jobs: int) -> Past:
    waits = size // WAITS
    return Past(size, waiting=max(20, waits), approvals=waits, jobs=jobs)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a desk asks a database that has grown."""

    store: PostgresStore
    url: str

    async def history(self) -> None:
        async with self.store.unit() as unit:
            await unit.latest(TENANT, ANN.id, 5)

    async def queue(self) -> None:
        async with self.store.unit() as unit:
            await unit.waiting(TENANT, Wanted(tuple(KINDS), _now(), 10, by=ANN.id))

    async def past(self) -> None:
        async with self.store.unit() as unit:
            await asyncio.gather(unit.recent(TENANT, ANN.id, _now()), unit.locks(TENANT, ANN.id))

    async def scene(self) -> None:
        async with self.store.unit() as unit:
            await asyncio.gather(unit.load("r7"), unit.sign_ins("r7"), unit.posted("r7"))

    async def due(self) -> None:
        async with self.store.unit() as unit:
            await unit.due(_now(), 200)

    async def fetched(self) -> None:
        await asyncio.to_thread(_fetched, self.url)

    async def noted(self) -> None:
        async with self.store.unit() as unit:
            request = Request("r7", "tap", ANN, ANN, {}, Mode.ENFORCE, Status.STEP_UP, 6, _now())
            await unit.note(request, Note(Deed.READY))

    async def trail(self) -> None:
        since = _now() - timedelta(hours=1)
        async for _ in self.store.audit_entries(TENANT, since=since):
            pass

    @property
    def questions(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            "a person's history": self.history,
            QUEUE: self.queue,
            "what is asked before deciding": self.past,
            "what a delivery reads": self.scene,
            "requests that are due": self.due,
            "the next job of the queue": self.fetched,
            "an entry of the trail": self.noted,
            TRAIL: self.trail,
        }


def _space(url: str) -> float:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT pg_database_size(current_database()) / 1048576.0").fetchone()
    return float(found[0]) if found else 0.0


def _now() -> datetime:
    return datetime.now(UTC)


def _fetched(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(FETCH)
        began = time.perf_counter()
        connection.execute(FETCH)
        _LAST.append(time.perf_counter() - began)
        connection.rollback()


_LAST: Final[list[float]] = []  # how long the last fetch took without connecting


async def _median(question: Callable[[], Awaitable[None]]) -> float:
    taken = []
    for _ in range(TIMES):
        _LAST.clear()
        began = time.perf_counter()
        await question()
        taken.append(_LAST[-1] if _LAST else time.perf_counter() - began)
    return middle(taken) * MS


@dataclass(frozen=True, slots=True)
class Worked:
    """What so many replicas did together in a second, and the CPU each took for it."""

    replicas: int
    rate: float
    cpu: float  # milliseconds of a replica's CPU for each


async def _worked(name: str, url: str, replicas: int, seconds: float) -> Worked:
    """Let replicas work at the same time: all are ready before any begins."""
    command = (sys.executable, "-m", "bench.replica", name, url, str(seconds))
    pipes: dict[str, Any] = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
    processes = [await asyncio.create_subprocess_exec(*command, **pipes) for _ in range(replicas)]
    try:
        async with asyncio.timeout(60 + seconds * 4):
            for process in processes:
                await process.stdout.readline()  # type: ignore[union-attr]  # it is a pipe
            answers = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    finally:
        for process in processes:
            with suppress(ProcessLookupError):
                process.kill()
    told = [json.loads(out) for out, _ in answers]
    done = sum(each["done"] for each in told)
    return Worked(replicas, done / seconds, sum(each["cpu"] for each in told) / max(1, done) * MS)


@dataclass(frozen=True, slots=True)
class Telling:
    replicas: int
    seconds: float
    most: int  # in any second
    slowest: float  # answer meanwhile
    asked: float  # questions to the database for each message


def _told(replicas: int, people: int) -> Telling:
    heard, bucket = Heard(), Bucket(replicas)
    waits = swiftly(crowd(heard, bucket, people))
    return Telling(replicas, heard.took, heard.most(1.0), max(waits), bucket.asked / len(heard.sent))


def _section(grown: list[Grown], work: dict[str, list[Worked]], told: list[Telling], people: int) -> Section:
    slowest = max(time for size in grown for name, time in size.times.items() if name != TRAIL)
    return Section(
        name="growth",
        title="Growth: requests, replicas, people",
        command="",
        how=HOW,
        tables=(_of_size(grown), *_of_replicas(work), _of_people(told, people)),
        goals=(
            Goal(QUEUE, grown[-1].times[QUEUE], 50, " ms", most=True),
            Goal("queue and history, however many requests", slowest, 50, " ms", most=True),
            Goal("messages of a tenant in any second", max(one.most for one in told), 50, "", most=True),
        ),
    )


def _of_size(grown: list[Grown]) -> Table:
    times = tuple((kind, *(number(size.times[kind]) for size in grown)) for kind in grown[0].times)
    space = ("the whole database, MB", *(number(size.space) for size in grown))
    return Table(("milliseconds, with so many requests", *(f"{size.requests:,}" for size in grown)), (*times, space))


def _of_replicas(work: dict[str, list[Worked]]) -> tuple[Table, Table]:
    heads = tuple(str(n) for n in REPLICAS)
    rates = tuple((WORDS[name], *(number(one.rate) for one in row)) for name, row in work.items())
    costs = tuple((WORDS[name], *(number(one.cpu) for one in row)) for name, row in work.items())
    return (
        Table(("a second, with so many replicas", *heads), rates),
        Table(("milliseconds of a replica's CPU for each", *heads), costs),
    )


def _of_people(told: list[Telling], people: int) -> Table:
    return Table(
        (f"{people:,} people told, with so many replicas", *(str(one.replicas) for one in told)),
        (
            ("minutes", *(number(one.seconds / 60) for one in told)),
            ("most messages in any second", *(str(one.most) for one in told)),
            ("longest wait of an answer meanwhile, ms", *(number(one.slowest * MS) for one in told)),
            ("questions to the database for a message", *(number(one.asked) for one in told)),
        ),
    )
