"""Account: what Entra says about a person, whatever they ask for; what cannot be found out in time stays unknown."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.core.behalf import parties
from bot.core.directory import Account, Directory, Manager, Standing
from bot.core.facts import ApproverFacts, Facts
from bot.core.model import Request
from bot.core.policy import Policy
from bot.core.reasons import Reason
from bot.desk.noes import Noes

LOOKING: Final = 2.0  # seconds of these for what only tells who somebody is; without it everything goes on
NESTS: Final = 2.0  # seconds of these for what is nested in the approvers' groups; it is hardly ever asked


@dataclass(frozen=True, slots=True)
class Who:
    """What Entra says about a person, whatever they ask for."""

    account: Account | None
    standing: Standing | None
    groups: frozenset[str] | None
    approves: frozenset[str] | None
    contexts: frozenset[str] | None
    lasting: Mapping[str, Reason]
    manager: str


def says(account: Account | None) -> dict[str, Any]:
    """Return the facts that an account itself tells, as arguments of `Facts`."""
    names = ("enabled", "guest", "home", "upn", "work", "mails", "restricted")
    return {name: getattr(account, name) for name in names} if account is not None else {}


def so_far(manager: asyncio.Task[Manager | None] | None) -> str:
    """Return the name of somebody's manager if it is known by now: nothing that is decided waits for it."""
    if manager is None or manager.cancel():
        return ""
    found = manager.result()
    return found.name if found is not None else ""


@dataclass(frozen=True, slots=True)
class AccountInquiry:
    """Asks the directory about people; everything at the same time, each thing on its own."""

    directory: Directory
    policies: Mapping[str, Policy]

    async def who(self, person: str, among: frozenset[str], *, shown: bool) -> Who:
        """Say what there is to know about somebody who asks, and which of these groups they are in.

        `shown`: approvers may have to see who it is next.
        """
        noes, manager = Noes(), asyncio.create_task(self._manager(person)) if shown else None
        async with asyncio.TaskGroup() as group:
            account = group.create_task(noes.known(self.directory.account(person), "account"))
            standing = group.create_task(noes.known(self.directory.standing(person), "standing"))
            groups = group.create_task(noes.known(self._groups(person, among, noes), "groups"))
            contexts = group.create_task(noes.known(self.directory.guarded_contexts(person), "guarded_contexts"))
        member, deciding = groups.result() or (None, None)
        stands = standing.result()
        approves = None
        if member is not None and deciding is not None and stands is not None:
            approves = (member | stands.owned) & deciding
        ours = member & among if member is not None else None
        return Who(account.result(), stands, ours, approves, contexts.result(), noes.told, so_far(manager))

    async def told(self, person: str) -> Facts:
        """Gather only what Entra says about an account, for those who are asked to approve."""
        async with asyncio.TaskGroup() as group:
            manager = group.create_task(self._manager(person))
            account = group.create_task(Noes().known(self.directory.account(person), "account"))
            standing = group.create_task(Noes().known(self.directory.standing(person), "standing"))
        who, privileges = account.result(), standing.result()
        return Facts(
            **says(who),
            manager=so_far(manager),
            roles=privileges.roles if privileges else None,
            guarded_groups=privileges.guarded_groups if privileges else None,
        )

    async def approver(
        self, approver: str, request: Request, besides: frozenset[str] = frozenset(), *, again: bool = False
    ) -> ApproverFacts:
        """Gather what decides whether the yes of a person counts for `request` just now.

        `again`: they were found to be an approver of it when they pressed, so that nothing is waited for to ask all.
        """
        wanted, noes = frozenset({self.policies[request.kind].approvers_group}), Noes()
        async with asyncio.TaskGroup() as group:
            account = group.create_task(noes.known(self.directory.account(approver), "approver"))
            groups = group.create_task(noes.known(self.directory.groups(approver, wanted), "approver_groups"))
            flag = self.directory.at_risk(approver) if again else self._at_risk(approver, account, groups)
            risk = group.create_task(noes.known(flag, "approver_risk"))
            contexts = group.create_task(noes.known(self.directory.guarded_contexts(approver), "approver_contexts"))
            humans = group.create_task(noes.known(self._humans(parties(request) | besides), "humans"))
        who, own = account.result(), humans.result()
        human = who.human if who and own is not None else None
        return ApproverFacts(
            enabled=who.enabled if who else None,
            guest=who.guest if who else None,
            restricted=who.restricted if who else None,
            groups=groups.result(),
            at_risk=risk.result(),
            human=human,
            same_human=bool(human) and human in (own or ()),
            guarded_contexts=contexts.result(),
            lasting=noes.any,
        )

    async def _manager(self, person: str) -> Manager | None:
        """Ask for it before the account, so that both go in one question; a no here is no reason for anything."""
        return await Noes().known(self.directory.manager(person), "manager", LOOKING)

    async def _at_risk(
        self, approver: str, account: asyncio.Task[Account | None], groups: asyncio.Task[frozenset[str] | None]
    ) -> bool | None:
        """Ask only about who would be an approver: whoever else presses takes none of the tenant's few turns."""
        who, member = await account, await groups
        return await self.directory.at_risk(approver) if who and who.enabled and member else None

    async def _humans(self, people: frozenset[str]) -> frozenset[str]:
        """Say which humans these accounts are of, as far as the directory tells."""
        found = await asyncio.gather(*(self.directory.account(person) for person in people))
        return frozenset(account.human for account in found if account.human)

    async def _groups(
        self, person: str, among: frozenset[str], noes: Noes
    ) -> tuple[frozenset[str], frozenset[str] | None]:
        """Return the groups a person is in, of those asked for and of approvers', and all that are of approvers."""
        named = frozenset(policy.approvers_group for policy in self.policies.values() if policy.approvers_group)
        deciding = await noes.known(self.directory.within(named), "approvers_groups", NESTS)
        return await self.directory.groups(person, among | (deciding or frozenset())), deciding


async def named_manager(directory: Directory, about: str, by: str) -> Account | None:
    """Return who is told, as somebody's manager, of what was done to an account: whom the directory names.

    Never a guest, nor whose account is off, nor by any account of theirs whom it is about or `by`, who opened it for
    them ("" where nobody did). Raises what the directory does.
    """
    named = await directory.manager(about)
    if named is None:
        return None
    found, *two = await asyncio.gather(*(directory.account(one) for one in (named.id, about, by) if one))
    return None if not found.enabled or found.guest or any(found.one_human(one) for one in two) else found
