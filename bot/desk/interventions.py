"""Interventions: an agent, or security, locks a colleague's account; it counts once they have signed in for it.

Whoever presses is looked at with each press and when their sign-in is through, as an approver is. What it becomes is
the colleague's request, carried out as any other of its kind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, assert_never
from uuid import uuid4

from bot.core.answers import Answer, Done, Refused, Said, SignInPage
from bot.core.audit import About
from bot.core.behalf import WHY_OPENED
from bot.core.decide import Refuse, decide
from bot.core.errors import Missing, Unavailable
from bot.core.events import Asked, Stopped
from bot.core.facts import Facts, Moment
from bot.core.forms import objection
from bot.core.interventions import CONFIRM, HOUR, Intervention, LockStand, declined, due, opened, replaced, wanted
from bot.core.lockcards import LockDoor, LockForm
from bot.core.locking import BeginLock, ChooseLock, FindLock, Locking, SendLock
from bot.core.matters import Turned
from bot.core.model import UNDECIDED, Actor, Evidence, EvidenceType, Mode, Person, Refusal, Request
from bot.core.options import TELL_MANAGER
from bot.core.ports import Job, Purpose, SignIn, Unit, Urgency
from bot.core.reasons import Reason
from bot.core.watch import Sort
from bot.desk.account import named_manager
from bot.desk.agents import Agents
from bot.desk.homes import Homes
from bot.desk.ledger import Home, happened
from bot.desk.lockforms import LockForms
from bot.desk.purposes import Close
from bot.desk.reception import Reception
from bot.desk.register import Register, asking, spent

Counting = Callable[[Unit, Turned[Intervention]], Awaitable[None]]  # lets a sign-in count, for what it came to
HIDDEN: Final = frozenset({Reason.DENY_LIST, Reason.GUEST, Reason.GUEST_OF})  # all of them sound the same


@dataclass(frozen=True, slots=True)
class Interventions:
    """`agents` may in private and in their channel, `security` in private and in theirs; each with a context."""

    reception: Reception
    agents: Agents
    security: Agents
    homes: Homes
    register: Register
    helpdesk: str
    channel: str

    async def door(self, person: Person) -> Answer:
        """Show whoever may the way; tell everybody else who can."""
        who = await self._as_whom(person.id, self.agents, self.security)
        return Said("lock.for_others") if isinstance(who, Refusal) else LockDoor()

    async def handle(self, actor: Actor, action: Locking) -> Answer:
        as_whom = await self._admitted(actor)
        if isinstance(as_whom, Refusal):
            await self.forms.noted(actor, as_whom, "", Sort.REFUSED)
            return Refused(as_whom)
        match action:
            case BeginLock(""):
                return LockForm(uuid4().hex)
            case BeginLock(person):
                return await self._chosen(actor, uuid4().hex, person)
            case FindLock(form, person, text):
                return await self.forms.found(form, person, text)
            case ChooseLock(form, person):
                return await self._chosen(actor, form, person)
            case SendLock():
                return await self._sent(actor, action, security=as_whom is self.security)
            case _:
                assert_never(action)

    async def _chosen(self, actor: Actor, form: str, person: str) -> Answer:
        chosen, empty = await self.forms.chosen(actor, person), SendLock(form, person, "", "")
        return chosen if isinstance(chosen, Refused) else await self.forms.form(chosen, empty)

    async def _admitted(self, actor: Actor) -> Agents | Refusal:
        """Say as whom this person may do this here just now, or why not."""
        if actor.chat.personal:
            return await self._as_whom(actor.person.id, self.agents, self.security)
        theirs = {self.helpdesk: self.agents, self.channel: self.security}.get(actor.chat.place)
        return Refusal(Reason.LOCK_ELSEWHERE) if theirs is None else await self._as_whom(actor.person.id, theirs)

    async def _as_whom(self, person: str, *groups: Agents) -> Agents | Refusal:
        """Return the last of these that somebody is one of; where of none, why they are none of the one they are in."""
        noes = await asyncio.gather(*(group.objection(person) for group in groups))
        fits = [group for group, no in zip(groups, noes, strict=True) if no is None]
        if fits:
            return fits[-1]
        told = (no for no in noes if no is not None and no.reason != Reason.NOT_LOCKER)
        return next(told, Refusal(Reason.NOT_LOCKER))

    @property
    def forms(self) -> LockForms:
        return LockForms(self.reception, self.agents)

    async def _sent(self, actor: Actor, filled: SendLock, *, security: bool) -> Answer:
        """Take the form, and ask for the sign-in that makes it count in the private chat of whoever filled it in."""
        chosen = await self.forms.chosen(actor, filled.person)
        if isinstance(chosen, Refused):
            return chosen
        what = () if filled.kind in self.forms.kinds() else ("what",)
        why = () if objection(filled.reason, Reason.REASON_REQUIRED) is None else ("reason",)
        if what or why:
            return await self.forms.form(chosen, filled, *what, *why)
        home = await self.homes.reach(actor)
        if isinstance(home, Refusal):
            return Refused(home)
        one = self._wanted(actor.person, chosen, filled, security=security)
        refusal = await self._begun(one, home)
        if refusal is None:
            return Said("lock.continue_in_private", MappingProxyType({"name": chosen.name}))
        await self.forms.noted(actor, refusal, chosen.id, Sort.PRESS)
        return Refused(refusal)

    def _wanted(self, by: Person, about: Person, filled: SendLock, *, security: bool) -> Intervention:
        return Intervention(
            id=Intervention.named(filled.form),
            by=by,
            about=about,
            created_at=self.register.clock.now(),
            kind=filled.kind,
            reason=filled.reason.strip(),
            security=security,
            trial=self.reception.inquiry.policies[filled.kind].mode is not Mode.ENFORCE,
        )

    async def _begun(self, one: Intervention, home: Home) -> Refusal | None:
        """Begin it, or say why not; another of this person's that waits for a sign-in makes way."""
        async with self.register.store.unit() as unit:
            there, by, rival = await asyncio.gather(
                unit.matter(Intervention, one.id),
                unit.begun_by(Intervention, one.tenant, one.by.id, one.created_at - HOUR),
                unit.in_lane(Intervention, one.tenant, one.by.id),
            )
            if there is not None:  # the form was sent twice; an old one takes nothing's place
                return None if _same(there, one) else Refusal(Reason.CHANGED)
            begun = wanted(one, by)
            if begun.refusal is not None:
                return begun.refusal
            if rival is not None:
                await self.register.keep(unit, rival, replaced(rival))
                await unit.close_sign_ins(rival.id, one.by.id, {Purpose.LOCK}, but="")
            if not await self.register.begin(unit, begun):
                return Refusal(Reason.CHANGED)
            now, context = one.created_at, self._of(one).context
            await unit.keep_sign_in(asking(begun.matter, Purpose.LOCK, home, context, now, now + CONFIRM))
        return None

    def _of(self, one: Intervention) -> Agents:
        return self.security if one.security else self.agents

    async def finish(self, sign_in: SignIn, also: Close, known: Request | None) -> Answer:
        """Let the sign-in count, which then serves nothing else; whoever pressed is looked at once more."""
        del known  # it is no request's
        one = await self.register.load(Intervention, sign_in.request)
        if one is None:
            raise Missing(f"there is no intervention {sign_in.request}")
        if not one.waits(self.register.clock.now()):
            return Refused(Refusal(Reason.CLOSED))
        request = self._request(one, sign_in)
        refusal, facts = await asyncio.gather(
            self._of(one).objection(one.by.id), self.reception.inquiry.about(request, Moment.ASK)
        )
        facts = replace(facts, opener="none" if refusal is None else refusal)
        policy, now = self.reception.inquiry.policies[one.kind], self.register.clock.now()
        decision = decide(policy, facts, request, Moment.ASK, now)

        async def used(unit: Unit, turned: Turned[Intervention]) -> None:
            await self.register.keep(unit, one, turned)
            await spent(sign_in, also)(unit)

        if isinstance(decision, Refuse):
            return await self._refused(one, decision, used)

        trial = policy.under(decision.terms).mode is not Mode.ENFORCE
        came = opened(one, request.id, grave=_grave(facts), trial=trial, context=sign_in.context)
        return await self._opened(request, Asked(decision), came, used)

    async def _refused(self, one: Intervention, no: Refuse, used: Counting) -> Answer:
        """Say no to it, and that is the end of it, but where something could not be found out: then they try again."""
        about, told = About(one.tenant, one.id, one.SORT, one.about.id), _told(no.refusal)
        await self.reception.ledger.record.declined(about, no.refusal, one.by, Sort.REFUSED)
        if not no.unsure:
            async with self.register.store.unit() as unit:
                await used(unit, declined(one, told))
        return Refused(told)

    def _request(self, one: Intervention, sign_in: SignIn) -> Request:
        """Make what it becomes: the colleague's request, with the sign-in of whoever opened it."""
        key, at = uuid4().hex, sign_in.proved_at
        proof = Evidence(EvidenceType.OPENING, one.by.id, one.by.name, at, sign_in.context, key, source=one.id)
        draft = self.reception.draft(one.about, one.kind, key)
        return replace(draft, details={WHY_OPENED: one.reason}, opened_by=one.by, evidence=(proof,))

    async def _opened(self, request: Request, event: Asked, came: Turned[Intervention], used: Counting) -> Answer:
        """Begin the request, and say so of the intervention, in one transaction; where one goes its way already, that.

        One that only waits, which whoever sits at the colleague's Teams may have begun, makes way.
        """
        ledger, by = self.reception.ledger, came.matter.by
        there, step = await ledger.open(request, event, lambda unit, _: used(unit, came))
        if step is None and there.status in UNDECIDED:
            await ledger.change(there.id, happened(Stopped(by, came.matter.id)))
            there, step = await ledger.open(request, event, lambda unit, _: used(unit, came))
        if step is not None:
            return Done()
        why = Reason.LOCK_WAITS if there.status in UNDECIDED else Reason.LOCK_UNDER_WAY
        refusal = Refusal(why, MappingProxyType({"name": request.subject.name}))
        async with self.register.store.unit() as unit:
            await used(unit, declined(came.matter, refusal))
        return Refused(refusal)

    async def again(self, unit: Unit, sign_in: SignIn) -> bool:
        """Say whether a sign-in that came to nothing may be begun anew, and have its card say so."""
        one = await unit.matter(Intervention, sign_in.request)
        if one is None or not one.waits(self.register.clock.now()):
            return False
        await unit.defer(Job(Intervention.SIREN, one.id, urgency=Urgency.ALARM))
        return True

    async def page(self, sign_in: SignIn) -> SignInPage | None:
        """Say what a sign-in would bring about, and for whom."""
        one = await self.register.load(Intervention, sign_in.request)
        if one is None:
            return None
        what, times = f"{one.kind}.lock.page", (sign_in.created_at, sign_in.expires_at)
        return SignInPage(sign_in.person, sign_in.purpose, what, one.about.name, *times)

    async def due(self, key: str) -> None:
        """Look at one whose time may have come."""
        now = self.register.clock.now()
        await self.register.due(Intervention, key, lambda one: due(one, now))

    async def reach(self, one: Intervention) -> bool:
        """Open the chat in which its colleague reads of it, and say whether there is one. Raises `Unavailable`."""
        if one.status is not LockStand.OPENED:
            return True
        found = await self.homes.of(one.about)
        if isinstance(found, Refusal) and found.reason == Reason.UNKNOWN:
            raise Unavailable("it is not known whether they have a chat")
        return not isinstance(found, Refusal)

    async def manager(self, one: Intervention) -> Home | None:
        """Return where their manager reads of it, where the policy says so. Raises what the directory does."""
        ledger, directory = self.reception.ledger, self.agents.directory.once()
        happens = one.status is LockStand.OPENED and not one.trial
        request = await ledger.load(one.request) if happens else None
        if request is None or not self.reception.inquiry.policy(request).option(TELL_MANAGER):
            return None
        found = await named_manager(directory, one.about.id, one.by.id)
        home = await self.homes.of(found.person(one.tenant)) if found is not None else None
        return None if isinstance(home, Refusal) else home

    def line(self, one: Intervention) -> bool:
        """Whether security reads a line of it: of what is an alarm it has that, but of a grave one it hears twice."""
        return one.status is LockStand.OPENED and (one.grave or not self.reception.inquiry.kinds[one.kind].alarm)


def _same(there: Intervention, sent: Intervention) -> bool:
    """Whether a form that is there still waits for its sign-in, and says the same."""
    said = [(one.by.id, one.about.id, one.kind) for one in (there, sent)]
    return there.waits(sent.created_at) and said[0] == said[1]


def _told(refusal: Refusal) -> Refusal:
    """Return what is heard of a no: of an account that is walled off, not why. The trail has that."""
    return Refusal(Reason.LOCK_WALLED) if refusal.reason in HIDDEN else refusal


def _grave(facts: Facts) -> bool:
    """Whether security should look twice: an account that decides about others, or has rights of an administrator."""
    known = (facts.roles, facts.guarded_groups, facts.approves, facts.restricted)
    return None in known or any(known)
