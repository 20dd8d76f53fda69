"""Methods: what somebody signs in with, all together or by type; Entra keeps the default one while others are left."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from aiohttp import web

from playground.graph import odata
from playground.graph.passes import Passes
from playground.graph.refusals import RefusedByGraph, bad
from playground.graph.users import asked, stamp, unrestricted
from playground.people import Person
from playground.tenant.factors import Factor, Type
from playground.world import World

Json = dict[str, Any]
_OPTIONS: Final = ("$select", "$top", "$count", "$skiptoken")
_CONTEXT: Final = "users/authentication/"
_DEFAULT: Final = (
    "The authentication method is the default method of this user and cannot be deleted while other methods are left."
)


class Collection(NamedTuple):
    """One type's address, and the middle of its permissions' names."""

    path: str
    type: Type
    permission: str
    deletable: bool = True


COLLECTIONS: Final = (
    Collection("emailMethods", "email", "Email"),
    Collection("externalAuthenticationMethods", "external", "External"),
    Collection("fido2Methods", "fido2", "Passkey"),
    Collection("microsoftAuthenticatorMethods", "microsoftAuthenticator", "MicrosoftAuthApp"),
    Collection("passwordMethods", "password", "Password", deletable=False),
    Collection("phoneMethods", "phone", "Phone"),
    Collection("platformCredentialMethods", "platformCredential", "PlatformCred"),
    Collection("softwareOathMethods", "softwareOath", "SoftwareOATH"),
    Collection("windowsHelloForBusinessMethods", "windowsHelloForBusiness", "WindowsHello"),
)


class Methods:
    """All methods of a person."""

    def __init__(self, world: World, passes: Passes) -> None:
        self._world = world
        self._passes = passes

    async def listed(self, request: web.Request) -> web.Response:
        odata.known(request, *_OPTIONS)
        person = asked(self._world, request)
        held = [{"@odata.type": _typed(one.type)} | _shown(one) for one in self._world.graph.methods[person.key]]
        passes = [{"@odata.type": _typed("temporaryAccessPass")} | one for one in self._passes.of(person)]
        shown = [_selected(request, item) for item in (*held, *passes)]
        return odata.listed(self._world, request, f"{_CONTEXT}methods", shown)


class Typed:
    """The methods of one type."""

    def __init__(self, world: World, collection: Collection) -> None:
        self._world = world
        self._type = collection.type
        self._context = f"{_CONTEXT}{collection.path}"

    async def listed(self, request: web.Request) -> web.Response:
        odata.known(request, *_OPTIONS)
        held = self._world.graph.methods.of(asked(self._world, request).key, self._type)
        shown = [odata.select(request, f"{self._type}AuthenticationMethod", item, item) for item in map(_shown, held)]
        return odata.listed(self._world, request, self._context, shown)

    async def single(self, request: web.Request) -> web.Response:
        odata.known(request)
        return odata.single(self._world, self._context, _shown(self._found(request, asked(self._world, request))))

    async def delete(self, request: web.Request) -> web.Response:
        person = asked(self._world, request)
        unrestricted(person)
        found = self._found(request, person)
        if self._world.graph.methods.needed(person.key, found.id):
            raise bad(_DEFAULT, code="badRequest")
        self._world.graph.methods.remove(person.key, found.id)
        return web.Response(status=204)

    def _found(self, request: web.Request, person: Person) -> Factor:
        wanted = request.match_info["method"]
        for one in self._world.graph.methods.of(person.key, self._type):
            if one.id == wanted:
                return one
        raise RefusedByGraph(404, "resourceNotFound", "The requested authentication method could not be found.")


def _selected(request: web.Request, item: Json) -> Json:
    """Keep what $select names of the properties that every type has."""
    if "$select" not in request.query:
        return item
    common = {name: item[name] for name in ("id", "createdDateTime")}
    return {"@odata.type": item["@odata.type"]} | odata.select(request, "authenticationMethod", common, common)


def _typed(name: str) -> str:
    return f"#microsoft.graph.{name}AuthenticationMethod"


def _shown(one: Factor) -> Json:
    own = {"password": None} if one.type == "password" else dict(one.more)
    # An app that does not sign in without a password has no date:
    # https://learn.microsoft.com/graph/api/resources/microsoftauthenticatorauthenticationmethod
    undated = one.type == "microsoftAuthenticator"
    return {"id": one.id, "createdDateTime": None if undated else stamp(one.created)} | own
