"""Jobs wake the desk. The rows are the truth: a job carries ids only, may run twice or late, but is never lost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import structlog
from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ProcrastinateException
from procrastinate.jobs import Job as QueuedJob
from procrastinate.worker import Worker
from psycopg_pool import AsyncConnectionPool

from bot.core.errors import AnswerLost, Conflict, DeskError, NotGranted, Rejected, Unavailable
from bot.core.pauses import pause
from bot.core.ports import Clock, Job, Store, Urgency

SHARED: Final = "default"  # the queue of all jobs, before each name had its own
DUE: Final = "due"  # the wake-up of a request whose `due_at` has come
MATTER: Final = "matter"  # that of a matter, and whatever else there is to do about one

POLL: Final = 0.5  # seconds: nobody notifies of a job whose time has come or whose lock is free again
BEAT: Final = 2.0
SILENT: Final = 7.0  # a worker not heard of for so long is dead; with BEAT its jobs run again within ten seconds
GRACE: Final = 7.0  # what running jobs get when we are told to stop
HANDING: Final = 2.0  # for handing back the others
LONGEST: Final = 60.0  # a job that runs longer is stopped and tried again
LEFT: Final = 3600.0  # a job that nobody knows for so long is another version's that is gone
SWEEP: Final = 200  # wake-ups at once
CONFLICTS: Final = 5
# What passes by itself is tried for eight hours at the least and seventeen at most, and longer by what we are told to
# wait each time; what an administrator has to grant as long, every five to ten minutes; an error of ours for some
# minutes; a no, which asking again does not change, not again. What is never given up is asked for soon whatever was
# said: one passing 403 is not to leave what somebody else holds working.
TRIES: Final = 1000
MENDED, MENDING = 100, 600.0  # tries, and seconds between two of them at the most
FAULTS: Final = 10
CAP: Final = 60.0  # seconds between two tries, beyond what we are told to wait
FIRST, FIRST_TOLD = 0.5, 0.1  # the first of these pauses doubles from here
DAY: Final = 86_400.0

Handler = Callable[[Job], Awaitable[None]]
Count = Callable[[str, str], None]

log = structlog.get_logger(__name__)


class Queue(Store, Protocol):
    """The store, and what it does for the queue beyond the desk's port."""

    def connections(self, name: str, size: int) -> AsyncConnectionPool[Any]: ...

    async def recover(
        self, *, silent: float, longest: float, tries: int, forever: Collection[str]
    ) -> tuple[str, ...]: ...

    async def orphans(self, known: Collection[str], age: float) -> tuple[str, ...]: ...

    async def prune(self, now: datetime) -> None: ...


class UnknownJob(DeskError):
    """No handler has this name: the job is another version's, and is left to it."""


class _Patience(BaseRetryStrategy):
    def __init__(self, decide: Callable[[BaseException, QueuedJob], RetryDecision | None]) -> None:
        self._decide = decide

    def get_retry_decision(self, *, exception: BaseException, job: QueuedJob) -> RetryDecision | None:
        return self._decide(exception, job)


