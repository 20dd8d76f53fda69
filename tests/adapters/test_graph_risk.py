"""ID Protection by Graph: risk in Graph's own words, turns for every call, and many people's wishes in one call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.core.errors import AnswerLost, DeskError, Rejected, Unavailable
from bot.core.risk import Detection
from bot.graph import permissions
from bot.graph.directory import GraphDirectory
from playground.faults import Fault
from playground.world import World
from tests.adapters.answers import ANN, Free, Server, hearing
from tests.adapters.tenant import contoso, directory_of

BEN, CLEO = "11111111-2222-4333-8444-555555555555", "11111111-2222-4333-8444-666666666666"
RISKY = {"id": ANN, "riskState": "atRisk", "riskLevel": "high", "riskDetail": "none", "isProcessing": False}
WRITES = ("dismiss_risk", "confirm_safe", "confirm_compromised")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with contoso(tmp_path) as made:
        made.graph.granted |= set(permissions.OF_KINDS)
        made.graph.budget.rate = None
        yield made


@pytest.fixture
async def directory(world: World) -> AsyncIterator[GraphDirectory]:
    async with directory_of(world) as made:
        yield made


@dataclass
class Gate(Free):
    """A budget whose turns come when the test says so."""

    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def turn(self, patience: float) -> None:
        await super().turn(patience)
        await self.open.wait()


@dataclass
class Picky(Server):
    """Refuses any call that names one of `bad`; holds its answers back until `answering`."""

    status: int = 204
    bad: frozenset[str] = frozenset()
    answering: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        people = (await request.json())["userIds"]
        self.sent.append(people)
        await self.answering.wait()
        if self.bad.isdisjoint(people):
            return web.Response(status=self.status)
        return web.json_response({"error": {"code": "Request_BadRequest", "message": "no"}}, status=400)


@pytest.fixture
def picky() -> Picky:
    made = Picky()
    made.answering.set()
    return made


async def outcome(wish: Any) -> str:
    try:
        await wish
    except DeskError as error:
        return type(error).__name__
    return "ok"


async def settled() -> None:
    """Let everybody come as far as they can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_risk_is_read_and_nobody_flagged_is_none(world: World, directory: GraphDirectory) -> None:
    found = await directory.risk(world.people["rita"].id)
    assert found is not None
    assert (found.state, found.level, found.processing, found.flagged) == ("atRisk", "medium", False, True)
    assert found.at == world.graph.risks["rita"].at.replace(microsecond=found.at.microsecond if found.at else 0)
    assert await directory.risk(world.people["ann"].id) is None


@pytest.mark.parametrize(
    ("state", "level", "at"),
    [("adminSaidSo", "hidden", "2026-11-20T10:00:00.1234567Z"), ("none", "none", "soon"), ("atRisk", "extreme", None)],
)
async def test_words_nobody_knew_stay_as_they_are(state: str, level: str, at: str | None) -> None:
    body = RISKY | {"riskState": state, "riskLevel": level, "riskDetail": "newWord", "riskLastUpdatedDateTime": at}
    async with hearing(Server(body=body)) as directory:
        found = await directory.risk(ANN)
    assert found is not None
    assert (found.state, found.level, found.detail) == (state, level, "newWord")
    assert (found.at is not None) is (at is not None and at.startswith("2026"))


@pytest.mark.parametrize("gone", ["riskState", "riskLevel"])
async def test_a_risk_that_is_not_told_is_no_answer(gone: str) -> None:
    async with hearing(Server(body=RISKY | {gone: None})) as directory:
        with pytest.raises(Rejected) as caught:
            await directory.risk(ANN)
    assert caught.value.code == "incomplete"


@pytest.mark.parametrize("text", ["", "[]", "null", "<html>", '{"value":{}}', '{"value":[1]}', '{"value":"x"}'])
async def test_an_answer_nobody_can_read_is_no_answer(text: str) -> None:
    async with hearing(Server(text=text)) as directory:
        for question in (directory.risk(ANN), directory.detections(ANN, 5)):
            with pytest.raises(DeskError):
                await question


async def test_a_404_that_is_not_graphs_own_flags_nobody_as_safe() -> None:
    async with hearing(Server(status=404, text="<html>no such page</html>")) as directory:
        with pytest.raises(Unavailable):
            await directory.risk(ANN)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("Authentication_RequestFromNonPremiumTenantOrB2CTenant", "Neither tenant"),
        ("Forbidden", "Your tenant is not licensed for this feature."),
    ],
)
async def test_a_tenant_without_premium_says_so(code: str, message: str) -> None:
    async with hearing(Server(status=403, body={"error": {"code": code, "message": message}})) as directory:
        with pytest.raises(Rejected) as caught:
            await directory.risk(ANN)
    assert caught.value.code == "no_premium"


async def test_detections_come_newest_first_and_only_so_many(world: World, directory: GraphDirectory) -> None:
    rita = world.people["rita"].id
    found = await directory.detections(rita, 10)
    assert {one.kind for one in found} == {one.kind for one in world.graph.risks["rita"].detections}
    assert [one.at for one in found] == sorted((one.at for one in found if one.at), reverse=True)
    assert len(found) == 2
    assert await directory.detections(rita, 1) == found[:1]
    assert await directory.detections(world.people["ann"].id, 10) == ()


