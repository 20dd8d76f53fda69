"""Routes: Graph's addresses, each with the permissions that open it; the same list says what is refused."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from playground.entra.tokens import GRAPH, bearer
from playground.faults import faulty
from playground.graph.passes import Passes
from playground.graph.policies import Policies
from playground.graph.refusals import Refused, denied
from playground.graph.roles import Roles
from playground.graph.users import Users
from playground.journal import recorded

if TYPE_CHECKING:
    from playground.world import World

# Application permissions, any one of which is enough: https://learn.microsoft.com/graph/permissions-reference
_USER: Final = frozenset({"User.Read.All", "User.ReadWrite.All", "Directory.Read.All"})
_GROUPS: Final = _USER | {"GroupMember.Read.All", "Group.Read.All"}
_ROLES: Final = frozenset({"RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", "Directory.Read.All"})
_ELIGIBLE: Final = frozenset(
    {
        *("RoleEligibilitySchedule.Read.Directory", "RoleEligibilitySchedule.ReadWrite.Directory"),
        *("RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", "RoleManagement.Read.All"),
    }
)
_METHODS: Final = frozenset({"Policy.Read.AuthenticationMethod", "Policy.ReadWrite.AuthenticationMethod"})
_CONTEXTS: Final = frozenset(
    {"AuthenticationContext.Read.All", "AuthenticationContext.ReadWrite.All", "Policy.Read.ConditionalAccess"}
)
_ACCESS: Final = frozenset({"Policy.Read.All"})
_PASS_WRITE: Final = frozenset({"UserAuthMethod-TAP.ReadWrite.All", "UserAuthenticationMethod.ReadWrite.All"})
_PASS_READ: Final = _PASS_WRITE | {"UserAuthMethod-TAP.Read.All", "UserAuthenticationMethod.Read.All"}
_REVOKE: Final = frozenset({"User.RevokeSessions.All", "User.ReadWrite.All", "Directory.ReadWrite.All"})


class Route(NamedTuple):
    method: str
    path: str
    permissions: frozenset[str]
    handler: Callable[[web.Request], Awaitable[web.Response]]


def setup(app: web.Application, world: World) -> None:
    """Serve /graph/v1.0."""
    served = web.Application(middlewares=[recorded(world, "graph"), _answered(world), faulty(world, "graph")])
    for route in routes(world):
        served.router.add_route(route.method, route.path, _guarded(world, route))
    served.router.add_route("*", "/{rest:.*}", _guarded(world, Route("*", "/", frozenset(), _nothing)))
    app.add_subapp("/graph/v1.0", served)


def routes(world: World) -> list[Route]:
    users, roles, passes, policies = Users(world), Roles(world), Passes(world), Policies(world)
    one, directory, access = "/users/{user}", "/roleManagement/directory", "/identity/conditionalAccess"
    methods = f"{one}/authentication/temporaryAccessPassMethods"
    configured = "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/{method}"
    return [
        Route("GET", one, _USER, users.user),
        *(Route("GET", f"{one}/transitiveMemberOf/{cast}", _GROUPS, users.groups) for cast in _CASTS),
        *(Route("GET", f"{one}/ownedObjects/{cast}", _USER, users.owned) for cast in _CASTS),
        Route("POST", f"{one}/checkMemberGroups", _GROUPS, users.check),
        Route("POST", f"{one}/getMemberObjects", _GROUPS, users.objects),
        Route("GET", f"{directory}/roleAssignments", _ROLES, roles.assignments),
        Route("GET", f"{directory}/roleEligibilityScheduleInstances", _ELIGIBLE, roles.eligible),
        Route("GET", f"{directory}/roleDefinitions/{{role}}", _ROLES | {"RoleManagement.Read.All"}, roles.definition),
        Route("GET", configured, _METHODS | {"Policy.Read.All"}, policies.method),
        Route("GET", f"{access}/authenticationContextClassReferences", _CONTEXTS, policies.contexts),
        Route("GET", f"{access}/policies", _ACCESS, policies.access),
        Route("GET", methods, _PASS_READ, passes.listed),
        Route("POST", methods, _PASS_WRITE, passes.create),
        Route("GET", f"{methods}/{{method}}", _PASS_READ, passes.single),
        Route("DELETE", f"{methods}/{{method}}", _PASS_WRITE, passes.delete),
        Route("POST", f"{one}/revokeSignInSessions", _REVOKE, passes.revoke),
    ]


_CASTS: Final = ("graph.group", "microsoft.graph.group")


def _guarded(world: World, route: Route) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        header = request.headers.get("Authorization", "")
        if bearer(world, header, GRAPH) is None:
            text = "Access token validation failure." if header else "Access token is empty."
            place = f"{world.origin}/entra/{world.tenant}/oauth2/v2.0/authorize"
            challenge = {"WWW-Authenticate": f'Bearer realm="", authorization_uri="{place}"'}
            raise Refused(401, "InvalidAuthenticationToken", text, headers=challenge)
        if route.permissions and world.graph.granted.isdisjoint(route.permissions):
            raise denied()
        return await route.handler(request)

    return handler


async def _nothing(request: web.Request) -> web.Response:
    segment = request.match_info["rest"].rpartition("/")[2]
    raise Refused(400, "BadRequest", f"Resource not found for the segment '{segment}'.")


def _answered(world: World) -> Middleware:
    """Give every answer its ids, and every refusal its form."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        mark = str(uuid.uuid4())
        client = request.headers.get("client-request-id", mark)
        answer: web.StreamResponse
        try:
            answer = await handler(request)
        except Refused as refused:
            body = refused.body(at=world.clock.now(), mark=mark, client=client)
            answer = web.json_response(body, status=refused.status, headers=refused.headers)
        except web.HTTPException as error:
            body = Refused(error.status, "BadRequest", error.reason).body(
                at=world.clock.now(), mark=mark, client=client
            )
            answer = web.json_response(body, status=error.status)
        answer.headers.setdefault("request-id", mark)
        answer.headers["client-request-id"] = client
        return answer

    return middleware
