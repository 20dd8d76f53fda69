"""Lock forms: whose account is meant, what is to be done to it, and why; whom a client names is looked up first."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.answers import Answer, Refused
from bot.core.audit import About
from bot.core.errors import DeskError
from bot.core.interventions import Intervention
from bot.core.lockcards import LockForm
from bot.core.locking import SendLock
from bot.core.model import Actor, Person, Refusal
from bot.core.reasons import Reason
from bot.core.walls import kept_apart
from bot.core.watch import Sort
from bot.desk.agents import Agents
from bot.desk.answered import not_now
from bot.desk.reception import Reception


@dataclass(frozen=True, slots=True)
class LockForms:
    reception: Reception
    agents: Agents

    async def found(self, form: str, person: str, text: str) -> Answer:
        """Show who that may be: whoever locks one of two people of one name has seen both."""
        if not person and not text:
            return LockForm(form, faults=("nobody",))
        try:
            found = await self.agents.find(person, text)
        except (DeskError, TimeoutError) as error:
            return Refused(not_now(error))
        return LockForm(form, text, () if found else ("no_match",), found)

    async def chosen(self, actor: Actor, person: str) -> Person | Refused:
        """Return whose account that is: whom a client names is looked up first. Of a wall, all hear the same words."""
        try:
            account = await self.agents.looked_up(person)
        except (DeskError, TimeoutError) as error:
            return Refused(not_now(error))
        same = await self.agents.one_human(actor.person.id, account.id)
        if same is not False:
            return Refused(Refusal(Reason.OWN_ACCOUNT if same else Reason.UNKNOWN))
        denied = kept_apart(account.id, self.reception.inquiry.policies.values())
        if denied or account.guest:
            reason, sort = (Reason.DENY_LIST, Sort.NAMED_LOCK) if denied else (Reason.GUEST, Sort.PRESS)
            await self.noted(actor, Refusal(reason), account.id, sort)
            return Refused(Refusal(Reason.LOCK_WALLED))
        return account.person(actor.person.tenant)

    async def form(self, chosen: Person, filled: SendLock, *faults: str) -> Answer:
        """Return the form for whom was chosen, with what was filled in so far."""
        try:
            shown = (await self.agents.find(chosen.id, ""))[0]
        except (DeskError, TimeoutError) as error:
            return Refused(not_now(error))
        return LockForm(filled.form, "", faults, (), shown, self.kinds(), filled.kind, filled.reason)

    def kinds(self) -> tuple[str, ...]:
        """Return what may be done to somebody's account: whatever only locks, as far as it is offered at all."""
        kinds, policies = self.reception.inquiry.kinds, self.reception.inquiry.policies
        return tuple(name for name, kind in kinds.items() if kind.locks and policies[name].offered)

    async def noted(self, actor: Actor, refusal: Refusal, about: str, sort: Sort) -> None:
        """Write a no down; that somebody named an emergency account, security hears."""
        of = About(actor.person.tenant, kind=Intervention.SORT, subject=about)
        await self.reception.ledger.record.declined(of, refusal, actor.person, sort)
