"""Temporary Access Passes: listed without a value, made once, deleted for good. The value only ever is a `Secret`."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from msgraph.generated.base_graph_service_client import BaseGraphServiceClient
from msgraph.generated.models.temporary_access_pass_authentication_method import TemporaryAccessPassAuthenticationMethod
from msgraph.generated.users.item.authentication.temporary_access_pass_methods import (
    temporary_access_pass_methods_request_builder as builder,
)

from bot.core.errors import AnswerLost, DeskError, Missing, Rejected
from bot.core.model import Secret
from bot.core.passes import IssuedPass, Pass, PassPolicy
from bot.core.ports import Clock
from bot.graph import readings
from bot.graph.cache import Cache
from bot.graph.calls import Calls
from bot.graph.pages import every
from bot.graph.refusals import UNUSABLE

FRESH: Final = timedelta(minutes=1)
_POLICY: Final = "TemporaryAccessPass"


class Passes:
    """One person has one pass at most: making one deletes another that still works."""

    def __init__(self, graph: BaseGraphServiceClient, calls: Calls, clock: Clock) -> None:
        self._graph = graph
        self._calls = calls
        self._usual = Cache(self._policy, clock, FRESH)

    @property
    def groups(self) -> frozenset[str]:
        """The groups that the policy named when it was last read."""
        last = self._usual.last
        return last.groups if last is not None else frozenset()

    async def policy(self) -> PassPolicy:
        return await self._usual.anew()

    async def usual(self) -> PassPolicy:
        """Return the policy as it was within the last minute."""
        return await self._usual.get()

    async def _policy(self) -> PassPolicy:
        methods = self._graph.policies.authentication_methods_policy.authentication_method_configurations
        found = await self._calls.read("pass_policy", methods.by_authentication_method_configuration_id(_POLICY).get)
        return readings.pass_policy(found)

    async def of(self, person: str) -> tuple[Pass, ...]:
        methods = self._of(person)
        found = await every(self._calls, "passes", methods.get, lambda link: methods.with_url(link).get())
        return tuple(readings.access_pass(method) for method in found)

    async def issue(self, person: str, lifetime: timedelta, *, one_time: bool) -> IssuedPass:
        """Make a pass. One that came out unusable is deleted again: nobody should be shown what will not work."""
        wanted = TemporaryAccessPassAuthenticationMethod(
            lifetime_in_minutes=int(lifetime.total_seconds() // 60), is_usable_once=one_time
        )
        methods = self._of(person)
        made = await self._calls.write("issue_pass", lambda: methods.post(wanted))
        secret, made.temporary_access_pass = Secret(made.temporary_access_pass or ""), None
        fault = _fault(made, secret)
        if fault is None:
            return IssuedPass(readings.access_pass(made), secret)
        if made.id is None:
            raise AnswerLost("issue_pass: a pass without an id")
        await self._discard(person, made.id)
        raise Rejected(f"issue_pass: {fault}", code=UNUSABLE)

    async def delete(self, person: str, pass_id: str) -> None:
        method = self._of(person).by_temporary_access_pass_authentication_method_id(pass_id)

        async def act() -> bool:
            await method.delete()
            return True

        try:
            await self._calls.write("delete_pass", act)
        except Missing:
            return

    async def _discard(self, person: str, pass_id: str) -> None:
        try:
            await self.delete(person, pass_id)
        except DeskError as error:  # it is still there: a look will find it, and a person decides
            raise AnswerLost("issue_pass: an unusable pass could not be deleted") from error

    def _of(self, person: str) -> builder.TemporaryAccessPassMethodsRequestBuilder:
        return self._graph.users.by_user_id(person).authentication.temporary_access_pass_methods


def _fault(made: TemporaryAccessPassAuthenticationMethod, secret: Secret) -> str | None:
    """Say what is wrong with a pass Graph says it made, or None when it can be shown."""
    if not secret.reveal():
        return "no value"
    try:
        found = readings.access_pass(made)
    except Rejected as error:
        return str(error)
    return None if found.usable else f"not usable ({found.usability[:40]})"
