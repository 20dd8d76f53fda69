"""Witness: keeps every request that reaches the playground's Graph in this process, until its test is over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import jwt
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.graph.permissions import BASE, OF_APPS, OF_KINDS, OF_MAIL, OF_REPORTS
from playground.faults import LOST
from playground.world import World
from tests.contracts import unlisted
from tests.contracts.call import Call, Contract

VERSION: Final = "/v1.0/"
# Those of the kinds are told twice; tests/adapters/test_graph.py holds that both say the same.
OURS: Final = frozenset({*BASE, *OF_KINDS, *OF_MAIL, *OF_REPORTS, *OF_APPS})


@dataclass(frozen=True, slots=True)
class Seen:
    """A call, and what the playground's administrator had granted then; None where the answers were a test's own."""

    call: Call
    granted: frozenset[str] | None


@dataclass(slots=True)
class Witness:
    seen: list[Seen] = field(default_factory=list)
    _links: set[tuple[str, frozenset[tuple[str, str]]]] = field(default_factory=set)

    def forget(self) -> None:
        self.seen.clear()
        self._links.clear()

    def of(self, world: World | None) -> Middleware:
        """Make the middleware that looks on; without a world only what is asked counts."""

        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not request.raw_path.startswith("/v1.0/" if world is None else "/graph/v1.0/"):
                return await handler(request)  # others live at this origin too, and have versions of their own
            granted = None if world is None else frozenset(world.graph.granted)
            body = _json(await request.read() if request.can_read_body else b"")
            status, answer = 0, None
            try:
                response = await handler(request)
                if isinstance(response, web.Response) and LOST not in request:
                    status, answer = response.status, _json(_bytes(response))
            finally:
                self._note(request, body, status, answer, granted)
            return response

        return middleware

    def faults(self, *contracts: Contract, by_hand: bool) -> list[str]:
        """Say what was wrong; `by_hand` requests are a test's own, which may be wrong if they are refused as well."""
        told = [
            (seen, fault)
            for contract in contracts
            for seen in self.seen
            for fault in _faults(contract, seen, by_hand=by_hand)
        ]
        return list(dict.fromkeys(f"{seen.call.method} {seen.call.path}: {fault}" for seen, fault in told))

    def _note(self, request: web.Request, body: Any, status: int, answer: Any, granted: frozenset[str] | None) -> None:
        # As it was sent: a slash inside an id is not one between two pieces.
        path = "/" + request.rel_url.raw_path.partition(VERSION)[2]
        handed = (path, frozenset(request.query.items())) in self._links
        if isinstance(answer, dict) and isinstance(link := answer.get("@odata.nextLink"), str):
            parts = urlsplit(link)
            pairs = frozenset(parse_qsl(parts.query, keep_blank_values=True))
            self._links.add(("/" + parts.path.partition(VERSION)[2], pairs))
        scopes = _scopes(request.headers.get("Authorization", ""))
        call = Call(request.method, path, dict(request.query), body, status, answer, scopes, handed)
        self.seen.append(Seen(call, granted))


def _faults(contract: Contract, seen: Seen, *, by_hand: bool) -> Iterator[str]:
    call, granted = seen.call, seen.granted
    if call.done or not by_hand:
        yield from contract.asked(call)
    if not by_hand:
        yield from contract.permitted(call, OURS | unlisted.SETUP)
    if granted is not None and call.status:
        yield from contract.answered(call)
    if granted is not None and call.done:
        yield from (f"let in although there is {fault}" for fault in contract.permitted(call, granted))


def _bytes(response: web.Response) -> bytes:
    return bytes(response.body) if isinstance(response.body, bytes | bytearray) else b""


def _json(raw: bytes) -> Any:
    """Return what a body says; one that is not JSON is text, which nothing here is meant to be."""
    try:
        return json.loads(raw) if raw.strip() else None
    except ValueError:
        return raw.decode("utf-8", errors="replace")


def _scopes(header: str) -> frozenset[str] | None:
    """Return what a person's token allows; None for one of the app's own."""
    try:
        claims = jwt.decode(header.removeprefix("Bearer "), options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return None
    return frozenset(str(claims["scp"]).split()) if "scp" in claims else None


WITNESS: Final = Witness()
