"""The requester's own step-up: asked for again, and what follows it; it counts for the request it was begun for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from bot.core.answers import Answer, Refused, RequestCard
from bot.core.decide import decide
from bot.core.events import Event, SteppedUp
from bot.core.facts import Moment
from bot.core.model import Evidence, EvidenceType, Refusal, Request, Status, Way
from bot.core.ports import Purpose, SignIn, Slot
from bot.core.reasons import Reason
from bot.desk.facts import Inquiry
from bot.desk.ledger import Also, Ledger, proved

OPEN_STATES: Final = {Status.STEP_UP, Status.UNKNOWN}


@dataclass(frozen=True, slots=True)
class OwnStepUp:
    ledger: Ledger
    inquiry: Inquiry

    async def again(self, request: Request) -> Answer:
        """Send the prompt once more: the old one may have been lost or run out."""
        entering = request.way is Way.ENTER and request.status in {Status.READY, Status.UNKNOWN}
        if request.status not in OPEN_STATES and not entering:
            return Refused(Refusal(Reason.CLOSED), request)
        purpose = Purpose.ENTER if entering else Purpose.STEP_UP
        async with self.ledger.store.unit() as unit:
            home = await unit.private_chat(request.tenant, request.requester.id)
            if home is None:
                return Refused(Refusal(Reason.NO_PRIVATE_CHAT))
            await self.ledger.prompt(unit, request, home, self.inquiry.policy(request).step_up, purpose)
        return RequestCard(request, Slot.REQUESTER)

    async def finish(self, sign_in: SignIn, also: Also) -> Answer:
        """Let a sign-in of theirs count, and decide again."""
        evidence = proved(sign_in, EvidenceType.STEP_UP)
        step = await self.ledger.change(sign_in.request, lambda r: self._stepped_up(r, evidence), also)
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