async def test_a_detection_says_what_is_known_and_no_more() -> None:
    told = [
        {"riskEventType": "brandNew", "riskLevel": "low", "detectedDateTime": "2026-11-20T10:00:00Z", "location": None},
        {"riskEventType": "x", "riskLevel": "y", "detectedDateTime": "2026-11-21T10:00:00Z", "location": {"city": "A"}},
        {"location": {"city": None, "countryOrRegion": "DE"}},
    ]
    server = Server(body={"value": told})
    async with hearing(server) as directory:
        newest, older, bare = await directory.detections(ANN, 7)
    assert (older.kind, older.level, older.place) == ("brandNew", "low", "")
    assert newest.place == "A"
    assert bare == Detection(kind="", level="", at=None, place="DE")
    assert server.queries[0] == {"$filter": f"userId eq '{ANN}'", "$orderby": "detectedDateTime desc", "$top": "7"}


@pytest.mark.parametrize(
    ("call", "state"), list(zip(WRITES, ("dismissed", "confirmedSafe", "confirmedCompromised"), strict=True))
)
async def test_what_is_decided_is_written(world: World, directory: GraphDirectory, call: str, state: str) -> None:
    rita = world.people["rita"].id
    await getattr(directory, call)(rita)
    found = await directory.risk(rita)
    assert found is not None
    assert found.state == state


async def test_every_call_waits_its_turn_and_none_is_made_without() -> None:
    server, budget = Server(status=204), Free(spent=True)
    async with hearing(server, budget) as directory:
        calls = (directory.risk(ANN), directory.detections(ANN, 1), *(getattr(directory, name)(ANN) for name in WRITES))
        for call in calls:
            with pytest.raises(Unavailable) as caught:
                await call
            assert caught.value.retry_after == 7
    assert server.asked == []
    assert budget.patience == [3.0, 3.0, 2.5, 2.5, 2.5]


async def test_a_read_asked_again_takes_another_turn() -> None:
    server, budget = Server(status=401, body={"error": {"code": "InvalidAuthenticationToken", "message": ""}}), Free()
    async with hearing(server, budget) as directory:
        with pytest.raises(Unavailable):
            await directory.risk(ANN)
    assert len(server.asked) == len(budget.patience) == 2


async def test_a_turn_that_never_comes_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.graph.protection.READING", -0.95)
    server = Server(body=RISKY)
    async with hearing(server, Gate()) as directory, asyncio.timeout(5):
        with pytest.raises(Unavailable):
            await directory.risk(ANN)
    assert server.asked == []


async def test_throttling_without_a_time_gets_one(world: World, directory: GraphDirectory) -> None:
    world.faults.add(Fault("graph", "/identityProtection", "throttle_bare"))
    rita = world.people["rita"].id
    for call in (directory.risk(rita), directory.dismiss_risk(rita)):
        with pytest.raises(Unavailable) as caught:
            await call
        assert caught.value.retry_after == 3
    assert len(world.journal.of("graph")) == 2


@pytest.mark.parametrize("name", WRITES)
async def test_who_waits_at_the_same_time_goes_together(picky: Picky, name: str) -> None:
    budget = Gate()
    async with hearing(picky, budget) as directory:
        act = getattr(directory, name)
        wishes = [asyncio.create_task(outcome(act(person))) for person in (ANN, BEN, CLEO, ANN)]
        await settled()
        budget.open.set()
        assert await asyncio.gather(*wishes) == ["ok"] * 4
        assert picky.sent == [[ANN, BEN, CLEO]]
        assert await outcome(act(BEN)) == "ok"
    assert picky.sent[1:] == [[BEN]]
    assert len(budget.patience) == 2


async def test_different_wishes_do_not_go_together(picky: Picky) -> None:
    async with hearing(picky) as directory:
        await asyncio.gather(directory.dismiss_risk(ANN), directory.confirm_compromised(BEN))
    assert sorted(picky.sent) == sorted([[ANN], [BEN]])


async def test_no_call_names_more_than_sixty(picky: Picky) -> None:
    budget, people = Gate(), [f"11111111-2222-4333-8444-{n:012}" for n in range(75)]
    async with hearing(picky, budget) as directory:
        wishes = [asyncio.create_task(outcome(directory.dismiss_risk(person))) for person in people]
        await settled()
        budget.open.set()
        assert set(await asyncio.gather(*wishes)) == {"ok"}
    assert [len(sent) for sent in picky.sent] == [60, 15]
    assert [person for sent in picky.sent for person in sent] == people


async def test_a_call_refused_for_one_is_made_for_each_alone(picky: Picky) -> None:
    picky.bad = frozenset({BEN})
    budget = Free()
    async with hearing(picky, budget) as directory:
        wishes = [outcome(directory.dismiss_risk(person)) for person in (ANN, BEN, CLEO, BEN)]
        assert await asyncio.gather(*wishes) == ["ok", "Rejected", "ok", "Rejected"]
    assert picky.sent[0] == [ANN, BEN, CLEO]
    assert sorted(picky.sent[1:]) == sorted([[ANN], [BEN], [CLEO]])
    assert len(budget.patience) == 4


