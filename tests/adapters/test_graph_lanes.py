"""Many people at once: a call to Graph waits for a lane before its own time runs, and nothing that waited is lost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from bot.config.cloud import PUBLIC
from bot.core.errors import AnswerLost, Unavailable
from bot.graph import calls, client
from bot.graph.calls import Calls
from bot.graph.lanes import Lanes
from tests.adapters.answers import ANN, USER, Counting, Server, hearing

MANY = 120  # more than a session connects by itself, no more than a server lets wait at its door


def through(number: int, patience: float = 60.0) -> Calls:
    return Calls(Counting(), PUBLIC.graph_scope, lanes=Lanes(number, patience))


@dataclass
class Held(Server):
    """Answers nobody until all whom it waits for have asked."""

    everybody: asyncio.Barrier = field(default_factory=lambda: asyncio.Barrier(MANY))

    async def answer(self, request: web.Request) -> web.Response:
        await self.everybody.wait()
        return await super().answer(request)


async def test_nobody_who_has_a_lane_waits_for_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "READ_LIMIT", 60.0)  # on a machine that does ten things at once
    monkeypatch.setattr(client, "WRITE_LIMIT", 60.0)
    async with hearing(Held(body=USER)) as directory:
        accounts = await asyncio.gather(*(directory.account(ANN) for _ in range(MANY)))
    assert {account.name for account in accounts} == {"Ann Archer"}


async def test_waiting_for_a_lane_costs_a_call_none_of_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue three times as long as a call may take: everybody in it is answered."""
    monkeypatch.setattr(calls, "READ_LIMIT", 1.0)
    graph = through(1)

    async def slow() -> str:
        await asyncio.sleep(0.5)
        return "there"

    assert await asyncio.gather(*(graph.read("account", slow) for _ in range(6))) == ["there"] * 6


async def test_what_finds_no_lane_was_not_sent_and_is_said_so() -> None:
    graph, busy, sent = through(1, patience=0.05), asyncio.Event(), []

    async def hang() -> bool:
        busy.set()
        await asyncio.Event().wait()
        return True

    async def write() -> bool:
        sent.append("it")
        return True

    async with asyncio.TaskGroup() as group:
        first = group.create_task(graph.write("issue_pass", hang))
        await busy.wait()
        with pytest.raises(Unavailable) as told:
            await graph.write("revoke_sessions", write)
        assert (sent, told.value.retry_after) == ([], 2)
        first.cancel()
    await graph.write("revoke_sessions", write)
    assert sent == ["it"]


@pytest.mark.parametrize("error", [RuntimeError("broke"), TimeoutError()], ids=["broken", "late"])
async def test_a_lane_is_free_again_whatever_became_of_its_call(error: Exception) -> None:
    graph = through(1, patience=0.05)

    async def fail() -> Any:
        raise error

    for _ in range(3):
        with pytest.raises(AnswerLost):
            await graph.write("issue_pass", fail)


async def test_calls_by_other_tokens_are_in_the_same_lanes() -> None:
    graph = through(1, patience=0.05)

    async def nested() -> bool:
        with pytest.raises(Unavailable, match="too many"):
            await graph.by(Counting()).read("proof_of", nested)
        return True

    assert await graph.read("account", nested)
