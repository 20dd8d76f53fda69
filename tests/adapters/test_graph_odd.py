"""Answers of Graph that are odd or hostile: nothing leaks, nothing is sent twice, no token goes elsewhere."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.core.directory import Manager
from bot.core.errors import AnswerLost, DeskError, Rejected, Unavailable
from bot.graph.directory import GraphDirectory
from bot.graph.faults import retry_after
from tests.adapters.answers import ANN, HOUR, MADE, PASS, VALUE, Json, Server, hearing


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
async def directory(server: Server) -> AsyncIterator[GraphDirectory]:
    async with hearing(server) as made:
        yield made


@pytest.mark.parametrize(
    "text", ["", "{", f'{{"id":"{PASS}","temporaryAccessPass":"{VALUE}"', f'"{VALUE}"', "[]", "null"]
)
async def test_an_answer_to_a_write_that_cannot_be_read_is_lost_and_leaks_nothing(
    server: Server, directory: GraphDirectory, text: str, caplog: pytest.LogCaptureFixture, capsys: Any
) -> None:
    server.status, server.text = 201, text
    with caplog.at_level(logging.DEBUG), pytest.raises(DeskError) as caught:
        await directory.issue_pass(ANN, HOUR, one_time=True)
    assert isinstance(caught.value, AnswerLost)
    assert caught.value.__context__ is None
    assert VALUE not in caplog.text + str(capsys.readouterr())


async def test_a_pass_made_well_is_in_no_log(
    server: Server, directory: GraphDirectory, caplog: pytest.LogCaptureFixture, capsys: Any
) -> None:
    server.status, server.body = 201, MADE
    with caplog.at_level(logging.DEBUG):
        issued = await directory.issue_pass(ANN, HOUR, one_time=True)
    assert issued.secret.reveal() == VALUE
    assert VALUE not in caplog.text + str(capsys.readouterr()) + repr(issued)


async def test_a_503_that_is_not_graphs_own_says_nothing_about_a_write(
    server: Server, directory: GraphDirectory
) -> None:
    server.status, server.text = 503, "<html>upstream</html>"
    with pytest.raises(AnswerLost):
        await directory.issue_pass(ANN, HOUR, one_time=True)
    with pytest.raises(Unavailable):
        await directory.account(ANN)


CHALLENGE = {"WWW-Authenticate": 'Bearer realm="", error="insufficient_claims", claims="eyJ"'}
UNAUTHORIZED = {"error": {"code": "InvalidAuthenticationToken", "message": "TokenIssuedBeforeRevocationTimestamp"}}


async def test_a_challenge_gets_a_new_token_for_a_read_once(server: Server, directory: GraphDirectory) -> None:
    server.status, server.body, server.headers = 401, UNAUTHORIZED, CHALLENGE
    with pytest.raises(Unavailable):
        await directory.account(ANN)
    assert server.tokens == ["Bearer token-0", "Bearer token-1"]


async def test_a_challenge_never_makes_the_sdk_repeat_a_write(server: Server, directory: GraphDirectory) -> None:
    server.status, server.body, server.headers = 401, UNAUTHORIZED, CHALLENGE
    with pytest.raises(Unavailable):
        await directory.issue_pass(ANN, HOUR, one_time=True)
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_no_redirect_is_followed(server: Server, directory: GraphDirectory, status: int) -> None:
    server.status, server.body, server.headers = status, {}, {"Location": "/elsewhere"}
    server.deleted = status
    with pytest.raises(AnswerLost):
        await directory.revoke_sessions(ANN)
    with pytest.raises(AnswerLost):
        await directory.delete_pass(ANN, PASS)
    with pytest.raises(DeskError):
        await directory.account(ANN)
    assert all(path != "/elsewhere" for _, path in server.asked)


async def test_a_link_that_leads_away_from_graph_gets_no_token(server: Server, directory: GraphDirectory) -> None:
    server.body = {"value": [], "@odata.nextLink": "http://127.0.0.1:9/v1.0/users"}
    with pytest.raises(Rejected) as caught:
        await directory.passes(ANN)
    assert caught.value.code == "foreign_link"


async def test_pages_without_end_are_unknown(server: Server, directory: GraphDirectory) -> None:
    base = str(directory._graph.request_adapter.base_url)
    server.body = {"value": [], "@odata.nextLink": f"{base}/users/{ANN}/authentication/temporaryAccessPassMethods?more"}
    with pytest.raises(Unavailable):
        await directory.passes(ANN)
    assert len(server.asked) < 30


@pytest.mark.parametrize("body", [{}, {"value": None}])
async def test_a_list_that_is_not_there_is_not_an_empty_one(
    server: Server, directory: GraphDirectory, body: Json
) -> None:
    server.body = body
    for question in (directory.passes, directory.standing):
        with pytest.raises(Rejected):
            await question(ANN)
    with pytest.raises(Rejected):
        await directory.groups(ANN, frozenset({PASS}))


@pytest.mark.parametrize("body", [[], "text", {"value": ["x"]}, {"value": [[]]}, {"value": [None]}])
async def test_what_is_no_object_is_not_an_empty_one(server: Server, directory: GraphDirectory, body: object) -> None:
    server.body = body
    with pytest.raises(Unavailable):
        await directory.passes(ANN)


@pytest.mark.parametrize("odd", [{}, None, 7, ["x"]])
async def test_a_group_that_has_no_name_is_no_answer(server: Server, directory: GraphDirectory, odd: object) -> None:
    server.body = {"value": [PASS, odd]}
    with pytest.raises(Rejected):
        await directory.groups(ANN, frozenset({PASS}))


async def test_sessions_not_revoked_are_told(server: Server, directory: GraphDirectory) -> None:
    server.body = {"value": False}
    with pytest.raises(Rejected):
        await directory.revoke_sessions(ANN)


async def test_graphs_words_reach_no_exception(server: Server, directory: GraphDirectory) -> None:
    message = "ann@contoso.example\r\nhas no mailbox"
    server.status, server.body = 400, {"error": {"code": "Request_BadRequest\r\n", "message": message}}
    with pytest.raises(Rejected) as caught:
        await directory.account(ANN)
    assert caught.value.code == "Request_BadRequest"
    assert str(caught.value) == "account: 400 Request_BadRequest"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5", 5),
        ("0", 0),
        ("soon", None),
        ("", None),
        ("-1", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("\u0665", None),
    ],
)
def test_when_to_come_back_is_read_from_the_header(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text}) == seconds
    assert retry_after(None) is None


async def test_a_404_that_is_not_graphs_own_says_nothing_of_a_manager(
    server: Server, directory: GraphDirectory
) -> None:
    server.status, server.text = 404, "<html>upstream</html>"
    with pytest.raises(Unavailable):
        await directory.manager(ANN)


@pytest.mark.parametrize("contact", [{"@odata.type": "#microsoft.graph.orgContact"}, {}])
async def test_a_manager_may_be_a_contact_or_of_no_sort_that_is_told(
    server: Server, directory: GraphDirectory, contact: Json
) -> None:
    server.body = {**contact, "id": PASS, "displayName": "Paula Purchase"}
    assert await directory.manager(ANN) == Manager(PASS, "Paula Purchase")
    server.body = {**contact, "id": PASS, "displayName": None}
    assert await directory.manager(ANN) == Manager(PASS, "")
