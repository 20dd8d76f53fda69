"""One process and its end: it says so first, finishes what was begun all at once, and never hangs."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import aiohttp
import pytest
from aiohttp import web

from bot.core.errors import Misconfigured
from bot.process import metrics
from bot.process.lifetime import Stop, run
from bot.web import health
from playground.replicas import free_port
from tests.adapters.workers import ROOT, until

T = TypeVar("T")

HOST = "127.0.0.1"


@dataclass
class House:
    """A process in this one: a page that takes its time, work beside it, turns that outlive their requests."""

    drain: float = 0.0
    patience: float = 60.0
    left: list[int] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.stop = Stop(self.drain, self.left.append)
        self.health = health.Health({})

    async def page(self, _: web.Request) -> web.Response:
        return await self._held("page", web.Response(text="answered"))

    async def work(self, stop: asyncio.Event) -> None:
        await stop.wait()
        await self._held("work", None)

    async def finish(self, _: float) -> None:
        await self._held("turns", None)

    async def _held(self, name: str, what: T) -> T:
        self.seen.append(name)
        await self.go.wait()
        return what

    async def live(self) -> None:
        app = web.Application()
        app.router.add_get("/", self.page)
        health.setup(app, self.health, metrics.exposition)
        front = web.AppRunner(app, shutdown_timeout=self.patience)
        closing = self.health.stop
        await run(front, self.stop, host=HOST, port=self.port, work=self.work, closing=closing, finish=self.finish)

    @asynccontextmanager
    async def running(
        self,
    ) -> AsyncIterator[tuple[asyncio.Task[None], Callable[[str], Coroutine[Any, Any, tuple[int, str]]]]]:
        async with aiohttp.ClientSession() as session:

            async def ask(path: str) -> tuple[int, str]:
                try:
                    async with session.get(f"http://{HOST}:{self.port}{path}") as answer:
                        return answer.status, await answer.text()
                except aiohttp.ClientConnectionError:
                    return 0, ""

            living = asyncio.create_task(self.live())
            async with asyncio.timeout(60):
                while (await ask("/healthz"))[0] != 200:
                    await asyncio.sleep(0.02)
                try:
                    yield living, ask
                finally:
                    self.go.set()
                    self.stop.ask()
                    await asyncio.wait({living})


async def test_pages_turns_and_jobs_end_at_the_same_time() -> None:
    house = House()
    async with house.running() as (living, ask):
        asked = asyncio.create_task(ask("/"))
        await until(lambda: house.seen == ["page"], 30)
        house.stop.signalled(signal.SIGTERM)
        await until(lambda: sorted(house.seen) == ["page", "turns", "work"], 30)  # nobody waits for another's end
        assert (await ask("/healthz"))[0] == 0
        assert not living.done()
        house.go.set()
        assert await asked == (200, "answered")
        await living
    assert house.left == []


async def test_it_says_that_it_goes_while_it_still_answers() -> None:
    house = House(drain=1.0)
    async with house.running() as (living, ask):
        assert (await ask("/readyz"))[0] == 200
        house.stop.signalled(signal.SIGTERM)
        await until(lambda: "work" in house.seen, 30)
        status, said = await ask("/readyz")
        assert (status, "stopping" in said) == (503, True)
        house.go.set()
        assert await ask("/") == (200, "answered")
        await living
        assert (await ask("/"))[0] == 0


async def test_who_goes_does_not_wait_for_its_checks_to_say_so() -> None:
    asked: list[str] = []

    async def hangs() -> str:
        asked.append("database")
        await asyncio.sleep(600)
        return ""

    going = health.Health({"database": health.Check(hangs, "look at it")})
    going.stop()
    assert "stopping" in (await going.report()).failed
    assert asked == []


async def test_a_second_signal_ends_it_at_once() -> None:
    house = House()
    async with house.running():
        house.stop.signalled(signal.SIGINT)
        assert house.left == []
        house.stop.signalled(signal.SIGTERM)
        assert house.left == [128 + signal.SIGTERM]


async def test_what_hangs_is_left_behind_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.process.lifetime.LAST", 0.1)
    house = House()
    async with house.running():
        house.stop.signalled(signal.SIGTERM)
        await until(lambda: house.left == [1], 30)


async def test_a_page_that_hangs_holds_the_rest_up_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(patience=0.1)
    async with house.running() as (living, ask):
        asked = asyncio.create_task(ask("/"))
        await until(lambda: house.seen == ["page"], 30)

        async def finish(_: float) -> None:
            """Nothing outlives its request."""

        monkeypatch.setattr(house, "finish", finish)
        house.stop.signalled(signal.SIGTERM)
        assert (await asked)[0] == 0
        house.go.set()
        await living


async def test_work_that_ends_by_itself_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()

    async def broken(stop: asyncio.Event) -> None:
        raise ValueError(f"broken, and stopping is {stop.is_set()}")

    monkeypatch.setattr(house, "work", broken)
    house.go.set()
    with pytest.raises(ValueError, match="broken, and stopping is False"):
        await house.live()


async def test_a_start_is_given_up_when_it_is_no_longer_wanted() -> None:
    stop, cut = Stop(0, print), asyncio.Event()

    async def start() -> str:
        try:
            await asyncio.sleep(600)
        finally:
            cut.set()
        return "never"

    starting = asyncio.create_task(stop.unless(start()))
    await asyncio.sleep(0)
    stop.signalled(signal.SIGTERM)
    assert await starting is None
    assert cut.is_set()


EARLY = """
import os, signal
from bot.config import environment
environment.load = lambda **_: os.kill(os.getpid(), signal.SIGTERM)
import app
app.cli(["serve"])
"""


async def test_a_start_that_has_hardly_begun_can_be_stopped() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", EARLY, cwd=ROOT)
    assert await asyncio.wait_for(process.wait(), 60) == 0


async def test_a_start_that_fails_says_why() -> None:
    async def start() -> str:
        raise Misconfigured("set it")

    with pytest.raises(Misconfigured):
        await Stop(0, print).unless(start())
