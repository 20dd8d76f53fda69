"""Passes: Temporary Access Passes; the value is in the answer that creates one, and never again."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiohttp import web

from playground.graph import odata
from playground.graph.refusals import RefusedByGraph, bad
from playground.graph.users import asked, body, stamp, unrestricted
from playground.people import Person
from playground.tenant.directory import Pass, Revoked
from playground.tenant.history import BY_ADMIN
from playground.world import World

Json = dict[str, Any]
_TYPE: Final = "#microsoft.graph.temporaryAccessPassAuthenticationMethod"
_CONTEXT: Final = "users/authentication/temporaryAccessPassMethods"
_MAY_SAY: Final = frozenset({"@odata.type", "startDateTime", "lifetimeInMinutes", "isUsableOnce"})
_NOT_IN_POLICY: Final = (
    "Converged UserCredentialPolicy does not allow creating or updating this authentication method. "
    "AuthMethodType [TemporaryAccessPass]."
)
_GUEST: Final = "Temporary Access Pass cannot be added to an external guest user."


class Passes:
    def __init__(self, world: World) -> None:
        self._world = world

    async def listed(self, request: web.Request) -> web.Response:
        odata.known(request, "$select", "$top", "$count", "$skiptoken")
        items = self.of(asked(self._world, request))
        shown = [odata.select(request, "temporaryAccessPassAuthenticationMethod", item, item) for item in items]
        return odata.listed(self._world, request, _CONTEXT, shown)

    def of(self, person: Person) -> list[Json]:
        """Return the pass somebody has, if any, without its value."""
        found = self._world.graph.passes.get(person.key)
        return [self._shown(found)] if found else []

    async def single(self, request: web.Request) -> web.Response:
        odata.known(request)
        return odata.single(self._world, _CONTEXT, self._shown(self._found(request)))

    async def create(self, request: web.Request) -> web.Response:
        person, wish = asked(self._world, request), await body(request)
        self._allowed(person)
        if unknown := set(wish) - _MAY_SAY:
            raise bad(f"The property '{min(unknown)}' cannot be set.", code="badRequest")
        made = self._world.graph.issue(
            person.key,
            pass_id=str(uuid.uuid4()),
            start=self._start(wish),
            lifetime=self._lifetime(wish),
            one_time=self._one_time(wish),
        )
        reason = "Admin registered temporary access pass method for user"
        log, ours = self._world.graph.history, self._world.bot_id
        log.note(person.key, BY_ADMIN, service="Authentication Methods", reason=reason, app=ours)
        answer = {"@odata.type": _TYPE} | self._shown(made) | {"temporaryAccessPass": made.value}
        return odata.single(self._world, _CONTEXT, answer, status=201)

    async def delete(self, request: web.Request) -> web.Response:
        found = self._found(request)
        unrestricted(self._world.people[found.person])
        del self._world.graph.passes[found.person]
        return web.Response(status=204)

    async def revoke(self, request: web.Request) -> web.Response:
        """revokeSignInSessions: https://learn.microsoft.com/graph/api/user-revokesigninsessions."""
        person = asked(self._world, request)
        unrestricted(person)
        self._world.graph.revoked.append(Revoked(person.key, self._world.clock.now()))
        self._world.entra.silent.pop(person.key, None)  # what made their session fresh is gone
        context = f"{self._world.origin}/graph/v1.0/$metadata#Edm.Boolean"
        return web.json_response({"@odata.context": context, "value": True})

    def _found(self, request: web.Request) -> Pass:
        found = self._world.graph.passes.get(asked(self._world, request).key)
        if found is None or found.id != request.match_info["method"]:
            raise RefusedByGraph(404, "resourceNotFound", "The requested authentication method could not be found.")
        return found

    def _allowed(self, person: Person) -> None:
        unrestricted(person)
        if person.guest:
            raise bad(_GUEST, code="badRequest")
        if not self._world.graph.in_policy(person):
            raise bad(_NOT_IN_POLICY, code="badRequest")

    def _start(self, wish: Json) -> datetime:
        text = wish.get("startDateTime")
        if text is None:
            return self._world.clock.now()
        try:
            start = datetime.fromisoformat(text)
        except (TypeError, ValueError):
            raise bad("The property 'startDateTime' is not a date and time.", code="badRequest") from None
        start = start if start.tzinfo else start.replace(tzinfo=UTC)
        return max(start, self._world.clock.now())

    def _lifetime(self, wish: Json) -> timedelta:
        policy = self._world.graph.policy
        minutes = wish.get("lifetimeInMinutes")
        minutes = policy.default if minutes is None else minutes
        if not isinstance(minutes, int) or not policy.minimum <= minutes <= policy.maximum:
            limits = f"between {policy.minimum} and {policy.maximum} minutes"
            raise bad(f"The lifetime of a Temporary Access Pass must be {limits}.", code="badRequest")
        return timedelta(minutes=minutes)

    def _one_time(self, wish: Json) -> bool:
        policy, once = self._world.graph.policy, wish.get("isUsableOnce")
        once = policy.one_time if once is None else once
        if not isinstance(once, bool):
            raise bad("The property 'isUsableOnce' is not a boolean.", code="badRequest")
        if policy.one_time and not once:
            raise bad("The policy allows one-time Temporary Access Passes only.", code="badRequest")
        return once

    def _shown(self, found: Pass) -> Json:
        reason = self._world.graph.reason(found)
        return {
            "id": found.id,
            "temporaryAccessPass": None,
            "createdDateTime": stamp(found.created),
            "startDateTime": stamp(found.start),
            "lifetimeInMinutes": int(found.lifetime.total_seconds() // 60),
            "isUsableOnce": found.one_time,
            "isUsable": reason == "EnabledByPolicy",
            "methodUsabilityReason": reason,
        }
