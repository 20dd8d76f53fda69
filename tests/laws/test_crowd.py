"""A crowd at the approvers' door: a thousand wait, and nobody who comes now waits for them. No clock decides here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.actions import Ref
from bot.core.answers import QueueCard, Said
from bot.core.model import Evidence, EvidenceType, Mode, Person, Request, Status
from bot.core.ports import Urgency
from bot.core.queue import BOARD, FEW, LINE_ID
from bot.core.queueing import SeeQueue, Take
from bot.desk.queue import PAGE
from cards import show
from tests.fakes import EMPLOYEES, TENANT, Office, at_home, in_channel, person, private
from tests.laws.faced import queued, worked_off
from tests.laws.test_queue import drawn

CROWD = 1000
SOME = 40  # of the crowd, whose jobs are done here: they are all alike
CHANNEL = "19:helpdesk@thread.tacv2"


@dataclass
class Asked:
    """How often each question was put to the directory, and how often a channel's turn was asked for."""

    directory: Counter[str]
    turns: Counter[str]


def waits(desk: Office, number: int) -> Request:
    """Somebody of their own, who has signed in for a pass and waits for an approver."""
    somebody, now = Person(TENANT, f"p{number}", f"Person {number}"), desk.clock.time + timedelta(seconds=number)
    proof = Evidence(EvidenceType.STEP_UP, somebody.id, somebody.name, now, "c1", f"r-{number}")
    details, until = {"reason": "new_phone", "minutes": "60"}, now + timedelta(hours=4)
    asked = Request(f"r-{number}", "tap", somebody, somebody, details, Mode.ENFORCE, Status.APPROVAL, 1, now)
    return replace(asked, expires_at=until, due_at=until, evidence=(proof,))


@pytest.fixture
async def crowd(desk: Office, monkeypatch: pytest.MonkeyPatch) -> Asked:
    async with desk.store.unit() as unit:
        for number in range(CROWD):
            request = waits(desk, number)
            assert await unit.add(request) is None
            desk.directory.add(f"p{number}", EMPLOYEES)
            await unit.remember(request.requester, private(f"p{number}"))
    for name in ("ben", "cleo"):
        await desk.desk.installed(person(name), private(name))
    desk.clock.time += timedelta(seconds=CROWD)
    asked = Asked(Counter(), Counter())
    for call in ("account", "standing", "groups", "within", "guarded_contexts", "at_risk"):
        monkeypatch.setattr(desk.directory, call, _counting(getattr(desk.directory, call), call, asked.directory))
    turn = _counting(desk.messenger.thread_turn, "turn", asked.turns)
    monkeypatch.setattr(desk.messenger, "thread_turn", turn)
    return asked


def _counting(call: Any, name: str, counts: Counter[str]) -> Any:
    async def counted(*args: Any, **more: Any) -> Any:
        counts[name] += 1
        return await call(*args, **more)

    return counted


async def test_who_comes_now_has_a_card_with_their_place(desk: Office, crowd: Asked) -> None:
    await desk.ask()
    await desk.sign_in()
    crowd.directory.clear()
    await desk.job("cards")
    assert f"number **{CROWD + 1}** in the line" in desk.messenger.shown(private("ann").id)
    assert (crowd.directory, crowd.turns) == (Counter(), Counter())


async def test_those_who_wait_take_no_turn_and_ask_the_directory_nothing(desk: Office, crowd: Asked) -> None:
    for number in range(CROWD - SOME, CROWD):
        await desk.job("cards", f"r-{number}")
        await desk.job("cards", f"r-{number}")
    assert (crowd.directory, crowd.turns) == (Counter(), Counter())
    assert len(desk.messenger.bodies) == SOME, "each has one card, and it did not change"


async def test_the_channel_has_one_message_and_the_few_at_the_front(desk: Office, crowd: Asked) -> None:
    for number in reversed(range(SOME)):
        await desk.job("cards", f"r-{number}")
    await drawn(desk)
    await drawn(desk)
    threads = {chat for chat, _ in desk.messenger.messages if chat.startswith(CHANNEL)}
    assert len(threads) == FEW + 1 == crowd.turns["turn"]
    assert str(CROWD - FEW) in str([m for (c, _), m in desk.messenger.messages.items() if c.startswith(CHANNEL)][-1])


async def test_a_look_calls_up_the_few_at_the_front_and_nobody_else(desk: Office, crowd: Asked) -> None:
    for number in reversed(range(SOME)):
        await desk.job("cards", f"r-{number}")
    await worked_off(desk)
    await desk.signboard.look()
    assert set(await queued(desk)) == {f"{BOARD}:{LINE_ID}", *(f"cards:r-{n}" for n in range(FEW, 2 * FEW))}
    assert crowd.turns["turn"] == FEW


async def test_every_request_is_reached_and_opened_whoever_stands_before_it(desk: Office, crowd: Asked) -> None:
    seen, after, pages = set[str](), "", 0
    while pages == 0 or after:
        page = await desk.desk.handle(at_home("ben"), SeeQueue(after))
        assert isinstance(page, QueueCard)
        seen |= {one.id for one in page.line.some}
        after, pages = page.after, pages + 1
    assert seen == {f"r-{number}" for number in range(CROWD)}
    assert pages == CROWD // PAGE + 1
    assert crowd.directory["groups"] == pages, "who looks is looked at once for each page"
    last = f"r-{CROWD - 1}"
    assert await desk.desk.handle(in_channel("cleo"), Take(Ref(last, 1))) == Said("queue.taken")
    await desk.job("cards", last)
    assert f"Person {CROWD - 1}" in desk.messenger.shown(private("cleo").id)
    assert crowd.turns == Counter()


async def test_what_locks_is_fetched_before_all_their_cards(desk: Office, crowd: Asked) -> None:
    async with desk.store.unit() as unit:
        for number in range(CROWD):
            await desk.ledger.changed(unit, waits(desk, number))
    await desk.ask(kind="sessions", request_id="mine")
    async with desk.store.unit() as unit:
        rows = await unit._line.rows(
            "SELECT args, priority FROM procrastinate_jobs WHERE status = 'todo' ORDER BY priority DESC, id LIMIT 1", {}
        )
    assert (rows[0]["args"]["name"], rows[0]["args"]["request"]) == ("act", "mine")
    assert rows[0]["priority"] == Urgency.ACT
    await desk.job("act", "mine")
    assert "revoke ann" in desk.directory.writes
    assert crowd.turns == Counter()


async def test_a_page_is_one_a_client_takes(desk: Office, crowd: Asked) -> None:
    """Names of any length are cut, so the longest page is known."""
    assert crowd.turns == Counter()
    page = await desk.desk.handle(at_home("ben"), SeeQueue())
    assert isinstance(page, QueueCard)
    long = tuple(replace(one, name="W" * 300, takers=("W" * 300, "M" * 300), trial=True) for one in page.line.some)
    view = await desk.delivery.views.answered(page, at_home("ben"))
    card = show(replace(page, line=replace(page.line, some=long)), view)
    assert len(str(card)) < 25_000
