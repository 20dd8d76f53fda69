"""Lookups: a lead reads what the desk was asked about a colleague, the helpdesk whether they proved who they are.

Whoever looks is on record before they see anything, and the person they look at reads it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, assert_never
from uuid import uuid4

from bot.core.actions import OfferToken
from bot.core.answers import (
    Answer,
    Done,
    ProofShown,
    Refused,
    Said,
    SignInWanted,
)
from bot.core.audit import About
from bot.core.errors import DeskError
from bot.core.looking import BeginLooking, FindColleague, LookAt, Looking
from bot.core.lookups import HOUR, MANY, WEEK, Lookup, Seen, Sight, begun, episode, looked, told
from bot.core.matters import Turned
from bot.core.model import Actor, Person, Refusal
from bot.core.ports import Purpose, SignIn, SignInStage, Unit
from bot.core.reasons import Reason
from bot.core.sights import HistoryCard, LookDoor, LookForm
from bot.core.watch import Sort
from bot.desk.agents import Agents
from bot.desk.answered import not_now
from bot.desk.colleagues import Colleagues
from bot.desk.identity import Identity
from bot.desk.ledger import PROMPT_LIFE, Home
from bot.desk.queue import ApproversQueue
from bot.desk.record import Try
from bot.desk.register import Register, asking
from bot.desk.stepup import bound

NOTHING: Final = frozenset[str]()
UNSEEN: Final = frozenset({Reason.DENY_LIST, Reason.NOT_FOUND})  # told apart in the trail alone
PLAIN: Final = frozenset(
    {Reason.NOT_ENTITLED, Reason.NOT_AGENT, Reason.NOT_SECURITY, Reason.NOT_APPROVER, Reason.GUEST_APPROVER}
)


@dataclass(frozen=True, slots=True)
class Lookups:
    """`leads` read histories; approvers those of the kinds they decide about, where `approvers` says so.

    `desks` are who may ask for a proof: whether they get it, Entra decides by their own token.
    """

    queue: ApproversQueue
    proofs: Identity
    colleagues: Colleagues
    register: Register
    leads: Agents
    desks: tuple[Agents, ...]
    approvers: bool

    async def door(self, actor: Actor, sight: Sight) -> Answer | None:
        """Show the way to who may look; None to everybody else, who learns nothing of it."""
        if not actor.chat.personal:
            return Done()
        theirs = await self._entitled(actor.person, sight)
        return None if isinstance(theirs, Refusal) else LookDoor(sight)

    async def handle(self, actor: Actor, action: Looking) -> Answer:
        alone = actor.chat.personal
        theirs = await self._entitled(actor.person, action.sight) if alone else Refusal(Reason.NOT_PRIVATE)
        if isinstance(theirs, Refusal):
            about = About(actor.person.tenant, kind=Lookup.SORT)
            await self._refused(actor.person, theirs, about)
            return Refused(theirs)
        match action:
            case BeginLooking(sight):
                return LookForm(sight)
            case FindColleague(sight, person, text):
                return await self._found(sight, person, text)
            case LookAt(Sight.HISTORY, person):
                return await self._history(actor.person, person, theirs)
            case LookAt(_, person):
                return await self._asked(actor, person)
            case _:
                assert_never(action)

    async def _entitled(self, person: Person, sight: Sight) -> frozenset[str] | Refusal:
        """Say about which kinds this person may look just now, or why at nothing; a proof is about none."""
        if sight is Sight.PROOF:
            every = await asyncio.gather(*(desk.objection(person.id) for desk in self.desks))
            noes = [no for no in every if no is not None]
            return NOTHING if len(noes) < len(every) else _worst(noes)
        no = await self.leads.objection(person.id)
        if no is None:
            return frozenset(self.queue.ledger.policies)
        theirs = await self.queue.theirs(person) if self.approvers else no
        return _worst([no, theirs]) if isinstance(theirs, Refusal) else theirs

    async def _found(self, sight: Sight, person: str, text: str) -> Answer:
        if not person and not text:
            return LookForm(sight, fault="nobody")
        try:
            found = await self.leads.find(person, text)
        except (DeskError, TimeoutError) as error:
            return Refused(not_now(error))
        return LookForm(sight, text, "" if found else "no_match", found)

    async def _history(self, by: Person, person: str, kinds: frozenset[str]) -> Answer:
        one = await self._begun(by, person, Sight.HISTORY)
        if isinstance(one, Refusal):
            return Refused(one)
        async with self.queue.ledger.store.unit() as unit:
            found = await unit.latest(by.tenant, one.about.id, MANY)
        known = self.queue.approvals.inquiry.kinds
        mine = (request for request in found if request.subject.id == one.about.id and request.kind in kinds)
        return HistoryCard(one.about, tuple(episode(request, known[request.kind].reasons) for request in mine))

    async def _asked(self, actor: Actor, person: str) -> Answer:
        """Send a sign-in prompt to the private chat of who asks: what they may see, Entra decides by their token."""
        home = await self.queue.homes.reach(actor)
        if isinstance(home, Refusal):
            return Refused(home)
        one = await self._begun(actor.person, person, Sight.PROOF, home)
        return Refused(one) if isinstance(one, Refusal) else Said("lookup.in_private")

    async def _begun(self, by: Person, person: str, sight: Sight, home: Home | None = None) -> Lookup | Refusal:
        """Begin a look at whomever a client names, on record before anything is seen; or say why not."""
        colleague = await self.colleagues.known(by, person)
        now = self.register.clock.now()
        if isinstance(colleague, Refusal):
            await self._refused(by, colleague, About(by.tenant, kind=Lookup.SORT, subject=person))
            return Refusal(Reason.NOT_TO_BE_SEEN) if colleague.reason in UNSEEN else colleague
        one = Lookup(id=Lookup.named(uuid4().hex), by=by, about=colleague, created_at=now, sight=sight, after="")
        async with self.register.store.unit() as unit:
            turned = begun(one, await unit.begun_by(Lookup, by.tenant, by.id, now - HOUR))
            if turned.refusal is None and await self.register.begin(unit, turned):
                if home is not None:
                    await unit.keep_sign_in(asking(one, Purpose.LOOK, home, "", now, now + PROMPT_LIFE))
                return turned.matter
        faster = Refusal(Reason.CHANGED)  # another look of theirs
        refusal = turned.refusal if turned.refusal is not None else faster
        await self._refused(by, refusal, one.entry)
        return refusal

    async def offered(self, actor: Actor, sign_in: SignIn, action: OfferToken) -> Answer:
        """Read the proof with the token Teams exchanged for who asks, and show it to them; nothing of it is kept."""
        one = await self.register.load(Lookup, sign_in.request)
        expired = SignInWanted(sign_in.id, Reason.SIGN_IN_EXPIRED)
        if one is None:
            return expired
        if not bound(actor, sign_in):
            await self.proofs.ledger.record.failed(None, Try("not_theirs", "token", sign_in.person, actor.person))
            return expired
        if sign_in.stage is SignInStage.FINISHED:
            return Done()
        if sign_in.expires_at <= self.register.clock.now():
            return expired
        theirs = await self._entitled(one.by, Sight.PROOF)
        found = theirs if isinstance(theirs, Refusal) else await self.proofs.kept(sign_in, action, one.about.id, None)
        return await self._shown(one, sign_in, found)

    async def _shown(self, one: Lookup, sign_in: SignIn, found: Mapping[str, str | int] | Refusal) -> Answer:
        """Close the transaction and write down who looked, before anything is shown."""
        refusal = found if isinstance(found, Refusal) else None

        async def over(now: Lookup) -> Turned[Lookup]:
            return looked(now, seen=refusal is None)

        async def closed(unit: Unit) -> None:
            await unit.keep_sign_in(replace(sign_in, stage=SignInStage.FINISHED))

        await self.register.change(Lookup, one.id, over, closed)
        if isinstance(found, Refusal):
            return Refused(found)
        # Only whether and when: how good the match was is not asked for outside a request.
        return ProofShown(one.about, {name: value for name, value in found.items() if name == "at"})

    async def of(self, person: Person) -> tuple[Seen, ...]:
        """Return what somebody is told of who looked at them lately."""
        async with self.register.store.unit() as unit:
            return told(await unit.about(Lookup, person.tenant, person.id, self.register.clock.now() - WEEK))

    async def _refused(self, by: Person, refusal: Refusal, about: About) -> None:
        """Write a no down; that somebody named an emergency account, security hears."""
        sort = Sort.NAMED_LOOK if refusal.reason == Reason.DENY_LIST else Sort.PRESS
        await self.proofs.ledger.record.declined(about, refusal, by, sort)


def _worst(noes: Sequence[Refusal]) -> Refusal:
    """Return what is wrong with somebody who would be one of those who may; to all others the same."""
    return next((no for no in noes if no.reason not in PLAIN), Refusal(Reason.NOT_ENTITLED))
