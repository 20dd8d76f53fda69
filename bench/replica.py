"""Replica: one process's work at the database and nothing else, for as long as it is told; it says what it did."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from types import MappingProxyType
from typing import Any, Final
from uuid import uuid4

import uvloop

from bot.core.audit import Deed, Note
from bot.core.decide import StepUpFirst
from bot.core.events import Asked
from bot.core.model import Chat, Mode, Person, Request, Status
from bot.core.policy import Policy
from bot.core.ports import Job
from bot.desk.ledger import Ledger
from bot.process.jobs import Jobs
from bot.store.postgres import PostgresStore

AT_ONCE: Final = 8
TENANT: Final = "11111111-1111-1111-1111-111111111111"
POLICIES: Final = MappingProxyType({"tap": Policy()})


class Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


async def commits(store: PostgresStore, until: float) -> int:
    """Write entries of the trail, each in a commit of its own: all of them go through the one head of the chain."""
    return await _often(lambda _: _noted(store), until)


async def asks(store: PostgresStore, until: float) -> int:
    """Do all that an ask does at the database, by people who have never asked."""
    ledger = Ledger(store, Now(), POLICIES, (lambda request: [Job("cards", request.id)],))
    return await _often(lambda _: _asked(ledger, store), until)


async def jobs(store: PostgresStore, until: float) -> int:
    """Carry out wake-ups that do nothing."""
    done = count()
    stop = asyncio.Event()

    async def nothing(_: Job) -> None:
        next(done)

    working = asyncio.create_task(Jobs(store, clock=Now(), handlers={"cards": nothing}, workers=AT_ONCE).run(stop))
    await asyncio.sleep(max(0.0, until - time.monotonic()))
    number = next(done)
    stop.set()
    await working
    return number


WORK: Final[Mapping[str, Any]] = MappingProxyType({"commits": commits, "asks": asks, "jobs": jobs})


async def _noted(store: PostgresStore) -> None:
    async with store.unit() as unit:
        await unit.note(_request("tap"), Note(Deed.READY))


async def _asked(ledger: Ledger, store: PostgresStore) -> None:
    request = _request("tap")
    chat = Chat(TENANT, f"a:{request.id}", "https://smba.trafficmanager.net/emea/", personal=True, user="29:1")
    async with store.unit() as unit:
        await unit.remember(request.requester, chat)
    await ledger.load(request.id)
    async with store.unit() as unit:
        await asyncio.gather(
            unit.recent(TENANT, request.subject.id, request.created_at),
            unit.locks(TENANT, request.subject.id),
        )
    await ledger.open(request, Asked(StepUpFirst("c1")))


def _request(kind: str) -> Request:
    now, name = datetime.now(UTC), uuid4().hex
    person = Person(TENANT, name, "Ann Archer", "en")
    return Request(name, kind, person, person, {"reason": "new_phone"}, Mode.ENFORCE, Status.STEP_UP, 0, now)


async def _often(work: Any, until: float) -> int:
    done = 0

    async def worker() -> None:
        nonlocal done
        while time.monotonic() < until:
            await work(done)
            done += 1

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return done


async def main(name: str, url: str, seconds: float) -> None:
    async with PostgresStore(url, clock=Now(), size=AT_ONCE + 4, wait=30) as store:
        await store.ping()
        _say("ready")
        await asyncio.to_thread(sys.stdin.readline)
        began, used = time.monotonic(), time.process_time()
        done = await WORK[name](store, began + seconds)
        _say(json.dumps({"done": done, "cpu": time.process_time() - used}))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
