"""Routes: Graph's addresses, each with the permissions that open it; the same list says what is refused."""

from __future__ import annotations

import uuid
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from playground.faults import faulty
from playground.graph import permissions
from playground.graph.apps import Installations
from playground.graph.audits import Audits
from playground.graph.changes import Changes
from playground.graph.definitions import Definitions
from playground.graph.groups import Groups
from playground.graph.guard import Route, guarded
from playground.graph.mail import Exchange
from playground.graph.methods import COLLECTIONS, Collection, Methods, Typed
from playground.graph.organization import Organization
from playground.graph.passes import Passes
from playground.graph.policies import Policies
from playground.graph.protection import Protection
from playground.graph.refusals import RefusedByGraph
from playground.graph.roles import Roles
from playground.graph.users import Users
from playground.journal import recorded
from playground.world import World

_ONE: Final = "/users/{user}"
_GROUP: Final = "/groups/{group}"
_CASTS: Final = ("graph.group", "microsoft.graph.group")


def setup(app: web.Application, world: World) -> None:
    """Serve /graph/v1.0."""
    journal, faults = recorded(world.journal, world.clock, "graph"), faulty(world.faults, world.clock, "graph")
    served = web.Application(middlewares=[journal, _answered(world), faults])
    for route in routes(world):
        served.router.add_route(route.method, route.path, guarded(world, route))
    served.router.add_route("*", "/{rest:.*}", guarded(world, Route("*", "/", frozenset(), _nothing)))
    app.add_subapp("/graph/v1.0", served)


def routes(world: World) -> list[Route]:
    return [*_people(world), *_tenant(world), *_methods(world), *_protection(world)]


def _people(world: World) -> list[Route]:
    users, changes, passes, groups = Users(world), Changes(world), Passes(world), Groups(world)
    return [
        Route("GET", "/users", permissions.USER, users.found, permissions.ATTRIBUTES_READ),
        Route("GET", _ONE, permissions.USER, users.user, permissions.ATTRIBUTES_READ),
        Route("GET", "/auditLogs/directoryAudits", permissions.AUDITS, Audits(world).listed),
        Route("GET", f"{_ONE}/manager", permissions.USER, users.manager),
        Route("PATCH", _ONE, permissions.CHANGES, changes.user),
        *(Route("GET", f"{_ONE}/transitiveMemberOf/{cast}", permissions.GROUPS, users.groups) for cast in _CASTS),
        *(Route("GET", f"{_ONE}/ownedObjects/{cast}", permissions.USER, users.owned) for cast in _CASTS),
        Route("GET", _GROUP, permissions.GROUP, groups.group),
        Route("GET", f"{_GROUP}/transitiveMembers", permissions.GROUP, groups.members),
        Route("GET", f"{_GROUP}/owners", permissions.GROUP, groups.owners),
        Route("POST", f"{_ONE}/checkMemberGroups", permissions.GROUPS, users.check),
        Route("POST", f"{_ONE}/getMemberObjects", permissions.GROUPS, users.objects),
        Route("POST", f"{_ONE}/revokeSignInSessions", permissions.REVOKE, passes.revoke),
        Route("POST", f"{_ONE}/teamwork/installedApps", permissions.INSTALL, Installations(world).add),
        Route("POST", f"{_ONE}/sendMail", permissions.MAIL, Exchange(world).send),
    ]


