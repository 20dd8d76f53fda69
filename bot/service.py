"""Service: where one process of the desk is put together, runs and goes down in order; nothing else assembles."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import structlog
from aiohttp import web

import cards
from bot import metrics, policies
from bot.acts import Acts
from bot.approvals import Approvals
from bot.clock import SystemClock
from bot.cloud import Cloud, loopback
from bot.core.errors import Misconfigured
from bot.core.policy import Policy
from bot.core.ports import Clock
from bot.desk import Desk
from bot.entra.keys import KeyRing
from bot.entra.signins import EntraSignIns
from bot.entra.tokens import AppTokens
from bot.facts import Inquiry
from bot.graph.directory import GraphDirectory
from bot.jobs import Handler, Jobs
from bot.ledger import Ledger
from bot.logs import AccessLog
from bot.requests import KINDS
from bot.settings import Settings
from bot.signin import StepUp
from bot.store.postgres import PostgresStore
from bot.teams import endpoint
from bot.teams.delivery import Addresses, Delivery
from bot.teams.outbound import Connector
from bot.web import health, stepup
from bot.web.limit import Limit
from bot.web.middleware import limiting, surfacing
from bot.web.page import Pages
from manifest.package import resource

GRACE: Final = 10.0  # seconds to finish turns and jobs once we are told to stop
PROBE: Final = 5.0  # seconds for the database to answer at the start
LARGEST: Final = 256 * 1024  # bytes of a body

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outside:
    """Everything beyond this process that the desk speaks to."""

    store: PostgresStore
    tokens: AppTokens
    directory: GraphDirectory
    sign_ins: EntraSignIns
    messenger: Connector
    bot_keys: KeyRing


@dataclass(frozen=True, slots=True)
class Inside:
    """The desk and what follows from its decisions."""

    desk: Desk
    delivery: Delivery
    acts: Acts
    policies: Mapping[str, Policy]


async def serve(settings: Settings, cloud: Cloud) -> None:
    """Run one process of the desk until SIGTERM or Ctrl-C. Raises `Misconfigured`, and `Unavailable` at the start."""
    insist(settings)
    in_force = policies.load(settings.policies, KINDS, settings)
    clock = SystemClock(cloud.time_file)
    async with AsyncExitStack() as stack:
        outside = await reach(stack, settings, cloud, clock)
        await insist_on_database(outside.store)
        inside = assemble(settings, outside, in_force, clock)
        probes = health.Health(checks(cloud, outside, in_force))
        app = application(settings, cloud, outside, inside, probes, clock)
        jobs = Jobs(
            outside.store,
            clock=clock,
            handlers=handlers(inside),
            workers=settings.workers,
            count=metrics.worked,
        )
        await outside.directory.warm()
        await run(app, jobs, probes, settings)


def insist(settings: Settings) -> None:
    """Refuse an address that would send sign-ins over an open line."""
    public = urlsplit(settings.public_url)
    if public.scheme != "https" and not loopback(public.hostname or ""):
        raise Misconfigured("VOUCHSAFE_PUBLIC_URL: must be https; plain http is for loopback only")


async def insist_on_database(store: PostgresStore) -> None:
    """Refuse to run on a database this code was not written for. Raises `Unavailable` when there is none."""
    await store.ping()
    if not await store.migrated():
        raise Misconfigured("The database is not up to date: run `app.py migrate`")


async def reach(stack: AsyncExitStack, settings: Settings, cloud: Cloud, clock: Clock) -> Outside:
    """Open what leads outside; the stack closes it again in reverse."""
    secret = settings.app_secret.get_secret_value()
    url = settings.database_url.get_secret_value()
    store = await stack.enter_async_context(PostgresStore(url, clock=clock, size=settings.workers + 8))
    session = await stack.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)))
    tokens = AppTokens(cloud, settings.app_id, secret, settings.tenant_id, clock)
    directory = GraphDirectory(cloud=cloud, tokens=tokens, clock=clock, observe=_graph_called)
    stack.push_async_callback(directory.close)
    metadata = f"{cloud.authority(settings.tenant_id)}/v2.0/.well-known/openid-configuration"
    sign_ins = EntraSignIns(settings=settings, cloud=cloud, keys=KeyRing(session, metadata, clock), clock=clock)
    stack.push_async_callback(sign_ins.close)
    return Outside(
        store=store,
        tokens=tokens,
        directory=directory,
        sign_ins=metrics.counted(sign_ins, "entra"),
        messenger=metrics.counted(Connector(session=session, tokens=tokens, cloud=cloud), "teams"),
        bot_keys=KeyRing(session, cloud.bot_openid, clock),
    )


def assemble(settings: Settings, outside: Outside, in_force: Mapping[str, Policy], clock: Clock) -> Inside:
    """Put the desk together."""
    ledger = Ledger(outside.store, clock, in_force, metrics.moved)
    inquiry = Inquiry(outside.directory, outside.store, KINDS, in_force, clock, settings.ticket_pattern)
    approvals = Approvals(ledger, inquiry)
    delivery = Delivery(ledger, inquiry, outside.messenger, _addresses(settings))
    acts = Acts(ledger, inquiry, outside.directory, courier=delivery)
    step_up = StepUp(ledger, inquiry, approvals, outside.sign_ins)
    return Inside(Desk(ledger, inquiry, acts, approvals, step_up), delivery, acts, in_force)


def handlers(inside: Inside) -> Mapping[str, Handler]:
    """Name who answers to each job."""
    return {
        "cards": inside.delivery.cards,
        "stray": inside.delivery.stray,
        "look": inside.acts.look,
        "revoke": inside.acts.revoke,
        "due": inside.acts.due,
    }


def application(
    settings: Settings, cloud: Cloud, outside: Outside, inside: Inside, probes: health.Health, clock: Clock
) -> web.Application:
    """Make the web application: Teams' endpoint, the step-up pages, the probes."""
    pages = Pages(cloud, cards.text, settings.helpdesk_contact)
    limit = Limit(burst=30, rate=0.5)
    app = web.Application(middlewares=[surfacing(pages), limiting(pages, limit)], client_max_size=LARGEST)
    endpoint.setup(
        app,
        desk=metrics.counted_turns(inside.desk),
        kinds=KINDS,
        settings=settings,
        cloud=cloud,
        keys=outside.bot_keys,
        messenger=outside.messenger,
        clock=clock,
        viewer=inside.delivery.view,
    )
    stepup.setup(app, desk=inside.desk.step_up, pages=pages)
    health.setup(app, probes)
    return app


