"""Vouching: a manager says whether it is really that colleague, whom nobody can ask in Teams; they sign in to say yes.

Whom the directory names just now, and has named for a fortnight: whoever may write that would vouch for anybody.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from bot.core.answers import Answer, Refused, SignInPage
from bot.core.audit import About
from bot.core.callcards import CallerCard
from bot.core.callers import (
    ABOUT_A_DAY,
    ABOUT_AN_HOUR,
    DAY,
    VOUCHING,
    AnswerDue,
    ManagerAsked,
    NotVouched,
    Stand,
    Verification,
    Vouched,
    asked,
    heard,
    said_no,
)
from bot.core.callers import Vouching as VouchEvent
from bot.core.directory import Account, Directory
from bot.core.errors import DeskError, Missing
from bot.core.hourly import TooMuch
from bot.core.matters import Turned
from bot.core.model import Actor, Person, Refusal, Request
from bot.core.ports import Job, Purpose, SignIn, Slot, Unit, Urgency
from bot.core.proven import VALID
from bot.core.reasons import Reason
from bot.core.watch import Sort
from bot.desk.agents import Agents
from bot.desk.answered import not_now
from bot.desk.colleagues import Colleagues, told
from bot.desk.homes import Homes
from bot.desk.ledger import Home, Ledger
from bot.desk.purposes import Close
from bot.desk.questions import lately, mine, one_by_one, same, unreached
from bot.desk.register import MATTER, Along, Register, asking, spent
from bot.desk.settled import unsettled

UNREACHED: Final = frozenset({Reason.CALLER_NO_TEAMS, Reason.CALLER_APP_BLOCKED, Reason.CALLER_APP_UNGRANTED})


@dataclass(frozen=True, slots=True)
class Vouchers:
    """`context` is what a manager signs in with."""

    ledger: Ledger
    agents: Agents
    colleagues: Colleagues
    homes: Homes
    register: Register
    context: str

    async def unreached(self, form: str, agent: Person, colleague: Person, why: Refusal) -> Refusal:
        """Keep that somebody could not be asked, for their manager may be; return what the agent hears."""
        if why.reason not in UNREACHED:
            return why
        now = self.ledger.clock.now()
        key = unreached(form)
        one = Verification(id=key, by=agent, about=colleague, created_at=now, reached=False)
        async with self.ledger.store.unit() as unit:
            await one_by_one(unit, agent, colleague)
            there = await unit.matter(Verification, key)
            if there is not None:  # the form was sent twice
                return why if same(there, one) else Refusal(Reason.CHANGED)
            about, by = await lately(unit, agent, colleague, now)
            begun = asked(one, about, by)
            if begun.refusal is not None:
                return begun.refusal
            await self.register.begin(unit, begun)
        return why

    async def ask(self, actor: Actor, verification: str) -> Answer:
        """Have the manager asked of somebody who could not be, or did not answer; the agent is looked at once more."""
        one = await mine(self.ledger, actor, await self.register.load(Verification, verification))
        if one is None:
            return Refused(Refusal(Reason.NOT_FOUND))
        home = await self._home(actor, one)
        if isinstance(home, Refusal):
            await self._refused(actor.person, home, one.entry)
            return Refused(told(home))
        try:
            async with self.ledger.store.unit() as unit:
                answer = await self._asked(unit, verification, home)
        except TooMuch as much:
            answer = Refused(much.refusal)
        if isinstance(answer, Refused):
            await self._refused(actor.person, answer.refusal, one.entry)
        return answer

    async def _home(self, actor: Actor, one: Verification) -> Home | Refusal:
        """Return who is to be asked, and where, or why nobody is."""
        refusal = await self.agents.objection(actor.person.id)
        if refusal is not None:
            return refusal
        if not one.leaves(self.ledger.clock.now()):
            return Refusal(Reason.CLOSED)
        colleague = await self.colleagues.one(actor.person, one.about.id)
        if isinstance(colleague, Refusal):
            return colleague
        if not one.reached and not isinstance(await self.homes.of(colleague), Refusal):
            return Refusal(Reason.CALLER_HAS_TEAMS)
        manager = await self.manager(actor.person, colleague)
        if isinstance(manager, Refusal):
            return manager
        return await self.homes.of(manager, nobody=Reason.MANAGER_NO_TEAMS)

    async def _asked(self, unit: Unit, verification: str, home: Home) -> Answer:
        """Ask, where nobody else asks that colleague, or about them, at this moment. Raises `TooMuch`."""
        now = self.ledger.clock.now()
        one = await unit.matter(Verification, verification)
        if one is None:
            return Refused(Refusal(Reason.NOT_FOUND))
        no = said_no(await unit.about(Verification, one.tenant, one.about.id, now - DAY), now)
        if no is not None:
            return Refused(no)
        rival = await unit.in_lane(Verification, one.tenant, one.about.id)
        if rival is not None and rival.over(now):
            rival = (await self.register.keep(unit, rival, heard(rival, AnswerDue(), now))).matter
            one = rival if rival.id == one.id else one
        elif rival is not None:
            return Refused(Refusal(Reason.CALLER_ASKED_ALREADY, MappingProxyType({"name": rival.by.name})))
        turned = await self.register.keep(unit, one, heard(one, ManagerAsked(home[0]), now))
        if turned.refusal is not None:
            return Refused(turned.refusal)
        count = await unit.tried(home[0], Sort.VOUCHING, now)
        if count.hour > ABOUT_AN_HOUR or count.day > ABOUT_A_DAY:  # nor is a manager worn down, about whomever
            raise TooMuch(Refusal(Reason.MANAGER_ASKED_OFTEN))
        sign_in = asking(turned.matter, Purpose.VOUCH, home, self.context, now, now + VOUCHING + VALID)
        await unit.keep_sign_in(sign_in)
        return CallerCard(turned.matter, Slot.AGENT)

    async def manager(self, agent: Person, colleague: Person, *, anew: bool = False) -> Person | Refusal:
        """Return whose word counts for a colleague just now, or why nobody's does. What is not known is a no.

        `anew`: nothing counts that the log was heard to say before.
        """
        directory = self.agents.directory.once()
        try:
            named = await directory.manager(colleague.id)
            if named is None:
                return Refusal(Reason.NO_MANAGER)
            account, now = await directory.account(named.id), self.ledger.clock.now()
            new = await unsettled(directory, colleague.id, now, anew=anew)
            refusal = await self._unfit(directory, account, agent, colleague) if new == "none" else new
        except Missing:  # a contact of the organisation, or an account that is gone
            return Refusal(Reason.NO_MANAGER)
        except (DeskError, TimeoutError) as error:
            return not_now(error)
        if refusal is not None:
            return refusal
        return account.person(agent.tenant)

    async def _unfit(self, directory: Directory, manager: Account, agent: Person, colleague: Person) -> Refusal | None:
        """Say why this manager's word does not count: nobody vouches for themselves, or for their own question."""
        same = await asyncio.gather(*(self.agents.one_human(one.id, manager.id) for one in (agent, colleague)))
        if None in same:
            return Refusal(Reason.UNKNOWN)
        flagged = await directory.at_risk(manager.id)
        if True in same or not manager.enabled or manager.guest or flagged:
            return Refusal(Reason.NO_MANAGER)
        if self.context in await directory.guarded_contexts(manager.id):
            return None
        return Refusal(Reason.STEP_UP_UNGUARDED, MappingProxyType({"context": self.context}))

    async def finish(self, sign_in: SignIn, also: Close, known: Request | None) -> Answer:
        """Let the manager's sign-in count as their yes, if they are the manager still, and nothing has changed."""
        del known  # it is no request's
        one = await self.register.load(Verification, sign_in.request)
        if one is None:
            raise Missing(f"there is no verification {sign_in.request}")
        manager = await self.manager(one.by, one.about, anew=True)
        if not isinstance(manager, Refusal) and manager.id != sign_in.person.id:
            manager = Refusal(Reason.NO_MANAGER)
        no = manager if isinstance(manager, Refusal) else await self._said_no(one)
        if no is not None:
            await self._refused(sign_in.person, no, one.entry)
            return Refused(no)
        yes = Vouched(sign_in.proved_at, sign_in.context)
        return _answer(await self._turned(sign_in.request, yes, spent(sign_in, also)))

    async def _said_no(self, one: Verification) -> Refusal | None:
        """Say whether somebody has said no about this colleague within the day, whoever had asked."""
        now = self.ledger.clock.now()
        async with self.ledger.store.unit() as unit:
            return said_no(await unit.about(Verification, one.tenant, one.about.id, now - DAY), now)

    async def deny(self, actor: Actor, verification: str) -> Answer:
        """Take the manager's no, in their own private chat: it counts like one of the colleague."""
        one = await self.register.load(Verification, verification)
        theirs = one is not None and one.voucher is not None and one.voucher.id == actor.person.id
        if one is None or not theirs or one.tenant != actor.person.tenant:
            await self.ledger.record.absent(actor.person, "call")
            return Refused(Refusal(Reason.NOT_FOUND))
        if not actor.chat.personal:
            await self._refused(actor.person, Refusal(Reason.NOT_PRIVATE), one.entry)
            return Refused(Refusal(Reason.NOT_PRIVATE))
        return _answer(await self._turned(verification, NotVouched()))

    async def again(self, unit: Unit, sign_in: SignIn) -> bool:
        """Say whether a sign-in that came to nothing may be begun anew, and have its card say so."""
        one = await unit.matter(Verification, sign_in.request)
        if one is None or one.status is not Stand.VOUCHING or one.over(self.ledger.clock.now()):
            return False
        await unit.defer(Job(MATTER, one.id, urgency=Urgency.PROMPT))
        return True

    async def page(self, sign_in: SignIn) -> SignInPage | None:
        """Say what a sign-in would say, and of whom."""
        one = await self.register.load(Verification, sign_in.request)
        if one is None:
            return None
        times = (sign_in.created_at, one.ends_at)
        return SignInPage(sign_in.person, sign_in.purpose, "call.vouch", one.about.name, *times)

    async def _turned(self, verification: str, event: VouchEvent, also: Along | None = None) -> Turned[Verification]:
        now = self.ledger.clock.now()
        return await self.register.happen(Verification, verification, lambda one: heard(one, event, now), also)

    async def _refused(self, who: Person, refusal: Refusal, about: About) -> None:
        await self.ledger.record.declined(about, refusal, who, Sort.PRESS)


def _answer(turned: Turned[Verification]) -> Answer:
    return Refused(turned.refusal) if turned.refusal is not None else CallerCard(turned.matter, Slot.VOUCHER)
