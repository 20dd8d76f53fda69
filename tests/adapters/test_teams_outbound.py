"""Messages to the Bot connector over real HTTP: what each answer of Teams means, and where no token ever goes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.core.errors import AnswerLost, Closed, Missing, Rejected, Unavailable
from bot.core.model import Chat
from bot.teams import outbound
from bot.teams.limits import Limiter
from bot.teams.outbound import Connector
from playground.replicas import free_port
from tests.adapters.edge import ANN, APP, TENANT, cloud_at

CARD = {"type": "message", "summary": "s", "attachments": [{"contentType": "x", "content": {}}]}


class Tokens:
    """The bot's tokens; a new one after each that was not accepted."""

    app_id, tenant = APP, TENANT

    def __init__(self) -> None:
        self.number = 1

    async def get(self, _: str) -> str:
        return f"token-{self.number}"

    async def forget(self, _: str) -> None:
        self.number += 1


@dataclass
class Line:
    """A connector that answers as told, and what it heard."""

    connector: Connector
    chat: Chat
    heard: list[tuple[str, str, Any, str]] = field(default_factory=list)
    answers: list[Callable[[], web.StreamResponse]] = field(default_factory=list)
    hang: float = 0.0
    cut: bool = False

    async def hear(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else None
        self.heard.append((request.method, request.raw_path, body, request.headers["Authorization"]))
        await asyncio.sleep(self.hang)
        if self.cut and request.transport is not None:
            request.transport.close()
        if self.answers:
            return self.answers.pop(0)()
        return web.json_response({"id": f"m{len(self.heard)}"}, status=201)


def says(status: int, code: str = "", **headers: str) -> Callable[[], web.StreamResponse]:
    body = {"error": {"code": code, "message": "the message of Teams"}}
    return lambda: web.json_response(body, status=status, headers=headers)


@asynccontextmanager
async def line(**how: Any) -> AsyncIterator[Line]:
    app = web.Application()
    async with aiohttp.ClientSession() as session:
        holder: list[Line] = []

        async def hear(request: web.Request) -> web.StreamResponse:
            return await holder[0].hear(request)

        app.router.add_route("*", "/connector/{path:.*}", hear)
        async with TestServer(app) as server:
            url = str(server.make_url("/connector/"))
            cloud = cloud_at("http://127.0.0.1", service=(url,))
            tokens: Any = Tokens()
            connector = Connector(session=session, tokens=tokens, cloud=cloud, **how)
            holder.append(Line(connector, Chat(TENANT, "a:x/1;m=2", url, personal=True)))
            yield holder[0]


async def test_posting_changing_and_deleting() -> None:
    async with line() as teams:
        assert await teams.connector.post(teams.chat, CARD) == "m1"
        await teams.connector.update(teams.chat, "17", CARD)
        await teams.connector.delete(teams.chat, "17")
        (post, put, delete) = teams.heard
        assert post[:2] == ("POST", "/connector/v3/conversations/a%3Ax%2F1%3Bm%3D2/activities")
        assert post[2]["from"] == {"id": f"28:{APP}"}
        assert post[2]["attachments"] == CARD["attachments"]
        assert post[3] == "Bearer token-1"
        assert put[:2] == ("PUT", "/connector/v3/conversations/a%3Ax%2F1%3Bm%3D2/activities/17")
        assert put[2]["id"] == "17"
        assert delete[0] == "DELETE"


async def test_a_thread_and_a_private_chat() -> None:
    async with line() as teams:
        made = {"id": "19:help@thread.tacv2;messageid=77", "activityId": "77"}
        teams.answers = [
            lambda: web.json_response(made, status=201),
            lambda: web.json_response({"id": "a:ann"}, status=201),
        ]
        thread, first = await teams.connector.post_in_channel(TENANT, "19:help@thread.tacv2", CARD)
        assert (thread.id, thread.personal, first) == ("19:help@thread.tacv2;messageid=77", False, "77")
        chat = await teams.connector.open_private(TENANT, ANN)
        assert (chat.id, chat.personal, chat.tenant) == ("a:ann", True, TENANT)
        assert teams.heard[0][2]["channelData"]["channel"] == {"id": "19:help@thread.tacv2"}
        assert teams.heard[1][2]["members"] == [{"id": ANN}]
        assert teams.heard[1][2]["isGroup"] is False


@pytest.mark.parametrize(
    ("page", "tenants"),
    [
        (
            {"members": [{"id": "29:a", "tenantId": TENANT.upper()}, {"tenantId": "other"}, {"id": "29:b"}]},
            {"other", TENANT},
        ),
        ({"members": [None, {"tenantId": 5}]}, set()),
        ({"members": "x"}, set()),
        ({}, set()),
    ],
)
async def test_who_is_in_a_channel_is_known_by_tenant(page: Any, tenants: set[str]) -> None:
    async with line() as teams:
        teams.answers = [lambda: web.json_response(page)]
        assert await teams.connector.channel_there(TENANT, "19:help@thread.tacv2") == tenants


async def test_no_token_goes_to_another_address_or_tenant() -> None:
    async with line() as teams:
        strange = [
            replace(teams.chat, service_url="http://127.0.0.1:9/connector/"),
            replace(teams.chat, service_url=teams.chat.service_url.replace("connector", "elsewhere")),
            replace(teams.chat, service_url=""),
            replace(teams.chat, tenant=TENANT.replace("b", "f")),
        ]
        for chat in strange:
            with pytest.raises(Rejected):
                await teams.connector.post(chat, CARD)
            with pytest.raises(Rejected):
                await teams.connector.update(chat, "1", CARD)
            with pytest.raises(Rejected):
                await teams.connector.delete(chat, "1")
        assert teams.heard == []


@pytest.mark.parametrize("name", ["", ".", ".."])
async def test_an_id_is_one_part_of_a_path(name: str) -> None:
    async with line() as teams:
        with pytest.raises(Rejected):
            await teams.connector.delete(teams.chat, name)
        with pytest.raises(Rejected):
            await teams.connector.post(replace(teams.chat, id=name), CARD)
        await teams.connector.delete(teams.chat, "../../x?y#z")
        assert teams.heard[0][1].endswith("/activities/..%2F..%2Fx%3Fy%23z")
        await teams.connector.delete(teams.chat, "a~b_c.d-1%2f ü\t")
        assert teams.heard[1][1].endswith("/activities/a~b_c.d-1%252f%20%C3%BC%09")


async def test_a_redirect_is_not_followed() -> None:
    async with line() as teams:
        teams.answers = [lambda: web.Response(status=307, headers={"Location": "http://127.0.0.1:9/"})]
        with pytest.raises(Rejected):
            await teams.connector.post(teams.chat, CARD)
        assert len(teams.heard) == 1


async def test_a_token_that_is_not_accepted_is_renewed_once() -> None:
    async with line() as teams:
        teams.answers = [says(401, "BotNotRegistered")]
        assert await teams.connector.post(teams.chat, CARD) == "m2"
        assert [heard[3] for heard in teams.heard] == ["Bearer token-1", "Bearer token-2"]
        teams.answers = [says(401), says(401)]
        with pytest.raises(Rejected):
            await teams.connector.post(teams.chat, CARD)
        assert len(teams.heard) == 4


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "BadArgument", Rejected),
        (403, "BotDisabledByAdmin", Closed),
        (403, "BotNotInConversationRoster", Closed),
        (403, "ConversationBlockedByUser", Closed),
        (403, "NotEnoughPermissions", Rejected),
        (404, "ConversationNotFound", Closed),
        (412, "PreconditionFailed", Unavailable),
        (413, "MessageSizeTooBig", Rejected),
        (429, "Throttled", Unavailable),
        (500, "ServiceError", AnswerLost),
        (502, "", AnswerLost),
        (503, "", Unavailable),
        (504, "", AnswerLost),
        (501, "NotImplemented", Rejected),
    ],
)
async def test_what_the_answer_to_a_new_message_means(status: int, code: str, error: type[Exception]) -> None:
    async with line() as teams:
        teams.answers = [says(status, code)]
        with pytest.raises(error) as caught:
            await teams.connector.post(teams.chat, CARD)
        assert type(caught.value) is error
        assert len(teams.heard) == 1
        assert "message of Teams" not in str(caught.value)
        if isinstance(caught.value, Rejected):
            assert caught.value.code == code


