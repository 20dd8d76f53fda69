"""Approvals: a yes or no from a person who may. A click is intent; a fresh sign-in makes a yes count, and a lock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from bot.core.answers import Answer, Refused, RequestCard
from bot.core.approval import may_approve, repeated
from bot.core.decide import decide
from bot.core.events import Approved, Denied, Event, Retracted
from bot.core.evidence import unaged
from bot.core.facts import ApproverFacts, Moment
from bot.core.forms import objection
from bot.core.hourly import TooMuch, over
from bot.core.life.advance import past
from bot.core.life.step import Step
from bot.core.model import PENDING, Actor, Chat, Evidence, EvidenceType, Person, Refusal, Request, Status
from bot.core.ports import Purpose, SignIn, Slot, Unit
from bot.core.reasons import Reason
from bot.core.watch import Sort
from bot.desk.answered import answered
from bot.desk.facts import Inquiry
from bot.desk.homes import Homes
from bot.desk.intent import VERDICTS, Intent, confirm_first, put_off, used_up
from bot.desk.ledger import Also, Ledger, happened, proved
from bot.desk.record import HARMLESS

# A no is heard of who has said yes before; a plain one also where no sign-in would prove anything: it needs none.
NO_ALL_THE_SAME: Final = frozenset({Reason.ALREADY_APPROVED, Reason.RETRACTED_TWICE})
NO_BY_A_PRESS: Final = NO_ALL_THE_SAME | {Reason.STEP_UP_UNGUARDED}


@dataclass(frozen=True, slots=True)
class Approvals:
    """`channel` is where the approvers' cards stand: a yes or no comes from there, or from one's own private chat."""

    ledger: Ledger
    inquiry: Inquiry
    channel: str
    homes: Homes

    def elsewhere(self, chat: Chat) -> bool:
        """Say whether this is no place where anybody decides."""
        return not chat.personal and chat.place != self.channel

    async def approve(self, actor: Actor, request: Request, choice: str) -> Answer:
        """Take an approver's press: count it, or send them a private card to confirm it with a sign-in."""
        refusal = await self.objection(actor.person.id, request)
        if refusal is not None:
            await self.ledger.refuse(request, refusal, actor.person, Sort.REFUSED)
            return Refused(refusal, request)
        choice = choice if choice in self.inquiry.kinds[request.kind].verdicts.yes else ""
        if context := self.inquiry.policy(request).approver_step_up:
            says_yes = Intent(Purpose.APPROVE, context, choice)
            return await confirm_first(self.ledger, self.homes, actor, request, says_yes)
        now, person = self.ledger.clock.now(), actor.person
        evidence = Evidence(EvidenceType.APPROVAL, person.id, person.name, now, "", request.id, choice, request.level)
        return answered(await self._counted(request.id, person, evidence), where(actor))

    async def finish(self, sign_in: SignIn, also: Also, known: Request | None) -> Answer:
        """Count a yes that its approver has confirmed with a sign-in."""
        evidence = proved(sign_in, EvidenceType.APPROVAL)
        return answered(await self._counted(sign_in.request, sign_in.person, evidence, also, known), Slot.CONFIRM)

    async def deny(self, actor: Actor, request: Request, reason: str, choice: str) -> Answer:
        """Take an approver's no. It needs a reason; where it locks somebody out, their sign-in as well, like a yes."""
        choice = choice if choice in self.inquiry.kinds[request.kind].verdicts.no else ""
        confirmed = self._locks(request, choice)
        refusal = await self.objection(actor.person.id, request)
        if refusal is not None and refusal.reason not in (NO_ALL_THE_SAME if confirmed else NO_BY_A_PRESS):
            await self.ledger.refuse(request, refusal, actor.person, Sort.REFUSED)
            return Refused(refusal, request)
        wrong, reason = objection(reason, Reason.REASON_REQUIRED), reason.strip()
        if wrong is not None:
            return Refused(wrong, request)
        if confirmed:
            says_no = Intent(Purpose.DENY, self.inquiry.policy(request).approver_step_up, choice, reason)
            return await confirm_first(self.ledger, self.homes, actor, request, says_no)
        no = Denied(actor.person, reason, choice, alarm=self._alarms(request, choice))
        return answered(await self.ledger.change(request.id, happened(no)), where(actor))

    async def denied(self, sign_in: SignIn, also: Also, known: Request | None) -> Answer:
        """Let a no count that its approver has confirmed with a sign-in, which then serves nothing else."""
        proof = proved(sign_in, EvidenceType.DENIAL)

        async def said(request: Request) -> Event | Refusal:
            refusal = await self.objection(proof.by, request)
            if refusal is not None and refusal.reason not in NO_ALL_THE_SAME:
                return refusal
            return Denied(
                sign_in.person, sign_in.reason, sign_in.choice, proof, alarm=self._alarms(request, sign_in.choice)
            )

        step = await self.ledger.change(sign_in.request, said, used_up(proof, also), known=known)
        return answered(await self._noticed(sign_in.person, step), Slot.CONFIRM)

    def _locks(self, request: Request, choice: str) -> bool:
        """Whether a no with this verdict locks somebody out, and so wants the sign-in that a yes wants here."""
        return self._alarms(request, choice) and bool(self.inquiry.policy(request).approver_step_up)

    def _alarms(self, request: Request, choice: str) -> bool:
        """Whether this verdict says that somebody else is in the account."""
        return choice in self.inquiry.kinds[request.kind].verdicts.alarms

    async def retract(self, actor: Actor, request: Request) -> Answer:
        """Let an approver take their own yes back: nothing is asked about them, for it only locks."""
        given = request.evidence_of(EvidenceType.APPROVAL)
        if not any(one.by == actor.person.id for one in given):
            refusal = Refusal(Reason.NOT_YOUR_YES if request.status in PENDING else Reason.CLOSED)
            await self.ledger.refuse(request, refusal, actor.person)
            return Refused(refusal)

        async def for_good(unit: Unit, _: Request) -> None:  # what was begun before brings no yes back
            await unit.close_sign_ins(request.id, actor.person.id, VERDICTS, but="")

        step = await self.ledger.change(request.id, happened(Retracted(actor.person)), for_good, known=request)
        return answered(step, where(actor))

    async def put_off(self, actor: Actor, request: Request) -> Answer:
        """Let an approver leave what they pressed for later: their card offers both verdicts again."""
        if not actor.chat.personal:
            return Refused(Refusal(Reason.NOT_PRIVATE))
        await put_off(self.ledger, actor.person, request)
        return await self.refreshed(actor, request)

    async def refreshed(self, actor: Actor, request: Request) -> Answer:
        """Show an approver's private card as it stands; only to who was asked to confirm."""
        async with self.ledger.store.unit() as unit:
            posted = await unit.posted(request.id)
        mine = any(p.slot is Slot.CONFIRM and p.person == actor.person.id for p in posted)
        return RequestCard(request, Slot.CONFIRM) if mine else Refused(Refusal(Reason.NOT_FOUND))

    async def objection(self, approver: str, request: Request) -> Refusal | None:
        """Say why this person's yes does not count for this request just now, or None."""
        policy, now = self.inquiry.policy(request), self.ledger.clock.now()
        if request.status is not Status.APPROVAL or past(request, policy, now):
            return Refusal(Reason.CLOSED)
        facts = await self.inquiry.about_approver(approver, request)
        return may_approve(policy, facts, unaged(request, policy, now), approver)

    async def approved(self, request: Request, evidence: Evidence) -> Event | Refusal:
        """Look at the approver and the subject once more, and say whether this approval happened."""
        if request.status is not Status.APPROVAL:
            return Refusal(Reason.CLOSED)
        counted = replace(request, evidence=(*request.evidence, evidence))
        facts = await self.inquiry.about(counted, Moment.WAY)
        approver = (facts.approvers or {}).get(evidence.by, ApproverFacts())
        policy, now = self.inquiry.policy(request), self.ledger.clock.now()
        held = unaged(request, policy, now)
        refusal = may_approve(policy, approver, held, evidence.by)
        if refusal is None and repeated(facts, held, evidence.by):
            refusal = Refusal(Reason.ALREADY_APPROVED)
        if refusal is not None:
            return refusal
        return Approved(evidence, decide(self.inquiry.policies[request.kind], facts, counted, Moment.WAY, now))

    async def _counted(
        self,
        request_id: str,
        approver: Person,
        evidence: Evidence,
        also: Also | None = None,
        known: Request | None = None,
    ) -> Step | None:
        """Let a yes happen, and count it for its approver."""

        async def with_count(unit: Unit, request: Request) -> None:
            if also is not None:
                await also(unit, request)
            if evidence in request.evidence:
                count = await self.ledger.record.counted(unit, approver, Sort.YES, request)
                if (no := over(self.inquiry.limits, Sort.YES, count)) is not None:
                    raise TooMuch(no)

        try:
            step = await self.ledger.change(request_id, lambda r: self.approved(r, evidence), with_count, known=known)
        except TooMuch as much:
            await self.ledger.record.over(much, approver)
            step = await self.ledger.change(request_id, happened(much.refusal), also)
        return await self._noticed(approver, step)

    async def _noticed(self, approver: Person, step: Step | None) -> Step | None:
        """Count for an approver that what they had confirmed did not count."""
        if step is not None and step.refusal is not None and step.refusal.reason not in HARMLESS:
            async with self.ledger.store.unit() as unit:
                await self.ledger.record.counted(unit, approver, Sort.REFUSED, step.request)
        return step


def where(actor: Actor) -> Slot:
    """Name which card of a request was pressed: that of all approvers, or this one's own."""
    return Slot.CONFIRM if actor.chat.personal else Slot.APPROVERS
