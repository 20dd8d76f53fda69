"""A process that calls Graph in one way and tells what its calls cost; told over a connection when to call, and how.

A line in, `<sort> <at once> <seconds>`, and a line of JSON out. Its imports are part of what the process costs.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import uvloop

from bench import rounds
from bench.tenant import PASS, PERSON

Sorts = Mapping[str, Callable[[], Awaitable[object]]]

BASE: Final = "https://graph.microsoft.com/v1.0"
TOKEN: Final = "token" * 300
HOUR: Final = timedelta(hours=1)
WANTED: Final = {"lifetimeInMinutes": 60, "isUsableOnce": True}


class Ready:
    """Tokens and turns that are there already, and a clock."""

    async def get(self, _: str) -> str:
        return TOKEN

    async def forget(self, _: str) -> None:
        """Keep it."""

    async def turn(self, _: float) -> None:
        """Wait for nothing."""


async def ours() -> Sorts:
    """The desk's directory, warmed as before it is ready."""
    from bot.config.cloud import PUBLIC
    from bot.graph.directory import GraphDirectory
    from bot.process.clock import SystemClock

    there = Ready()
    directory = GraphDirectory(
        cloud=PUBLIC, tokens=there, clock=SystemClock(), budget=there, reports=there, attribute_set="Vouchsafe"
    )
    await directory.warm()
    return {
        "read": lambda: directory.account(PERSON),
        "write": lambda: directory.issue_pass(PERSON, HOUR, one_time=True),
    }


async def sdk() -> Sorts:
    """msgraph-sdk as it is shipped: its client, its middleware, a credential that has its token."""
    from azure.core.credentials import AccessToken
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from msgraph.generated.models.temporary_access_pass_authentication_method import (
        TemporaryAccessPassAuthenticationMethod as Pass,
    )
    from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder
    from msgraph.graph_service_client import GraphServiceClient

    from bot.graph.readings import ACCOUNT_FIELDS

    class Credential:
        async def get_token(self, *_: str, **__: object) -> Any:
            return AccessToken(TOKEN, int(time.time()) + 3600)

        async def close(self) -> None: ...

    user = GraphServiceClient(Credential()).users.by_user_id(PERSON)  # type: ignore[arg-type]  # all it asks of one
    passes = user.authentication.temporary_access_pass_methods
    fields = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters(select=list(ACCOUNT_FIELDS))
    return {
        "read": lambda: user.get(RequestConfiguration(query_parameters=fields)),
        "write": lambda: passes.post(Pass(lifetime_in_minutes=60, is_usable_once=True)),
    }


async def bare() -> Sorts:
    """Only aiohttp: the same requests, written by hand, and their answers as JSON."""
    import aiohttp

    session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"})
    fields = (
        "id,displayName,userPrincipalName,accountEnabled,userType,onPremisesSyncEnabled,isManagementRestricted,"
        "externalUserState,preferredLanguage,lastPasswordChangeDateTime,signInSessionsValidFromDateTime"
    )
    user = f"{BASE}/users/{PERSON}"

    async def call(method: str, url: str, **what: object) -> object:
        async with session.request(method, url, **what) as answer:  # type: ignore[arg-type]  # what it takes
            return await answer.json()

    return {
        "read": lambda: call("GET", f"{user}?$select={fields}"),
        "write": lambda: call("POST", f"{user}/authentication/temporaryAccessPassMethods", json=WANTED),
    }


async def calls(call: Callable[[], Awaitable[object]], at_once: int, seconds: float) -> dict[str, float]:
    """Call for so long, at least once; tell how many calls there were, and what they took."""
    made, began, cpu = 0, time.perf_counter(), time.process_time()

    async def one_after_the_other() -> None:
        nonlocal made
        while True:
            answer = await call()
            if PERSON not in str(answer) and PASS not in str(answer):
                raise AssertionError("not the answer")
            made += 1
            if time.perf_counter() - began >= seconds:
                return

    await asyncio.gather(*(one_after_the_other() for _ in range(at_once)))
    return {"made": made, "wall": time.perf_counter() - began, "cpu": time.process_time() - cpu}


async def main(way: str) -> None:
    sorts = await {"ours": ours, "sdk": sdk, "bare": bare}[way]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            sort, at_once, seconds = line.decode().split()
            told = await calls(sorts[sort], int(at_once), float(seconds))
            writer.write(json.dumps({**told, "rss": rounds.resident(os.getpid())}).encode() + b"\n")

    server = await asyncio.start_server(serve, "127.0.0.1", int(os.environ["PORT"]))
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