@pytest.mark.parametrize("status", [408, 412, 429, 500, 502, 503, 504])
async def test_a_change_that_got_no_answer_may_be_made_again(status: int) -> None:
    async with line() as teams:
        teams.answers = [says(status), says(status)]
        with pytest.raises(Unavailable):
            await teams.connector.update(teams.chat, "17", CARD)
        with pytest.raises(Unavailable):
            await teams.connector.delete(teams.chat, "17")


async def test_deleting_what_is_gone_is_no_error_and_changing_it_is() -> None:
    async with line() as teams:
        teams.answers = [says(404, "ActivityNotFoundInConversation"), says(404, "ActivityNotFoundInConversation")]
        await teams.connector.delete(teams.chat, "17")
        with pytest.raises(Missing):
            await teams.connector.update(teams.chat, "17", CARD)


@pytest.mark.parametrize(("told", "wait"), [("7", 7.0), ("0", 0.1), ("x", 2.0), (None, 2.0), ("999999", 3600.0)])
async def test_teams_says_how_long_to_wait(told: str | None, wait: float) -> None:
    async with line() as teams:
        teams.answers = [says(429, "Throttled", **({"Retry-After": told} if told else {}))]
        with pytest.raises(Unavailable) as caught:
            await teams.connector.post(teams.chat, CARD)
        assert caught.value.retry_after == wait


