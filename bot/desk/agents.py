"""Agents: who answers the telephone for the helpdesk just now, walled like an approver, and what they may read."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from bot.core.approval import unfit
from bot.core.colleague import Colleague
from bot.core.directory import Account, Directory
from bot.core.errors import DeskError, Missing
from bot.core.facts import ApproverFacts
from bot.core.model import Refusal
from bot.core.policy import Policy
from bot.core.reasons import Reason
from bot.desk.answered import not_now
from bot.desk.noes import Noes

MANY: Final = 8  # people of one name on a card


@dataclass(frozen=True, slots=True)
class Agents:
    """`group` is whose members they are; without one nobody is. `otherwise` is what everybody else hears.

    `context`, where there is one, is what they sign in with: an enabled policy must guard it for them.
    """

    directory: Directory
    group: str
    context: str = ""
    otherwise: Reason = Reason.NOT_AGENT

    async def objection(self, person: str) -> Refusal | None:
        """Say why somebody is no agent just now, or None. What cannot be found out is a no."""
        if not self.group:
            return Refusal(self.otherwise)
        return self._unfit(await self._facts(person))

    async def beside(self, first: str, second: str) -> Refusal | None:
        """Say why these two accounts are not two people of it just now, as far as it is the first's fault, or None."""
        one, other = await asyncio.gather(self._facts(first), self._facts(second))
        refusal = self._unfit(one)
        if refusal is None and (first == second or (one.human and one.human == other.human)):
            return Refusal(Reason.SAME_PERSON)
        return refusal

    async def looked_up(self, person: str) -> Account:
        """Return whose account an id that a client sent names: one id may be written in several ways."""
        return await self.directory.once().account(person)

    async def one_human(self, agent: str, other: str) -> bool | None:
        """Say whether these two accounts are one human's, as far as it is told; None where nobody answers."""
        directory = self.directory.once()
        try:
            one, two = await asyncio.gather(directory.account(agent), directory.account(other))
        except (DeskError, TimeoutError):
            return None
        return one.one_human(two)

    async def unguarded(self, person: str, context: str) -> Refusal | None:
        """Say why a sign-in of theirs under this context proves nothing: no policy makes it one. Unknown is a no."""
        try:
            guarded = await self.directory.once().guarded_contexts(person)
        except (DeskError, TimeoutError) as error:
            return not_now(error)
        return None if context in guarded else Refusal(Reason.STEP_UP_UNGUARDED, MappingProxyType({"context": context}))

    def _unfit(self, facts: ApproverFacts) -> Refusal | None:
        refusal = unfit(Policy(approvers_group=self.group, approver_step_up=self.context), facts)
        if refusal is not None and refusal.reason in {Reason.NOT_APPROVER, Reason.GUEST_APPROVER}:
            return Refusal(self.otherwise)
        return refusal

    async def _facts(self, person: str) -> ApproverFacts:
        directory, noes = self.directory.once(), Noes()
        async with asyncio.TaskGroup() as group:
            account = group.create_task(noes.known(directory.account(person), "agent"))
            groups = group.create_task(noes.known(directory.groups(person, frozenset({self.group})), "agent_groups"))
            contexts = group.create_task(noes.known(self._contexts(directory, person), "agent_contexts"))
        who, member = account.result(), groups.result()
        flagged = None
        if who is not None and who.enabled and member:  # whoever else asks takes none of the tenant's few turns
            flagged = await noes.known(directory.at_risk(person), "agent_risk")
        return ApproverFacts(
            enabled=who.enabled if who else None,
            guest=who.guest if who else None,
            restricted=who.restricted if who else None,
            groups=member,
            at_risk=flagged,
            human=who.human if who else None,
            guarded_contexts=contexts.result(),
            lasting=noes.any,
        )

    async def _contexts(self, directory: Directory, person: str) -> frozenset[str]:
        """Return what an enabled policy guards for them, where that matters."""
        return await directory.guarded_contexts(person) if self.context else frozenset()

    async def find(self, person: str, text: str) -> tuple[Colleague, ...]:
        """Return who may be meant: the one a picker found first, and whoever else has that name.

        Whom a client names may be nobody here: then the name counts, if it is said. Raises `DeskError` where the
        directory does not answer.
        """
        directory = self.directory.once()
        try:
            picked = await directory.account(person) if person else None
        except Missing:
            if not text:
                raise
            picked = None
        named = await directory.people(picked.name if picked else text, MANY)
        others = [one for one in named if picked is None or (one.id != picked.id and _same_name(one, picked))]
        found = [*([picked] if picked else []), *others][:MANY]
        return tuple(await asyncio.gather(*(self._colleague(directory, one) for one in found)))

    async def _colleague(self, directory: Directory, account: Account) -> Colleague:
        shown = Colleague(account.id, account.name, account.upn, account.work)
        try:
            manager = await directory.manager(account.id)
        except DeskError:  # it only helps to tell two of one name apart
            return shown
        return replace(shown, manager=manager.name) if manager is not None else shown


def _same_name(one: Account, other: Account) -> bool:
    return one.name.casefold() == other.name.casefold()