async def test_a_refusal_leaves_those_without_a_turn_not_asked(picky: Picky) -> None:
    picky.bad = frozenset({BEN})

    class Last(Free):
        async def turn(self, patience: float) -> None:
            await super().turn(patience)
            self.spent = len(self.patience) >= 2

    async with hearing(picky, Last()) as directory:
        said = await asyncio.gather(*(outcome(directory.dismiss_risk(person)) for person in (BEN, ANN, CLEO)))
    assert said == ["Rejected", "Unavailable", "Unavailable"]
    assert picky.sent == [[BEN, ANN, CLEO], [BEN]]


@pytest.mark.parametrize("status", [500, 502, 504, 408])
async def test_an_answer_lost_is_lost_for_all_and_nothing_is_sent_again(picky: Picky, status: int) -> None:
    picky.status = status
    async with hearing(picky) as directory:
        said = await asyncio.gather(*(outcome(directory.dismiss_risk(person)) for person in (ANN, BEN)))
    assert said == ["AnswerLost", "AnswerLost"]
    assert picky.sent == [[ANN, BEN]]


async def test_an_answer_cut_off_is_lost_though_it_was_done(world: World, directory: GraphDirectory) -> None:
    world.faults.add(Fault("graph", "POST .*riskyUsers/dismiss", "lost"))
    with pytest.raises(AnswerLost):
        await directory.dismiss_risk(world.people["rita"].id)
    assert world.graph.risks["rita"].state == "dismissed"


async def test_a_slow_answer_is_lost(picky: Picky, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.graph.calls.WRITE_LIMIT", 0.2)
    picky.answering.clear()
    async with hearing(picky) as directory:
        assert await outcome(directory.dismiss_risk(ANN)) == "AnswerLost"
        picky.answering.set()


async def test_who_comes_when_it_is_sent_goes_with_the_next(picky: Picky) -> None:
    """What was sent without somebody says nothing about them."""
    picky.answering.clear()
    async with hearing(picky) as directory:
        first = asyncio.create_task(outcome(directory.dismiss_risk(ANN)))
        async with asyncio.timeout(5):
            while not picky.sent:
                await asyncio.sleep(0.01)
        second = asyncio.create_task(outcome(directory.dismiss_risk(BEN)))
        await settled()
        picky.answering.set()
        assert list(await asyncio.gather(first, second)) == ["ok", "ok"]
    assert picky.sent == [[ANN], [BEN]]


async def test_each_hears_of_a_failure_by_an_error_of_their_own(picky: Picky) -> None:
    picky.status = 500
    async with hearing(picky) as directory:
        wishes = (directory.dismiss_risk(person) for person in (ANN, BEN))
        first, second = await asyncio.gather(*wishes, return_exceptions=True)
    assert first is not second
    assert str(first) == str(second) == "dismiss_risk: 500"


async def test_who_leaves_before_it_is_sent_is_left_out_and_takes_nobody_along(picky: Picky) -> None:
    budget = Gate()
    async with hearing(picky, budget) as directory:
        first, second = [asyncio.create_task(outcome(directory.dismiss_risk(person))) for person in (ANN, BEN)]
        await settled()
        first.cancel()
        await settled()
        budget.open.set()
        assert await second == "ok"
    assert first.cancelled()
    assert picky.sent == [[BEN]]


async def test_when_all_have_left_nothing_is_sent(picky: Picky) -> None:
    budget = Gate()
    async with hearing(picky, budget) as directory:
        wish = asyncio.create_task(outcome(directory.dismiss_risk(ANN)))
        await settled()
        wish.cancel()
        budget.open.set()
        await settled()
        assert await outcome(directory.dismiss_risk(BEN)) == "ok"
    assert picky.sent == [[BEN]]


async def test_who_leaves_after_it_was_sent_takes_nobody_along(picky: Picky) -> None:
    picky.answering.clear()
    async with hearing(picky) as directory:
        first, second = [asyncio.create_task(outcome(directory.dismiss_risk(person))) for person in (ANN, BEN)]
        async with asyncio.timeout(5):
            while not picky.sent:
                await asyncio.sleep(0.01)
        first.cancel()
        picky.answering.set()
        assert await second == "ok"
    assert picky.sent == [[ANN, BEN]]


async def test_a_process_that_stops_says_what_it_knows(picky: Picky) -> None:
    """Only what was not sent is told as not done."""
    budget = Gate()
    picky.answering.clear()
    async with hearing(picky, budget) as directory:
        said = []
        for sent in (False, True):
            wish = asyncio.create_task(outcome(directory.dismiss_risk(ANN)))
            await settled()
            if sent:
                budget.open.set()
                async with asyncio.timeout(5):
                    while not picky.sent:
                        await asyncio.sleep(0.01)
            for task in directory._protection.dismissals._tasks:
                task.cancel()
            said.append(await wish)
        picky.answering.set()
    assert said == ["Unavailable", "AnswerLost"]
