"""Carries activities to the bot with Teams' habits: it waits so long, sends again, and never promises once."""

import asyncio
import json
import logging
import uuid
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import count
from typing import Any

import aiohttp

from playground.entra import channel_token
from playground.faults import Fault
from playground.world import World

Json = dict[str, Any]
_log = logging.getLogger(__name__)
_NO_ANSWER = frozenset({502, 503, 504})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot said to one activity."""

    status: int
    body: Any


class Delivery:
    """The way to the bot's replicas, one after the other; `patience` is seconds for one attempt."""

    def __init__(
        self,
        *,
        world: World,
        session: aiohttp.ClientSession,
        replicas: Callable[[], Sequence[str]],
        patience: float = 15.0,
        pause: float = 1.0,
    ) -> None:
        self.patience = patience
        self.pause = pause
        self._world = world
        self._session = session
        self._replicas = replicas
        self._turn = count()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listeners: list[Callable[[Json, Answer], None]] = []

    def listen(self, listener: Callable[[Json, Answer], None]) -> None:
        """Hear of every activity the bot answered, and of what it said."""
        self._listeners.append(listener)

    def send(self, *activities: Json) -> None:
        """Send without waiting, several in their order; Teams tries a message twice and then forgets it."""
        self._kept(self._in_turn(activities))

    def _kept(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _in_turn(self, activities: Sequence[Json]) -> None:
        for activity in activities:
            await self._forget(activity)

    async def settled(self, *, timeout: float = 30.0) -> None:  # noqa: ASYNC109 - the wait is the point of this call
        """Wait until everything sent so far has arrived or been given up."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=timeout)

    async def close(self) -> None:
        for task in set(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _forget(self, activity: Json) -> None:
        for _ in range(2):
            answer = await self._attempt(activity)
            if answer is not None and answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                return
            await asyncio.sleep(self.pause)
        _log.info("The bot did not take %s %s", activity["type"], activity["id"])

    async def invoke(self, activity: Json) -> Answer | None:
        """Ask and wait: the same id again when nothing came back, then once more under a new id."""
        renamed = activity | {"id": f"f:{uuid.uuid4()}"}
        answer: Answer | None = None
        for attempt in (activity, activity, renamed):
            answer = await self._attempt(attempt)
            if answer is not None and answer.status not in _NO_ANSWER:
                return answer
            await asyncio.sleep(self.pause)
        return answer

    async def _attempt(self, activity: Json) -> Answer | None:
        path = f"/api/messages/{activity.get('name') or activity['type']}"
        fault = self._world.faults.take("teams", "POST", path)
        return await self._post(activity) if fault is None else await self._faulty(activity, fault)

    async def _faulty(self, activity: Json, fault: Fault) -> Answer | None:
        match fault.kind:
            case "slow":
                await asyncio.sleep(fault.seconds)
                return await self._post(activity)
            case "duplicate":
                second = self._kept(self._later(activity, fault.seconds))
                first = await self._post(activity)
                if not fault.seconds:
                    await asyncio.wait({second})
                return first
            case "lost":
                await self._post(activity)
                return None
            case _:  # every other fault means that the bot was not reached
                return None

    async def _later(self, activity: Json, seconds: float) -> None:
        """Send it once more, when other things may have happened; nobody waits for what the bot says to that."""
        await asyncio.sleep(seconds)
        await self._post(activity)

    async def _post(self, activity: Json) -> Answer | None:
        """One attempt; like the balancer in front of it, it passes over a replica that refuses connections."""
        targets = list(self._replicas())
        start = next(self._turn)
        for step in range(len(targets)):
            try:
                return await self._ask(targets[(start + step) % len(targets)], activity)
            except aiohttp.ClientConnectorError:
                continue
            except (TimeoutError, aiohttp.ClientError):
                return None
        return None

    async def _ask(self, target: str, activity: Json) -> Answer:
        token = channel_token(self._world, activity["serviceUrl"])
        async with (
            asyncio.timeout(self.patience),
            self._session.post(
                f"{target}/api/messages", json=activity, headers={"Authorization": f"Bearer {token}"}
            ) as response,
        ):
            answer = Answer(response.status, _parsed(await response.text()))
        for listener in self._listeners:
            listener(activity, answer)
        return answer


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
