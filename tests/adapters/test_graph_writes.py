"""The directory by Graph, against the playground's Graph over real HTTP: what it does, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.errors import AnswerLost, NotGranted, Rejected, Throttled, Unavailable
from bot.graph.directory import GraphDirectory
from playground.faults import Fault
from playground.replicas import free_port
from playground.world import World
from tests.adapters.answers import ANN, Free, Server, hearing
from tests.adapters.tenant import cloud_of, contoso, directory_of, tokens_of

HOUR = timedelta(hours=1)
PASSES = "temporaryAccessPassMethods"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with contoso(tmp_path) as made:
        yield made


@pytest.fixture
def seen() -> list[tuple[str, str]]:
    return []


@pytest.fixture
async def directory(world: World, seen: list[tuple[str, str]]) -> AsyncIterator[GraphDirectory]:
    async with directory_of(world, lambda call, outcome, _seconds: seen.append((call, outcome))) as made:
        yield made


async def test_a_pass_is_made_listed_and_deleted(world: World, directory: GraphDirectory) -> None:
    ann = world.people["ann"].id
    issued = await directory.issue_pass(ann, HOUR, one_time=True)
    assert issued.secret.reveal() == world.graph.issued[0].value
    assert issued.secret.reveal() not in repr(issued)
    assert issued.found.usable
    assert abs(issued.found.expires_at - issued.found.created_at - HOUR) < timedelta(seconds=1)
    assert await directory.passes(ann) == (issued.found,)
    assert world.graph.passes["ann"].one_time
    await directory.delete_pass(ann, issued.found.id)
    await directory.delete_pass(ann, issued.found.id)
    assert await directory.passes(ann) == ()


async def test_a_used_pass_says_so(world: World, directory: GraphDirectory) -> None:
    ann = world.people["ann"].id
    issued = await directory.issue_pass(ann, HOUR, one_time=True)
    world.graph.use("ann", issued.secret.reveal())
    [found] = await directory.passes(ann)
    assert (found.usable, found.usability) == (False, "OneTimeUsed")


@pytest.mark.parametrize(("who", "code"), [("tess", "out_of_policy"), ("gus", "guest")])
async def test_what_graph_says_only_in_words_has_a_code(
    world: World, directory: GraphDirectory, who: str, code: str
) -> None:
    with pytest.raises(Rejected) as caught:
        await directory.issue_pass(world.people[who].id, HOUR, one_time=True)
    assert caught.value.code == code
    assert "UserCredentialPolicy" not in str(caught.value)


async def test_without_the_permission_graph_says_no(world: World, directory: GraphDirectory) -> None:
    world.graph.granted.discard("UserAuthMethod-TAP.ReadWrite.All")
    with pytest.raises(Rejected) as caught:
        await directory.issue_pass(world.people["ann"].id, HOUR, one_time=True)
    assert isinstance(caught.value, NotGranted)
    assert caught.value.code == "no_permission"


@pytest.mark.parametrize("body", ["", "<html>too many</html>", '{"error":{"code":"TooManyRequests","message":""}}'])
async def test_too_many_is_a_wait_whoever_says_it(body: str) -> None:
    """A bare 429, a gateway's, ended the request as "not permitted"."""
    async with hearing(Server(status=429, text=body)) as directory:
        with pytest.raises(Throttled):
            await directory.issue_pass(ANN, HOUR, one_time=True)


@pytest.mark.parametrize("status", [501, 505])
async def test_what_graph_never_does_is_no_outage(status: int) -> None:
    async with hearing(Server(status=status, body={"error": {"code": "notImplemented", "message": ""}})) as directory:
        for call in (directory.issue_pass(ANN, HOUR, one_time=True), directory.passes(ANN)):
            with pytest.raises(Rejected):
                await call


async def test_a_lifetime_the_policy_no_longer_allows_has_a_word(world: World, directory: GraphDirectory) -> None:
    world.graph.policy.maximum = 30
    with pytest.raises(Rejected) as caught:
        await directory.issue_pass(world.people["ann"].id, HOUR, one_time=True)
    assert caught.value.code == "lifetime"


