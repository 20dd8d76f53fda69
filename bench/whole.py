"""The whole desk among the neighbours: `app.py serve` as production runs it, with a PostgreSQL of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

import aiohttp

from bench import environments
from bench.contestants import OUR_SETTINGS, Bot, Contestant, World
from bench.rounds import Unsuited
from playground import postgres

READY: Final = 60.0  # seconds
LOOK: Final = 0.01  # seconds between two looks


@asynccontextmanager
async def database(around: World) -> AsyncIterator[str]:
    """Start a PostgreSQL and bring it up to date; the address of its database. Raises `Unsuited`."""
    data = around.folder / "postgres"
    url = await asyncio.to_thread(postgres.start, data, database="bench")
    try:
        migrating = await asyncio.create_subprocess_exec(
            sys.executable,
            "app.py",
            "migrate",
            cwd=environments.ROOT,
            env={**os.environ, **OUR_SETTINGS, "VOUCHSAFE_DATABASE_URL": url},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await migrating.communicate()
        if migrating.returncode:
            raise Unsuited(f"`app.py migrate` failed: {said.decode(errors='replace')}")
        yield url
    finally:
        await asyncio.to_thread(postgres.stop, data)


def desk(url: str) -> Contestant:
    """Return the desk on that database."""
    command = ("env", f"VOUCHSAFE_DATABASE_URL={url}", sys.executable, "app.py", "serve")
    return Contestant("desk", "Vouchsafe", lambda: command)


async def ready(bot: Bot) -> None:
    """Wait until the desk says that it is ready. Raises `Unsuited`."""
    loop, told = asyncio.get_running_loop(), ""
    until = loop.time() + READY
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        while loop.time() < until:
            async with session.get(f"http://127.0.0.1:{bot.port}/readyz") as answer:
                told = await answer.text()
                if answer.status == HTTPStatus.OK:
                    return
            await asyncio.sleep(LOOK)
    raise Unsuited(f"The desk did not get ready: {told}")
