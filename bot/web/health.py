"""Health: alive, ready, and how it goes; every check is bounded, and one that fails says what to do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import web

from bot.core.errors import DeskError
from bot.web.headers import NO_SCRIPT

PATIENCE: Final = 3.0  # seconds for a check
FRESH: Final = 3.0  # seconds a report is good for: probes of many balancers cost one round of checks

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Check:
    """`run` returns what is wrong, or "". A `warning` is told, and the process takes work all the same."""

    run: Callable[[], Awaitable[str]]
    fix: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Readiness:
    failed: Mapping[str, str]
    warned: Mapping[str, str]


GOING: Final = Readiness({"stopping": "this process is going down"}, {})


class Health:
    """The checks of one process, asked once however many probes come."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks
        self._report: Readiness | None = None
        self._made = 0.0
        self._turn = asyncio.Lock()
        self._stopping = False

    def stop(self) -> None:
        """Say from now on that this process takes no more work."""
        self._stopping = True

    async def report(self) -> Readiness:
        if self._stopping:  # whatever the checks would say, and however long they would take for it
            return GOING
        async with self._turn:
            if self._report is None or time.monotonic() - self._made > FRESH:
                before, self._report = self._report, await self._look()
                self._made = time.monotonic()
                if before != self._report:
                    log.info("readiness", failed=dict(self._report.failed), warned=dict(self._report.warned))
            return self._report

    async def _look(self) -> Readiness:
        found = await asyncio.gather(*(_asked(check) for check in self._checks.values()))
        wrong = {name: told for name, told in zip(self._checks, found, strict=True) if told}
        warned = {name: told for name, told in wrong.items() if self._checks[name].warning}
        return Readiness({name: told for name, told in wrong.items() if name not in warned}, warned)


async def _asked(check: Check) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            wrong = await check.run()
    except TimeoutError:
        wrong = f"no answer within {PATIENCE:.0f} s"
    except DeskError as error:
        wrong = str(error)
    except Exception as error:  # a check that breaks is a check that failed
        log.exception("check_broke", error=type(error).__name__)
        wrong = type(error).__name__
    return f"{wrong}: {check.fix}" if wrong else ""


def setup(app: web.Application, health: Health, metrics: Callable[[], tuple[bytes, str]]) -> None:
    """Add `/healthz`, `/readyz` and `/metrics`; `metrics` returns what is measured and its content type."""

    async def alive(_: web.Request) -> web.Response:
        return web.json_response({"status": "alive"}, headers=NO_SCRIPT)

    async def ready(_: web.Request) -> web.Response:
        report = await health.report()
        status = HTTPStatus.SERVICE_UNAVAILABLE if report.failed else HTTPStatus.OK
        told = {
            "status": "not ready" if report.failed else "ready",
            "failed": dict(report.failed),
            "warnings": dict(report.warned),
        }
        return web.json_response(told, status=status, headers=NO_SCRIPT)

    async def measured(_: web.Request) -> web.Response:
        body, content_type = metrics()
        return web.Response(body=body, headers={**NO_SCRIPT, "Content-Type": content_type})

    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", ready)
    app.router.add_get("/metrics", measured)
