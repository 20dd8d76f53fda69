"""The web as browsers reach it, over a real desk and a real socket, for hostile hands; and what holds always."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote_from_bytes

from aiohttp import web
from aiohttp.test_utils import TestServer

import cards
from bot.config.cloud import PUBLIC
from bot.process import metrics, service
from bot.process.runner import runner
from bot.web import entry, health, report, stepup, wallet
from bot.web.browser import CHECK, COOKIE
from bot.web.limit import Limit
from bot.web.middleware import surfacing
from bot.web.page import Pages
from tests.fakes import Office
from tests.hostile.record import TABLES, beside_attempts
from tests.laws.seen import at_rest, touched

PATIENT: Final = 60.0  # seconds a test waits for what comes at once
LOGIN: Final = "https://login.example"
CLOUD: Final = replace(PUBLIC, login=LOGIN)
TOKEN: Final = "a-check-of-this-browser"
MARK: Final = "<q1mark onx='1'>\"&"  # what must never come back as it is
TEAMS: Final = " ".join(PUBLIC.frame_origins)
KEPT: Final = re.compile(r"__Host-[a-z-]+=([\w.-]+|\"\"); HttpOnly; Max-Age=\d+; Path=/; SameSite=Lax; Secure")
FORM: Final = "application/x-www-form-urlencoded"
# 0: the line was closed without a word. 501 and 503: what nobody here does, and what cannot be had just now.
ALLOWED: Final = frozenset({0, 501, 503})


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def one(self, name: str) -> str:
        found = self.all(name)
        assert len(found) == 1, (name, found)
        return found[0]

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(repr=False)
class Site:
    """`tap` is Ann's sign-in that is waiting, `page` the cookie of Ben's browser on the page for a password."""

    office: Office
    url: str
    run: Callable[[Coroutine[Any, Any, Any]], Any]
    port: int = 0
    tap: str = ""
    page: str = ""
    key: str = ""
    state: str = ""

    async def knock(self, head: bytes, body: bytes = b"") -> Answer:
        """Send these bytes; return the answer, or one of status 0 where the line was only closed."""
        async with asyncio.timeout(PATIENT):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                writer.write(head + body)
                return _read(await reader.read())
            except ConnectionError:
                return Answer(0, (), b"")
            finally:
                writer.close()

    def ask(
        self,
        method: str,
        target: str | bytes,
        *headers: tuple[str, str | bytes],
        body: bytes | None = None,
    ) -> Answer:
        """Ask over a line of its own, in exactly these bytes."""
        raw = target.encode("latin-1", "replace") if isinstance(target, str) else target
        lines = [method.encode() + b" " + raw + b" HTTP/1.1"]
        names = {name.lower() for name, _ in headers}
        told = [*([] if "host" in names else [("Host", b"desk.example")]), *headers, ("Connection", b"close")]
        if body is not None and "content-length" not in names:
            told.append(("Content-Length", str(len(body)).encode()))
        lines += [n.encode() + b": " + (v if isinstance(v, bytes) else v.encode("utf-8", "replace")) for n, v in told]
        answer: Answer = self.run(self.knock(b"\r\n".join([*lines, b"", b""]), body or b""))
        return answer

    def send(self, path: str, fields: Sequence[tuple[bytes, bytes]], *headers: tuple[str, str | bytes]) -> Answer:
        """Send a form."""
        return self.ask("POST", path, ("Content-Type", FORM), *headers, body=packed(fields))

    def state_of(self) -> tuple[str, ...]:
        """All that a hostile hand must not change: the rows, and what was done and said outside.

        That it tried is on record, and a job brings it to security: neither is anything it could want.
        """
        kept = self.run(at_rest(self.url, but=(*TABLES, "procrastinate_events")))
        rows = "\n".join(row for row in kept.splitlines() if "finding" not in row)
        record = self.run(beside_attempts(self.url, self.office.directory.accounts))
        done = [str(one) for one in touched(self.office)]
        return (rows, record, *done, *self.office.messenger.bodies)


def packed(fields: Sequence[tuple[bytes, bytes]]) -> bytes:
    return b"&".join(quote_from_bytes(k).encode() + b"=" + quote_from_bytes(v).encode() for k, v in fields)


def cookies(transaction: str = "", check: str = TOKEN) -> tuple[str, str]:
    pairs = [f"{COOKIE}={transaction}"] * bool(transaction) + [f"{CHECK}={check}"] * bool(check)
    return "Cookie", "; ".join(pairs)


def application(office: Office, *, burst: int = 10**9, person: int = 10**9) -> web.Application:
    """The web as the service puts it together, without Teams' endpoint; with room for many questions."""
    pages = Pages(CLOUD, cards.text, "the helpdesk")
    app = web.Application(
        middlewares=[surfacing(pages, metrics.failed, Limit(burst=burst, rate=0.01))],
        client_max_size=service.LARGEST,
    )
    stepup.setup(app, desk=office.step_up, pages=pages, limit=Limit(burst=person, rate=0.01))
    entry.setup(app, desk=office.entry, pages=pages)
    wallet.setup(app, desk=office.desk.proofs, pages=pages, limit=Limit(burst=burst, rate=0.01))
    report.setup(app, desk=office.notices, pages=pages, limit=Limit(burst=burst, rate=0.01))
    health.setup(app, health.Health({}), metrics.exposition)
    return app


