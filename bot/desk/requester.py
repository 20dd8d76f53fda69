"""The requester's own step-up: asked for again, and what follows it; it counts for the request it was begun for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.core.answers import Answer, Refused, RequestCard
from bot.core.decide import decide
from bot.core.events import Event, SteppedUp
from bot.core.facts import Moment
from bot.core.model import Evidence, EvidenceType, Refusal, Request
from bot.core.ports import Purpose, SignIn, Slot
from bot.core.reasons import Reason
from bot.desk.facts import Inquiry
from bot.desk.ledger import Also, Ledger, asks, proved


@dataclass(frozen=True, slots=True)
class OwnStepUp:
    ledger: Ledger
    inquiry: Inquiry

    async def again(self, request: Request) -> Answer:
        """Begin another sign-in: the one before was lost in another browser, or has run out."""
        purpose = asks(request)
        if purpose is None:
            return Refused(Refusal(Reason.CLOSED), request)
        async with self.ledger.store.unit() as unit:
            home = await unit.private_chat(request.tenant, request.requester.id)
            if home is None:
                return Refused(Refusal(Reason.NO_PRIVATE_CHAT))
            await unit.hold(request.id)
            if purpose is Purpose.STEP_UP:  # one link at a time; a page that is open for entering stays so
                await unit.close_sign_ins(request.id, home[0].id, {purpose}, but="")
            await self.ledger.prompt(unit, request, home, self.inquiry.policy(request).step_up, purpose)
        return RequestCard(request, Slot.REQUESTER)

    async def finish(self, sign_in: SignIn, also: Also, known: Request | None) -> Answer:
        """Let a sign-in of theirs count, and decide again."""
        evidence = proved(sign_in, EvidenceType.STEP_UP)
        step = await self.ledger.change(sign_in.request, lambda r: self._stepped_up(r, evidence), also, known=known)
        if step is None:
            return Refused(Refusal(Reason.NOT_FOUND))
        return (
            RequestCard(step.request, Slot.REQUESTER) if step.refusal is None else Refused(step.refusal, step.request)
        )

    async def _stepped_up(self, request: Request, evidence: Evidence) -> Event:
        stepped = replace(request, evidence=(*request.evidence, evidence))
        facts = await self.inquiry.about(stepped, Moment.WAY)
        policy = self.inquiry.policies[request.kind]
        return SteppedUp(evidence, decide(policy, facts, stepped, Moment.WAY, self.ledger.clock.now()))
