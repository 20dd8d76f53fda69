"""Users: people, their groups and what they own; unreadable properties come back as null, as Graph does it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from playground.graph import odata
from playground.graph.guard import READER
from playground.graph.permissions import ATTRIBUTES_READ
from playground.graph.refusals import RefusedByGraph, bad, denied, missing
from playground.people import Group, Person, guid
from playground.world import World

Json = dict[str, Any]
_USUAL: Final = (
    *("businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation"),
    *("preferredLanguage", "surname", "userPrincipalName"),
)
_GROUP_USUAL: Final = (
    *("description", "displayName", "groupTypes", "isAssignableToRole", "mail", "mailEnabled"),
    *("mailNickname", "securityEnabled", "visibility"),
)
_READS_GROUPS: Final = frozenset({"GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"})
_AT_ONCE: Final = 20  # groups in one checkMemberGroups
_ATTRIBUTES: Final = "customSecurityAttributes"
_USER: Final = "#microsoft.graph.user"
_RESTRICTED: Final = (
    "Insufficient privileges: the target is a member of a restricted management administrative unit "
    "and can be changed only by administrators of that unit."
)


def asked(world: World, request: web.Request) -> Person:
    """Return the person whom the path names by object id or user principal name."""
    name = request.match_info["user"]
    person = world.people.find(name)
    if person is None:
        raise missing(name)
    return person


def unrestricted(person: Person) -> None:
    if person.restricted:
        raise denied(_RESTRICTED)


def stamp(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


async def body(request: web.Request) -> Json:
    """Return the JSON object of a request; no body is an empty one."""
    raw = await request.read()
    try:
        value = json.loads(raw) if raw.strip() else {}
    except ValueError:
        raise bad("Unable to read JSON request payload.", code="BadRequest") from None
    if not isinstance(value, dict):
        raise bad("The request payload must be a JSON object.", code="BadRequest")
    return value


class Users:
    def __init__(self, world: World) -> None:
        self._world = world

    async def user(self, request: web.Request) -> web.Response:
        odata.known(request, "$select", "$expand")
        self._may_read(request)
        person = asked(self._world, request)
        shown = odata.select(request, "user", whole_user(self._world, person), _USUAL)
        if odata.expanded(request, "manager"):
            over = self._world.people.manager_of(person.key)
            shown |= {"manager": _named(over)} if over is not None else {}
        return odata.single(self._world, "users", shown)

    async def found(self, request: web.Request) -> web.Response:
        """Users by a $search for words of their name, or a $filter for a sign-in name.

        https://learn.microsoft.com/graph/search-query-parameter
        """
        odata.known(request, "$select", "$search", "$filter", "$top", "$count", "$skiptoken")
        self._may_read(request)
        whole = [whole_user(self._world, person) for person in self._world.people]
        words = odata.searched(request, "displayName")
        kept = odata.filtered(request, whole, "userPrincipalName")
        if words is not None:
            kept = [user for user in kept if all(_begins(user["displayName"], word) for word in words)]
        shown = [odata.select(request, "user", user, _USUAL) for user in kept]
        return odata.listed(self._world, request, "users", shown)

    async def manager(self, request: web.Request) -> web.Response:
        odata.known(request)
        over = self._world.people.manager_of(asked(self._world, request).key)
        if over is None:
            raise missing("manager")
        shown = odata.select(request, "directoryObject", whole_user(self._world, over), _USUAL)
        return odata.single(self._world, "directoryObjects", {"@odata.type": _USER, **shown})

    def _may_read(self, request: web.Request) -> None:
        """A person reads attributes and nothing else here, by their role; the app needs a permission for them."""
        names = {name.strip() for name in request.query.get("$select", "").split(",")}
        graph = self._world.graph
        if READER in request:
            only = names <= {"id", _ATTRIBUTES} and "$expand" not in request.query
            allowed = only and request[READER] in graph.attribute_readers
        else:
            allowed = _ATTRIBUTES not in names or not graph.granted.isdisjoint(ATTRIBUTES_READ)
        if not allowed:
            raise denied()

    async def groups(self, request: web.Request) -> web.Response:
        odata.known(request, "$select", "$top", "$count", "$filter", "$skiptoken")
        odata.advanced(request)
        person = asked(self._world, request)
        return self._groups(request, self._world.people.groups_of(person.id))

    async def owned(self, request: web.Request) -> web.Response:
        odata.known(request, "$select", "$top", "$count", "$filter", "$skiptoken")
        person = asked(self._world, request)
        return self._groups(request, self._world.people.owned_by(person.id))

    async def check(self, request: web.Request) -> web.Response:
        """checkMemberGroups: which of these groups the person is in, nested ones included."""
        person, asked_for = asked(self._world, request), (await body(request)).get("groupIds")
        if not isinstance(asked_for, list) or not all(isinstance(group, str) for group in asked_for):
            raise bad("The parameter 'groupIds' must be a collection of strings.")
        if not 0 < len(asked_for) <= _AT_ONCE:
            raise RefusedByGraph(400, "Directory_ResultSizeLimitExceeded", f"Name one to {_AT_ONCE} groups.")
        mine = {group.id for group in self._world.people.groups_of(person.id)}
        return self._ids([group for group in dict.fromkeys(asked_for) if group.lower() in mine])

    async def objects(self, request: web.Request) -> web.Response:
        """getMemberObjects: the groups and directory roles the person is in."""
        person, only_security = asked(self._world, request), (await body(request)).get("securityEnabledOnly")
        if not isinstance(only_security, bool):
            raise bad("The parameter 'securityEnabledOnly' must be a boolean.")
        groups = [group.id for group in self._world.people.groups_of(person.id)]
        roles = [guid(f"directory-role/{role}") for role in sorted(self._world.people.roles_of(person.id))]
        return self._ids([*groups, *roles])

    def _ids(self, ids: list[str]) -> web.Response:
        context = f"{self._world.origin}/graph/v1.0/$metadata#Collection(Edm.String)"
        return web.json_response({"@odata.context": context, "value": ids})

    def _groups(self, request: web.Request, groups: tuple[Group, ...]) -> web.Response:
        items = [readable_group(self._world, whole_group(group)) for group in groups]
        kept = odata.filtered(request, items, "isAssignableToRole", "securityEnabled")
        shown = [odata.select(request, "group", item, _GROUP_USUAL) for item in kept]
        return odata.listed(self._world, request, "groups", shown)


def _begins(name: str, word: str) -> bool:
    """Say whether a word of a name begins so: that is how Graph's index has them."""
    return any(part.startswith(word) for part in name.casefold().split())


