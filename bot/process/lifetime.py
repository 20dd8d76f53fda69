"""Lifetime: one process from its first signal to its last; whatever is under way then ends under one deadline."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeVar

import structlog
from aiohttp import web

from bot.core.errors import Misconfigured

T = TypeVar("T")

FINISHING: Final = 7.5  # seconds for turns and pages under way, once nothing more is taken; aiohttp rounds them up
LAST: Final = 9.0  # seconds after the drain; what hangs then is left to the others, like the work of one that died

log = structlog.get_logger(__name__)


class Stop:
    """The first signal asks, and sets a deadline; at that, or at a second signal, the process is gone.

    `drain` is how many seconds it still takes work, until the balancer has noticed that it is not ready any more.
    """

    def __init__(self, drain: float, leave: Callable[[int], object]) -> None:
        self.asked = asyncio.Event()
        self.drain = drain
        self._leave = leave

    def listen(self) -> None:
        """Hear the signals; before this they end the process by themselves."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self.signalled, number)

    def signalled(self, number: int) -> None:
        if self.asked.is_set():
            log.warning("ended_at_once", signal=number)
            self._leave(128 + number)
        self.ask()

    def ask(self) -> None:
        """Begin to stop."""
        if not self.asked.is_set():
            self.asked.set()
            asyncio.get_running_loop().call_later(self.drain + LAST, self._late)

    async def unless(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Do the work, or give it up and return None when asked to stop before it is done."""
        working, asked = asyncio.create_task(work), asyncio.create_task(self.asked.wait())
        try:
            await asyncio.wait({working, asked}, return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else None
        finally:
            working.cancel()
            asked.cancel()
            await asyncio.wait({working, asked})

    def _late(self) -> None:
        log.error("stop_cut_off")
        self._leave(1)


async def run(
    front: web.AppRunner,
    stop: Stop,
    *,
    host: str,
    port: int,
    work: Callable[[asyncio.Event], Coroutine[Any, Any, None]],
    closing: Callable[[], None],
    finish: Callable[[float], Awaitable[None]],
) -> None:
    """Take work until told to stop; then say so, take no more, and end what was begun.

    `work` is done beside the requests until its event is set. `closing` is told first, so that the balancer hears of
    it while requests are still answered; `finish` waits so long for what outlives its request, and `front` for the
    requests themselves.
    """
    await front.setup()
    try:
        await _listen(front, host, port)
        working, asked = asyncio.create_task(work(stop.asked)), asyncio.create_task(stop.asked.wait())
        await asyncio.wait({working, asked}, return_when=asyncio.FIRST_COMPLETED)
        log.info("stopping")
        stop.ask()  # also when it was the work that ended: without it this process is of no use
        closing()
        await asyncio.sleep(stop.drain)
    finally:  # nobody is accepted any more; requests and what outlives them are waited for at the same time
        await asyncio.gather(front.cleanup(), finish(FINISHING))
    await working
    log.info("stopped")


async def _listen(front: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(front, host, port).start()
    except OSError as error:
        raise Misconfigured(
            f"VOUCHSAFE_HOST, VOUCHSAFE_PORT: cannot listen on {host}:{port} ({error.strerror})"
        ) from error
    log.info("listening", host=host, port=port)
