"""The Graph SDK as the desk runs it: our tokens, our deadlines, and none of its retries, redirects or telemetry."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from msgraph.generated.base_graph_service_client import BaseGraphServiceClient

from bot import __version__
from bot.config.cloud import Cloud, loopback
from bot.core.tokens import Tokens
from bot.graph.adapter import GraphAdapter
from bot.graph.calls import WRITE_LIMIT

CONNECT: Final = 2.0  # seconds, with the wait for a free connection
_CONNECTIONS: Final = 64  # a pool of its own: a Graph that hangs must not take the connections of replies
_IDLE: Final = 30  # seconds


class Cut(aiohttp.ClientError):
    """The connection ended before the answer; whether the request arrived is not known."""


def connect(cloud: Cloud, tokens: Tokens) -> tuple[BaseGraphServiceClient, aiohttp.ClientSession]:
    """Return the SDK's client, and the session below it for whoever closes it."""
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=_CONNECTIONS, keepalive_timeout=_IDLE),
        timeout=aiohttp.ClientTimeout(total=WRITE_LIMIT, connect=CONNECT),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": f"vouchsafe/{__version__}"},
        middlewares=[_once],
        proxy=_proxy(cloud.graph),
    )
    return BaseGraphServiceClient(sender(cloud, tokens, session)), session


def sender(cloud: Cloud, tokens: Tokens, session: aiohttp.ClientSession) -> GraphAdapter:
    """Return what sends requests with these tokens, over connections that are there already."""
    return GraphAdapter(session, tokens, cloud.graph_scope, f"{cloud.graph}/v1.0")


async def _once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending a DELETE, or anything else, a second time when the connection was lost."""
    try:
        return await send(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise  # never sent, and never repeated
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise Cut(type(error).__name__) from error


def _proxy(url: str) -> str | None:
    """Return the proxy that the environment names; one has no business with this machine."""
    host, scheme = urlsplit(url).hostname or "", urlsplit(url).scheme
    return None if loopback(host) or proxy_bypass(host) else getproxies().get(scheme)
