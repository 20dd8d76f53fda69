"""Weather: everything that goes wrong, drawn from one Random in a shuffled deck, so that each sort comes up."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Final, Literal

import aiohttp
import psycopg

from playground import postgres
from playground.faults import Fault, Kind, Where
from playground.replicas import NotStarted
from playground.server import Play
from playground.teams.chats import SECURITY_CHANNEL, Chat
from tests.chaos.person import TROUBLE, Person

WRITES: Final = "^(POST|PATCH|DELETE) "
# What comes true when somebody next asks, by the name it has in the report: where, what, and for which requests.
REQUESTS: Final[Mapping[str, tuple[Where, Kind, str]]] = {
    "Graph says 429": ("graph", "throttle", ""),
    "Graph says 503": ("graph", "unavailable", ""),
    "Graph is slow": ("graph", "slow", ""),
    "Graph's answer is lost": ("graph", "lost", WRITES),
    "the connector says 429": ("connector", "throttle", ""),
    "the connector says 503": ("connector", "unavailable", ""),
    "the connector is slow": ("connector", "slow", ""),
    "the connector's answer is lost": ("connector", "lost", WRITES),
    "the Request Service says 503": ("verified", "unavailable", "createPresentationRequest"),
    "the Request Service's answer is lost": ("verified", "lost", "createPresentationRequest"),
    "Entra says 503": ("entra", "unavailable", "token|keys"),
    "Entra is slow": ("entra", "slow", "token|keys"),
    "Teams delivers twice": ("teams", "duplicate", ""),
    "Teams is slow, and overtaken": ("teams", "slow", ""),
    "Teams loses an answer": ("teams", "lost", ""),
}
RARE: Final = frozenset(sort for sort, (where, _, _) in REQUESTS.items() if where == "verified")
LATE: Final = "Teams delivers again, later"
DATABASE: Final = "the database"
FAR: Final = "the clock jumps far"
ALARM: Final = "somebody is in an account"
SILENCE: Final = (2.0, 7.0)  # seconds a dead address stays dead


@dataclass
class Weather:
    """`happened` counts what came true; `recoveries` are what it took, in seconds, and the slowest is told.

    `crowd` are those whose chats die and whose accounts somebody is in; `silent` the chats that were dead at some time.
    What stands in `without` does not happen at all.
    """

    play: Play
    database: Path
    random: Random
    pace: float
    happened: Counter[str] = field(default_factory=Counter)
    recoveries: dict[str, list[float]] = field(default_factory=dict)
    crowd: list[Person] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    without: frozenset[str] = frozenset()
    _rising: set[asyncio.Task[None]] = field(default_factory=set)
    _rolled: float = float("-inf")

    def deeds(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        every: Mapping[str, Callable[[], Awaitable[None]]] = {
            "a replica is killed": self._kill,
            "a replica is told to stop": self._stop,
            "the database restarts": lambda: self._restart("fast"),
            "the database crashes": lambda: self._restart("immediate"),
            "connections are cut": self._cut,
            "the clock jumps on": self._on,
            FAR: self._far,
            "the clock jumps back": self._back,
            "keys roll": self._roll,
            LATE: self._late,
            "Verified ID tells twice and out of order": self._habits,
            "a private chat is dead": self._blocked,
            "the app is taken out of a chat": self._removed,
            "security's channel is dead": self._deaf,
            ALARM: self._alarm,
        }
        return {sort: deed for sort, deed in every.items() if sort not in self.without}

    def missing(self) -> list[str]:
        """The sorts that have not come true so far; what few errands can meet is not waited for."""
        counted = self.counted()
        return [sort for sort in (*self.deeds(), *REQUESTS) if not counted[sort] and sort not in RARE]

    def counted(self) -> Counter[str]:
        """What came true, the requests among them that met a fault."""
        faults = self.play.world.faults
        asked = {sort: faults.taken[where, kind] for sort, (where, kind, _) in REQUESTS.items()}
        waiting = sum(fault.kind == "duplicate" and fault.seconds > 0 for fault in faults.live)
        late = self.happened[LATE] - waiting
        asked["Teams delivers twice"] -= late
        return Counter({**self.happened, **asked, LATE: late})

    async def rage(self, until: asyncio.Event) -> None:
        """One thing after the other until told to stop."""
        deck: list[str] = []
        deeds = self.deeds()
        while not until.is_set():
            if not deck:
                deck = [*deeds, *REQUESTS]
                self.random.shuffle(deck)
            sort = deck.pop()
            if sort in REQUESTS:
                self._fault(sort)
            else:
                await deeds[sort]()
                self.happened[sort] += sort != ALARM  # which counts when it was pressed
            with suppress(TimeoutError):
                async with asyncio.timeout(self.random.uniform(0.3, 1.0) * self.pace):
                    await until.wait()

    async def clear(self) -> None:
        """Blue sky: no fault left, every replica up; raise `NotStarted` where one does not come."""
        self.play.world.faults.clear()
        habits = self.play.world.verified.habits
        habits.twice = habits.swapped = False
        await asyncio.gather(*self._rising)  # addresses that are dead come to life by themselves
        await asyncio.gather(*(self.play.replicas.start(one.number) for one in self.play.replicas.all))

    def _fault(self, sort: str) -> None:
        where, kind, match = REQUESTS[sort]
        after = 0 if kind == "duplicate" else self.random.choice((0, 1, 2))
        seconds = self.random.uniform(1, 6) if kind == "slow" else after
        times = self.random.randint(1, 5)
        self.play.world.faults.add(Fault(where=where, kind=kind, match=match, seconds=seconds, times=times))

    async def _late(self) -> None:
        self.play.world.faults.add(
            Fault(where="teams", kind="duplicate", seconds=self.random.uniform(1, 8), times=1, match="Action|task")
        )

    async def _kill(self) -> None:
        number = self.random.randrange(len(self.play.replicas.all))
        await self.play.replicas.kill(number)
        self._rise(number, "a killed replica is back")

    async def _stop(self) -> None:
        number = self.random.randrange(len(self.play.replicas.all))
        process = self.play.replicas.all[number].process
        if process is not None and process.returncode is None:
            process.terminate()
            task = asyncio.create_task(self._ended(process, number))
            self._rising.add(task)

    async def _ended(self, process: asyncio.subprocess.Process, number: int) -> None:
        began = time.monotonic()
        await process.wait()
        self.recoveries.setdefault("a replica stops in order", []).append(time.monotonic() - began)
        await self._up(number, "a stopped replica is back")

    def _rise(self, number: int, name: str) -> None:
        self._rising.add(asyncio.create_task(self._up(number, name)))

    async def _up(self, number: int, name: str) -> None:
        """Start it again after a while, once more where it came up in the middle of something else."""
        await asyncio.sleep(self.random.uniform(0, 2))
        began = time.monotonic()
        while time.monotonic() - began < 120:
            with suppress(NotStarted):
                await self.play.replicas.start(number)
                self.recoveries.setdefault(name, []).append(time.monotonic() - began)
                return
            await asyncio.sleep(1)

    async def _restart(self, mode: Literal["fast", "immediate"]) -> None:
        began, away = time.monotonic(), self.random.uniform(0, 2)
        await asyncio.to_thread(postgres.restart, self.database, mode=mode, away=away)
        task = asyncio.create_task(self._well(began))
        self._rising.add(task)

    async def _well(self, began: float) -> None:
        """How long until every process that runs can work again."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            while time.monotonic() - began < 60:
                if all([await _ready(session, url) for url in self.play.replicas.urls()]):
                    self.recoveries.setdefault(f"{DATABASE} is back and all work", []).append(time.monotonic() - began)
                    return
                await asyncio.sleep(0.25)

    async def _cut(self) -> None:
        cut = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.7"""
        with suppress(psycopg.Error):
            async with await psycopg.AsyncConnection.connect(self.play.database_url, autocommit=True) as connection:
                await connection.execute(cut)

    async def _on(self) -> None:
        self.play.world.clock.advance(timedelta(seconds=self.random.uniform(20, 240)))

    async def _far(self) -> None:
        self.play.world.clock.advance(timedelta(minutes=self.random.choice((12, 20, 70, 300))))

    async def _back(self) -> None:
        self.play.world.clock.advance(-timedelta(seconds=self.random.uniform(1, 45)))

    async def _roll(self) -> None:
        """New keys; now and then the old ones are withdrawn. An unknown key is asked for once a minute at most."""
        if time.monotonic() - self._rolled < 5:
            return
        self._rolled = time.monotonic()
        withdrawn = self.random.random() < 0.3
        for ring in ("botframework", "entra"):
            self.play.world.keys.roll(ring, keep_old=not withdrawn)
        self.play.world.clock.advance(timedelta(seconds=61))

    async def _habits(self) -> None:
        habits = self.play.world.verified.habits
        habits.twice, habits.swapped = not habits.twice, not habits.swapped

    async def _blocked(self) -> None:
        """Somebody blocks the bot, which nobody tells it: Teams takes nothing for their chat from then on."""
        self._silent(self.random.choice(self.crowd).home)

    async def _removed(self) -> None:
        """Somebody takes the app out of their chat and puts it back; the bot is told of both, if it hears."""
        key = self.random.choice(self.crowd).key
        self.play.teams.uninstall(key)
        self._silent(self.play.teams.chats.personal(key), lambda: self.play.teams.install(key))

    async def _deaf(self) -> None:
        """An alarm that is raised meanwhile must be told all the same, once there is somebody to tell."""
        security = self.play.teams.chats.get(SECURITY_CHANNEL)
        assert security is not None
        self._silent(security)

    def _silent(self, chat: Chat, back: Callable[[], None] = lambda: None) -> None:
        chat.installed = False
        self.silent.add(chat.id)
        seconds = self.random.uniform(*SILENCE)

        async def revived() -> None:
            await asyncio.sleep(seconds)
            chat.installed = True
            back()

        self._rising.add(asyncio.create_task(revived()))

    async def _alarm(self) -> None:
        """Somebody says so from any card they have, in the middle of what they are at, twice at once now and then."""
        who, twice = self.random.choice(self.crowd), self.random.random() < 0.3
        self._rising.add(asyncio.create_task(self._raised(who, twice=twice)))

    async def _raised(self, who: Person, *, twice: bool) -> None:
        seen = who.eyes.latest(who.key, who.home, "begin", "compromised")
        if seen is None:
            return
        with suppress(*TROUBLE):
            self.happened[ALARM] += 1
            await who.press(seen, "begin", kind="compromised", twice=twice)


async def _ready(session: aiohttp.ClientSession, url: str) -> bool:
    with suppress(aiohttp.ClientError, TimeoutError):
        async with session.get(f"{url}/readyz") as answer:
            return answer.status == 200
    return True  # it was killed meanwhile: that is another story
