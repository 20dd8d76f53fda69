"""Nobody who presses waits for the directory more than twice in a row: what can be asked at once is asked at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.core.actions import Approve, Begin, Home, OfferKind, Ref, ReturnCode, Submit
from bot.core.model import Status
from tests.entra import FakeDirectory
from tests.fakes import HELPDESK, USUAL, Office, at_home, in_channel, person, private

QUESTIONS = ("account", "standing", "groups", "within", "pass_policy", "passes", "risk", "at_risk", "detections")
CALLS = (
    *QUESTIONS,
    "manager",
    "acquainted",
    "methods",
    "passkeys",
    "federated",
    "issue_pass",
    "set_password",
    "remove_method",
)
APART = 0.1  # seconds in which nothing more is asked, until all that was is answered


@dataclass
class Slow:
    """A directory far away. What is asked by the time it answers is one wait."""

    waits: int = 0
    asked: list[asyncio.Future[None]] = field(default_factory=list)
    timer: asyncio.TimerHandle | None = None

    async def answer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
        self.timer = asyncio.get_running_loop().call_later(APART, self._all)
        self.asked.append(asyncio.get_running_loop().create_future())
        await self.asked[-1]

    def _all(self) -> None:
        self.waits += 1
        asked, self.asked = self.asked, []
        for one in asked:
            one.set_result(None)

    @asynccontextmanager
    async def press(self, most: int) -> AsyncIterator[None]:
        self.waits = 0
        yield
        assert self.waits <= most


def delayed(slow: Slow, ask: Callable[..., Any]) -> Callable[..., Any]:
    async def later(*what: Any, **how: Any) -> Any:
        await slow.answer()
        return await ask(*what, **how)

    return later


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    made = Slow()
    for name in CALLS:
        monkeypatch.setattr(FakeDirectory, name, delayed(made, getattr(FakeDirectory, name)))

    async def within(_: FakeDirectory, groups: frozenset[str]) -> frozenset[str]:
        return groups  # known for minutes

    monkeypatch.setattr(FakeDirectory, "within", within)
    return made


@pytest.mark.parametrize("kind", ["tap", "methods", "risk", "password", "sessions"])
async def test_no_press_waits_more_than_twice(desk: Office, slow: Slow, kind: str) -> None:
    await desk.desk.installed(person("ann"), private("ann"))
    async with slow.press(2):
        await desk.desk.handle(at_home("ann"), OfferKind(kind, ""))
    async with slow.press(2):
        await desk.desk.handle(at_home("ann"), Begin(kind))
    async with slow.press(2):
        await desk.desk.handle(at_home("ann"), Submit(kind, "r1", USUAL[kind]))
    request = await desk.load("r1")
    if request.status is Status.STEP_UP:
        code = await returned(desk, slow, "ann")
        async with slow.press(2):
            await desk.desk.handle(at_home("ann"), ReturnCode(code))
    request = await desk.load("r1")
    if request.status is Status.APPROVAL:
        await desk.desk.installed(person("ben"), private("ben"))
        async with slow.press(2):
            await desk.desk.handle(in_channel("ben"), Approve(Ref("r1", request.version)))
        code = await returned(desk, slow, "ben")
        async with slow.press(2):
            await desk.desk.handle(at_home("ben"), ReturnCode(code))


async def returned(desk: Office, slow: Slow, name: str) -> str:
    waiting = await desk.waiting(name, "r1")
    cookie = f"{waiting.id}.browser"
    async with slow.press(1):
        await desk.step_up.start(waiting.id, cookie)
    code = await desk.step_up.returned(cookie, {"code": "x"})
    assert isinstance(code, str)
    return code


async def test_show_waits_for_its_decision_and_for_its_act(desk: Office, slow: Slow) -> None:
    await desk.ready()
    async with slow.press(2):
        await desk.show()
    assert len(desk.directory.secrets) == 1


async def test_the_home_card_waits_twice(desk: Office, slow: Slow) -> None:
    desk.directory.members[HELPDESK].add("kim")
    async with slow.press(2):
        await desk.desk.handle(at_home("kim"), Home())
