"""Colleagues: whom an agent may have asked whether it is really them on the telephone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.core.errors import DeskError, Missing
from bot.core.facts import Facts
from bot.core.model import Person, Refusal
from bot.core.policy import Policy
from bot.core.reasons import Reason
from bot.core.walls import WALLED, kept_apart, wall
from bot.desk.account import AccountInquiry, says
from bot.desk.agents import Agents
from bot.desk.answered import not_now


@dataclass(frozen=True, slots=True)
class Colleagues:
    """Whom a client names is looked up first, for an id may be written in several ways."""

    accounts: AccountInquiry
    agents: Agents
    policies: Mapping[str, Policy]

    async def one(self, agent: Person, person: str) -> Person | Refusal:
        """Return who is to be asked, or why nobody asks them: they are walled off, as from all else the desk does.

        Nobody asks themselves.
        """
        who = await self.accounts.who(person, frozenset(), shown=False)
        account = who.account
        if account is None or who.standing is None or who.approves is None:
            return Refusal(next(iter(who.lasting.values()), Reason.UNKNOWN))
        if kept_apart(account.id, self.policies.values()):
            return Refusal(Reason.DENY_LIST)
        same = await self.agents.one_human(agent.id, account.id)
        if same is not False:
            return Refusal(Reason.OWN_CALL if same else Reason.UNKNOWN)
        facts = Facts(**says(account), roles=who.standing.roles, guarded_groups=who.standing.guarded_groups)
        refusal = wall(replace(facts, approves=who.approves, frozen_at="never"))
        if refusal is not None:
            return refusal
        return account.person(agent.tenant)

    async def known(self, by: Person, person: str) -> Person | Refusal:
        """Return whose history or proof somebody wants to see, or why nobody sees that: emergency accounts have none.

        Whether somebody else is there says nothing to who may not see them: the caller has asked that first.
        """
        try:
            account = await self.agents.looked_up(person)
        except Missing:
            return Refusal(Reason.NOT_FOUND)
        except (DeskError, TimeoutError) as error:
            return not_now(error)
        if kept_apart(account.id, self.policies.values()):
            return Refusal(Reason.DENY_LIST)
        return account.person(by.tenant)


def told(refusal: Refusal) -> Refusal:
    """Return what an agent hears of a no: of an account that is walled off, not why. The trail has that."""
    return Refusal(Reason.CALLER_WALLED) if refusal.reason in WALLED else refusal
