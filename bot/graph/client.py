"""The Graph SDK as the desk runs it: our tokens, our deadlines, and none of its retries, redirects or telemetry."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from kiota_abstractions.authentication import AuthenticationProvider
from kiota_abstractions.request_information import RequestInformation
from kiota_http.kiota_client_factory import KiotaClientFactory
from kiota_http.middleware import ParametersNameDecodingHandler
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient

from bot.cloud import Cloud, loopback
from bot.core.errors import Rejected
from bot.graph.calls import CORRELATION, WRITE_LIMIT, Tokens
from bot.graph.faults import Stale

_LIMITS: Final = httpx.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=30)
_TIMEOUT: Final = httpx.Timeout(WRITE_LIMIT, connect=2.0, pool=2.0)


class Bearer(AuthenticationProvider):
    """Puts our token and the call's id on a request, but only on one to Graph itself."""

    def __init__(self, tokens: Tokens, scope: str, base: str) -> None:
        self._tokens = tokens
        self._scope = scope
        self._base = base

    async def authenticate_request(
        self, request: RequestInformation, additional_authentication_context: dict[str, Any] | None = None
    ) -> None:
        if (additional_authentication_context or {}).get("claims"):
            # The SDK would send the request a second time by itself, a write too; whether to is the caller's choice.
            raise Stale("Graph wants a new token", retry_after=0)
        if not request.url.startswith(f"{self._base}/"):  # a nextLink comes from outside
            raise Rejected("a link that does not lead to Graph", code="foreign_link")
        request.headers.try_add("Authorization", f"Bearer {await self._tokens.get(self._scope)}")
        request.headers.try_add("client-request-id", CORRELATION.get())


def connect(cloud: Cloud, tokens: Tokens) -> tuple[GraphServiceClient, httpx.AsyncClient]:
    """Return the SDK's client, and the HTTP client below it for whoever closes it."""
    on_loopback = loopback(urlsplit(cloud.graph).hostname or "")
    http = httpx.AsyncClient(
        headers={"User-Agent": "vouchsafe"},
        timeout=_TIMEOUT,
        limits=_LIMITS,
        follow_redirects=False,
        event_hooks={"response": [_direct]},
        trust_env=not on_loopback,  # a proxy has no business with this machine
    )
    KiotaClientFactory.create_with_custom_middleware([ParametersNameDecodingHandler()], http)
    return GraphServiceClient(request_adapter=sender(cloud, tokens, http)), http


def sender(cloud: Cloud, tokens: Tokens, http: httpx.AsyncClient) -> GraphRequestAdapter:
    """Return what sends requests with these tokens, over connections that are there already."""
    base = f"{cloud.graph}/v1.0"
    adapter = GraphRequestAdapter(Bearer(tokens, cloud.graph_scope, base), http)
    adapter.base_url = base
    return adapter


async def _direct(response: httpx.Response) -> None:
    """Graph does not redirect these calls, and the SDK takes a redirect it may not follow for a success."""
    if 300 <= response.status_code < 400:  # noqa: PLR2004 - HTTP's own bounds
        raise httpx.RemoteProtocolError(f"redirected ({response.status_code})")
