"""Our own process as production puts it together, but for the desk: that says one line, and asks no database.

Routes, middleware, access log, gate, adapter, turn, limits, connector and tokens are the product's own.
"""

from __future__ import annotations

import asyncio
import gc
import os
import time
from dataclasses import dataclass, fields, replace
from typing import Any, Final, cast

import aiohttp
import click
import uvloop
from aiohttp import web

from bot.config import environment, policies
from bot.config.cloud import PUBLIC
from bot.config.settings import Settings
from bot.core.actions import Action
from bot.core.answers import Answer, Said
from bot.core.model import Actor, Chat, Person
from bot.desk.desk import Desk
from bot.entra.keys import IssuerKey, KeyRing
from bot.entra.tokens import AppTokens
from bot.kinds import KINDS
from bot.process import logs, metrics, service
from bot.process.clock import SystemClock
from bot.process.connections import Outside
from bot.process.runner import runner
from bot.teams.outbound import Connector
from bot.web import health

BEAT: Final = 0.005  # seconds between two beats of the heart


class Nothing:
    """In the places of what no message without a desk comes to: it is whatever things are put together with."""

    def __getattr__(self, _: str) -> Nothing:
        return self

    def __call__(self, *_: object, **__: object) -> Nothing:
        return self


NOTHING: Final = cast("Any", Nothing())


@dataclass(frozen=True, slots=True)
class Echo:
    """A desk that says one thing to everybody; the pages are those of the real one."""

    step_up: object
    proofs: object

    async def handle(self, actor: Actor, action: Action, *, card: str = "") -> Answer:  # noqa: ARG002 - the desk's door
        return Said("said.working")

    async def installed(self, person: Person, chat: Chat) -> None:
        """Keep nothing."""

    async def removed(self, person: Person) -> None:
        """Keep nothing."""

    async def owned(self, chat: Chat, card: str) -> bool:  # noqa: ARG002 - the desk's door
        return True

    async def first_time(self, tenant: str, key: str) -> bool:  # noqa: ARG002 - the desk's door
        return True


class Unfamiliar(KeyRing):
    """Keys that are never the same as before, so that no token verified with one counts as verified."""

    async def find(self, kid: str) -> IssuerKey | None:
        key = await super().find(kid)
        return replace(key) if key is not None else None


class Heart:
    """Beats on the event loop; the longest pause is the longest the loop was held up since it was last asked.

    How long it waited for its core because others had it, as the kernel accounts for it, is not its own doing.
    """

    def __init__(self) -> None:
        self._longest = 0.0
        self._account = os.open("/proc/thread-self/schedstat", os.O_RDONLY)

    async def beat(self) -> None:
        while True:
            began, waited = time.monotonic(), self._waited()
            await asyncio.sleep(BEAT)
            late = time.monotonic() - began - BEAT
            self._longest = max(self._longest, late - (self._waited() - waited))

    async def answer(self, _: web.Request) -> web.Response:
        longest, self._longest = self._longest, 0.0
        return web.json_response({"stall": longest})

    def _waited(self) -> float:
        """Return the seconds this thread could have run and did not."""
        return int(os.pread(self._account, 100, 0).split()[1]) / 1e9


def _messenger(session: aiohttp.ClientSession, tokens: AppTokens) -> Connector:
    """Return the connector's client, with the limit of each chat; that of the tenant is counted in the database."""
    return metrics.counted(Connector(session=session, tokens=tokens, cloud=PUBLIC), "teams")


def application(found: Settings, session: aiohttp.ClientSession, keys: KeyRing, clock: SystemClock) -> web.Application:
    """Put the process together, with a desk that needs nothing."""
    tokens = AppTokens(PUBLIC, found.app_id, found.app_secret.get_secret_value(), found.tenant_id, clock)
    needed: dict[str, Any] = {"tokens": tokens, "bot_keys": keys, "messenger": _messenger(session, tokens)}
    outside = Outside(**{place.name: needed.get(place.name, NOTHING) for place in fields(Outside)})
    inside = service.assemble(found, outside, policies.load("", KINDS, found), clock)
    echo = cast("Desk", Echo(inside.desk.step_up, inside.desk.proofs))
    return service.application(found, PUBLIC, outside, replace(inside, desk=echo), health.Health({}), clock)


async def serve(ring: type[KeyRing], *, heart: bool) -> None:
    """Listen until killed."""
    found, clock, beating = environment.load(), SystemClock(), Heart()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        app = application(found, session, ring(session, PUBLIC.bot_openid, clock), clock)
        if heart:
            app.router.add_get("/stall", beating.answer)
        running = runner(app)
        await running.setup()
        await web.TCPSite(running, found.host, found.port).start()
        service.settle()
        await (beating.beat() if heart else asyncio.Event().wait())


@click.command()
@click.option("--each-time", is_flag=True, help="Verify the token of each activity; remember none.")
@click.option("--heart", is_flag=True, help="Say at /stall how long the event loop was held up at most.")
def main(*, each_time: bool, heart: bool) -> None:
    """Run the endpoint until it is killed."""
    gc.disable()  # as `app.py serve` starts
    logs.configure("info")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(Unfamiliar if each_time else KeyRing, heart=heart))


if __name__ == "__main__":
    main()
