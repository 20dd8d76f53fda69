"""Load: closed loops of one authenticated activity after the other; it counts all it sent, and waits for the last.

Our own and no general tool: activities must come from thousands of chats, as Teams' limit for each is part of the path.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from bench.http1 import Reader
from bench.issuer import APP, SERVICE, TENANT

CHATS: Final = 20_000
PATIENCE: Final = 60.0  # seconds the last answers may take
OK: Final = range(200, 300)
MARK: Final = "999999999"  # stands where a delivery's number goes, in what is sent and nowhere else
CHAT: Final = "888888888"  # stands where the number of its person's chat goes


@dataclass(slots=True)
class Tally:
    """What one run of the load came to; `took` ends with the last answer."""

    took: float = 0.0
    answered: int = 0
    refused: int = 0
    lost: int = 0
    statuses: set[int] = field(default_factory=set)
    waits: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.answered / self.took


class Deliveries:
    """Requests as Teams makes them, each with its own id, from one chat after the other; messages, if nothing else."""

    def __init__(self, token: str, activity: Mapping[str, object] | None = None, *, chats: int = CHATS) -> None:
        self._chats = chats
        body = json.dumps(activity or message("help")).encode()
        head = (
            "POST /api/messages HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "User-Agent: Microsoft-SkypeBotApi (Microsoft-BotFramework/3.0)\r\n"
            f"Authorization: Bearer {token}\r\nContent-Type: application/json; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        if not token:
            head = head.replace("Authorization: Bearer \r\n", "")
        self._parts = _cut(head.encode() + body)
        self._number = 0

    def next(self) -> bytes:
        """Return the next request."""
        self._number += 1
        return self.number(self._number)

    def number(self, number: int) -> bytes:
        """Return the request with this number."""
        names = {MARK: b"%09d" % number, CHAT: b"%09d" % (number % self._chats)}
        return b"".join([names[part] if isinstance(part, str) else part for part in self._parts])


class _Loop(asyncio.Protocol):
    """One connection: sends, waits for the answer, sends again until told to stop."""

    def __init__(self, deliveries: Deliveries, tally: Tally, until: float) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._deliveries = deliveries
        self._tally = tally
        self._until = until
        self._reader = Reader()
        self._transport: asyncio.Transport | None = None
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        for head, _ in self._reader.feed(data):
            now = time.perf_counter()
            self._tally.waits.append(now - self._sent)
            status = int(head[9:12])
            self._tally.statuses.add(status)
            if status in OK:
                self._tally.answered += 1
            else:
                self._tally.refused += 1
            if now < self._until:
                self._send()
            else:
                self.finish()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.done.done():
            self._tally.lost += 1
            self.done.set_result(None)

    def finish(self) -> None:
        if not self.done.done():
            self.done.set_result(None)
        if self._transport is not None:
            self._transport.close()

    def _send(self) -> None:
        if self._transport is not None:
            self._sent = time.perf_counter()
            self._transport.write(self._deliveries.next())


async def run(port: int, deliveries: Deliveries, *, at_once: int, seconds: float) -> Tally:
    """Keep so many requests under way for so long, and wait for their answers; 0 seconds: one request each."""
    tally, began = Tally(), time.perf_counter()
    loops = [_Loop(deliveries, tally, began + seconds) for _ in range(at_once)]
    loop = asyncio.get_running_loop()
    unopened = iter(loops)
    await asyncio.gather(*(loop.create_connection(lambda: next(unopened), "127.0.0.1", port) for _ in loops))
    _, late = await asyncio.wait({one.done for one in loops}, timeout=seconds + PATIENCE)
    tally.took = time.perf_counter() - began
    tally.lost += len(late)
    for one in loops:
        one.finish()
    return tally


def message(text: str) -> dict[str, object]:
    """Return what Teams sends when a person writes in a private chat."""
    return {
        **envelope("message"),
        "text": text,
        "textFormat": "plain",
        "attachments": [{"contentType": "text/html", "content": f"<p>{text}</p>"}],
    }


def envelope(sort: str, *, person: str = f"00000000-0000-4000-8000-000{CHAT}") -> dict[str, object]:
    """Return what is around everything Teams sends from a private chat; `person` is an object id."""
    who = {"id": f"29:1-person-{CHAT}-of-the-bench-as-long-as-it-is-in-teams", "name": "Ann Other"}
    chat = {"conversationType": "personal", "id": f"a:1-chat-{CHAT}-of-the-bench-as-long-as-it-is-in-teams"}
    client = {"locale": "en-GB", "country": "GB", "platform": "Windows", "timezone": "Europe/Berlin"}
    return {
        "type": sort,
        "timestamp": "2026-11-20T09:30:00.1234567Z",
        "localTimestamp": "2026-11-20T10:30:00.1234567+01:00",
        "localTimezone": "Europe/Berlin",
        "id": f"1763{MARK}",
        "channelId": "msteams",
        "serviceUrl": SERVICE,
        "from": {**who, "aadObjectId": person},
        "conversation": {**chat, "tenantId": TENANT},
        "recipient": {"id": f"28:{APP}", "name": "Desk"},
        "entities": [{**client, "type": "clientInfo"}],
        "channelData": {"tenant": {"id": TENANT}, "legacy": {"replyToId": ""}},
        "locale": "en-GB",
        "localTimezoneOffset": 60,
    }


def _cut(request: bytes) -> list[bytes | str]:
    """Cut a request where numbers go."""
    parts: list[bytes | str] = []
    for number, piece in enumerate(request.split(MARK.encode())):
        if number:
            parts.append(MARK)
        for inner, part in enumerate(piece.split(CHAT.encode())):
            if inner:
                parts.append(CHAT)
            parts.append(part)
    return parts
