"""Call face: a colleague on the telephone proves who they are with their face, by a proof that serves that one call."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.answers import Answer, Refused
from bot.core.callers import FaceShown, Verification
from bot.core.calling import ProveCall
from bot.core.face import begun_for_call, call_key, serves, shown_at
from bot.core.model import Actor, Refusal
from bot.core.ports import Job
from bot.core.proven import Proven
from bot.core.reasons import Reason
from bot.desk.callers import Callers
from bot.desk.proving import Proving


@dataclass(frozen=True, slots=True)
class CallFace:
    """`proving` serves the requests that wait for a face, as this serves calls."""

    proving: Proving
    callers: Callers

    async def begin(self, actor: Actor, action: ProveCall) -> Answer:
        """Have the colleague's face asked for; where that was done and may still come to something, say so."""
        one = await self.callers.theirs(actor, Verification.named(action.verification))
        if isinstance(one, Refused):
            return one
        if one.over(self.callers.ledger.clock.now()) or one.proven is Proven.FACE:
            return Refused(Refusal(Reason.CLOSED))
        return await self.proving.ask(actor, begun_for_call(one.id), one.created_at)

    async def served(self, job: Job) -> None:
        """Let the call, or the request, that a proof was begun for go on with it."""
        proof = await self.callers.ledger.load(job.request)
        if proof is None or not call_key(proof):
            await self.proving.served(job)
            return
        one = await self.callers.register.load(Verification, serves(proof))
        at = shown_at(proof, one.tenant, one.about.id, one.id) if one is not None else None
        if one is not None and at is not None:
            await self.callers.turned(one.id, FaceShown(at, proof.id))
