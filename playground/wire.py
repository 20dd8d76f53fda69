"""Wire: leads to PostgreSQL and counts what a distance would cost. It reads lengths and letters, never a value."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

# The letters of the protocol: https://www.postgresql.org/docs/current/protocol-message-formats.html
QUERY, SYNC, FLUSH, EXECUTE, PARSE = b"Q", b"S", b"H", b"E", b"P"
HEAD: Final = 5  # bytes: a letter and a length, which counts itself but not the letter
BIT: Final = 65536


@dataclass(slots=True)
class Wire:
    """`away` is the seconds a round trip takes beyond its own; `trips` counts them, `statements` what they asked."""

    folder: Path
    away: float = 0.0
    trips: int = 0
    statements: int = 0

    def seen(self, letter: bytes, before: bytes) -> bool:
        """Count a client's message; say whether the client waits for the answer to it."""
        self.statements += letter in {QUERY, EXECUTE}
        # Nothing is answered before one of these; a flush right behind a sync is sent without waiting.
        waits = letter in {QUERY, SYNC} or (letter == FLUSH and before != SYNC)
        self.trips += waits and before != PARSE  # what is asked often is prepared, once on each connection
        return waits

    def url(self, real: str) -> str:
        """Return the address that leads through here to a database of the same server."""
        return f"{real.partition('?')[0]}?host={self.folder}"


@asynccontextmanager
async def wire(real: str, folder: Path) -> AsyncIterator[Wire]:
    """Lay a wire to a server on this machine; `real` names the folder of its socket, `folder` gets the new one."""
    there = Path(parse_qs(urlsplit(real).query)["host"][0]) / ".s.PGSQL.5432"
    laid = Wire(folder)

    carried: set[asyncio.Task[None]] = set()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            onward = await asyncio.open_unix_connection(str(there))
            await _carried(laid, reader, writer, *onward)

    def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(carry(reader, writer))
        carried.add(task)
        task.add_done_callback(carried.discard)

    server = await asyncio.start_unix_server(taken, str(folder / ".s.PGSQL.5432"))
    try:
        yield laid
    finally:
        server.close()
        for task in carried:
            task.cancel()
        await asyncio.gather(*carried, return_exceptions=True)


async def _carried(
    laid: Wire,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    answers: asyncio.StreamReader,
    onward: asyncio.StreamWriter,
) -> None:
    async def forth() -> None:
        first = await reader.readexactly(4)  # the first message has no letter
        onward.write(first + await reader.readexactly(int.from_bytes(first) - 4))
        letter = b""
        while True:
            head = await reader.readexactly(HEAD)
            waits, letter = laid.seen(head[:1], letter), head[:1]
            body = await reader.readexactly(int.from_bytes(head[1:]) - 4)
            if laid.away and waits:
                await asyncio.sleep(laid.away)
            onward.write(head + body)

    async def back() -> None:
        while bit := await answers.read(BIT):
            writer.write(bit)

    tasks = [asyncio.create_task(forth()), asyncio.create_task(back())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        onward.close()
        writer.close()