class Jobs:
    """The worker of this process. Jobs get into the queue by `Unit.defer`, inside the desk's transaction.

    `count` is told the name of a job and how a try of it ended: done, again, handed_back or failed. A job whose name
    is in `forever` is tried until it is done, whatever went wrong: it locks somebody's account, or says that one is
    in other hands. `chores` are done again and again, after so many seconds each.
    """

    def __init__(
        self,
        queue: Queue,
        *,
        clock: Clock,
        handlers: Mapping[str, Handler],
        workers: int,
        forever: Collection[str] = (),
        count: Count = lambda _name, _outcome: None,
        chores: Sequence[tuple[float, Callable[[], Awaitable[None]]]] = (),
    ) -> None:
        self._queue = queue
        self._clock = clock
        self._handlers = handlers
        self._queues = [*handlers, SHARED]
        self._workers = workers
        self._forever = frozenset(forever)
        self._count = count
        self._chores = (*chores, (1.0, self._sweep), (BEAT, self._recover), (3600.0, self._prune))

    async def run(self, stop: asyncio.Event) -> None:
        """Carry out jobs until `stop` is set; then let running ones end for a while and hand back the others."""
        pool, app = self._queue.connections("jobs", 4), App(connector=PsycopgConnector())
        app.task(name="wake", retry=_Patience(self._again))(self._wake)
        await pool.open(wait=False)  # a database that is away now is there later
        try:
            async with app.open_async(pool), asyncio.TaskGroup() as group:
                chores = [group.create_task(_every(seconds, chore, stop)) for seconds, chore in self._chores]
                await self._work(app, stop)
                for chore in chores:  # each is one transaction: nothing of it is half done
                    chore.cancel()
        finally:
            await pool.close(timeout=1.0)

    async def _work(self, app: App, stop: asyncio.Event) -> None:
        """Keep a worker running: it ends by itself whenever the database is away."""
        while not stop.is_set():
            try:
                await self._worker(app, stop)
            except (ProcrastinateException, TimeoutError) as error:  # the database is away
                log.warning("worker_stopped", error=type(error).__name__)
            except Exception:
                log.exception("worker_stopped")
            if not stop.is_set():
                await _pause(1.0, stop)

    async def _worker(self, app: App, stop: asyncio.Event) -> None:
        worker = Worker(
            app,
            queues=self._queues,
            name="desk",
            concurrency=self._workers,
            fetch_job_polling_interval=POLL,
            shutdown_graceful_timeout=GRACE,
            delete_jobs="successful",
            install_signal_handlers=False,
            update_heartbeat_interval=DAY,  # its own stops while it waits for running jobs: see _beat
            stalled_worker_timeout=DAY,
        )
        running = asyncio.create_task(worker.run())  # type: ignore[no-untyped-call]  # as procrastinate left it
        await asyncio.sleep(0)  # a stop before its first step would be forgotten
        beating, stopping = asyncio.create_task(_beat(app, worker)), asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            worker.stop()  # type: ignore[no-untyped-call]
            ended, late = await asyncio.wait({running}, timeout=GRACE + HANDING)
            for task in (beating, stopping, *late):
                task.cancel()
        for task in ended:
            await task  # raises what ended it

    async def _wake(self, *, name: str, request: str, slot: str = "", person: str = "") -> None:
        handler = self._handlers.get(name)
        if handler is None:
            raise UnknownJob(f"there is no job called {name!r}")
        async with asyncio.timeout(LONGEST):
            for left in reversed(range(CONFLICTS)):
                try:
                    await handler(Job(name, request, slot, person))
                    break
                except Conflict:
                    if not left:
                        raise
                await asyncio.sleep(random.uniform(0, 0.05 * (CONFLICTS - left)))
        self._count(name, "done")

    def _again(self, error: BaseException, job: QueuedJob) -> RetryDecision | None:
        """Say when a job that failed is tried again; None gives it up."""
        name, tries = str(job.task_kwargs.get("name", "")), job.attempts + 1
        forever = name in self._forever
        if not isinstance(error, Exception) and (tries < TRIES or forever):  # we are stopping: to whoever comes next
            self._count(name, "handed_back")
            return RetryDecision()
        if isinstance(error, UnknownJob) and job.queue == SHARED:
            self._count(name, "handed_back")
            log.info("job_left", job=name)
            return RetryDecision(queue=name)
        known = log.bind(job=name, request=job.task_kwargs.get("request"), error=type(error).__name__, tries=tries)
        limit = _limit(error)
        if tries >= limit and not forever:
            self._count(name, "failed")
            known.error("job_given_up")  # procrastinate's line with the traceback follows
            return None
        self._count(name, "again")
        wait = again_in(error, job.attempts, random.random(), forever=forever)
        known.warning("job_again", wait=round(wait, 1), exc_info=error if limit == FAULTS and tries == 1 else None)
        return RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=wait))

    async def _sweep(self) -> None:
        """Wake requests and matters whose time has come. Any number of replicas may: one wake-up waits at most."""
        now = self._clock.now()
        async with self._queue.unit() as unit:
            requests, matters = await asyncio.gather(unit.due(now, SWEEP), unit.matters_due(now, SWEEP))
            due = [Job(DUE, request, urgency=Urgency.ACT) for request in requests]
            await unit.defer(*due, *(Job(MATTER, matter, urgency=Urgency.ACT) for matter in matters))

    async def _recover(self) -> None:
        for name in await self._queue.recover(silent=SILENT, longest=LONGEST + 30, tries=TRIES, forever=self._forever):
            self._count(name, "failed")
            log.error("job_given_up", job=name, error="its process died every time")

    async def _prune(self) -> None:
        for name in await self._queue.orphans(self._queues, LEFT):
            self._count(name, "failed")
            log.error("job_given_up", job=name, error="no version that runs knows it")
        await self._queue.prune(self._clock.now())


def _limit(error: BaseException) -> int:
    match error:
        case Unavailable() | AnswerLost() | Conflict() | TimeoutError():
            return TRIES
        case NotGranted():
            return MENDED
        case UnknownJob() | Rejected():
            return 1
        case _:
            return FAULTS


def again_in(error: BaseException, attempts: int, spread: float, *, forever: bool = False) -> float:
    """Return the seconds until the next try: what we were told, and a pause that grows and is everybody's own.

    All who wait for one turn do not come back at once, and a service that says "two seconds" for hours is asked seldom.
    """
    if isinstance(error, NotGranted) and not forever:
        return pause(0, first=MENDING, longest=MENDING, spread=spread)
    told = error.retry_after if isinstance(error, Unavailable) else None
    first = FIRST if told is None else FIRST_TOLD
    return min(max(told or 0.0, 0.0), DAY) + pause(attempts, first=first, longest=CAP, spread=spread)


def by_sort(handlers: Mapping[str, Handler]) -> Handler:
    """Return what leaves each matter to whom it is one of, by what its id begins with; one of nobody's is an error."""

    async def handled(job: Job) -> None:
        sort = job.request.partition(":")[0]
        if sort not in handlers:
            raise UnknownJob(f"nobody looks after a matter that is a {sort!r}")
        await handlers[sort](job)

    return handled


async def _every(seconds: float, what: Callable[[], Awaitable[None]], stop: asyncio.Event) -> None:
    """Do it again and again until told to stop; a failure is told and the next time comes."""
    while not stop.is_set():
        try:
            async with asyncio.timeout(30):
                await what()
        except (DeskError, TimeoutError) as error:
            log.warning("chore_failed", chore=what.__name__, error=type(error).__name__)
        except Exception:
            log.exception("chore_failed", chore=what.__name__)
        await _pause(seconds, stop)


async def _beat(app: App, worker: Worker) -> None:
    """Say that this worker lives, to its last job: a silent one's jobs are given to others."""
    while True:
        await asyncio.sleep(BEAT)
        if worker.worker_id is not None:
            with suppress(ProcrastinateException):
                await app.job_manager.update_heartbeat(worker.worker_id)


async def _pause(seconds: float, stop: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
