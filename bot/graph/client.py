"""The Graph SDK as the desk runs it: our tokens, our deadlines, and none of its retries, redirects or telemetry."""

from __future__ import annotations

from typing import Final

import aiohttp
from msgraph.generated.base_graph_service_client import BaseGraphServiceClient

from bot import __version__
from bot.config.cloud import Cloud
from bot.config.outgoing import NOT_SENT, via
from bot.core.tokens import Tokens
from bot.graph.adapter import GraphAdapter
from bot.graph.calls import WRITE_LIMIT

CONNECT: Final = 2.0  # seconds
_IDLE: Final = 30  # seconds


class Cut(aiohttp.ClientError):
    """The connection ended before the answer; whether the request arrived is not known."""


def connect(cloud: Cloud, tokens: Tokens) -> tuple[BaseGraphServiceClient, aiohttp.ClientSession]:
    """Return the SDK's client, and the session below it for whoever closes it.

    Its connections are its own: a Graph that hangs takes none of those that replies go by.
    """
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE),  # `Lanes` bounds the calls
        timeout=aiohttp.ClientTimeout(total=WRITE_LIMIT, sock_connect=CONNECT),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": f"vouchsafe/{__version__}"},
        middlewares=[_once],
        proxy=via(cloud.graph),
    )
    return BaseGraphServiceClient(sender(cloud, tokens, session)), session


def sender(cloud: Cloud, tokens: Tokens, session: aiohttp.ClientSession) -> GraphAdapter:
    """Return what sends requests with these tokens, over connections that are there already."""
    return GraphAdapter(session, tokens, cloud.graph_scope, f"{cloud.graph}/v1.0")


async def _once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending a DELETE, or anything else, a second time when the connection was lost."""
    try:
        return await send(request)
    except NOT_SENT:
        raise  # never sent, and never repeated
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise Cut(type(error).__name__) from error
