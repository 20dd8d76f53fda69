"""Facts about a person, gathered fresh for each decision; what cannot be found out in time stays unknown."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, TypeVar

import structlog

from bot.core.errors import DeskError
from bot.core.kinds import Kinds, Tools
from bot.core.model import Proof, Refusal, Request
from bot.core.policy import Facts, Policy
from bot.core.ports import Clock, Directory, Store

T = TypeVar("T")
PATIENCE: Final = 4.0  # seconds for all facts together: an invoke must be answered within eight
DAY: Final = timedelta(hours=24)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Gathers facts; everything asked of Entra at the same time, each thing on its own."""

    directory: Directory
    store: Store
    kinds: Kinds
    policies: Mapping[str, Policy]
    clock: Clock
    ticket_pattern: str

    def tools(self, kind: str) -> Tools:
        return Tools(self.directory, self.clock, self.policies[kind], self.ticket_pattern)

    async def about(self, request: Request) -> Facts:
        """Gather everything `decide` needs to know about the subject of `request` just now."""
        policy = self.policies[request.kind]
        person = request.subject.id
        async with asyncio.TaskGroup() as group:
            account = group.create_task(_known(self.directory.account(person), "account"))
            standing = group.create_task(_known(self.directory.standing(person), "standing"))
            groups = group.create_task(_known(self.directory.groups(person, policy.allowed_groups), "groups"))
            contexts = group.create_task(_known(self.directory.guarded_contexts(), "guarded_contexts"))
            recent = group.create_task(_known(self._recent(request), "recent"))
            approvers = group.create_task(_known(self._still_approvers(request, policy), "approvers"))
            objection = group.create_task(_known(self._objection(request), "objection"))
        who, privileges = account.result(), standing.result()
        return Facts(
            enabled=who.enabled if who else None,
            guest=who.guest if who else None,
            restricted=who.restricted if who else None,
            roles=privileges.roles if privileges else None,
            guarded_groups=privileges.guarded_groups if privileges else None,
            groups=groups.result(),
            recent=recent.result(),
            guarded_contexts=contexts.result(),
            approvers=approvers.result(),
            objection=objection.result(),
        )

    async def about_account(self, person: str) -> Facts:
        """Gather only what Entra says about an account, for those who are asked to approve."""
        async with asyncio.TaskGroup() as group:
            account = group.create_task(_known(self.directory.account(person), "account"))
            standing = group.create_task(_known(self.directory.standing(person), "standing"))
        who, privileges = account.result(), standing.result()
        return Facts(
            enabled=who.enabled if who else None,
            guest=who.guest if who else None,
            roles=privileges.roles if privileges else None,
            guarded_groups=privileges.guarded_groups if privileges else None,
        )

    async def about_approver(self, approver: str, policy: Policy) -> Facts:
        """Gather what `may_approve` needs to know of an approver just now."""
        async with asyncio.TaskGroup() as group:
            account = group.create_task(_known(self.directory.account(approver), "approver"))
            wanted = frozenset({policy.approvers_group})
            groups = group.create_task(_known(self.directory.groups(approver, wanted), "approver_groups"))
        who = account.result()
        return Facts(enabled=who.enabled if who else None, groups=groups.result())

    async def _recent(self, request: Request) -> int:
        since = self.clock.now() - DAY
        async with self.store.unit() as unit:
            return await unit.recent(request.tenant, request.subject.id, request.kind, since, but=request.id)

    async def _still_approvers(self, request: Request, policy: Policy) -> frozenset[str] | None:
        """Those who approved and still may. One that cannot be found out makes all unknown."""
        people = {e.by for e in request.proofs(Proof.APPROVAL)}
        found = [(person, await self.about_approver(person, policy)) for person in people]
        if any(facts.enabled is None or facts.groups is None for _, facts in found):
            return None
        return frozenset(p for p, f in found if f.enabled and policy.approvers_group in (f.groups or frozenset()))

    async def _objection(self, request: Request) -> Refusal | Literal["none"]:
        refusal = await self.kinds[request.kind].object_to(request, self.tools(request.kind))
        return "none" if refusal is None else refusal


async def _known(question: Coroutine[object, object, T], name: str) -> T | None:
    """Return the answer, or None when there was none in time: the decision refuses what is unknown."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await question
    except (DeskError, TimeoutError) as error:
        log.warning("fact_unknown", fact=name, error=type(error).__name__)
        return None
