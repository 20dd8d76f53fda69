"""What comes over a real socket: bodies that are none, that never end, that grow when opened; and HTTP that is none."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import pytest
from structlog.testing import capture_logs

from tests.adapters.edge import activity
from tests.hostile.door import PATH, Door, door

PATIENT: Final = 60.0  # seconds a test waits for what comes at once
SHORT: Final = 0.3  # seconds the bot waits for a body or a head where a test makes it wait
MEGABYTE: Final = 1024 * 1024


def whole(text: str = "cancel", **other: Any) -> bytes:
    return json.dumps(activity(text=text, **other)).encode()


def asking(d: Door, body: bytes = b"", method: str = f"POST {PATH} HTTP/1.1", /, **headers: str | None) -> bytes:
    """A request in bytes: with Teams' own token, so that nothing but its form is against it."""
    told: Mapping[str, str | None] = {
        "Host": "desk.example",
        "Authorization": f"Bearer {d.token()}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [method, *(f"{name}: {value}" for name, value in told.items() if value is not None), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


@asynccontextmanager
async def line(d: Door) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    server = d.client.server
    assert server.port is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def answered(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """One answer: its status and body."""
    async with asyncio.timeout(PATIENT):
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [part for part in head.lower().split(b"\r\n") if part.startswith(b"content-length:")]
        body = await reader.readexactly(int(lengths[0].split(b":")[1])) if lengths else b""
        return int(head.split()[1]), body


async def told(d: Door, sent: bytes) -> int:
    """The status of the one answer to these bytes, 0 where the line was cut without a word."""
    async with line(d) as (reader, writer):
        writer.write(sent)
        try:
            return (await answered(reader))[0]
        except (asyncio.IncompleteReadError, ConnectionError):
            return 0


@asynccontextmanager
async def unmoved(d: Door, caplog: pytest.LogCaptureFixture) -> AsyncIterator[None]:
    """Whatever comes in here reaches nobody and is no error of ours; afterwards the door is as open as before."""
    assert (await d.deliver(activity(text="hi", id="first")))[0] == 200
    before = d.seen
    with capture_logs() as logs, caplog.at_level(logging.WARNING):
        yield
    assert d.seen == before
    assert [entry for entry in logs if entry["log_level"] in {"error", "critical"}] == []
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert (await d.deliver(activity(text="hi", id="last")))[0] == 200


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "a blank": b" ",
    "a nought byte": b"\0",
    "half an object": whole()[:-1],
    "an object and something": whole() + b"{}",
    "two objects": whole() + whole(),
    "a list of one": b"[" + whole() + b"]",
    "text that holds one": json.dumps(whole().decode()).encode(),
    "a byte order mark": b"\xef\xbb\xbf" + whole(),
    "UTF-16": whole().decode().encode("utf-16"),
    "UTF-16 without a mark": whole().decode().encode("utf-16-le"),
    "UTF-32": whole().decode().encode("utf-32"),
    "EBCDIC": whole().decode().encode("cp500"),
    "bad UTF-8": whole("?").replace(b"?", b"\xc3\x28"),
    "UTF-8 written too long": whole("?").replace(b"?", b"\xc0\xaf"),
    "half a character in UTF-8": whole("?").replace(b"?", b"\xed\xa0\x80"),
    "a control character in text": whole("?").replace(b"?", b"\x01"),
    "a line break in text": whole("?").replace(b"?", b"\n"),
    "single quotes": whole().replace(b'"', b"'"),
    "a comment": b"/* hi */" + whole(),
    "a comma too many": whole()[:-1] + b",}",
    "a number that is none": whole()[:-1] + b', "x": NaN}',
    "a number without end": whole()[:-1] + b', "x": -Infinity}',
    "a number with a nought before it": whole()[:-1] + b', "x": 01}',
    "a number of ten thousand digits": whole()[:-1] + b', "x": ' + b"9" * 10_000 + b"}",
    "lists a hundred thousand deep": whole()[:-1] + b', "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "lists that are never closed": b"[" * 200_000,
    "objects forty thousand deep": whole()[:-1] + b', "x": ' + b'{"":' * 40_000 + b"0" + b"}" * 40_000 + b"}",
    "lists just too deep": whole()[:-1] + b', "x": ' + b"[" * 65 + b"]" * 65 + b"}",
    "a form": b"type=message&text=cancel",
    "XML": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]><x>&x;</x>',
    "a pickle": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x07message\x94.",
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_body_that_is_no_activity_is_400(name: str, caplog: pytest.LogCaptureFixture) -> None:
    async with door() as d, unmoved(d, caplog):
        assert await told(d, asking(d, BODIES[name])) == 400


KINDS = (
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/json",
    "application/jsonp",
    "*/*",
)


@pytest.mark.parametrize("kind", [None, "", *KINDS])
async def test_a_body_that_does_not_say_it_is_json_is_415(kind: str | None, caplog: pytest.LogCaptureFixture) -> None:
    async with door() as d, unmoved(d, caplog):
        assert await told(d, asking(d, whole(), Content_Type=kind)) == 415


def deflated(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


PACKED: dict[str, tuple[str, bytes]] = {
    "gzip": ("gzip", gzip.compress(whole())),
    "x-gzip": ("x-gzip", gzip.compress(whole())),
    "deflate": ("deflate", zlib.compress(whole())),
    "deflate without its head": ("deflate", deflated(whole())),
    "twice": ("gzip, gzip", gzip.compress(gzip.compress(whole()))),
    "brotli": ("br", b"\x0b\x02\x80{}\x03"),
    "zstd": ("zstd", b"\x28\xb5\x2f\xfd\x20\x02\x11\x00\x00{}"),
    "not packed at all": ("gzip", whole()),
    "something nobody knows": ("rot13", whole()),
    "something that is nothing": ("identity, gzip", gzip.compress(whole())),
}


@pytest.mark.parametrize("name", PACKED)
async def test_a_packed_body_is_415(name: str, caplog: pytest.LogCaptureFixture) -> None:
    how, body = PACKED[name]
    async with door() as d, unmoved(d, caplog):
        assert await told(d, asking(d, body, Content_Encoding=how)) == 415


@pytest.mark.parametrize("how", ["gzip", "deflate"])
async def test_a_bomb_is_never_opened(how: str, caplog: pytest.LogCaptureFixture) -> None:
    """A hundred megabytes in a hundred kilobytes: what is held of it is what was sent of it."""
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | (16 if how == "gzip" else 0))
    bomb = b"".join([*(packer.compress(bytes(MEGABYTE)) for _ in range(100)), packer.flush()])
    assert len(bomb) < 200_000
    async with door() as d, unmoved(d, caplog):
        tracemalloc.start()
        try:
            assert await told(d, asking(d, bomb, Content_Encoding=how)) == 415
            assert tracemalloc.get_traced_memory()[1] < 10 * MEGABYTE
        finally:
            tracemalloc.stop()


def chunked(*pieces: bytes, last: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + last


async def test_a_megabyte_is_413_before_it_is_read(caplog: pytest.LogCaptureFixture) -> None:
    async with door() as d, unmoved(d, caplog):
        body = whole("x" * MEGABYTE)
        assert await told(d, asking(d, b"", Content_Length=str(len(body)))) == 413
        assert await told(d, asking(d, body)) == 413
        pieces = chunked(*(body[at : at + 8192] for at in range(0, len(body), 8192)))
        head = asking(d, b"", Content_Length=None, Transfer_Encoding="chunked")
        assert await told(d, head + pieces) == 413
        assert await told(d, asking(d, b"", Content_Length="9" * 18)) == 413


async def test_the_largest_body_is_taken_and_one_byte_more_is_not() -> None:
    async with door() as d:
        body = whole("status ?")
        largest = body.replace(b"?", b" " * (256 * 1024 - len(body) + 1))
        assert await told(d, asking(d, largest)) == 200
        assert await told(d, asking(d, largest.replace(b"status", b"status "))) == 413


async def test_a_body_in_honest_pieces_is_taken() -> None:
    async with door() as d:
        head = asking(d, b"", Content_Length=None, Transfer_Encoding="chunked")
        assert await told(d, head + chunked(*(bytes([byte]) for byte in whole("status")))) == 200
        assert len(d.desk.asked) == 1


# -- those who take their time ---------------------------------------------------------------------------------------


async def dripping(writer: asyncio.StreamWriter, drops: bytes) -> None:
    """Send a byte now and then, for as long as anybody listens."""
    try:
        for byte in drops:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(SHORT / 5)
    except ConnectionError:
        pass


async def test_a_body_that_drips_is_cut_off(caplog: pytest.LogCaptureFixture) -> None:
    async with door(reading=SHORT) as d, unmoved(d, caplog), line(d) as (reader, writer):
        writer.write(asking(d, b"", Content_Length="400"))
        drip = asyncio.create_task(dripping(writer, whole()[:400]))
        assert (await answered(reader))[0] == 408
        drip.cancel()


async def test_a_body_in_pieces_without_end_is_cut_off(caplog: pytest.LogCaptureFixture) -> None:
    async with door(reading=SHORT) as d, unmoved(d, caplog), line(d) as (reader, writer):
        writer.write(asking(d, b"", Content_Length=None, Transfer_Encoding="chunked"))
        drip = asyncio.create_task(dripping(writer, chunked(*[b" "] * 200)))
        assert (await answered(reader))[0] == 408
        drip.cancel()


async def test_a_body_that_never_comes_is_cut_off_and_so_is_the_line(caplog: pytest.LogCaptureFixture) -> None:
    async with door(reading=SHORT, linger=SHORT) as d, unmoved(d, caplog), line(d) as (reader, writer):
        writer.write(asking(d, b"", Content_Length="400"))
        assert (await answered(reader))[0] == 408
        async with asyncio.timeout(PATIENT):
            assert await reader.read() == b""


@pytest.mark.parametrize("sent", [b"", b"POST ", b"POST /api/messages HTTP/1.1\r\nHost: x\r\nX-A: "], ids=range(3))
async def test_a_head_that_never_ends_is_cut_off(sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async with door(idle=SHORT) as d, unmoved(d, caplog), line(d) as (reader, writer):
        writer.write(sent)
        async with asyncio.timeout(PATIENT):
            assert await reader.read() == b""


async def test_a_head_that_drips_is_cut_off(caplog: pytest.LogCaptureFixture) -> None:
    async with door(idle=SHORT) as d, unmoved(d, caplog), line(d) as (reader, writer):
        drip = asyncio.create_task(dripping(writer, asking(d, whole())))
        async with asyncio.timeout(PATIENT):
            assert await reader.read() == b""
        drip.cancel()


async def test_who_hangs_up_in_the_middle_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    async with door() as d, unmoved(d, caplog):
        for sent in (asking(d, whole())[:-5], asking(d, whole())[:40], asking(d, b"", Content_Length="400")):
            async with line(d) as (_, writer):
                writer.write(sent)
                await writer.drain()
        head = asking(d, b"", Content_Length=None, Transfer_Encoding="chunked")
        async with line(d) as (_, writer):
            writer.write(head + b"5\r\n{")
            await writer.drain()
        assert await told(d, asking(d, b"")) == 400  # who came after them is answered


# -- HTTP that is none -----------------------------------------------------------------------------------------------


def smuggling(d: Door) -> dict[str, bytes]:
    """Two ways to say where a body ends, so that two readers see two requests."""
    inner = asking(d, whole("cancel", id="smuggled"))
    pieces = chunked(b"{}")
    both = {"Transfer_Encoding": "chunked"}
    return {
        "a length and pieces": asking(d, b"", **both, Content_Length=str(len(pieces))) + pieces + inner,
        "a length of nought and pieces": asking(d, b"", **both, Content_Length="0") + pieces + inner,
        "two lengths": asking(d, b"{}", Content_Length="2\r\nContent-Length: 0"),
        "two lengths in one": asking(d, b"{}", Content_Length="2, 2"),
        "a length with a sign": asking(d, b"{}", Content_Length="+2"),
        "a length below nought": asking(d, b"{}", Content_Length="-1"),
        "a length in hexadecimal": asking(d, b"{}", Content_Length="0x2"),
        "a length in other digits": asking(d, b"{}", Content_Length="\xb2"),
        "a length with an underscore": asking(d, b"{}", Content_Length="1_0"),
        "a length that is words": asking(d, b"{}", Content_Length="two"),
        "pieces twice": asking(d, b"", Content_Length=None, Transfer_Encoding="chunked, chunked") + pieces,
        "pieces, then something": asking(d, b"", Content_Length=None, Transfer_Encoding="chunked, identity") + pieces,
        "pieces by another name": asking(d, b"", Content_Length="2", Transfer_Encoding="xchunked") + pieces,
        "pieces after a tab": asking(d, b"", Content_Length="2", Transfer_Encoding="\x0bchunked") + pieces,
        "a blank before the colon": asking(d, b"", **{"Transfer-Encoding ": "chunked"}) + pieces,
        "a folded header": asking(d, b"", X_A="1\r\n Transfer-Encoding: chunked") + pieces,
        "a nought byte in a header": asking(d, b"{}", X_A="a\0b"),
        "a lone return in a header": asking(d, b"{}", X_A="a\rX-B: c"),
        "a piece of impossible size": asking(d, b"", Content_Length=None, **both) + b"f" * 17 + b"\r\n{}",
        "a piece below nought": asking(d, b"", Content_Length=None, **both) + b"-2\r\n{}\r\n0\r\n\r\n",
        "a piece of a size in words": asking(d, b"", Content_Length=None, **both) + b"two\r\n{}\r\n0\r\n\r\n",
        "a piece longer than it says": asking(d, b"", Content_Length=None, **both) + b"1\r\n{}\r\n0\r\n\r\n",
        "a name with a blank": asking(d, b"{}", **{"X A": "1"}),
        "no name": asking(d, b"{}", **{"": "1"}),
        "no colon": asking(d, b"{}", X_A="1\r\nX-B"),
        "a method with a line break": asking(d, b"{}", f"PO\nST {PATH} HTTP/1.1"),
        "a path with a blank": asking(d, b"{}", f"POST {PATH} x HTTP/1.1"),
        "a version nobody knows": asking(d, b"{}", f"POST {PATH} HTTP/7.7"),
        "no version": asking(d, b"{}", f"POST {PATH}"),
        "HTTP/2 without asking": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9),
        "TLS": bytes.fromhex("16030100a5010000a10303") + bytes(160),
        "noise": bytes(range(256)) * 8,
    }


async def test_what_two_readers_would_read_in_two_ways_is_read_in_none(caplog: pytest.LogCaptureFixture) -> None:
    async with door(reading=SHORT) as d, unmoved(d, caplog):
        statuses = {name: await told(d, sent) for name, sent in smuggling(d).items()}
        assert {name: status for name, status in statuses.items() if status not in {0, 400}} == {}


HUGE: dict[str, Sequence[str]] = {
    "one of sixteen thousand letters": ["X-A: " + "a" * 16_384],
    "one of a megabyte": ["X-A: " + "a" * MEGABYTE],
    "a name of sixteen thousand letters": ["X" * 16_384 + ": 1"],
    "a thousand": [f"X-{number}: 1" for number in range(1000)],
    "a thousand of one name": ["X-A: 1"] * 1000,
    "a cookie of sixteen thousand letters": ["Cookie: a=" + "a" * 16_384],
    "a token of sixteen thousand letters": ["Authorization: Bearer " + "a" * 16_384],
}


@pytest.mark.parametrize("name", HUGE)
async def test_a_head_too_large_is_400(name: str, caplog: pytest.LogCaptureFixture) -> None:
    async with door() as d, unmoved(d, caplog):
        sent = asking(d, whole()).replace(b"\r\n", "\r\n".join(["", *HUGE[name], ""]).encode(), 1)
        assert await told(d, sent) in {0, 400}  # cut off in the middle of it, or told


async def test_an_address_too_long_is_400(caplog: pytest.LogCaptureFixture) -> None:
    async with door() as d, unmoved(d, caplog):
        assert await told(d, asking(d, whole(), f"POST {PATH}?{'a' * 16_384} HTTP/1.1")) in {0, 400}


METHODS = ("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "post", "POSTT")


@pytest.mark.parametrize("method", METHODS)
async def test_nothing_but_a_post_is_taken(method: str, caplog: pytest.LogCaptureFixture) -> None:
    async with door() as d, unmoved(d, caplog):
        assert await told(d, asking(d, whole(), f"{method} {PATH} HTTP/1.1")) in {400, 404, 405}


@pytest.mark.parametrize(
    "path",
    ["//api/messages", f"{PATH}/", f"{PATH}//", "/API/MESSAGES", f"{PATH}%2f", f"{PATH}%00", f"{PATH};x", "*", "/"],
)
async def test_another_path_leads_nowhere(path: str, caplog: pytest.LogCaptureFixture) -> None:
    async with door() as d, unmoved(d, caplog):
        assert await told(d, asking(d, whole(), f"POST {path} HTTP/1.1")) in {400, 404, 405}


@pytest.mark.parametrize("how", ["X-HTTP-Method-Override", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Host"])
async def test_a_header_does_not_change_what_was_asked(how: str, caplog: pytest.LogCaptureFixture) -> None:
    async with door() as d, unmoved(d, caplog):
        told_to = {how: "POST" if "Method" in how else PATH}
        assert await told(d, asking(d, whole(), "GET / HTTP/1.1", **told_to)) == 404


async def test_requests_one_after_the_other_are_answered_in_their_order() -> None:
    async with door() as d, line(d) as (reader, writer):
        good, bad = asking(d, whole("status", id="1")), asking(d, b"{}")
        other = asking(d, whole("status", id="2"), Authorization=None)
        writer.write(good + bad + other + good)
        assert [(await answered(reader))[0] for _ in range(4)] == [200, 400, 401, 200]
        assert len(d.desk.asked) == 1  # the last one is the first one again


async def test_who_asks_first_whether_to_go_on_is_told_to() -> None:
    async with door() as d, line(d) as (reader, writer):
        body = whole("status")
        writer.write(asking(d, b"", Content_Length=str(len(body)), Expect="100-continue"))
        assert (await answered(reader))[0] == 100
        writer.write(body)
        assert (await answered(reader))[0] == 200


BROKEN = {
    "of impossible size": b"f" * 17 + b"\r\n{}",
    "without a size": b"{}\r\n",
    "longer than it says": b"1\r\n{}\r\n",
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_piece_that_breaks_while_it_is_read_ends_it(name: str, caplog: pytest.LogCaptureFixture) -> None:
    async with door(reading=SHORT) as d, unmoved(d, caplog), line(d) as (reader, writer):
        head = asking(d, b"", Content_Length=None, Transfer_Encoding="chunked", Expect="100-continue")
        writer.write(head)
        assert (await answered(reader))[0] == 100  # it is being read
        writer.write(BROKEN[name])
        assert (await answered(reader))[0] in {400, 408}


async def test_who_expects_something_else_is_told_that_it_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    async with door() as d, unmoved(d, caplog):
        assert await told(d, asking(d, whole(), Expect="200-ok")) == 417


async def test_an_old_client_is_answered_and_hung_up_on() -> None:
    async with door() as d, line(d) as (reader, writer):
        writer.write(asking(d, whole("status"), f"POST {PATH} HTTP/1.0"))
        assert (await answered(reader))[0] == 200
        async with asyncio.timeout(PATIENT):
            assert await reader.read() == b""


async def test_nobody_changes_to_another_protocol(caplog: pytest.LogCaptureFixture) -> None:
    async with door() as d, unmoved(d, caplog):
        for other in ("websocket", "h2c"):
            sent = asking(d, whole(), f"GET {PATH} HTTP/1.1", Upgrade=other, Connection="Upgrade")
            assert await told(d, sent) in {400, 404, 405}
