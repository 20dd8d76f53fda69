"""Our own endpoint as production runs it, but for the desk behind it: one line for each action, and no database.

The route, middleware, access log, gate, adapter, turn, limiter, connector and token are the product's own.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Final

import aiohttp
import click
import uvloop
from aiohttp import web

import cards
from bot import logs, metrics, settings
from bot.clock import SystemClock
from bot.cloud import PUBLIC
from bot.core.actions import Action
from bot.core.answers import Answer, Said
from bot.core.model import Actor, Chat, Person
from bot.entra.keys import KeyRing
from bot.entra.tokens import AppTokens
from bot.logs import AccessLog
from bot.requests import KINDS
from bot.settings import Settings
from bot.teams import endpoint
from bot.teams.outbound import Connector
from bot.web.limit import Limit
from bot.web.middleware import limiting, surfacing
from bot.web.page import Pages

BEAT: Final = 0.005  # seconds between two beats of the heart


class Echo:
    """A desk that says one thing to everybody."""

    async def handle(self, actor: Actor, action: Action, *, card: str = "") -> Answer:  # noqa: ARG002 - the desk's door
        return Said("said.working")

    async def installed(self, person: Person, chat: Chat) -> None:
        """Keep nothing."""

    async def removed(self, person: Person) -> None:
        """Keep nothing."""

    async def first_time(self, tenant: str, key: str) -> bool:  # noqa: ARG002 - the desk's door
        return True


class Heart:
    """Beats on the event loop; the longest pause is the longest the loop was held up since it was last asked."""

    def __init__(self) -> None:
        self._longest = 0.0

    async def beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + BEAT
            await asyncio.sleep(BEAT)
            self._longest = max(self._longest, loop.time() - due)

    async def answer(self, _: web.Request) -> web.Response:
        longest, self._longest = self._longest, 0.0
        return web.json_response({"stall": longest})


def application(found: Settings, session: aiohttp.ClientSession) -> web.Application:
    """Put the endpoint together as `bot.service` does."""
    clock, secret = SystemClock(), found.app_secret.get_secret_value()
    tokens = AppTokens(PUBLIC, found.app_id, secret, found.tenant_id, clock)
    pages = Pages(PUBLIC, cards.text, found.helpdesk_contact)
    app = web.Application(middlewares=[surfacing(pages), limiting(pages, Limit(burst=30, rate=0.5))])
    endpoint.setup(
        app,
        desk=metrics.counted_turns(Echo()),
        kinds=KINDS,
        settings=found,
        cloud=PUBLIC,
        keys=KeyRing(session, PUBLIC.bot_openid, clock),
        messenger=metrics.counted(Connector(session=session, tokens=tokens, cloud=PUBLIC), "teams"),
        clock=clock,
    )
    return app


async def serve(*, heart: bool) -> None:
    found = settings.load()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        app = application(found, session)
        beating = Heart()
        if heart:
            app.router.add_get("/stall", beating.answer)
        runner = web.AppRunner(app, access_log_class=AccessLog)
        await runner.setup()
        await web.TCPSite(runner, found.host, found.port).start()
        await (beating.beat() if heart else asyncio.Event().wait())


@click.command()
@click.option("--heart", is_flag=True, help="Say at /stall how long the event loop was held up at most.")
def main(*, heart: bool) -> None:
    """Run the endpoint until it is killed."""
    logs.configure("info")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(heart=heart))


if __name__ == "__main__":
    sys.exit(main())
