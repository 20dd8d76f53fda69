"""Proofs of identity as custom security attributes: written as the desk, read only with the token of who looks."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import AnswerLost, DeskError, Missing, Rejected, Unavailable
from bot.core.model import Secret
from bot.graph import permissions
from bot.graph.definitions import define
from bot.graph.directory import GraphDirectory
from playground.entra.tokens import user_token
from playground.faults import Fault
from playground.world import World
from tests.adapters.answers import ANN, Server, hearing
from tests.adapters.tenant import cloud_of, contoso, directory_of, tokens_of

READ = "CustomSecAttributeAssignment.Read.All"
PROOF: dict[str, str | int] = {
    "LastVerifiedAt": "2026-11-20T10:00:00Z",
    "LastVerifiedScore": 87,
    "LastVerifiedRequest": "6f1967b7-15e8-4935-ac26-d50770ed07a7",
}
NAMES: dict[str, type[str | int]] = {"LastVerifiedAt": str, "LastVerifiedScore": int, "LastVerifiedRequest": str}
VALUES = {"@odata.type": "#Microsoft.DirectoryServices.CustomSecurityAttributeValue"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with contoso(tmp_path) as made:
        made.graph.granted |= {*permissions.OF_KINDS, "CustomSecAttributeDefinition.ReadWrite.All"}
        yield made


@pytest.fixture
async def directory(world: World) -> AsyncIterator[GraphDirectory]:
    async with directory_of(world) as made:
        yield made


def token_of(world: World, person: str) -> Secret:
    return Secret(user_token(world, world.people[person], READ))


async def test_a_proof_is_kept_and_comes_back_as_it_was(world: World, directory: GraphDirectory) -> None:
    """Texts that look like a time or an id stay texts."""
    ann, cleo = world.people["ann"].id, token_of(world, "cleo")
    assert await directory.proof_of(ann, cleo) == {}
    for _ in range(2):
        await directory.keep_proof(ann, PROOF)
        found = await directory.proof_of(ann, cleo)
        assert found == PROOF
        assert {name: type(value) for name, value in found.items()} == NAMES


async def test_a_number_says_that_it_is_one() -> None:
    server = Server(status=204)
    async with hearing(server) as directory:
        await directory.keep_proof(ANN, {"Score": 7, "At": "now"})
    ours = {**VALUES, "Score@odata.type": "#Int32", "Score": 7, "At": "now"}
    assert server.asked == [("PATCH", f"/v1.0/users/{ANN}")]
    [sent] = server.sent
    assert sent.pop("@odata.type") == "#microsoft.graph.user"
    assert sent == {"customSecurityAttributes": {"Vouchsafe": ours}}
    [order] = [[*values] for values in sent["customSecurityAttributes"].values()]
    assert order.index("Score@odata.type") + 1 == order.index("Score")


async def test_only_who_may_look_gets_to_see_it(world: World, directory: GraphDirectory) -> None:
    await directory.keep_proof(world.people["ann"].id, PROOF)
    with pytest.raises(Rejected) as caught:
        await directory.proof_of(world.people["ann"].id, token_of(world, "ben"))
    assert caught.value.code == "not_allowed"


async def test_a_proof_is_read_with_the_token_given_and_with_no_other() -> None:
    server = Server(body={"customSecurityAttributes": None})
    async with hearing(server) as directory:
        assert await directory.proof_of(ANN, Secret("theirs")) == {}
        await directory.keep_proof(ANN, PROOF)
    assert server.tokens == ["Bearer theirs", "Bearer token-0"]
    assert server.queries[0] == {"$select": "customSecurityAttributes"}


async def test_a_token_that_is_not_taken_costs_the_app_nothing() -> None:
    server = Server(status=401, body={"error": {"code": "InvalidAuthenticationToken", "message": ""}})
    async with hearing(server) as directory:
        with pytest.raises(Unavailable):
            await directory.proof_of(ANN, Secret("theirs"))
        server.status, server.body = 204, None
        await directory.keep_proof(ANN, PROOF)
    assert server.tokens[-1] == "Bearer token-0"
    assert set(server.tokens[:-1]) == {"Bearer theirs"}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, {}),
        ({"customSecurityAttributes": {}}, {}),
        ({"customSecurityAttributes": {"Engineering": {**VALUES, "Project": "X"}}}, {}),
        ({"customSecurityAttributes": {"Vouchsafe": None}}, {}),
        (
            {"customSecurityAttributes": {"Vouchsafe": {**VALUES, "A@odata.type": "#Int32", "A": 1, "B": "b"}}},
            {"A": 1, "B": "b"},
        ),
        (
            {"customSecurityAttributes": {"Vouchsafe": {"A": ["x"], "B": True, "C": None, "D": 1.5, "E": "e"}}},
            {"E": "e"},
        ),
    ],
)
async def test_of_all_attributes_ours_are_read(body: Any, found: Any) -> None:
    async with hearing(Server(body=body)) as directory:
        assert await directory.proof_of(ANN, Secret("theirs")) == found


@pytest.mark.parametrize("text", ["", "[]", "null", "<html>", '{"customSecurityAttributes":'])
async def test_an_answer_nobody_can_read_is_not_an_empty_one(text: str) -> None:
    async with hearing(Server(text=text)) as directory:
        with pytest.raises(Unavailable):
            await directory.proof_of(ANN, Secret("theirs"))


@pytest.mark.parametrize(("status", "error"), [(404, Missing), (503, Unavailable), (400, Rejected)])
async def test_a_token_is_in_no_log_and_no_error(
    status: int, error: type[DeskError], caplog: pytest.LogCaptureFixture, capsys: Any
) -> None:
    server = Server(status=status, body={"error": {"code": "x", "message": "Bearer s3cret-token"}})
    async with hearing(server) as directory:
        with caplog.at_level(logging.DEBUG), pytest.raises(error) as caught:
            await directory.proof_of(ANN, Secret("s3cret-token"))
    assert server.tokens[0] == "Bearer s3cret-token"
    assert caught.value.__context__ is None
    assert "s3cret" not in caplog.text + str(capsys.readouterr()) + repr(caught.value) + repr(vars(caught.value))


async def test_a_lost_answer_to_keeping_is_told(world: World, directory: GraphDirectory) -> None:
    world.faults.add(Fault("graph", "PATCH /", "lost"))
    with pytest.raises(AnswerLost):
        await directory.keep_proof(world.people["ann"].id, PROOF)
    assert len(world.journal.of("graph", "PATCH")) == 1


async def defined(world: World, attribute_set: str = "Vouchsafe") -> tuple[str, ...]:
    cloud = cloud_of(world)
    return await define(cloud=cloud, tokens=tokens_of(world, cloud), attribute_set=attribute_set, names=NAMES)


async def test_a_tenant_without_our_attributes_gets_them_once(world: World) -> None:
    usual = dict(world.graph.attributes.definitions)
    world.graph.attributes.sets.clear()
    world.graph.attributes.definitions.clear()
    assert await defined(world) == ("Vouchsafe", *usual)
    made = world.graph.attributes.definitions
    assert {name: replace(one, description="") for name, one in made.items()} == {
        name: replace(one, description="") for name, one in usual.items()
    }
    assert await defined(world) == ()


async def test_what_was_made_can_be_written(world: World, directory: GraphDirectory) -> None:
    world.graph.attributes.definitions.clear()
    with pytest.raises(Rejected):
        await directory.keep_proof(world.people["ann"].id, PROOF)
    assert len(await defined(world)) == 3
    await directory.keep_proof(world.people["ann"].id, PROOF)


async def test_a_set_of_another_name_is_another_set(world: World) -> None:
    assert await defined(world, "Identity") == ("Identity", *(f"Identity_{name}" for name in NAMES))


@pytest.mark.parametrize(
    "odd", [{"type": "String"}, {"collection": True}, {"predefined": True}, {"status": "Deprecated"}]
)
async def test_what_is_there_and_is_not_like_ours_is_told(world: World, odd: Any) -> None:
    held = world.graph.attributes.definitions
    held["Vouchsafe_LastVerifiedScore"] = replace(held["Vouchsafe_LastVerifiedScore"], **odd)
    with pytest.raises(Rejected) as caught:
        await defined(world)
    assert caught.value.code == "defined_otherwise"


async def test_whoever_makes_it_meanwhile_is_no_trouble(world: World) -> None:
    """The looks find nothing, then somebody else was faster."""
    world.faults.add(Fault("graph", "GET /.*attributeSets", "error", status=404, times=1))
    assert await defined(world) == ()


async def test_without_the_permission_nothing_is_defined(world: World) -> None:
    world.graph.granted.discard("CustomSecAttributeDefinition.ReadWrite.All")
    with pytest.raises(Rejected) as caught:
        await defined(world)
    assert caught.value.code == "no_permission"
