"""HTTP/1.1 as load and neighbours need it: bytes cut into messages, little else, so that they are never the limit."""

from __future__ import annotations

from typing import Final

END: Final = b"\r\n\r\n"
_LENGTH: Final = b"\r\ncontent-length:"
_CHUNKED: Final = b"\r\ntransfer-encoding: chunked"


class Reader:
    """Cuts a stream into messages: the head in lower case, and the body."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[tuple[bytes, bytes]]:
        """Return the messages that are whole now."""
        rest = self._rest + data if self._rest else data
        found: list[tuple[bytes, bytes]] = []
        while True:
            at = rest.find(END)
            if at < 0:
                break
            head = rest[:at].lower()
            ends, body = _body(head, rest, at + len(END))
            if ends < 0:
                break
            found.append((head, body))
            rest = rest[ends:]
        self._rest = rest
        return found


def _body(head: bytes, rest: bytes, begins: int) -> tuple[int, bytes]:
    """Return where the message ends, or -1 while some of it is missing, and its body."""
    at = head.find(_LENGTH)
    if at >= 0:
        at += len(_LENGTH)
        line = head.find(b"\r\n", at)
        ends = begins + int(head[at : line if line >= 0 else len(head)])
        return (ends if len(rest) >= ends else -1), rest[begins:ends]
    return _chunks(rest, begins) if _CHUNKED in head else (begins, b"")


def _chunks(rest: bytes, at: int) -> tuple[int, bytes]:
    body = b""
    while True:
        line = rest.find(b"\r\n", at)
        if line < 0:
            return -1, b""
        size = int(rest[at:line].partition(b";")[0], 16)
        ends = line + 2 + size + 2
        if len(rest) < ends:
            return -1, b""
        body += rest[line + 2 : ends - 2]
        at = ends
        if size == 0:
            return ends, body


def response(status: int, body: bytes = b"", kind: bytes = b"application/json") -> bytes:
    """Return a whole response."""
    return b"HTTP/1.1 %d -\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (status, kind, len(body), body)
