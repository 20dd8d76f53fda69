"""Tells every open tab what changed, over a web socket; a tab only hears of its own person's chats."""

import asyncio
import json
from contextlib import suppress
from typing import Any

from aiohttp import web

from playground.teams.chats import Change, Chats
from playground.teams.views import see

Json = dict[str, Any]
_BEAT = 15.0
_BACKLOG = 500


class Stream:
    """The open tabs; a tab that does not keep up is dropped and comes back by itself."""

    def __init__(self, chats: Chats) -> None:
        self._chats = chats
        self._tabs: dict[asyncio.Queue[Json | None], str] = {}
        chats.listen(self._changed)

    def _changed(self, change: Change) -> None:
        for queue, key in self._tabs.items():
            if key in change.chat.members and change.only in {None, key}:
                self._put(queue, self._event(change, key))

    def everybody(self, event: Json) -> None:
        for queue in self._tabs:
            self._put(queue, event)

    def _put(self, queue: "asyncio.Queue[Json | None]", event: Json | None) -> None:
        with suppress(asyncio.QueueFull):
            queue.put_nowait(event)

    def _event(self, change: Change, key: str) -> Json:
        event: Json = {"kind": change.kind, "chat": change.chat.id, "unread": self._chats.unread(change.chat, key)}
        if change.message is not None:
            event["message"] = see(change.message, key).wire()
        return event

    def close(self) -> None:
        for queue in self._tabs:
            self._put(queue, None)

    async def serve(self, request: web.Request, key: str) -> web.StreamResponse:
        """One tab: a browser allows few open requests to one address, but many of these."""
        socket = web.WebSocketResponse(heartbeat=_BEAT, timeout=_BEAT)
        await socket.prepare(request)
        queue: asyncio.Queue[Json | None] = asyncio.Queue(_BACKLOG)
        self._tabs[queue] = key
        feed = asyncio.create_task(self._feed(socket, queue))
        try:
            async for _ in socket:
                pass  # a tab only listens; what it wants it asks for elsewhere
        finally:
            del self._tabs[queue]
            feed.cancel()
            await asyncio.gather(feed, return_exceptions=True)
        return socket

    async def _feed(self, socket: web.WebSocketResponse, queue: asyncio.Queue[Json | None]) -> None:
        with suppress(ConnectionError):  # the tab was closed
            while not queue.full():
                event = await queue.get()
                if event is None:
                    break
                await socket.send_str(json.dumps(event))
            await socket.close()