def _tenant(world: World) -> list[Route]:
    roles, policies, organization, known = Roles(world), Policies(world), Organization(world), Definitions(world)
    held, access = "/roleManagement/directory", "/identity/conditionalAccess"
    configured = "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/{method}"
    sets, definitions = "/directory/attributeSets", "/directory/customSecurityAttributeDefinitions"
    return [
        Route("GET", f"{held}/roleAssignments", permissions.ROLES, roles.assignments),
        Route("GET", f"{held}/roleEligibilityScheduleInstances", permissions.ELIGIBLE, roles.eligible),
        Route("GET", f"{held}/roleDefinitions/{{role}}", permissions.ROLE, roles.definition),
        Route("GET", configured, permissions.METHOD_POLICY, policies.method),
        Route("GET", f"{access}/authenticationContextClassReferences", permissions.CONTEXTS, policies.contexts),
        Route("GET", f"{access}/policies", permissions.ACCESS, policies.access),
        Route("GET", "/organization", permissions.ORGANIZATION, organization.listed),
        Route("GET", sets, permissions.DEFINED, known.sets),
        Route("POST", sets, permissions.DEFINE, known.add_set),
        Route("GET", f"{sets}/{{set}}", permissions.DEFINED, known.set),
        Route("GET", definitions, permissions.DEFINED, known.definitions),
        Route("POST", definitions, permissions.DEFINE, known.add_definition),
        Route("GET", f"{definitions}/{{definition}}", permissions.DEFINED, known.definition),
    ]


def _methods(world: World) -> list[Route]:
    passes = Passes(world)
    whole, place = f"{_ONE}/authentication/methods", f"{_ONE}/authentication/temporaryAccessPassMethods"
    return [
        Route("GET", whole, permissions.METHODS_READ, Methods(world, passes).listed),
        Route("GET", place, permissions.read("TAP"), passes.listed),
        Route("POST", place, permissions.write("TAP"), passes.create),
        Route("GET", f"{place}/{{method}}", permissions.read("TAP"), passes.single),
        Route("DELETE", f"{place}/{{method}}", permissions.write("TAP"), passes.delete),
        *(route for collection in COLLECTIONS for route in _typed(world, collection)),
    ]


def _typed(world: World, collection: Collection) -> list[Route]:
    typed, place = Typed(world, collection), f"{_ONE}/authentication/{collection.path}"
    read, write = permissions.read(collection.permission), permissions.write(collection.permission)
    listing = permissions.PASSKEYS if collection.type == "fido2" else read
    reads = [Route("GET", place, listing, typed.listed), Route("GET", f"{place}/{{method}}", read, typed.single)]
    return [*reads, Route("DELETE", f"{place}/{{method}}", write, typed.delete)] if collection.deletable else reads


def _protection(world: World) -> list[Route]:
    protection, risky = Protection(world), "/identityProtection/riskyUsers"
    found = "/identityProtection/riskDetections"
    return [
        Route("GET", f"{risky}/{{user}}", permissions.RISK_READ, protection.user),
        Route("GET", found, permissions.DETECTIONS, protection.detections),
        Route("POST", f"{risky}/dismiss", permissions.RISK_WRITE, protection.dismiss),
        Route("POST", f"{risky}/confirmSafe", permissions.RISK_WRITE, protection.confirm_safe),
        Route("POST", f"{risky}/confirmCompromised", permissions.RISK_WRITE, protection.confirm_compromised),
    ]


async def _nothing(request: web.Request) -> web.Response:
    segment = request.match_info["rest"].rpartition("/")[2]
    raise RefusedByGraph(400, "BadRequest", f"Resource not found for the segment '{segment}'.")


def _answered(world: World) -> Middleware:
    """Give every answer its ids, and every refusal its form."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        mark = str(uuid.uuid4())
        client = request.headers.get("client-request-id", mark)
        answer: web.StreamResponse
        try:
            answer = await handler(request)
        except RefusedByGraph as refused:
            body = refused.body(at=world.clock.now(), mark=mark, client=client)
            answer = web.json_response(body, status=refused.status, headers=refused.headers)
        except web.HTTPException as error:
            body = RefusedByGraph(error.status, "BadRequest", error.reason).body(
                at=world.clock.now(), mark=mark, client=client
            )
            answer = web.json_response(body, status=error.status)
        answer.headers.setdefault("request-id", mark)
        answer.headers["client-request-id"] = client
        return answer

    return middleware
