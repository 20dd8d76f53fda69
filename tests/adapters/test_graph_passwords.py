"""Passwords and domains by Graph: a password is sent once, is nowhere else, and only where it would be one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import AnswerLost, DeskError, Rejected, Unavailable
from bot.core.model import Secret
from bot.graph import permissions
from bot.graph.directory import GraphDirectory
from playground.faults import Fault
from playground.world import World
from tests.adapters.answers import ANN, Server, hearing
from tests.adapters.tenant import contoso, directory_of

GOOD = "Tr4velling-otter-quilt"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with contoso(tmp_path) as made:
        made.graph.granted |= set(permissions.OF_KINDS)
        yield made


@pytest.fixture
async def directory(world: World) -> AsyncIterator[GraphDirectory]:
    async with directory_of(world) as made:
        yield made


@pytest.mark.parametrize("change_next", [True, False])
async def test_a_password_is_set_once_and_the_account_tells_when(
    world: World, directory: GraphDirectory, change_next: bool
) -> None:
    ann = world.people["ann"].id
    before = (await directory.account(ann)).password_changed_at
    world.clock.advance(timedelta(days=1))
    await directory.set_password(ann, Secret(GOOD), change_next=change_next)
    held = world.graph.passwords["ann"]
    assert (held.value, held.must_change, held.with_mfa) == (GOOD, change_next, False)
    after = (await directory.account(ann)).password_changed_at
    assert before is not None
    assert after is not None
    assert after - before >= timedelta(days=1)
    assert len(world.journal.of("graph", "PATCH")) == 1


async def test_signing_out_everywhere_shows_on_the_account(world: World, directory: GraphDirectory) -> None:
    ann = world.people["ann"].id
    before = (await directory.account(ann)).sessions_from
    world.clock.advance(timedelta(days=1))
    await directory.revoke_sessions(ann)
    after = (await directory.account(ann)).sessions_from
    assert after is not None
    assert before is None or after > before


async def test_only_the_password_is_in_the_call() -> None:
    server = Server(status=204)
    async with hearing(server) as directory:
        await directory.set_password(ANN, Secret(GOOD), change_next=True)
    assert server.asked == [("PATCH", f"/v1.0/users/{ANN}")]
    [sent] = server.sent
    assert sent.pop("@odata.type") == "#microsoft.graph.user"
    assert sent == {"passwordProfile": {"password": GOOD, "forceChangePasswordNextSignIn": True}}


@pytest.mark.parametrize("weak", ["short", "lowercaseonly", "Contoso-2026!"])
async def test_a_password_entra_does_not_take_has_a_word(world: World, directory: GraphDirectory, weak: str) -> None:
    with pytest.raises(Rejected) as caught:
        await directory.set_password(world.people["ann"].id, Secret(weak), change_next=True)
    assert caught.value.code == "password_rule"


@pytest.mark.parametrize(
    "message",
    [
        "The property complexity does not exist.",
        "",
    ],
)
async def test_another_400_is_not_the_passwords_fault(message: str) -> None:
    server = Server(status=400, body={"error": {"code": "Request_BadRequest", "message": message}})
    async with hearing(server) as directory:
        with pytest.raises(Rejected) as caught:
            await directory.set_password(ANN, Secret(GOOD), change_next=True)
    assert caught.value.code == "Request_BadRequest"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Unable to update the specified properties for on-premises mastered Directory Sync objects.", "synced"),
        ("The password of a user who signs in with another identity provider cannot be updated.", "federated"),
        ("Password cannot contain user name.", "password_rule"),
        ("The password has been used before.", "password_rule"),
        ("Das Kennwort ist falsch (InvalidPassword).", "password_rule"),
    ],
)
async def test_a_password_that_is_not_taken_has_a_word_in_whatever_words(message: str, code: str) -> None:
    async with hearing(Server(status=400, body={"error": {"code": "x", "message": message}})) as directory:
        with pytest.raises(Rejected) as caught:
            await directory.set_password(ANN, Secret(GOOD), change_next=True)
    assert caught.value.code == code


async def test_what_is_said_of_a_password_elsewhere_is_not_taken_for_that() -> None:
    message = "The specified password does not comply with password complexity requirements."
    async with hearing(Server(status=400, body={"error": {"code": "x", "message": message}})) as directory:
        with pytest.raises(Rejected) as caught:
            await directory.account(ANN)
    assert caught.value.code == "x"


async def test_an_administrators_password_is_not_ours(world: World, directory: GraphDirectory) -> None:
    with pytest.raises(Rejected) as caught:
        await directory.set_password(world.people["dora"].id, Secret(GOOD), change_next=True)
    assert caught.value.code == "no_permission"


async def test_a_lost_answer_is_told_and_the_password_not_set_twice(world: World, directory: GraphDirectory) -> None:
    world.faults.add(Fault("graph", "PATCH /", "lost"))
    with pytest.raises(AnswerLost):
        await directory.set_password(world.people["ann"].id, Secret(GOOD), change_next=True)
    assert len(world.journal.of("graph", "PATCH")) == 1
    assert world.graph.passwords["ann"].value == GOOD


@pytest.mark.parametrize(
    ("status", "text"), [(204, None), (400, f'{{"error":{{"code":"x","message":"{GOOD}"}}}}'), (200, f'{{"p":"{GOOD}')]
)
async def test_a_password_is_in_no_log_and_no_error(
    status: int, text: str | None, caplog: pytest.LogCaptureFixture, capsys: Any
) -> None:
    async with hearing(Server(status=status, text=text)) as directory:
        with caplog.at_level(logging.DEBUG):
            [said] = await asyncio.gather(
                directory.set_password(ANN, Secret(GOOD), change_next=True), return_exceptions=True
            )
    assert isinstance(said, DeskError) is (status != 204)
    assert said is None or said.__context__ is None
    assert GOOD not in caplog.text + str(capsys.readouterr()) + repr(said) + repr(getattr(said, "__dict__", ""))


async def test_a_federated_domain_is_told_from_ours(world: World, directory: GraphDirectory) -> None:
    assert await directory.federated(world.people["fed"].upn) is True
    assert await directory.federated(world.people["ann"].upn.upper()) is False


@pytest.mark.parametrize(
    "upn", ["", "ann", "@contoso.example", "ann@", "ann@elsewhere.example", "a@sub.contoso.example"]
)
async def test_a_domain_that_is_not_the_tenants_is_no_answer(directory: GraphDirectory, upn: str) -> None:
    with pytest.raises(Rejected) as caught:
        await directory.federated(upn)
    assert caught.value.code == "unknown_domain"


async def test_domains_are_asked_for_once_in_ten_minutes(world: World, directory: GraphDirectory) -> None:
    for _ in range(2):
        await directory.federated(world.people["ann"].upn)
    assert len(world.journal.of("graph", "GET", "/organization")) == 1
    world.graph.domains["contoso.example"] = "Federated"
    world.clock.advance(timedelta(minutes=10))
    assert await directory.federated(world.people["ann"].upn) is True


async def test_domains_that_could_not_be_had_are_asked_for_again(world: World, directory: GraphDirectory) -> None:
    world.faults.add(Fault("graph", "/organization", "unavailable", times=1))
    with pytest.raises(Unavailable):
        await directory.federated(world.people["ann"].upn)
    assert await directory.federated(world.people["ann"].upn) is False


@pytest.mark.parametrize(
    "domain",
    [{"name": "contoso.example", "type": None}, {"name": None, "type": "Managed"}, {"name": "x", "type": "Sideways"}],
)
async def test_a_domain_that_is_half_told_is_no_answer(domain: Any) -> None:
    good = {"name": "contoso.example", "type": "Managed"}
    async with hearing(Server(body={"value": [{"id": "t", "verifiedDomains": [good, domain]}]})) as directory:
        with pytest.raises(Rejected) as caught:
            await directory.federated("ann@contoso.example")
    assert caught.value.code == "incomplete"
