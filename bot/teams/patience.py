"""Patience: waits so long and no longer; what is waited for goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from bot.core.errors import Unavailable

PAUSE: Final = 2.0  # seconds: a reply that must wait longer than this is given up


async def patiently(send: Callable[[], Awaitable[object]]) -> None:
    """Send, and where one must wait a moment, once more."""
    try:
        await send()
    except Unavailable as error:
        if error.retry_after is not None and error.retry_after > PAUSE:
            raise
        await asyncio.sleep(error.retry_after or PAUSE / 4)
        await send()


async def done(task: asyncio.Task[Any], patience: float) -> bool:
    """Wait so long for a task, which goes on when that is over: `asyncio.wait`, at less cost for one in every turn."""
    loop = asyncio.get_running_loop()
    waiter = loop.create_future()

    def over(*_: object) -> None:
        if not waiter.done():
            waiter.set_result(None)

    task.add_done_callback(over)
    timer = loop.call_later(patience, over)
    try:
        await waiter
    finally:
        timer.cancel()
    return task.done()
