"""The Directory by Microsoft Graph: facts as they are now, and the few writes, each sent once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import islice
from types import MappingProxyType
from typing import Final
from uuid import UUID

from msgraph.generated.users.item.check_member_groups.check_member_groups_post_request_body import (
    CheckMemberGroupsPostRequestBody,
)

from bot.config.cloud import Cloud
from bot.core.alterations import AccountChange
from bot.core.budgets import Budget
from bot.core.directory import Account, ApproversGroup, Directory, Manager, Standing
from bot.core.errors import Rejected
from bot.core.methods import Method
from bot.core.model import Secret
from bot.core.passes import IssuedPass, Pass, PassPolicy
from bot.core.ports import Clock
from bot.core.risk import Detection, Risk
from bot.core.tokens import Tokens
from bot.graph import warmup
from bot.graph.acquaintances import Acquaintances
from bot.graph.apps import Apps
from bot.graph.attributes import IdentityProofs
from bot.graph.calls import Calls, Observe
from bot.graph.client import connect
from bot.graph.contexts import Contexts, People
from bot.graph.domains import Domains
from bot.graph.flights import Once, Source
from bot.graph.grants import Grants
from bot.graph.groups import Groups
from bot.graph.hidden import HiddenGroups
from bot.graph.mail import Mailbox
from bot.graph.methods import Methods
from bot.graph.passes import Passes
from bot.graph.passwords import Passwords
from bot.graph.protection import Protection
from bot.graph.readings import needed
from bot.graph.reports import Reports
from bot.graph.standings import standing

CHUNK: Final = 20  # groups at once: https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups


class GraphDirectory(Source):
    """`observe` is told of every call: its name, its outcome (`ok`, `rejected`, `lost` ...), its seconds.

    `budget` holds the turns for Identity Protection, `reports` those for the tenant's log, in which acts of the app
    with the id `app_id` are the desk's own; `attribute_set` is where proofs of identity are kept, under
    `attribute_names` by the desk's own words; `human_attribute` tells which accounts are one human's.
    """

    def __init__(
        self,
        *,
        cloud: Cloud,
        tokens: Tokens,
        clock: Clock,
        budget: Budget,
        reports: Budget,
        attribute_set: str,
        attribute_names: Mapping[str, str] = MappingProxyType({}),
        human_attribute: str = "employeeId",
        app_id: str = "",
        observe: Observe | None = None,
    ) -> None:
        self._graph, self._session = connect(cloud, tokens)
        self._calls = Calls(tokens, cloud.graph_scope, observe)
        self._apps = Apps(self._graph, self._calls, cloud.graph)
        self._passes = Passes(self._graph, self._calls, clock)
        self._people = Acquaintances(self._graph, self._calls, human_attribute)
        self._groups = Groups(self._graph, self._calls, clock, self.account)
        self._hidden = HiddenGroups(self._graph, self._calls)
        self._contexts = Contexts(self._graph, self._calls, clock)
        self._protection = Protection(self._graph, self._calls, budget, clock)
        self._reports = Reports(self._graph, self._calls, reports, clock, app_id)
        self._domains = Domains(self._graph, self._calls, clock)
        self._passwords = Passwords(self._graph, self._calls)
        self._methods = Methods(self._graph, self._calls)
        self._proofs = IdentityProofs(
            self._graph,
            self._calls,
            cloud=cloud,
            session=self._session,
            attribute_set=attribute_set,
            names=attribute_names,
        )

    def mailbox(self, sender: str) -> Mailbox:
        """Return what sends mail from that mailbox, over the same connections."""
        return Mailbox(self._graph, self._calls, sender)

    async def warm(self) -> None:
        """Load what the SDK would load at the first call, a second's work, away from the event loop."""
        await asyncio.to_thread(warmup.load, self._graph)

    async def close(self) -> None:
        await self._session.close()

    def once(self, *, act: bool = False) -> Directory:
        return Once(self, act=act)

    async def account(self, person: str) -> Account:
        return await self._people.account(_checked(person))

    async def manager(self, person: str) -> Manager | None:
        return await self._people.manager(_checked(person))

    async def people(self, text: str, limit: int) -> tuple[Account, ...]:
        return await self._people.named(text, limit)

    async def acquainted(self, person: str) -> tuple[Account, Manager | None]:
        return await self._people.acquainted(_checked(person))

    async def standing(self, person: str) -> Standing:
        return await standing(self._graph, self._calls, self._hidden, _checked(person))

    async def groups(self, person: str, among: frozenset[str]) -> frozenset[str]:
        if not among:
            return frozenset()
        person = _checked(person)
        answers = await asyncio.gather(*(self._member(person, some) for some in _chunks(sorted(among))))
        found = {group.casefold() for answer in answers for group in answer}
        return frozenset(group for group in among if group.casefold() in found)

    async def _member(self, person: str, some: list[str]) -> list[str]:
        check = self._graph.users.by_user_id(person).check_member_groups
        answer = await self._calls.read("groups", lambda: check.post(CheckMemberGroupsPostRequestBody(group_ids=some)))
        return [needed(group, "value") for group in needed(answer.value, "value")]

    async def within(self, groups: frozenset[str]) -> frozenset[str]:
        return await self._groups.within(frozenset(_checked(group) for group in groups))

    async def approvers_group(self, group: str) -> ApproversGroup:
        return await self._groups.look(_checked(group))

    async def hidden_groups(self) -> tuple[str, ...]:
        return await self._hidden.still()

    async def guarded_contexts(self, person: str, people: People | None = None) -> frozenset[str]:
        return await self._contexts.guarded(_checked(person), people or self)

    async def unguarded(self, contexts: frozenset[str]) -> Mapping[str, str]:
        return await self._contexts.lacking(contexts)

    async def spared(self, approvers: frozenset[str], context: str) -> Mapping[str, int]:
        return await self._contexts.spared(frozenset(_checked(one) for one in approvers), context, self)

    async def lacking(self, permissions: Iterable[str]) -> Mapping[str, str]:
        """Say of each of these permissions that cannot be used, as far as asking about nobody tells, why not."""
        return await Grants(self._graph, self._calls, self, self._reports).lacking(permissions)

    async def pass_policy(self) -> PassPolicy:
        return await self._passes.policy()

    async def usual_pass_policy(self) -> PassPolicy:
        return await self._passes.usual()

    @property
    def pass_groups(self) -> frozenset[str]:
        return self._passes.groups

    async def passes(self, person: str) -> tuple[Pass, ...]:
        return await self._passes.of(_checked(person))

    async def issue_pass(self, person: str, lifetime: timedelta, *, one_time: bool) -> IssuedPass:
        return await self._passes.issue(_checked(person), lifetime, one_time=one_time)

    async def delete_pass(self, person: str, pass_id: str) -> None:
        await self._passes.delete(_checked(person), _checked(pass_id))

    async def revoke_sessions(self, person: str) -> None:
        revoke = self._graph.users.by_user_id(_checked(person)).revoke_sign_in_sessions
        answer = await self._calls.write("revoke_sessions", revoke.post)
        if answer.value is not True:
            raise Rejected("revoke_sessions: Graph said no", code="not_revoked")

    async def risk(self, person: str) -> Risk | None:
        return await self._protection.risk(_checked(person))

    async def at_risk(self, person: str) -> bool:
        return await self._protection.at_risk(_checked(person))

    async def detections(self, person: str, limit: int) -> tuple[Detection, ...]:
        return await self._protection.detections(_checked(person), limit)

    async def dismiss_risk(self, person: str) -> None:
        await self._protection.dismissals.include(_checked(person))

    async def confirm_safe(self, person: str) -> None:
        await self._protection.safe.include(_checked(person))

    async def confirm_compromised(self, person: str) -> None:
        await self._protection.compromised.include(_checked(person))

    async def changes(self, person: str, within: timedelta) -> tuple[AccountChange, ...]:
        return await self._reports.changes(_checked(person), within)

    async def changes_now(self, person: str, within: timedelta) -> tuple[AccountChange, ...]:
        return await self._reports.changes(_checked(person), within, anew=True)

    async def install_app(self, person: str, app: str) -> None:
        await self._apps.install(_checked(person), _checked(app))

    async def federated(self, upn: str) -> bool:
        return await self._domains.federated(upn)

    async def set_password(self, person: str, password: Secret, *, change_next: bool) -> None:
        await self._passwords.set(_checked(person), password, change_next=change_next)

    async def methods(self, person: str) -> tuple[Method, ...]:
        return await self._methods.of(_checked(person))

    async def passkeys(self, person: str) -> tuple[Method, ...]:
        return await self._methods.passkeys(_checked(person))

    async def remove_method(self, person: str, method: Method) -> None:
        await self._methods.remove(_checked(person), method)

    async def keep_proof(self, person: str, proof: Mapping[str, str | int]) -> None:
        await self._proofs.keep(_checked(person), proof)

    async def proof_of(self, person: str, token: Secret) -> Mapping[str, str | int]:
        return await self._proofs.of(_checked(person), token)


def _checked(object_id: str) -> str:
    """Return an id that is one: it becomes part of an address and of a filter."""
    try:
        return str(UUID(object_id))
    except ValueError:
        raise Rejected("not an object id", code="bad_id") from None


def _chunks(ids: list[str]) -> Iterator[list[str]]:
    left = iter(ids)
    while some := list(islice(left, CHUNK)):
        yield some