def _named(person: Person) -> Json:
    return {"@odata.type": _USER, "id": person.id, "displayName": person.name}


def _second(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def whole_group(group: Group) -> Json:
    return {
        "id": group.id,
        "description": None,
        "displayName": group.name,
        "groupTypes": [*(["Unified"] if group.public else []), *(["DynamicMembership"] if group.dynamic else [])],
        "isAssignableToRole": group.assignable or None,
        "mail": None,
        "mailEnabled": False,
        "mailNickname": group.name.replace(" ", ""),
        "securityEnabled": True,
        "visibility": "Public" if group.public else None,
    }


def readable_group(world: World, whole: Json) -> Json:
    # https://learn.microsoft.com/graph/permissions-overview: limited information for inaccessible member objects
    if _READS_GROUPS & world.graph.granted and whole["id"] not in world.graph.hidden:
        return whole
    return nulls(whole)


def nulls(whole: Json) -> Json:
    hidden: Json = {name: [] if isinstance(value, list) else None for name, value in whole.items()}
    return hidden | {"id": whole["id"]}


def whole_user(world: World, person: Person) -> Json:
    given, _, family = person.name.partition(" ")
    graph = world.graph
    came = graph.history.created(person.key)
    return {
        "id": person.id,
        "accountEnabled": person.enabled,
        "businessPhones": [],
        _ATTRIBUTES: graph.attributes.shown(person.key),
        "createdDateTime": stamp(came) if came is not None else "2025-01-07T08:00:00Z",
        "department": person.department or None,
        "displayName": person.name,
        "employeeId": person.employee or None,
        "externalUserState": "Accepted" if person.guest else None,
        "givenName": given,
        "isManagementRestricted": person.restricted or None,
        "jobTitle": person.title,
        "lastPasswordChangeDateTime": _second(graph.passwords[person.key].changed),
        "mail": person.mail,
        "mobilePhone": None,
        "officeLocation": None,
        "onPremisesExtensionAttributes": {f"extensionAttribute{n}": None for n in range(1, 16)},
        "onPremisesSyncEnabled": person.synced or None,
        "otherMails": list(person.others),
        "preferredLanguage": person.language,
        "signInSessionsValidFromDateTime": _second(graph.sessions_from(person.key)),
        "surname": family,
        "userPrincipalName": person.upn,
        "userType": "Guest" if person.guest else "Member",
    }
