"""Acts: the one place that writes to Entra. Claim it, do it once, record it; only then may it be shown."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from bot.core.answers import Answer, Done, Refused, RequestCard, SecretShown
from bot.core.errors import AnswerLost, DeskError, Rejected, Unavailable
from bot.core.events import (
    ActDone,
    ActFailed,
    ActLost,
    ActPostponed,
    Event,
    Looked,
    RevokeDone,
    ShowFailed,
    ShowPressed,
    TimePassed,
)
from bot.core.model import Mode, Outcome, Proof, Refusal, Request, Secret, Status
from bot.core.policy import Decision, Moment, Reason, decide
from bot.core.ports import Directory, Job, Slot
from bot.facts import Inquiry
from bot.ledger import Ledger, happened

PATIENCE: Final = 4.5  # seconds for the act itself; after that its answer counts as lost
ENOUGH: Final = 2.5  # seconds an act needs at the least: with less left nothing is claimed
IN_TIME: Final = 7.0  # seconds after the press within which an answer still reaches the person

log = structlog.get_logger(__name__)


class Courier(Protocol):
    """Carries a secret into its subject's private chat, where a policy reveals by message."""

    async def prepare(self, request: Request) -> None:
        """Post the empty message first, so that what will hold the secret can be found and deleted."""

    async def reveal(self, request: Request, secret: Secret) -> None:
        """Put the secret into it."""


@dataclass(frozen=True, slots=True)
class Acts:
    ledger: Ledger
    inquiry: Inquiry
    directory: Directory
    courier: Courier

    async def show(self, request: Request, *, again: bool, in_place: bool) -> Answer:
        """Decide once more, claim, act and show. The press of the subject is what makes the secret."""
        until = asyncio.get_running_loop().time() + IN_TIME
        by_message = self.inquiry.policies[request.kind].reveal == "message" and request.mode is Mode.ENFORCE
        if not in_place and not by_message:
            return Refused(Refusal(Reason.NO_DIALOG))
        if by_message and request.status in {Status.READY, Status.UNKNOWN}:
            try:
                await self.courier.prepare(request)
            except DeskError:
                return Refused(Refusal(Reason.UNKNOWN), request)

        async def pressed(now_is: Request) -> Event | Refusal:
            decision = await self._decided(now_is, Moment.ACT)
            if _left(until) < ENOUGH:
                return Refusal(Reason.UNKNOWN)
            return ShowPressed(decision, again=again)

        step = await self.ledger.change(request.id, pressed)
        if step is None:
            return Refused(Refusal(Reason.NOT_FOUND))
        if step.refusal is not None:
            return Refused(step.refusal, step.request)
        if step.request.status is not Status.ACTING:
            return RequestCard(step.request, Slot.REQUESTER)
        return await self._act(step.request, until, by_message=by_message)

    async def _act(self, claimed: Request, until: float, *, by_message: bool) -> Answer:
        """Carry out what was claimed, and write down what came of it before anybody sees it."""
        event, outcome = await self._carried_out(claimed, min(PATIENCE, _left(until)))
        step = await self.ledger.change(claimed.id, happened(event))
        if step is None:
            return Refused(Refusal(Reason.NOT_FOUND))
        if step.refusal is not None:
            return Refused(step.refusal, step.request)
        if outcome is None or outcome.secret is None or step.request.status is not Status.DONE:
            return RequestCard(step.request, Slot.REQUESTER)
        if by_message:
            return await self._revealed(step.request, outcome.secret)
        if _left(until) <= 0:  # nobody waits for this answer any more
            return await self._unseen(step.request)
        return SecretShown(step.request, outcome.secret, outcome.receipt.expires_at)

    async def _carried_out(self, claimed: Request, patience: float) -> tuple[Event, Outcome | None]:
        attempt = claimed.attempts
        kind, tools = self.inquiry.kinds[claimed.kind], self.inquiry.tools(claimed.kind)
        try:
            async with asyncio.timeout(patience):
                outcome = await kind.carry_out(claimed, tools)
        except (AnswerLost, TimeoutError):
            return ActLost(attempt), None
        except Unavailable:
            return ActPostponed(Refusal(Reason.UNKNOWN), attempt), None
        except Rejected as error:
            log.warning("act_rejected", request=claimed.id, error_code=error.code)
            return ActFailed(Refusal(_told(claimed.kind, error.code)), attempt), None
        except Exception as error:  # whatever it was, it came after the claim: the work may be done
            log.exception("act_broke", request=claimed.id, error=type(error).__name__)
            return ActLost(attempt), None
        return ActDone(outcome.receipt, attempt), outcome

    async def _revealed(self, request: Request, secret: Secret) -> Answer:
        try:
            await self.courier.reveal(request, secret)
        except DeskError:
            return await self._unseen(request)
        return Done()

    async def _unseen(self, request: Request) -> Answer:
        """What was made could not be shown: the person may replace it, as after a lost answer."""
        step = await self.ledger.change(request.id, happened(ShowFailed()))
        return RequestCard(step.request if step else request, Slot.REQUESTER)

    async def look(self, job: Job) -> None:
        """Find out what a lost act left behind. Raises `Unavailable` when that cannot be found out yet."""
        request = await self.ledger.load(job.request)
        if request is None or request.status is not Status.UNKNOWN:
            return
        found = await self.inquiry.kinds[request.kind].look(request, self.inquiry.tools(request.kind))
        await self.ledger.change(request.id, happened(Looked(found)))

    async def revoke(self, job: Job) -> None:
        """Take back what a request made. May be repeated: taking back twice is taking back."""
        request = await self.ledger.load(job.request)
        if request is None or request.status is not Status.REVOKING:
            return
        if request.mode is Mode.ENFORCE:  # evaluate touches nothing
            await self._taken_back(request)
        await self.ledger.change(request.id, happened(RevokeDone()))

    async def _taken_back(self, request: Request) -> None:
        try:
            if request.attempts:
                await self.inquiry.kinds[request.kind].undo(request, self.inquiry.tools(request.kind))
            if request.reported:
                await self.directory.revoke_sessions(request.subject.id)
        except AnswerLost as error:
            raise Unavailable("the answer to taking it back was lost") from error

    async def due(self, job: Job) -> None:
        """A deadline came: remind, expire, look again, decide again; by the same door as a person's press."""

        async def passed(request: Request) -> Event:
            waiting = request.status in {Status.STEP_UP, Status.APPROVAL} and _proved(request)
            return TimePassed(await self._decided(request, Moment.WAY) if waiting else None)

        await self.ledger.change(job.request, passed)

    async def _decided(self, request: Request, moment: Moment) -> Decision:
        facts = await self.inquiry.about(request)
        return decide(self.inquiry.policies[request.kind], facts, request, moment, self.ledger.clock.now())


def _left(until: float) -> float:
    return until - asyncio.get_running_loop().time()


def _proved(request: Request) -> bool:
    return bool(request.proofs(Proof.STEP_UP if request.status is Status.STEP_UP else Proof.APPROVAL))


def _told(kind: str, code: str) -> str:
    """A code that is one of our reasons is told as it is; anything else of Graph's stays in the log."""
    return code if code.startswith(f"{kind}.") or code in set(Reason) else Reason.NOT_PERMITTED
