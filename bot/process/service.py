"""Service: where one process of the desk is put together, runs and goes down in order; nothing else assembles."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from aiohttp import web

import cards
from bot.config import policies
from bot.config.cloud import Cloud
from bot.config.settings import Settings
from bot.core.doubts import CallDoubt
from bot.core.errors import Misconfigured
from bot.core.interventions import Intervention
from bot.core.notices import LINE, NOTICE
from bot.core.policy import Policy
from bot.core.ports import Clock, Purpose
from bot.core.queue import BOARD
from bot.core.threat import Threat
from bot.desk.acts import Acts
from bot.desk.alarms import Alarms
from bot.desk.approvals import Approvals
from bot.desk.desk import Desk
from bot.desk.facts import Inquiry
from bot.desk.homes import Homes
from bot.desk.ledger import Ledger, Listener
from bot.desk.notices import Notices
from bot.desk.others import Others
from bot.desk.passwords import PasswordEntry
from bot.desk.proving import Proving
from bot.desk.purposes import Use
from bot.desk.queue import ApproversQueue
from bot.desk.reception import Reception
from bot.desk.register import WARN
from bot.desk.requester import OwnStepUp
from bot.desk.stepup import StepUp
from bot.desk.strangers import Strangers
from bot.desk.upkeep import Upkeep
from bot.kinds import KINDS
from bot.process import helping, looking, metrics, noticing
from bot.process.clock import SystemClock
from bot.process.connections import Outside, reach
from bot.process.heads import EVERY, Heads
from bot.process.jobs import Handler, Jobs
from bot.process.lifetime import Stop, run
from bot.process.readiness import checks, warn
from bot.process.runner import runner
from bot.store.postgres import PostgresStore
from bot.teams import endpoint
from bot.teams.delivery import Delivery, listener
from bot.teams.findings import Findings
from bot.teams.signboard import LOOK, PACE, Signboard
from bot.teams.throttle import Throttle
from bot.teams.tidings import Tidings
from bot.teams.views import Addresses
from bot.web import entry, health, report, stepup, wallet
from bot.web.limit import PROXIES, Limit
from bot.web.middleware import surfacing
from bot.web.page import Pages
from bot.web.places import PLACES, Places
from manifest.package import resource

# Jobs that are never given up: they lock, or say that somebody must.
FOREVER: Final = frozenset(
    {"alert", "finding", "lock", "revoke", WARN, Threat.SIREN, Intervention.SIREN, CallDoubt.SIREN}
)
LARGEST: Final = 256 * 1024  # bytes of a body
LISTENERS: Final[tuple[Listener, ...]] = (listener(KINDS),)  # who hears of every change of a request


@dataclass(frozen=True, slots=True)
class Inside:
    """The desk and what follows from its decisions."""

    desk: Desk
    delivery: Delivery
    findings: Findings
    signboard: Signboard
    upkeep: Upkeep
    entry: PasswordEntry
    told: helping.Announcers
    notices: Notices
    tidings: Tidings


async def serve(settings: Settings, cloud: Cloud, leave: Callable[[int], object]) -> None:
    """Run one process of the desk until SIGTERM or Ctrl-C; `leave` ends it at once where it does not end by itself.

    Raises `Misconfigured`, and `Unavailable` at the start.
    """
    stop = Stop(settings.drain, leave)
    stop.listen()
    async with AsyncExitStack() as stack:
        begun = await stop.unless(begin(stack, settings, cloud))
        if begun is not None:
            app, jobs, probes = begun
            await run(
                runner(app),
                stop,
                host=settings.host,
                port=settings.port,
                work=jobs.run,
                closing=probes.stop,
                finish=app[endpoint.TURNS].close,
            )


async def begin(stack: AsyncExitStack, settings: Settings, cloud: Cloud) -> tuple[web.Application, Jobs, health.Health]:
    """Put one process together, ready to take work; the stack takes apart what leads outside."""
    in_force = policies.load(settings.policies, KINDS, settings)
    warn(in_force)
    clock = SystemClock(cloud.time_file)
    outside = await reach(stack, settings, cloud, clock)
    await insist_on_database(outside.store)
    inside = assemble(settings, outside, in_force, clock)
    heads = Heads(outside.store, settings)
    await heads.seal()
    stack.callback(heads.tell)
    where, contexts = _channels(settings), helping.groups(settings).contexts
    known = (cloud, outside, KINDS, in_force, clock)
    asked = checks(*known, tenant=settings.tenant_id, channels=where, contexts=contexts)
    probes = health.Health({**asked, **heads.checks()})
    app = application(settings, cloud, outside, inside, probes, clock)
    jobs = Jobs(
        outside.store,
        clock=clock,
        handlers=handlers(inside),
        workers=settings.workers,
        forever=FOREVER,
        count=metrics.worked,
        chores=((EVERY, heads.look), (LOOK, inside.signboard.look)),
    )
    await outside.directory.warm()
    settle()
    return app, jobs, probes


def settle() -> None:
    """Take what a start has made out of what is looked through for garbage: a tenth of a second, again and again."""
    gc.freeze()
    gc.enable()


async def insist_on_database(store: PostgresStore) -> None:
    """Refuse to run on a database this code was not written for. Raises `Unavailable` when there is none."""
    await store.ping()
    if not await store.migrated():
        raise Misconfigured("The database is not up to date: run `vouchsafe migrate`")


def assemble(settings: Settings, outside: Outside, in_force: Mapping[str, Policy], clock: Clock) -> Inside:
    """Put the desk together."""
    heard = (*LISTENERS, noticing.NOTICING) if settings.mail_sender else LISTENERS
    ledger = Ledger(outside.store, clock, in_force, heard, metrics.moved, settings.thresholds)
    known = (settings.ticket_pattern, settings.ticket_shown, settings.agents_group)
    by = (outside.directory, outside.verifier, outside.store, KINDS, in_force, clock)
    inquiry = Inquiry(*by, *known, limits=policies.limits(settings.policies))
    homes = Homes(ledger, outside.messenger, outside.directory)
    approvals = Approvals(ledger, inquiry, settings.helpdesk_channel, homes)
    delivery = Delivery(ledger, inquiry, outside.courier, outside.siren, _addresses(settings))
    own_step_up, strangers = OwnStepUp(ledger, inquiry), Strangers(ledger.record, settings.tenant_id)
    reception = Reception(ledger, inquiry)
    notices = noticing.notices(settings, outside, reception, strangers)
    acts = Acts(ledger, inquiry, delivery.secrets, notices.queue)
    alarms = Alarms(ledger, inquiry, frozenset({settings.helpdesk_channel, settings.security_channel}), homes)
    where, groups = _addresses(settings), helping.groups(settings)
    others = helping.others(reception, homes, outside.directory, groups, where)
    used = uses(own_step_up, approvals, alarms, others)
    step_up = StepUp(ledger, inquiry, outside.sign_ins, used, strangers)
    proofs = looking.identity(settings, outside.sign_ins, reception, homes, strangers)
    queue = ApproversQueue(ledger, approvals, homes)
    lookups = looking.lookups(settings, queue, proofs, others.callers)
    doors = (alarms, Proving(reception), homes, queue, others, lookups)
    desk = Desk(ledger, reception, acts, approvals, own_step_up, step_up, proofs, *doors)
    told = helping.messages(others, homes, outside.courier, outside.siren, where)
    signboard, upkeep = _signboard(settings, outside, clock), Upkeep(ledger, inquiry, outside.directory)
    findings, tidings = noticing.to_security(settings, outside, clock)
    entry = PasswordEntry(ledger, acts, strangers)
    return Inside(desk, delivery, findings, signboard, upkeep, entry, told, notices, tidings)


def _signboard(settings: Settings, outside: Outside, clock: Clock) -> Signboard:
    where = (settings.tenant_id, settings.helpdesk_channel, settings.channel_language, settings.helpdesk_contact)
    return Signboard(outside.store, clock, outside.herald, outside.store.budget(BOARD, PACE), *where)


def uses(own: OwnStepUp, approvals: Approvals, alarms: Alarms, others: Others) -> Mapping[Purpose, Use]:
    """Name what follows a sign-in that is through, by its purpose."""
    callers, threats, locks = others.callers, others.threats, others.interventions
    return {
        Purpose.STEP_UP: Use(own.finish, silent=True),
        Purpose.ENTER: Use(own.finish, page=True),
        Purpose.APPROVE: Use(approvals.finish),
        Purpose.DENY: Use(approvals.denied),
        Purpose.LIFT: Use(alarms.finish),
        Purpose.CALL: Use(callers.finish, again=callers.again, tells=callers.page),
        Purpose.VOUCH: Use(callers.vouchers.finish, again=callers.vouchers.again, tells=callers.vouchers.page),
        Purpose.THREAT: Use(threats.finish, again=threats.again, tells=threats.page),
        Purpose.LOCK: Use(locks.finish, again=locks.again, tells=locks.page),
    }


def handlers(inside: Inside) -> Mapping[str, Handler]:
    """Name who answers to each job."""
    return {
        "alert": inside.delivery.alert,
        "lock": inside.desk.alarms.lock,
        "finding": inside.findings.tell,
        "cards": inside.delivery.cards,
        "stray": inside.delivery.stray,
        BOARD: inside.signboard.draw,
        NOTICE: inside.notices.tell,
        LINE: inside.tidings.tell,
        "act": inside.desk.acts.alone,
        "look": inside.upkeep.look,
        "watch": inside.upkeep.watch,
        "follow": inside.upkeep.follow,
        "revoke": inside.upkeep.revoke,
        "serve": inside.desk.others.faces.served,
        "due": inside.upkeep.due,
        **inside.told.handlers,
    }


def application(
    settings: Settings, cloud: Cloud, outside: Outside, inside: Inside, probes: health.Health, clock: Clock
) -> web.Application:
    """Make the web application: Teams' endpoint, the step-up pages, the probes."""
    pages = Pages(cloud, cards.text, settings.helpdesk_contact)
    # An office of thousands may have one address; what one person may do is counted where the person is known.
    limit = Limit(burst=300, rate=10)
    outermost = [surfacing(pages, metrics.failed, limit)]
    app = web.Application(middlewares=outermost, client_max_size=LARGEST)
    app[PROXIES] = settings.networks
    app[PLACES] = Places()
    endpoint.setup(
        app,
        desk=metrics.counted_turns(inside.desk),
        kinds=KINDS,
        settings=settings,
        cloud=cloud,
        keys=outside.bot_keys,
        messenger=outside.messenger,
        clock=clock,
        viewer=inside.delivery.views.answered,
        pace=_pace(),
    )
    stepup.setup(app, desk=inside.desk.step_up, pages=pages)
    entry.setup(app, desk=inside.entry, pages=pages)
    wallet.setup(app, desk=inside.desk.proofs, pages=pages)
    report.setup(app, desk=inside.notices, pages=pages)
    health.setup(app, probes, metrics.exposition)
    return app


def _pace() -> Throttle:
    """More than anybody can press or scroll by hand; a channel full of cards refreshes them all at once."""
    alarms = frozenset(kind.name for kind in KINDS.values() if kind.alarm)
    turns, raised, told = Limit(burst=120, rate=6), Limit(burst=20, rate=0.5), Limit(burst=1, rate=1 / 60)
    return Throttle(turns.wait, raised.wait, told.wait, alarms)


def _channels(settings: Settings) -> Mapping[str, str]:
    """Name the channels by the setting that says where each is."""
    return {
        "VOUCHSAFE_HELPDESK_CHANNEL": settings.helpdesk_channel,
        "VOUCHSAFE_SECURITY_CHANNEL": settings.security_channel,
    }


def _addresses(settings: Settings) -> Addresses:
    return Addresses(
        helpdesk=settings.helpdesk_channel,
        security=settings.security_channel,
        start=f"{settings.public_url}/step-up/start?t=",
        wallet=f"{settings.public_url}/verified-id/open?r=",
        resource=resource(settings.app_id, settings.public_url),
        contact=settings.helpdesk_contact,
        language=settings.channel_language,
        looks=bool(settings.verified_id_authority),
    )
