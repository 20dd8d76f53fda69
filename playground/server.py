"""The whole playground: database, outside world, Teams and the bot's processes; it listens on loopback only."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import webbrowser
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import web

from playground import entra, graph, panel, people, postgres, world
from playground.inbox import views as inbox
from playground.npm import Scripts, Unreachable
from playground.proxy import Proxy
from playground.replicas import HOST, NotStarted, Replicas
from playground.setups import Setup, arrange
from playground.teams.api import Api, answering
from playground.teams.chats import HELPDESK_CHANNEL, SECURITY_CHANNEL
from playground.teams.connector import Connector
from playground.teams.driver import Teams
from playground.tenant.apps import CATALOG_APP
from playground.tenant.mails import DESK
from playground.verified import AUTHORITY
from playground.wallet.routes import setup as verify

_CSP = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'self'"
)
_LOCAL = frozenset({"127.0.0.1", "localhost", "[::1]"})
_OURS = ("/teams/api/", "/panel/api/", "/wallet")


@dataclass(frozen=True, slots=True)
class Play:
    """A running playground."""

    url: str
    world: world.World
    replicas: Replicas
    teams: Teams
    scripts: Scripts
    database_url: str


@asynccontextmanager
async def playground(
    *,
    folder: Path,
    port: int = 0,
    replicas: int = 1,
    env: Mapping[str, str] | None = None,
    record: Path | None = None,
    database: str = "vouchsafe",
    database_folder: Path | None = None,
    like: str | None = None,
    scripts: Path | None = None,
    extras: int = 0,
    told: Callable[[str], None] = lambda _: None,
    setup: Setup = "whole",
) -> AsyncIterator[Play]:
    """Everything up, and down again at the end.

    `database_folder` may be shared, the database itself is fresh: migrated here, or a copy of `like`, which was. So
    may `scripts`, which npm fetches into once. `told` hears what is being done, `setup` says what the tenant lacks.
    """
    folder = await asyncio.to_thread(_home, folder)
    data = database_folder or folder / "postgres"
    async with AsyncExitStack() as stack:
        told("Starting a PostgreSQL of its own (the first time it is made) ...")
        url = await asyncio.to_thread(postgres.start, data, database=database, like=like or postgres.EMPTY)
        stack.push_async_callback(asyncio.to_thread, postgres.stop, data)
        door = stack.enter_context(listen(port))
        origin = f"http://{HOST}:{door.getsockname()[1]}"
        earth = world.create(origin, folder, record, extras=extras)
        earth.clock.reset()  # the database is new, so nothing remembers a later time
        cloud = folder / "cloud.json"
        cloud.write_text(json.dumps(earth.cloud(), indent=2))
        bots = Replicas(
            count=replicas,
            env={**environment(earth, postgres.as_desk(url)), **arrange(earth, setup), **(env or {})},
            owner={"VOUCHSAFE_DATABASE_OWNER_URL": url},
            cloud=cloud,
            logs=folder / "logs",
        )
        play = await _serve(stack, door, earth, bots, url, Scripts(scripts or folder / "npm"))
        stack.push_async_callback(bots.stop)
        if replicas and like is None:
            told("Making the desk's tables ...")
            await bots.migrate()
        told("Starting the desk, with Teams, Entra and Graph played around it ...")
        await bots.begin()
        play.teams.announce()
        yield play


def _home(folder: Path) -> Path:
    """The folder, made if need be, by its full name: the bot's processes run elsewhere."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