class Served(TestServer):
    """The application behind the same protocol settings as in production."""

    async def _make_runner(self, **_: object) -> web.AppRunner:
        return runner(self.app)


class _Shape(HTMLParser):
    """The tags of a page and the names of their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        if (tag == "script" and "src" not in dict(attrs)) or tag in {"style", "base", "iframe", "object", "embed"}:
            self.inline.append(tag)
        self.inline += [name for name, value in attrs if name == "style" or name.startswith("on")]
        self.inline += [value or "" for name, value in attrs if name in {"href", "src", "action"} and _runs(value)]


def _runs(address: str | None) -> bool:
    return re.match(r"\s*(javascript|data|vbscript):", address or "", flags=re.IGNORECASE) is not None


def shape(page: str) -> list[tuple[str, tuple[str, ...]]]:
    """What a page is made of, whatever it says; nothing in it runs by itself."""
    found = _Shape()
    found.feed(page)
    found.close()
    assert found.inline == [], found.inline
    return found.tags


def holds(answer: Answer) -> Answer:
    """Check what is true of every answer, whatever was asked."""
    assert answer.status != HTTPStatus.INTERNAL_SERVER_ERROR, answer.text
    assert answer.status in ALLOWED or 200 <= answer.status < 500, answer
    assert MARK.encode() not in answer.body
    assert all(MARK not in value and "\n" not in value for _, value in answer.headers)
    if answer.status and not _unasked(answer):
        _guarded(answer)
    return answer


def _unasked(answer: Answer) -> bool:
    """What the server says by itself, in plain text, of HTTP that is none: no page of ours was asked."""
    plain = answer.all("Content-Type") == ["text/plain; charset=utf-8"]
    return answer.status in {400, 501} and plain and not answer.all("Content-Security-Policy")


def _guarded(answer: Answer) -> None:
    rules = dict(rule.split(" ", 1) for rule in answer.one("Content-Security-Policy").split("; "))
    assert next(iter(rules)) == "default-src"
    assert rules["default-src"] == rules["base-uri"] == "'none'"
    assert rules["frame-ancestors"] in {"'none'", TEAMS}
    assert "unsafe" not in str(rules)
    assert set(rules.get("script-src", "'self'").split()) <= {"'self'", "https://res.cdn.office.net"}
    assert answer.one("X-Content-Type-Options") == "nosniff"
    assert answer.one("Referrer-Policy") == "no-referrer"
    assert answer.one("Cross-Origin-Resource-Policy") == "same-origin"
    assert answer.one("Cross-Origin-Opener-Policy") == "unsafe-none"
    assert answer.one("Cache-Control") in {"no-store", "public, max-age=300"}
    assert all(KEPT.fullmatch(line) for line in answer.all("Set-Cookie")), answer.all("Set-Cookie")
    assert answer.all("Location") in ([], [f"{LOGIN}/authorize"], ["/step-up/enter"])
    if answer.all("Content-Type") and answer.one("Content-Type").startswith("text/html"):
        shape(answer.text)
    else:
        assert "form-action 'none'" in answer.one("Content-Security-Policy")


def _read(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    if not head:
        return Answer(0, (), b"")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = [tuple(line.split(": ", 1)) for line in lines]
    return Answer(int(first.split(" ")[1]), [(h[0], h[1] if len(h) > 1 else "") for h in headers], body)