async def test_a_lost_answer_is_told_and_nothing_is_sent_twice(
    world: World, directory: GraphDirectory, seen: list[tuple[str, str]]
) -> None:
    world.faults.add(Fault("graph", f"POST .*{PASSES}", "lost"))
    with pytest.raises(AnswerLost):
        await directory.issue_pass(world.people["ann"].id, HOUR, one_time=True)
    assert len(world.graph.issued) == 1
    assert len(world.journal.of("graph", "POST", PASSES)) == 1
    assert seen == [("issue_pass", "lost")]


@pytest.mark.parametrize("status", [500, 502, 504, 408])
async def test_a_gateway_that_gave_up_leaves_a_write_unknown(
    world: World, directory: GraphDirectory, status: int
) -> None:
    world.faults.add(Fault("graph", f"POST .*{PASSES}", "error", status=status))
    with pytest.raises(AnswerLost):
        await directory.issue_pass(world.people["ann"].id, HOUR, one_time=True)
    assert len(world.journal.of("graph", "POST", PASSES)) == 1


@pytest.mark.parametrize(
    ("fault", "after"),
    [
        (Fault("graph", PASSES, "throttle", seconds=1), 1.0),
        (Fault("graph", PASSES, "throttle_bare"), None),
        (Fault("graph", PASSES, "unavailable"), None),
    ],
)
async def test_a_write_that_was_not_let_in_was_not_done(
    world: World, directory: GraphDirectory, fault: Fault, after: float | None
) -> None:
    world.faults.add(fault)
    with pytest.raises(Unavailable) as caught:
        await directory.issue_pass(world.people["ann"].id, HOUR, one_time=True)
    assert caught.value.retry_after == after
    assert world.graph.issued == []
    assert len(world.journal.of("graph", "POST", PASSES)) == 1


async def test_a_slow_write_is_a_lost_answer(
    world: World, directory: GraphDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.graph.calls.WRITE_LIMIT", 0.2)
    world.faults.add(Fault("graph", f"POST .*{PASSES}", "slow", seconds=0.6))
    with pytest.raises(AnswerLost):
        await directory.issue_pass(world.people["ann"].id, HOUR, one_time=True)


async def test_a_token_graph_no_longer_takes_stops_a_write_which_may_then_be_repeated(
    world: World, directory: GraphDirectory
) -> None:
    ann = world.people["ann"].id
    await directory.passes(ann)
    world.keys.roll("entra", keep_old=False)
    with pytest.raises(Unavailable):
        await directory.issue_pass(ann, HOUR, one_time=True)
    assert world.graph.issued == []
    assert (await directory.issue_pass(ann, HOUR, one_time=True)).found.usable


async def test_without_a_token_nothing_is_sent_and_nothing_is_lost(world: World, directory: GraphDirectory) -> None:
    world.faults.add(Fault("entra", "/token", "unavailable"))
    with pytest.raises(Unavailable):
        await directory.issue_pass(world.people["ann"].id, HOUR, one_time=True)
    assert world.journal.of("graph") == []


async def test_graph_out_of_reach_is_unavailable_not_lost(world: World) -> None:
    cloud = replace(cloud_of(world), graph=f"http://127.0.0.1:{free_port()}/graph")
    directory = GraphDirectory(
        cloud=cloud,
        tokens=tokens_of(world, cloud),
        clock=world.clock,
        budget=Free(),
        reports=Free(),
        attribute_set="Vouchsafe",
    )
    with pytest.raises(Unavailable):
        await directory.issue_pass(world.people["ann"].id, HOUR, one_time=True)
    await directory.close()


async def test_sessions_are_revoked(world: World, directory: GraphDirectory) -> None:
    await directory.revoke_sessions(world.people["ann"].id)
    assert [done.person for done in world.graph.revoked] == ["ann"]
