"""Journal: what the bot asked of the world, kept for tests and readers; no credential is ever written down."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from playground.clock import Clock
from playground.faults import LOST, Where

REDACTED: Final = "(redacted)"
_HEADERS: Final = frozenset({"authorization", "cookie", "proxy-authorization", "x-ms-client-principal"})
# A connector's bodies are kept whole: that no secret is in them is for a test to find out.
_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "entra": frozenset(
        {"client_secret", "client_assertion", "assertion", "code", "code_verifier", "refresh_token", "password", "pass"}
    ),
    "graph": frozenset({"password", "newPassword"}),
    "verified": frozenset({"headers"}),  # a callback's headers are the verifier's secret
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request; `path` has its query, `status` is 0 when the connection was cut before the answer."""

    where: Where
    at: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    status: int


class Journal:
    """All entries in memory; with a folder also one file of JSON lines for each place."""

    def __init__(self, folder: Path | None = None) -> None:
        self.entries: list[Call] = []
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def add(self, entry: Call) -> None:
        self.entries.append(entry)
        if self._folder is not None:
            with (self._folder / f"{entry.where}.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")

    def of(self, where: Where, method: str = "", part: str = "") -> list[Call]:
        """Return the entries of one place, narrowed to a method and to paths that contain `part`."""
        return [e for e in self.entries if e.where == where and method in {"", e.method} and part in e.path]


def recorded(
    journal: Journal, clock: Clock, where: Where, *, only: Callable[[web.Request], bool] | None = None
) -> Middleware:
    """Make the middleware that journals; `only` tells the bot's requests from a browser's where both call."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if only is not None and not only(request):
            return await handler(request)
        at = clock.now().isoformat()
        raw = await request.read()  # which is kept: somebody may have read it before
        status = 500
        try:
            answer = await handler(request)
            status = answer.status
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            journal.add(_entry(request, where, at, raw, 0 if LOST in request else status))
        return answer

    return middleware


def _entry(request: web.Request, where: Where, at: str, raw: bytes, status: int) -> Call:
    headers = {name: value for name, value in request.headers.items() if name.lower() not in _HEADERS}
    body = _body(raw, request.content_type)
    return Call(where, at, request.method, request.path_qs, headers, _redact(body, where), status)


def _body(raw: bytes, content_type: str) -> Any:
    if not raw:
        return None
    text = raw.decode("utf-8", errors="replace")
    if content_type == "application/x-www-form-urlencoded":
        return dict(parse_qsl(text, keep_blank_values=True))
    try:
        return json.loads(text)
    except ValueError:
        return text


def _redact(body: Any, where: Where) -> Any:
    match body:
        case dict():
            hidden = _FIELDS.get(where, frozenset())
            return {key: REDACTED if key in hidden else _redact(value, where) for key, value in body.items()}
        case list():
            return [_redact(item, where) for item in body]
        case _:
            return body
