"""Connections to Graph that end, stall, swell or lead elsewhere: nothing is sent twice, and no token goes along."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.config.cloud import PUBLIC
from bot.core.errors import AnswerLost, DeskError, Unavailable
from bot.core.model import Secret
from bot.graph.directory import GraphDirectory
from bot.graph.faults import Stale
from tests.adapters.answers import ANN, HOUR, PASS, Clock, Counting, Free, Server, hearing

Ask = Callable[[GraphDirectory], Awaitable[object]]
USER = b'{"id":"%s","userPrincipalName":"a@b.c","userType":"Member","accountEnabled":true}' % ANN.encode()
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(USER), USER)
ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"

READS: dict[str, Ask] = {
    "account": lambda d: d.account(ANN),
    "passes": lambda d: d.passes(ANN),
    "risk": lambda d: d.risk(ANN),
}
WRITES: dict[str, Ask] = {
    "POST": lambda d: d.issue_pass(ANN, HOUR, one_time=True),
    "POST without a body": lambda d: d.revoke_sessions(ANN),
    "PATCH": lambda d: d.set_password(ANN, Secret("secret"), change_next=True),
    "DELETE": lambda d: d.delete_pass(ANN, PASS),
}


@dataclass
class Raw:
    """Says `says` to each request and then does `then`; the first request on a connection gets a whole answer."""

    says: bytes = b""
    then: Callable[[asyncio.StreamWriter], Awaitable[None]] | None = None
    kind: bool = True
    asked: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = self.kind
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                size = next((int(x[15:]) for x in head.splitlines() if x.lower().startswith(b"content-length:")), 0)
                await reader.readexactly(size)
                self.asked.append(head.partition(b"\r\n")[0])
                writer.write(WHOLE if first else self.says)
                await writer.drain()
                if not first and self.then is not None:
                    await self.then(writer)
                first = False
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def speaking(raw: Raw) -> AsyncIterator[GraphDirectory]:
    server = await asyncio.start_server(raw.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    cloud = replace(PUBLIC, graph=f"http://127.0.0.1:{port}")
    made = GraphDirectory(
        cloud=cloud, tokens=Counting(), clock=Clock(), budget=Free(), reports=Free(), attribute_set="Vouchsafe"
    )
    try:
        yield made
    finally:
        await made.close()
        server.close()
        await server.wait_closed()


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def reset(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def stall(writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        await asyncio.sleep(0.02)


async def swell(writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        writer.write(b"400\r\n%s\r\n" % (b" " * 1024))
        await writer.drain()


CUTS = {
    "hung up": Raw(b"", hang_up),
    "reset": Raw(b"", reset),
    "in the head": Raw(WHOLE[:30], hang_up),
    "in the body": Raw(WHOLE[:-10], hang_up),
    "no HTTP": Raw(b"220 mail.example ESMTP\r\n\r\n", hang_up),
    "not JSON": Raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n<>"),
    "no type": Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n<>"),
    "a gateway's page": Raw(b"HTTP/1.1 502 Bad\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"),
    "odd error": Raw(b'HTTP/1.1 500 Bad\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{"error":"x"}'),
}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("call", [*READS, *WRITES])
async def test_what_was_cut_off_is_sent_once_and_a_write_is_not_known(cut: str, call: str) -> None:
    if (cut, call) in {("not JSON", "PATCH"), ("not JSON", "DELETE"), ("no type", "PATCH"), ("no type", "DELETE")}:
        return  # Graph said that it is done; there was nothing else to say
    raw = replace(CUTS[cut], asked=[])
    async with speaking(raw) as directory:
        await directory.account(ANN)  # over a connection that then is there already
        with pytest.raises(DeskError) as caught:
            await {**READS, **WRITES}[call](directory)
    assert type(caught.value) is (AnswerLost if call in WRITES else Unavailable)
    assert len(raw.asked) == 2, raw.asked


@pytest.mark.parametrize("says", [b"", WHOLE[:30], WHOLE[:-10]])
async def test_an_answer_that_stalls_anywhere_is_not_waited_for(says: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.graph.calls.READ_LIMIT", 0.1)
    monkeypatch.setattr("bot.graph.calls.WRITE_LIMIT", 0.1)
    raw = Raw(says, stall, kind=False)
    async with speaking(raw) as directory:
        with pytest.raises(Unavailable):
            await directory.account(ANN)
        with pytest.raises(AnswerLost):
            await directory.revoke_sessions(ANN)
    assert len(raw.asked) <= 2, "sent again"  # or not at all, where the machine was slower than the deadline


@pytest.mark.parametrize(("call", "told"), [("account", Unavailable), ("POST", AnswerLost), ("DELETE", AnswerLost)])
async def test_an_answer_without_end_is_cut_off(
    call: str, told: type[DeskError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.graph.adapter.LARGEST", 64 * 1024)
    monkeypatch.setattr("bot.graph.calls.READ_LIMIT", 60.0)
    monkeypatch.setattr("bot.graph.calls.WRITE_LIMIT", 60.0)
    raw = Raw(ENDLESS, swell, kind=False)
    async with speaking(raw) as directory:
        with pytest.raises(told, match="TooLarge"):
            await {**READS, **WRITES}[call](directory)
    assert len(raw.asked) == 1


async def test_what_is_not_told_to_be_json_is_not_read_as_it() -> None:
    raw = Raw(WHOLE.replace(b"application/json", b"text/html"), kind=False)
    async with speaking(raw) as directory:
        with pytest.raises(Unavailable):
            await directory.account(ANN)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_token_follows_a_redirect_to_another_host(status: int) -> None:
    strangers: list[str] = []

    async def stranger(request: web.Request) -> web.Response:
        strangers.append(request.headers.get("Authorization", ""))
        return web.json_response({})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", stranger)
    async with TestServer(app, host="127.0.0.1") as elsewhere:
        where = str(elsewhere.make_url("/v1.0/me"))
        says = f"HTTP/1.1 {status} Moved\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n".encode()
        raw = Raw(says, kind=False)
        async with speaking(raw) as directory:
            for call, ask in {**READS, **WRITES}.items():
                with pytest.raises(AnswerLost if call in WRITES else Unavailable, match="Redirected"):
                    await ask(directory)
    assert strangers == []
    assert len(raw.asked) == len({**READS, **WRITES})


@pytest.mark.parametrize("call", READS)
async def test_whoever_asks_again_has_a_new_token(call: str) -> None:
    server = Server(status=401, body={"error": {"code": "InvalidAuthenticationToken"}})
    async with hearing(server) as directory:
        with pytest.raises(Stale):
            await READS[call](directory)
    assert server.tokens == ["Bearer token-0", "Bearer token-1"]


@pytest.mark.parametrize("call", WRITES)
async def test_a_write_is_not_repeated_for_the_sake_of_a_token(call: str) -> None:
    server = Server(status=401, body={"error": {"code": "InvalidAuthenticationToken"}}, deleted=401)
    async with hearing(server) as directory:
        with pytest.raises(Stale):
            await WRITES[call](directory)
    assert server.tokens == ["Bearer token-0"]