def checks(cloud: Cloud, outside: Outside, in_force: Mapping[str, Policy]) -> Mapping[str, health.Check]:
    """List what must work before this process takes work, and what is told besides."""

    async def database() -> str:
        await outside.store.ping()
        return "" if await outside.store.migrated() else "the schema is not up to date"

    async def keys() -> str:
        await outside.bot_keys.load()
        return ""

    async def tokens() -> str:
        await outside.tokens.get(cloud.graph_scope)
        await outside.tokens.get(cloud.bot_scope)
        return ""

    async def contexts() -> str:
        wanted = {c for p in in_force.values() for c in (p.step_up, p.approver_step_up) if c and p.mode != "off"}
        missing = wanted - await outside.directory.guarded_contexts() if wanted else set()
        return f"no enabled policy guards {', '.join(sorted(missing))}" if missing else ""

    return {
        "database": health.Check(database, "look at VOUCHSAFE_DATABASE_URL, run `app.py migrate`"),
        "teams_keys": health.Check(keys, f"the process must reach {cloud.bot_openid}"),
        "app_token": health.Check(tokens, "look at VOUCHSAFE_APP_ID, VOUCHSAFE_APP_SECRET and VOUCHSAFE_TENANT_ID"),
        "step_up": health.Check(
            contexts, "publish the authentication context and target it with a Conditional Access policy", warning=True
        ),
    }


async def run(app: web.Application, jobs: Jobs, probes: health.Health, settings: Settings) -> None:
    """Take work until told to stop; then take no more, finish turns and hand jobs back within ten seconds."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    runner = web.AppRunner(app, access_log_class=AccessLog, shutdown_timeout=GRACE)
    await runner.setup()
    try:
        await _listen(runner, settings)
        working, stopping = asyncio.create_task(jobs.run(stop)), asyncio.create_task(stop.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        log.info("stopping")
        stop.set()  # also when it was the worker that ended: without it this process is of no use
        probes.stop()
    finally:
        await runner.cleanup()
    await working
    log.info("stopped")


async def _listen(runner: web.AppRunner, settings: Settings) -> None:
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
    except OSError as error:
        raise Misconfigured(
            f"VOUCHSAFE_HOST, VOUCHSAFE_PORT: cannot listen on {settings.host}:{settings.port} ({error.strerror})"
        ) from error
    log.info("listening", host=settings.host, port=settings.port)


def _addresses(settings: Settings) -> Addresses:
    return Addresses(
        helpdesk=settings.helpdesk_channel,
        security=settings.security_channel,
        start=f"{settings.public_url}/step-up/start?t=",
        resource=resource(settings.app_id, settings.public_url),
        contact=settings.helpdesk_contact,
        language=settings.channel_language,
    )


def _graph_called(operation: str, outcome: str, seconds: float) -> None:
    metrics.called("graph", operation, outcome, seconds)
