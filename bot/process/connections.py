"""Outside: everything beyond this process that the desk speaks to, opened in order and closed in reverse."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

import aiohttp

import cards
from bot.config import outgoing
from bot.config.cloud import Cloud
from bot.config.settings import Settings
from bot.core.errors import Misconfigured, Rejected
from bot.core.ports import Clock
from bot.entra.idtoken import openid_url
from bot.entra.keys import KeyRing
from bot.entra.signins import EntraSignIns
from bot.entra.tokens import AppTokens
from bot.graph import definitions
from bot.graph.directory import GraphDirectory
from bot.process import metrics
from bot.process.clock import SystemClock
from bot.store.postgres import PostgresStore
from bot.teams.limits import AT_ONCE, CHANNEL, TENANT, Limiter, Rank
from bot.teams.outbound import Connector
from bot.verified.service import RequestService
from bot.verified.wire import CredentialType

# Identity Protection lets a tenant in once a second, and what was sent a second apart may arrive closer:
# https://learn.microsoft.com/graph/throttling-limits
TURN: Final = 1.1  # seconds
# What is read of a tenant's log has one budget, five in ten seconds for an app: the same page.
REPORTS: Final = "graph reports"
REPORT: Final = 2.1  # seconds


@dataclass(frozen=True, slots=True)
class Outside:
    """Everything beyond this process that the desk speaks to."""

    store: PostgresStore
    tokens: AppTokens
    directory: GraphDirectory
    sign_ins: EntraSignIns
    messenger: Connector
    courier: Connector  # the same, for what nobody waits for in front of a chat
    herald: Connector  # and for the line in the approvers' channel: it is news to all of them
    siren: Connector  # and for what security must hear: nothing goes before it
    verifier: RequestService
    bot_keys: KeyRing


async def reach(stack: AsyncExitStack, settings: Settings, cloud: Cloud, clock: Clock) -> Outside:
    """Open what leads outside; the stack closes it again in reverse."""
    secret = settings.app_secret.get_secret_value()
    url = settings.database_url.get_secret_value()
    opened = PostgresStore(url, clock=clock, size=settings.workers + 8, keys=settings.keys)
    store = await stack.enter_async_context(opened)
    session = await stack.enter_async_context(outgoing.session())
    tokens = AppTokens(cloud, settings.app_id, secret, settings.tenant_id, clock)
    directory = _directory(settings, cloud, tokens, clock, store)
    stack.push_async_callback(directory.close)
    keys = KeyRing(session, openid_url(cloud, settings.tenant_id), clock)
    sign_ins = EntraSignIns(settings=settings, cloud=cloud, keys=keys, clock=clock)
    stack.push_async_callback(sign_ins.close)
    messenger, courier, herald, siren = _connectors(session, tokens, cloud, store)
    return Outside(
        store=store,
        tokens=tokens,
        directory=directory,
        sign_ins=metrics.counted(sign_ins, "entra"),
        verifier=_verifier(session, settings, cloud, tokens, clock),
        messenger=messenger,
        courier=courier,
        herald=herald,
        siren=siren,
        bot_keys=KeyRing(session, cloud.bot_openid, clock),
    )


async def define(settings: Settings, cloud: Cloud) -> tuple[str, ...]:
    """Make the attributes proofs of identity are written to; return the names of those that were not there.

    Raises `Misconfigured` where the tenant does not let the app, or has them otherwise.
    """
    secret = settings.app_secret.get_secret_value()
    tokens = AppTokens(cloud, settings.app_id, secret, settings.tenant_id, SystemClock(cloud.time_file))
    words = settings.attribute_names
    names: dict[str, type[str | int]] = {words["at"]: str, words["score"]: int, words["request"]: str}
    try:
        return await definitions.define(cloud=cloud, tokens=tokens, attribute_set=settings.attribute_set, names=names)
    except Rejected as error:
        raise Misconfigured(
            f"{error}: grant the app CustomSecAttributeDefinition.ReadWrite.All for as long as this takes, and see "
            f"that nobody else uses the set {settings.attribute_set}"
        ) from error


def _connectors(
    session: aiohttp.ClientSession, tokens: AppTokens, cloud: Cloud, store: PostgresStore
) -> tuple[Connector, Connector, Connector, Connector]:
    """Return who answers people, who brings them news, who tells a channel, and who raises an alarm.

    What Teams takes of all together, all replicas share.
    """
    limiter = Limiter(
        tenant=store.budget("teams", TENANT), channel=lambda name: store.budget(f"teams {name}", CHANNEL, AT_ONCE)
    )

    def connector(rank: Rank, lowest: Rank) -> Connector:
        made = Connector(session=session, tokens=tokens, cloud=cloud, limiter=limiter, rank=rank, lowest=lowest)
        return metrics.counted(made, "teams")

    return (
        connector(Rank.ANSWER, Rank.REST),
        connector(Rank.NEWS, Rank.REST),
        connector(Rank.NEWS, Rank.NEWS),
        connector(Rank.ANSWER, Rank.ANSWER),
    )


def _directory(
    settings: Settings, cloud: Cloud, tokens: AppTokens, clock: Clock, store: PostgresStore
) -> GraphDirectory:
    return GraphDirectory(
        cloud=cloud,
        tokens=tokens,
        clock=clock,
        budget=store.budget(cloud.graph, TURN),
        reports=store.budget(REPORTS, REPORT),
        attribute_set=settings.attribute_set,
        attribute_names=settings.attribute_names,
        human_attribute=settings.person_attribute,
        app_id=settings.app_id,
        observe=_graph_called,
    )


def _verifier(
    session: aiohttp.ClientSession, settings: Settings, cloud: Cloud, tokens: AppTokens, clock: Clock
) -> RequestService:
    wanted = CredentialType(settings.verified_id_authority, settings.verified_id_type, settings.verified_id_photo)
    return RequestService(
        session=session,
        tokens=tokens,
        cloud=cloud,
        clock=clock,
        wanted=wanted,
        public_url=settings.public_url,
        purpose=lambda language: cards.text("web.wallet.purpose", language),
    )


def _graph_called(operation: str, outcome: str, seconds: float) -> None:
    metrics.called("graph", operation, outcome, seconds)
