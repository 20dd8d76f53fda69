"""Faults: what goes wrong on purpose, by rule; nothing fails that no rule names."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any, Literal, assert_never

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from playground.clock import Clock

Where = Literal["graph", "entra", "connector", "teams", "verified"]
Kind = Literal["slow", "throttle", "throttle_bare", "unavailable", "lost", "taken", "duplicate", "error"]
LOST = web.RequestKey("lost", bool)  # a request tells with it that its answer was cut off


@dataclass(frozen=True, slots=True)
class Fault:
    """`match` is a piece of "METHOD path" or a regular expression for it; `times=None` lasts until cleared.

    `seconds` is the delay of `slow`, the Retry-After of `throttle`, how much later the second of a `duplicate` comes;
    `lost` does the work, then cuts the connection; `taken` does it and answers 202 with nothing in it.
    """

    where: Where
    match: str = ""
    kind: Kind = "unavailable"
    seconds: float = 0
    status: int = 500
    times: int | None = None

    def meets(self, method: str, path: str) -> bool:
        line = f"{method} {path}"
        if self.match in line:
            return True
        try:
            return re.search(self.match, line) is not None
        except re.error:  # then it was meant literally
            return False


@dataclass(slots=True)
class Faults:
    """The rules in force, oldest first; the first that meets a request is taken. `taken` counts what came true."""

    live: list[Fault] = field(default_factory=list)
    taken: Counter[tuple[Where, Kind]] = field(default_factory=Counter)

    def add(self, fault: Fault) -> None:
        if fault.times is None or fault.times > 0:
            self.live.append(fault)

    def clear(self) -> None:
        self.live.clear()

    def take(self, where: Where, method: str, path: str) -> Fault | None:
        for index, fault in enumerate(self.live):
            if fault.where == where and fault.meets(method, path):
                if fault.times is not None:
                    left = [] if fault.times == 1 else [replace(fault, times=fault.times - 1)]
                    self.live[index : index + 1] = left
                self.taken[fault.where, fault.kind] += 1
                return fault
        return None


def faulty(faults: Faults, clock: Clock, where: Where) -> Middleware:
    """Make the middleware that lets the rules for `where` come true."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        fault = faults.take(where, request.method, request.path)
        return await (handler(request) if fault is None else _apply(fault, clock, request, handler))

    return middleware


async def _apply(fault: Fault, clock: Clock, request: web.Request, handler: Handler) -> web.StreamResponse:
    match fault.kind:
        case "slow":
            await asyncio.sleep(fault.seconds)
            return await handler(request)
        case "lost":
            return await _lose(request, handler)
        case "taken":
            answer = await handler(request)
            return web.Response(status=202) if answer.status < 300 else answer  # noqa: PLR2004 - success
        case "duplicate":  # a habit of Teams' deliveries; a request of the bot's arrives once
            return await handler(request)
        case "throttle":
            return _failure(fault, clock, status=429, after=fault.seconds or 1)
        case "throttle_bare":
            return _failure(fault, clock, status=429)
        case "unavailable":
            return _failure(fault, clock, status=503, after=fault.seconds)
        case "error":
            return _failure(fault, clock, status=fault.status)
    assert_never(fault.kind)


async def _lose(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    finally:
        request[LOST] = True
        if request.transport is not None:
            request.transport.abort()


_CODES = {
    400: ("BadRequest", "The request is malformed."),
    401: ("InvalidAuthenticationToken", "Access token has expired or is not yet valid."),
    403: ("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    404: ("Request_ResourceNotFound", "The resource does not exist."),
    409: ("Request_Conflict", "Another object with the same value is present."),
    429: ("TooManyRequests", "Please retry again later."),
    503: ("ServiceUnavailable", "The service is temporarily unavailable."),
    504: ("GatewayTimeout", "The gateway did not get an answer in time."),
}


def _failure(fault: Fault, clock: Clock, *, status: int, after: float = 0) -> web.Response:
    code, message = _CODES.get(status, ("InternalServerError", "An error has occurred."))
    headers = {"Retry-After": str(max(1, round(after)))} if after else {}
    body = _as_entra(clock, status) if fault.where == "entra" else _as_graph(clock, fault.where, code, message)
    if fault.where == "graph":
        headers["request-id"] = body["error"]["innerError"]["request-id"]
    return web.json_response(body, status=status, headers=headers)


def _as_graph(clock: Clock, where: Where, code: str, message: str) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": message}
    if where == "graph":
        stamp = clock.now().strftime("%Y-%m-%dT%H:%M:%S")
        mark = str(uuid.uuid4())
        error["innerError"] = {"date": stamp, "request-id": mark, "client-request-id": mark}
    return {"error": error}


def _as_entra(clock: Clock, status: int) -> dict[str, Any]:
    # https://learn.microsoft.com/entra/identity-platform/reference-error-codes
    transient = status in {429, 503, 504}
    number = 90033 if transient else 90006
    text = (
        "A transient error has occurred. Please try again." if transient else "The service is temporarily unavailable."
    )
    return {
        "error": "temporarily_unavailable" if transient else "server_error",
        "error_description": f"AADSTS{number}: {text} Please try again.",
        "error_codes": [number],
        "timestamp": clock.now().strftime("%Y-%m-%d %H:%M:%SZ"),
        "trace_id": str(uuid.uuid4()),
        "correlation_id": str(uuid.uuid4()),
    }
