"""Changes: what PATCH of a person may change; every part is checked before the first one is done.

https://learn.microsoft.com/graph/api/user-update
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from playground.graph.permissions import ATTRIBUTES_WRITE, PASSWORD
from playground.graph.refusals import bad, denied
from playground.graph.users import asked, body, unrestricted
from playground.people import AUTHENTICATION_ADMIN, GLOBAL_ADMIN, USER_ADMIN, Person
from playground.tenant.attributes import Unfit
from playground.tenant.passwords import Weak
from playground.world import World

Json = dict[str, Any]
_PROFILE: Final[dict[str, type]] = {
    "password": str,
    "forceChangePasswordNextSignIn": bool,
    "forceChangePasswordNextSignInWithMfa": bool,
}
# An app needs a role besides its permission; each of these would do for somebody who is no administrator.
_RESETS: Final = frozenset({AUTHENTICATION_ADMIN, GLOBAL_ADMIN, USER_ADMIN})
_SYNCED: Final = (
    "Unable to update the specified properties for on-premises mastered Directory Sync objects "
    "or objects currently undergoing migration."
)
_ELSEWHERE: Final = "The password of a user who signs in with another identity provider cannot be updated."


class Changes:
    def __init__(self, world: World) -> None:
        self._world = world

    async def user(self, request: web.Request) -> web.Response:
        person, wish = asked(self._world, request), await body(request)
        parts: dict[str, Callable[[Person, Any], Callable[[], None]]] = {
            "passwordProfile": self._password,
            "customSecurityAttributes": self._attributes,
        }
        wish = {name: value for name, value in wish.items() if name != "@odata.type"}
        if not wish:
            raise bad("Write requests must contain the request body and at least one property.", code="BadRequest")
        if unknown := set(wish) - set(parts):
            raise bad(f"The property '{min(unknown)}' cannot be updated.")
        for change in [parts[name](person, value) for name, value in wish.items()]:
            change()
        return web.Response(status=204)

    def _password(self, person: Person, profile: Any) -> Callable[[], None]:
        self._may_reset(person)
        wish = _profile(profile)
        force = wish.get("forceChangePasswordNextSignIn", "password" in wish)
        with_mfa = wish.get("forceChangePasswordNextSignInWithMfa", False)
        held = self._world.graph.passwords
        if "password" not in wish:
            return lambda: held.demand(person.key, must_change=force, with_mfa=with_mfa)
        value = wish["password"]
        try:
            held.check(person.key, value)
        except Weak as weak:
            raise bad(str(weak)) from None
        return lambda: held.set(person.key, value, must_change=force, with_mfa=with_mfa)

    def _may_reset(self, person: Person) -> None:
        graph, people = self._world.graph, self._world.people
        if graph.granted.isdisjoint(PASSWORD) or graph.app_roles.isdisjoint(_RESETS):
            raise denied()
        unrestricted(person)
        groups = (*people.groups_of(person.id), *people.owned_by(person.id))
        if people.roles_of(person.id) or any(group.assignable for group in groups):
            raise denied()
        if person.synced:
            raise bad(_SYNCED)
        if person.guest or graph.domains.get(person.domain) == "Federated":
            raise bad(_ELSEWHERE)

    def _attributes(self, person: Person, wish: Any) -> Callable[[], None]:
        if self._world.graph.granted.isdisjoint(ATTRIBUTES_WRITE):
            raise denied()
        unrestricted(person)
        try:
            return self._world.graph.attributes.prepared(person.key, wish)
        except Unfit as unfit:
            raise bad(str(unfit)) from None


def _profile(given: Any) -> Json:
    if not isinstance(given, dict):
        raise bad("The property 'passwordProfile' must be an object.")
    wish = {name: value for name, value in given.items() if name != "@odata.type"}
    if not wish or not set(wish) <= set(_PROFILE):
        raise bad("The property 'passwordProfile' is empty or has a property that it cannot have.")
    for name, value in wish.items():
        if not isinstance(value, _PROFILE[name]):
            raise bad(f"The property '{name}' is not of the type {_PROFILE[name].__name__}.")
    return wish