async def test_a_cut_connection_and_a_late_answer_are_lost_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "DEADLINE", aiohttp.ClientTimeout(total=0.2, connect=0.1))
    async with line() as teams:
        teams.cut = True
        with pytest.raises(AnswerLost):
            await teams.connector.post(teams.chat, CARD)
        with pytest.raises(Unavailable):
            await teams.connector.update(teams.chat, "17", CARD)
        teams.cut, teams.hang = False, 0.5
        with pytest.raises(AnswerLost):
            await teams.connector.post(teams.chat, CARD)
        with pytest.raises(Unavailable):
            await teams.connector.delete(teams.chat, "17")


async def test_a_connector_nobody_reaches_got_nothing() -> None:
    async with line() as teams:
        url = f"http://127.0.0.1:{free_port()}/"
        async with aiohttp.ClientSession() as session:
            tokens: Any = Tokens()
            alone = Connector(session=session, tokens=tokens, cloud=cloud_at("http://127.0.0.1", service=(url,)))
            with pytest.raises(Unavailable):
                await alone.post(replace(teams.chat, service_url=url), CARD)


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"id": 5}', "<html>"])
@pytest.mark.parametrize("status", [200, 201, 202])
async def test_a_message_that_was_taken_is_sent_whether_it_has_a_name_or_not(status: int, body: str) -> None:
    async with line() as teams:
        teams.answers = [lambda: web.Response(status=status, text=body)] * 3
        assert await teams.connector.post(teams.chat, CARD) == ""
        channel = "19:help@thread.tacv2"
        thread, first = await teams.connector.post_in_channel(TENANT, channel, CARD)
        assert (thread.id, thread.personal, first) == (channel, False, "")
        await teams.connector.update(teams.chat, "17", CARD)
        assert len(teams.heard) == 3


@pytest.mark.parametrize("body", ["", "{}", '{"id": ""}'])
async def test_a_private_chat_without_a_name_is_asked_for_again(body: str) -> None:
    async with line() as teams:
        teams.answers = [lambda: web.Response(status=202, text=body)]
        with pytest.raises(Unavailable):
            await teams.connector.open_private(TENANT, ANN)


async def test_what_is_opened_and_has_others_in_it_is_no_private_chat() -> None:
    async with line() as teams:
        teams.answers = [lambda: web.json_response({"id": "19:meeting_x@thread.v2"}, status=201)]
        with pytest.raises(Rejected):
            await teams.connector.open_private(TENANT, ANN)


async def test_whether_a_chat_takes_anything_is_found_out_without_a_message() -> None:
    async with line() as teams:
        teams.answers = [lambda: web.json_response({}, status=202), says(404, "ConversationNotFound"), says(503)]
        await teams.connector.typing(teams.chat)
        method, path, body, _ = teams.heard[0]
        assert (method, path) == ("POST", "/connector/v3/conversations/a%3Ax%2F1%3Bm%3D2/activities")
        assert (body["type"], body["conversation"]) == ("typing", {"id": teams.chat.id})
        with pytest.raises(Missing):
            await teams.connector.typing(teams.chat)
        with pytest.raises(Unavailable):
            await teams.connector.typing(teams.chat)


async def test_a_message_too_large_for_teams_is_not_sent() -> None:
    async with line() as teams:
        with pytest.raises(Rejected) as caught:
            await teams.connector.post(teams.chat, {"text": "x" * 110_000})
        assert caught.value.code == "MessageSizeTooBig"
        assert teams.heard == []


async def test_a_burst_waits_instead_of_being_throttled() -> None:
    async with line() as teams:
        started = time.monotonic()
        await asyncio.gather(*(teams.connector.post(teams.chat, CARD) for _ in range(8)))
        burst = time.monotonic() - started
        assert burst >= 0.95
        other = replace(teams.chat, id="a:other")
        started = time.monotonic()
        await teams.connector.post(other, CARD)
        assert time.monotonic() - started < burst


async def test_what_would_wait_too_long_comes_again_later() -> None:
    now = [0.0]
    limiter = Limiter(now=lambda: now[0], patience=0.0)
    for _ in range(20):
        for _ in range(3):
            await limiter.turn("c")
        now[0] += 1.2
    with pytest.raises(Unavailable) as caught:
        await limiter.turn("c")
    assert caught.value.retry_after == pytest.approx(30 - 24.0, abs=0.01)
    now[0] += caught.value.retry_after or 0
    await limiter.turn("c")


async def test_no_window_is_ever_overrun() -> None:
    now = [0.0]
    limiter = Limiter(now=lambda: now[0], patience=0.0)
    sent: list[float] = []
    for _ in range(4000):
        try:
            await limiter.turn("c")
            sent.append(now[0])
        except Unavailable as error:
            now[0] += error.retry_after or 0
    for count, seconds in ((7, 1.0), (8, 2.0), (60, 30.0), (1800, 3600.0)):
        assert all(sent[i + count] - sent[i] >= seconds - 1e-6 for i in range(len(sent) - count))
