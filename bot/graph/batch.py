"""Many people's same wish in one call: whoever waits for the same turn goes with it, and each hears their own end."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from bot.core.errors import AnswerLost, DeskError, Rejected, Unavailable

MOST: Final = 60  # people in one call

Waiter = asyncio.Future[DeskError | None]
Take = Callable[[], list[str]]


@dataclass(slots=True, eq=False)
class Round:
    """Those who go together. Whoever stopped waiting before it was sent is left out of it."""

    waiting: list[tuple[Waiter, str]] = field(default_factory=list)
    sent: tuple[str, ...] = ()

    def people(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(person for answer, person in self.waiting if not answer.done()))

    def settle(self, fault: DeskError | None) -> None:
        for answer, _ in self.waiting:
            if not answer.done():
                answer.set_result(copy.copy(fault))  # raised by many, each with a traceback of its own


class Batch:
    """`send` waits its turn, then takes the people to name, and sends that once; see `Calls.write` for what it raises.

    A call that was rejected did nothing: each person in it is then asked for alone, with a turn of their own.
    """

    def __init__(self, send: Callable[[Take], Awaitable[None]]) -> None:
        self._send = send
        self._open: Round | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def include(self, person: str) -> None:
        """Have `person` in the next call, and raise what came of it for them."""
        answer: Waiter = asyncio.get_running_loop().create_future()
        if self._open is None or len(self._open.waiting) >= MOST:
            self._open = Round()
            self._begin(self._open)
        self._open.waiting.append((answer, person))
        fault = await answer
        if fault is not None:
            raise fault

    def _begin(self, going: Round) -> None:
        """A task of its own: the one who came first may leave, the others wait on."""
        task = asyncio.create_task(self._run(going))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, going: Round) -> None:
        fault: DeskError | None = Unavailable("stopped before anything was sent")
        try:
            fault = await self._fault(going)
            if isinstance(fault, Rejected) and len(going.sent) > 1:
                self._one_by_one(going)
                return
        except BaseException:
            fault = AnswerLost("stopped while it was sent") if going.sent else fault
            raise
        finally:
            self._close(going)
            going.settle(fault)

    def _one_by_one(self, refused: Round) -> None:
        alone = [Round([one for one in refused.waiting if one[1] == person]) for person in refused.people()]
        refused.waiting.clear()
        for going in alone:
            self._begin(going)

    async def _fault(self, going: Round) -> DeskError | None:
        def take() -> list[str]:
            self._close(going)
            going.sent = going.people()
            if not going.sent:
                raise Unavailable("nobody waits for it any more")
            return list(going.sent)

        try:
            await self._send(take)
        except DeskError as fault:
            return fault
        return None

    def _close(self, going: Round) -> None:
        if self._open is going:
            self._open = None
