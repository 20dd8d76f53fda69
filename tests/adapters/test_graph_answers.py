"""Answers of Graph that leave something out: never taken for a No, never for a Yes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.core.errors import AnswerLost, Rejected
from bot.graph.directory import GraphDirectory
from tests.adapters.answers import ANN, HOUR, MADE, PASS, POLICY, USER, Json, Server, hearing


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
async def directory(server: Server) -> AsyncIterator[GraphDirectory]:
    async with hearing(server) as made:
        yield made


@pytest.mark.parametrize("gone", ["id", "userPrincipalName", "accountEnabled", "userType"])
@pytest.mark.parametrize("how", ["missing", "null"])
async def test_what_is_not_told_is_an_error_and_never_a_no(
    server: Server, directory: GraphDirectory, gone: str, how: str
) -> None:
    server.body = USER | {gone: None} if how == "null" else {k: v for k, v in USER.items() if k != gone}
    with pytest.raises(Rejected) as caught:
        await directory.account(ANN)
    assert caught.value.code == "incomplete"


@pytest.mark.parametrize(
    ("odd", "guest"),
    [
        ({}, False),
        ({"userType": "member"}, False),
        ({"userType": "Guest"}, True),
        ({"userType": "SomethingNew"}, True),
        ({"userPrincipalName": "ann_fabrikam.example#ext#@contoso.example"}, True),
        ({"externalUserState": "PendingAcceptance"}, True),
    ],
)
async def test_whoever_is_not_plainly_a_member_is_a_guest(
    server: Server, directory: GraphDirectory, odd: Json, guest: bool
) -> None:
    server.body = USER | odd
    assert (await directory.account(ANN)).guest is guest


@pytest.mark.parametrize("gone", [name for name in POLICY if name != "isUsableOnce"])
async def test_a_pass_policy_with_a_hole_is_no_policy(server: Server, directory: GraphDirectory, gone: str) -> None:
    server.body = {key: value for key, value in POLICY.items() if key != gone}
    with pytest.raises(Rejected) as caught:
        await directory.pass_policy()
    assert caught.value.code == "incomplete"


async def test_a_pass_policy_without_exclusions_excludes_nobody(server: Server, directory: GraphDirectory) -> None:
    server.body = POLICY
    assert (await directory.pass_policy()).excluded == frozenset()


async def test_a_state_nobody_knows_is_not_enabled(server: Server, directory: GraphDirectory) -> None:
    server.body = POLICY | {"state": "mostly"}
    with pytest.raises(Rejected):
        await directory.pass_policy()


@pytest.mark.parametrize(
    "odd",
    [
        {"isUsable": False, "methodUsabilityReason": "DisabledByPolicy"},
        {"isUsable": None},
        {"temporaryAccessPass": None},
        {"temporaryAccessPass": ""},
        {"createdDateTime": None},
        {"lifetimeInMinutes": None},
    ],
)
async def test_a_pass_that_cannot_be_used_is_deleted_again(
    server: Server, directory: GraphDirectory, odd: Json
) -> None:
    server.status, server.body = 201, MADE | odd
    with pytest.raises(Rejected) as caught:
        await directory.issue_pass(ANN, HOUR, one_time=True)
    assert caught.value.code == "unusable"
    path = f"/v1.0/users/{ANN}/authentication/temporaryAccessPassMethods"
    assert server.asked == [("POST", path), ("DELETE", f"{path}/{PASS}")]


async def test_a_bad_pass_that_stays_is_an_outcome_nobody_knows(server: Server, directory: GraphDirectory) -> None:
    server.status, server.body, server.deleted = 201, MADE | {"isUsable": False}, 500
    with pytest.raises(AnswerLost):
        await directory.issue_pass(ANN, HOUR, one_time=True)
