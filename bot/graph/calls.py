"""One call to Graph: a deadline, an id, an outcome; reads may be asked twice, a write is sent once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Final, TypeVar
from uuid import uuid4

import structlog

from bot.core.errors import AnswerLost, DeskError, Missing, Rejected, Unavailable
from bot.core.tokens import Tokens
from bot.graph import faults
from bot.graph.faults import Stale
from bot.graph.lanes import Lanes

T = TypeVar("T")
Observe = Callable[[str, str, float], None]
Turn = Callable[[], Awaitable[None]]

READ_LIMIT: Final = 3.0  # seconds
WRITE_LIMIT: Final = 4.0
QUICK: Final = 1.0  # a read waits this long at most before it is asked again

CORRELATION: Final[ContextVar[str]] = ContextVar("correlation", default="")

log = structlog.get_logger(__name__)


class Calls:
    """Makes calls and tells `observe` of each: its name, its outcome and how many seconds it took."""

    def __init__(self, tokens: Tokens, scope: str, observe: Observe | None = None, lanes: Lanes | None = None) -> None:
        self._tokens = tokens
        self._scope = scope
        self._observe = observe
        self._lanes = lanes or Lanes()

    def by(self, tokens: Tokens) -> Calls:
        """Return what makes calls with other tokens, in the same lanes."""
        return Calls(tokens, self._scope, self._observe, self._lanes)

    async def read(self, call: str, ask: Callable[[], Awaitable[T | None]], *, turn: Turn | None = None) -> T:
        """Ask, and once more where Graph says that it will answer in a moment; `turn` is awaited before each time."""
        await _let_in(turn)
        answer = await self._once(call, ask, READ_LIMIT, wrote=False)
        if isinstance(answer, Unavailable) and answer.retry_after is not None and answer.retry_after <= QUICK:
            await asyncio.sleep(answer.retry_after)
            await _let_in(turn)
            answer = await self._once(call, ask, READ_LIMIT, wrote=False)
        return _given(answer)

    async def write(self, call: str, act: Callable[[], Awaitable[T | None]], *, turn: Turn | None = None) -> T:
        """Act, once. A token or a turn that cannot be had is found out before, for then nothing was sent."""
        await self._tokens.get(self._scope)
        await _let_in(turn)
        return _given(await self._once(call, act, WRITE_LIMIT, wrote=True))

    async def _once(
        self, call: str, ask: Callable[[], Awaitable[T | None]], limit: float, *, wrote: bool
    ) -> T | DeskError:
        """Return the answer or the fault as values: raised in here, it would drag the answer's body along."""
        async with self._lanes.one():
            return await self._sent(call, ask, limit, wrote=wrote)

    async def _sent(
        self, call: str, ask: Callable[[], Awaitable[T | None]], limit: float, *, wrote: bool
    ) -> T | DeskError:
        started, answer = time.monotonic(), None
        CORRELATION.set(str(uuid4()))
        try:
            async with asyncio.timeout(limit):
                answer = await ask()
            fault = None if answer is not None else faults.lost(f"{call}: empty answer", wrote=wrote)
        except Exception as error:  # noqa: BLE001 - the SDK raises what it likes; translate() knows every case
            fault = faults.translate(error, call, wrote=wrote)
            _tell(call, error, fault)
        if isinstance(fault, Stale):
            await self._tokens.forget(self._scope)
        if self._observe is not None:
            self._observe(call, _outcome(fault), time.monotonic() - started)
        return answer if fault is None and answer is not None else fault or Unavailable(call)


async def _let_in(turn: Turn | None) -> None:
    if turn is not None:
        await turn()


def _given(answer: T | DeskError) -> T:
    if isinstance(answer, DeskError):
        raise answer
    return answer


def _tell(call: str, error: Exception, fault: DeskError) -> None:
    log.warning(
        "graph_fault",
        call=call,
        outcome=_outcome(fault),
        error=type(error).__name__,
        status=getattr(error, "response_status_code", None),
        code=faults.code_of(error),
        request_id=faults.request_id(error),
        client_request_id=CORRELATION.get(),
    )


def _outcome(fault: DeskError | None) -> str:
    match fault:
        case None:
            return "ok"
        case Missing():
            return "missing"
        case Rejected():
            return "rejected"
        case AnswerLost():
            return "lost"
        case _:
            return "unavailable"