async def _serve(
    stack: AsyncExitStack, door: socket.socket, earth: world.World, bots: Replicas, url: str, scripts: Scripts
) -> Play:
    session = await stack.enter_async_context(aiohttp.ClientSession(auto_decompress=False))
    ask = await stack.enter_async_context(aiohttp.ClientSession())
    teams = Teams(world=earth, session=ask, replicas=bots.urls)
    stack.push_async_callback(teams.delivery.close)
    play = Play(earth.origin, earth, bots, teams, scripts, url)
    app, api = application(play, Proxy(session=session, replicas=bots.urls))
    runner = web.AppRunner(app, shutdown_timeout=1.0, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    stack.callback(api.stream.close)
    await web.SockSite(runner, door).start()
    return play


def application(play: Play, proxy: Proxy) -> tuple[web.Application, Api]:
    """All parts of the outside world on one origin."""
    app = web.Application(middlewares=[_local, answering])
    api = Api(play.teams)
    api.setup(app)
    entra.setup(app, play.world)
    graph.setup(app, play.world)
    # Two of the bot's own addresses are at the same name; the rest of it is the Request Service.
    app.router.add_post("/verified-id/callback", proxy.forward)
    app.router.add_get("/verified-id/open", proxy.forward)
    inbox.setup(app, play.world)
    verify(app, play.world)
    teams = play.teams
    connector = Connector(world=play.world, chats=teams.chats, limits=teams.limits)
    app.add_subapp("/connector/", connector.app())
    play.scripts.setup(app)
    proxy.setup(app)
    panel.setup(app, world=play.world, teams=teams, replicas=play.replicas, stream=api.stream)
    return app, api


@web.middleware
async def _local(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Another site's name pointed at this address gets nothing (DNS rebinding)."""
    host = request.host.rpartition(":")[0] if ":" in request.host.rpartition("]")[2] else request.host
    if host not in _LOCAL:
        return web.Response(status=403, text="The playground answers to 127.0.0.1 only.")
    foreign = request.headers.get("Origin", f"http://{request.host}") != f"http://{request.host}"
    if foreign and request.path.startswith(_OURS):
        return web.Response(status=403, text="Only the playground's own pages may ask this.")
    response = await handler(request)
    if request.path == "/" or request.path.startswith(("/teams/client/", "/panel")):
        response.headers.setdefault("Content-Security-Policy", _CSP)
        response.headers.setdefault("Cache-Control", "no-cache")
    return response


def environment(earth: world.World, database: str) -> dict[str, str]:
    """What the bot is told; the same variables as in production."""
    return {
        "VOUCHSAFE_APP_ID": earth.bot_id,
        "VOUCHSAFE_APP_SECRET": earth.bot_secret,
        "VOUCHSAFE_TENANT_ID": earth.tenant,
        "VOUCHSAFE_PUBLIC_URL": earth.public_url,
        "VOUCHSAFE_DATABASE_URL": database,
        "VOUCHSAFE_AUDIT_KEYS": earth.audit_key,
        "VOUCHSAFE_HOST": HOST,
        "VOUCHSAFE_DRAIN": "0",  # what plays the balancer passes over whoever refuses
        "VOUCHSAFE_APPROVERS_GROUP": people.HELPDESK,
        "VOUCHSAFE_AGENTS_GROUP": people.HELPDESK,
        "VOUCHSAFE_LEADS_GROUP": people.LEADS,
        "VOUCHSAFE_CATALOG_APP": CATALOG_APP,
        "VOUCHSAFE_SECURITY_GROUP": people.SECURITY,
        "VOUCHSAFE_MAIL_SENDER": DESK,
        "VOUCHSAFE_ALLOWED_GROUPS": people.EMPLOYEES,
        "VOUCHSAFE_DENY_LIST": earth.people["emma"].id,
        "VOUCHSAFE_HELPDESK_CHANNEL": HELPDESK_CHANNEL,
        "VOUCHSAFE_SECURITY_CHANNEL": SECURITY_CHANNEL,
        "VOUCHSAFE_HELPDESK_CONTACT": "the helpdesk on extension 4357",
        "VOUCHSAFE_VERIFIED_ID_AUTHORITY": AUTHORITY,
    }


def listen(port: int) -> socket.socket:
    """A listening socket on loopback: that port, or a free one when it is taken."""
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((HOST, port))
    except OSError:
        door.bind((HOST, 0))
        taken = f"Port {port} is taken; the playground uses {door.getsockname()[1]} instead."
        sys.stderr.write(taken + "\n")
    return door


async def run(
    *,
    port: int = 7300,
    replicas: int = 1,
    record: Path | None = None,
    env: Mapping[str, str] | None = None,
    open_browser: bool = True,
    folder: Path = Path(".playground"),
    setup: Setup = "whole",
) -> int:
    """Play until Ctrl-C; the exit code."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows raises KeyboardInterrupt instead
            loop.add_signal_handler(name, stop.set)
    try:
        _say("Starting the playground: some ten seconds, the first time up to a minute. Ctrl-C ends it.")
        async with playground(
            folder=folder, port=port, replicas=replicas, env=env, record=record, told=_say, setup=setup
        ) as play:
            if not play.scripts.there:
                _say("Fetching two scripts of Microsoft's for the page, by npm, once ...")
            await play.scripts.ready()
            page = f"{play.url}/?as=ann"
            _say(f"Ready. Open {page}")
            if open_browser and _desktop():
                await asyncio.to_thread(webbrowser.open, page)
            await stop.wait()
    except (Unreachable, NotStarted, postgres.NoDatabase) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _desktop() -> bool:
    """Whether there is a screen to open a browser on."""
    return sys.platform in {"win32", "darwin"} or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
