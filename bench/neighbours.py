"""Neighbours: connector, issuer's keys, Entra and Graph, played under their real names on one address, over TLS."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections import Counter
from pathlib import Path
from typing import Final, cast

from bench import tenant
from bench.http1 import Reader, response
from bench.issuer import BOT_ISSUER, HOSTS, TENANT, Issuer

ADDRESS: Final = "127.0.0.9"
PORT: Final = 443
LOGIN: Final = "https://login.microsoftonline.com"
KEYS_AT: Final = "https://login.botframework.com/v1/.well-known/keys"


class Neighbours:
    """`asked` counts the calls by sort; `delay` holds the seconds each sort takes to answer."""

    def __init__(self, issuer: Issuer) -> None:
        self.asked: Counter[str] = Counter()
        self.delay: dict[str, float] = {}
        self.unknown: Counter[str] = Counter()
        self._answers = _answers(issuer)
        self._server: asyncio.Server | None = None

    async def open(self, certificate: Path) -> None:
        """Listen. Raises `OSError` where the port may not be bound."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Session(self), ADDRESS, PORT, ssl=context, backlog=1024
        )

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    def answer(self, head: bytes) -> tuple[str, bytes]:
        """Return the sort of a call and the answer to it."""
        sort = _sort(head)
        self.asked[sort] += 1
        if sort == "unknown":
            self.unknown[head.partition(b"\r\n")[0].decode(errors="replace")] += 1
        return sort, self._answers[sort]


class _Session(asyncio.Protocol):
    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours
        self._reader = Reader()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        for head, _ in self._reader.feed(data):
            sort, answer = self._neighbours.answer(head)
            delay = self._neighbours.delay.get(sort, 0.0)
            if delay:
                asyncio.get_running_loop().call_later(delay, self._write, answer)
            else:
                self._write(answer)

    def _write(self, answer: bytes) -> None:
        if self._transport is not None:
            self._transport.write(answer)


def _sort(head: bytes) -> str:
    line = head[: head.find(b"\r\n")]
    if tenant.HOST in head:
        return tenant.sort(line)
    if b"/v3/conversations" in line:
        return "thread" if b"/v3/conversations " in line else "reply"
    if b"/oauth2/v2.0/token" in line:
        return "token"
    if b"openidconfiguration" in line:
        return "openid"
    if b"/keys" in line:
        return "keys"
    if b"openid-configuration" in line:
        return "authority"
    return "instance" if b"/discovery/instance" in line else "unknown"


def _answers(issuer: Issuer) -> dict[str, bytes]:
    ours = f"{LOGIN}/{TENANT}"
    told: dict[str, object] = {
        "reply": {"id": "1763950000000"},
        "thread": {"id": "19:helpdesk@thread.tacv2;messageid=1763950000000", "activityId": "1763950000000"},
        "token": {"token_type": "Bearer", "expires_in": 3599, "access_token": issuer.access_token()},
        "openid": {
            "issuer": BOT_ISSUER,
            "authorization_endpoint": "https://invalid.botframework.com",
            "jwks_uri": KEYS_AT,
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        },
        "authority": {
            "token_endpoint": f"{ours}/oauth2/v2.0/token",
            "authorization_endpoint": f"{ours}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{ours}/oauth2/v2.0/devicecode",
            "issuer": f"{ours}/v2.0",
            "jwks_uri": f"{ours}/discovery/v2.0/keys",
        },
        "instance": {
            "tenant_discovery_endpoint": f"{ours}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [{"preferred_network": HOSTS[0], "preferred_cache": HOSTS[2], "aliases": [HOSTS[0], HOSTS[2]]}],
        },
    }
    answers = {sort: response(200, json.dumps(body).encode()) for sort, body in told.items()}
    return {**answers, **tenant.ANSWERS, "keys": response(200, issuer.jwks()), "unknown": response(404, b"{}")}
