"""The guard: every address asks for a token, then for a permission, ID Protection's also for a turn.

A token in a person's name opens what its scopes and that person's roles open, and nothing of the app's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

from aiohttp import web
from aiohttp.typedefs import Handler

from playground.entra.tokens import bearer, verified
from playground.graph.refusals import LICENSED, RefusedByGraph, denied, ungranted, unlicensed
from playground.people import Person
from playground.world import GRAPH, World

READER = web.RequestKey("reader", str)  # the key of the person in whose name it is asked; not there for the app
_PROTECTED: Final = "/identityProtection/"
_LOG: Final = "/auditLogs/"


class Route(NamedTuple):
    """`permissions` open it to the app, `scopes` to a person."""

    method: str
    path: str
    permissions: frozenset[str]
    handler: Callable[[web.Request], Awaitable[web.Response]]
    scopes: frozenset[str] = frozenset()


def guarded(world: World, route: Route) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        header = request.headers.get("Authorization", "")
        if bearer(world, header, GRAPH) is not None:
            if route.permissions and world.graph.granted.isdisjoint(route.permissions):
                raise ungranted(route.path, route.permissions)
        else:
            person, scopes = _delegated(world, header)
            if scopes.isdisjoint(route.scopes):
                raise denied()
            request[READER] = person.key
        needed = next((licence for place, licence in LICENSED.items() if route.path.startswith(place)), "")
        if needed > world.graph.licence:
            raise unlicensed(route.path)
        if route.path.startswith(_PROTECTED) and not world.graph.budget.take():
            # Without Retry-After: https://learn.microsoft.com/graph/throttling-limits
            raise RefusedByGraph(429, "TooManyRequests", "Too many requests for Identity Protection in this tenant.")
        if route.path.startswith(_LOG) and not world.graph.reports.take():
            raise RefusedByGraph(429, "TooManyRequests", "Too many requests.", headers={"Retry-After": "2"})
        return await route.handler(request)

    return handler


def _delegated(world: World, header: str) -> tuple[Person, frozenset[str]]:
    """Return who asks by a token in their name, and the scopes it has."""
    claims = _claims(world, header)
    person = world.people.find(str(claims.get("oid", ""))) if claims else None
    if claims is None or person is None or not person.enabled:
        text = "Access token validation failure." if header else "Access token is empty."
        place = f"{world.origin}/entra/{world.tenant}/oauth2/v2.0/authorize"
        challenge = {"WWW-Authenticate": f'Bearer realm="", authorization_uri="{place}"'}
        raise RefusedByGraph(401, "InvalidAuthenticationToken", text, headers=challenge)
    return person, frozenset(scope.rpartition("/")[2] for scope in str(claims["scp"]).split())


def _claims(world: World, header: str) -> dict[str, Any] | None:
    scheme, _, token = header.partition(" ")
    claims = verified(world, token.strip()) if scheme.lower() == "bearer" else None
    if claims is None or claims.get("aud") != GRAPH or "scp" not in claims:
        return None
    return claims
