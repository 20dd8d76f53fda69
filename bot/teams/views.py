"""Views: who looks at a card, what they are asked for, and what of the policy it tells; for messages and answers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from bot.core.answers import Answer, QueueCard, Refused, RequestCard, ThreatCard
from bot.core.callcards import CallerCard
from bot.core.model import Actor, Request, Status
from bot.core.ports import Purpose, Slot
from bot.desk.facts import Inquiry
from bot.desk.ledger import Ledger, asks
from bot.teams import briefing
from bot.teams.scenes import chosen, confirming, linked, started
from cards.view import View

# By what whoever answers in a place proves more than that they have pressed.
SIGNED: Final = MappingProxyType({Slot.CALLER: Purpose.CALL, Slot.VOUCHER: Purpose.VOUCH})


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where messages go and links lead; behind `start` goes a transaction's id, behind `wallet` a request's.

    `looks`: there are proofs of identity to look at.
    """

    helpdesk: str
    security: str
    start: str
    wallet: str
    resource: str
    contact: str
    language: str
    looks: bool = False

    def view(self, now: datetime) -> View:
        """Return what a channel reads a card as."""
        return View(language=self.language, now=now, contact=self.contact, looks=self.looks)


@dataclass(frozen=True, slots=True)
class Views:
    """Makes the view of each card."""

    ledger: Ledger
    inquiry: Inquiry
    addresses: Addresses

    async def answered(self, answer: Answer, actor: Actor) -> View:
        """Say how an answer looks to the one who gets it: a card that comes back from a press is the one in place."""
        person, chat = actor.person, actor.chat
        if isinstance(answer, QueueCard) and answer.board:
            return self._plain()
        request = getattr(answer, "request", None)
        view = self.of(request) if isinstance(request, Request) else self._plain()
        if isinstance(answer, RequestCard) and answer.slot is Slot.APPROVERS:
            return await briefing.informed(self.inquiry, answer.request, view)
        view = replace(view, language=person.language, user=chat.user, person=person.id)
        if isinstance(answer, RequestCard) and answer.slot is Slot.CONFIRM:
            view = await briefing.informed(self.inquiry, answer.request, view)
            return await self._confirming(answer.request, view)
        if isinstance(answer, CallerCard) and answer.slot in SIGNED:
            return await self._asked(view, answer.verification.id, SIGNED[answer.slot])
        if isinstance(answer, ThreatCard):
            return await self._asked(view, answer.threat.id, Purpose.THREAT)
        lifts = isinstance(answer, RequestCard) and answer.slot is Slot.LIFT
        if isinstance(answer, RequestCard | Refused) and answer.request is not None and chat.personal:
            view = await self.placed(view, answer.request)
            purpose = Purpose.LIFT if lifts else asks(answer.request)
            return view if purpose is None else await self._asked(view, answer.request.id, purpose)
        return view

    async def placed(self, view: View, request: Request) -> View:
        """Add where in the line a request stands, as long as that is where approvers find it."""
        if request.status is not Status.APPROVAL:
            return view
        async with self.ledger.store.unit() as unit:
            posted, place = await asyncio.gather(unit.posted(request.id), unit.place(request))
        return replace(view, place=place.number) if place.queued and not started(posted) else view

    def of(self, request: Request) -> View:
        """Say what of the policy and the kind the cards of a request tell, whoever looks."""
        policy, kind = self.inquiry.policy(request), self.inquiry.kinds[request.kind]
        return replace(
            self._plain(),
            reveal=policy.reveal,
            approvals=policy.approvals + request.more,
            face=bool(policy.evidence),
            levels=kind.levels,
            verdicts=kind.verdicts,
        )

    def _plain(self) -> View:
        where, offered = self.addresses, self.inquiry.policies
        alarm = next((k.name for k in self.inquiry.kinds.values() if k.alarm and offered[k.name].offered), "")
        return replace(where.view(self.ledger.clock.now()), wallet=where.wallet, alarm=alarm)

    async def _confirming(self, request: Request, view: View) -> View:
        """Say how an approver's private card looks to them: what they were last asked to confirm, and where."""
        async with self.ledger.store.unit() as unit:
            asked = confirming(await unit.sign_ins(request.id)).get(view.person)
        if asked is None:
            return replace(view, opened=True)
        return chosen(linked(view, asked, self.addresses.start), request, asked)

    async def _asked(self, view: View, about: str, purpose: Purpose) -> View:
        """Add the sign-in that whoever looks is asked for, and what became of the last."""
        async with self.ledger.store.unit() as unit:
            waiting = await unit.sign_in_for(about, view.person, purpose)
        return view if waiting is None else linked(view, waiting, self.addresses.start)
