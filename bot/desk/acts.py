"""Acts: the one act of a request. Claim it, do it once, record it; only then may it be shown."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Protocol

import structlog

from bot.core.answers import Answer, Done, Refused, RequestCard, SecretShown
from bot.core.decide import Decision, decide
from bot.core.errors import AnswerLost, DeskError, Rejected, Unavailable, Unfit
from bot.core.events import ActDone, ActFailed, ActLost, ActPostponed, ActWanted, Event, ShowFailed
from bot.core.facts import Facts, Moment
from bot.core.life.step import Step
from bot.core.model import Mode, Outcome, Refusal, Request, Secret, Status, Way
from bot.core.policy import REPEAT
from bot.core.ports import Job, Slot, Unit
from bot.core.reasons import Reason
from bot.desk.answered import lasting, not_now
from bot.desk.facts import Inquiry
from bot.desk.ledger import Ledger, happened

PATIENCE: Final = 4.5  # seconds for the act itself; after that its answer counts as lost
ENOUGH: Final = 2.5  # seconds an act needs at the least: with less left nothing is claimed
IN_TIME: Final = 7.0  # seconds after the press within which an answer still reaches the person
UNHURRIED: Final = 10.0  # seconds for an act nobody waits for: it may have to wait for its turn

log = structlog.get_logger(__name__)


class Courier(Protocol):
    """Carries a secret into its subject's private chat, where a policy reveals by message."""

    async def prepare(self, request: Request) -> None:
        """Post the empty message first, so that what will hold the secret can be found and deleted."""

    async def reveal(self, request: Request, secret: Secret) -> None:
        """Put the secret into it."""


Queue = Callable[[Unit, Request, tuple[str, ...]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Acts:
    """`queue` puts down, in the transaction that claims an act, that it will be told to these addresses."""

    ledger: Ledger
    inquiry: Inquiry
    courier: Courier
    queue: Queue

    async def show(self, request: Request, *, again: bool, in_place: bool) -> Answer:
        """Decide once more, claim, act and show. The press of the subject is what makes the secret."""
        until = _now() + IN_TIME
        pressed = request.way is Way.SHOW or (again and request.way is Way.ALONE)
        if not pressed:
            return Refused(Refusal(Reason.CLOSED), request)
        to_show = request.way is Way.SHOW
        by_message = to_show and self._by_message(request)
        if to_show and not in_place and not by_message:
            return Refused(Refusal(Reason.NO_DIALOG))
        if by_message and request.status in {Status.READY, Status.UNKNOWN}:
            try:
                await self.courier.prepare(request)
            except DeskError:
                return Refused(Refusal(Reason.UNKNOWN), request)
        step = await self._claimed(request, until, again=again)
        if step is None:
            return Refused(Refusal(Reason.NOT_FOUND))
        if step.refusal is not None:
            return Refused(step.refusal, step.request)
        if step.request.status is not Status.ACTING:
            return RequestCard(step.request, Slot.REQUESTER)
        return await self._shown(step.request, until, by_message=by_message)

    async def enter(self, request: Request, entered: Secret) -> Step | None:
        """Decide once more, claim, and act with what its subject entered; the step says what came of it."""
        if request.way is not Way.ENTER:
            return Step(request, refusal=Refusal(Reason.CLOSED))
        until = _now() + IN_TIME
        step = await self._claimed(request, until, again=request.status is Status.UNKNOWN)
        if step is None or step.refusal is not None or step.request.status is not Status.ACTING:
            return step
        return (await self._carried_out(step.request, min(PATIENCE, _left(until)), entered))[0]

    async def alone(self, job: Job) -> None:
        """Carry out what waits for nobody; what was begun already, or is not ready, is left as it is."""
        request = await self.ledger.load(job.request)
        if request is None or request.status is not Status.READY or request.way is not Way.ALONE:
            return
        until = _now() + PATIENCE + UNHURRIED
        step = await self._claimed(request, until, again=False)
        if step is not None and step.request.status is Status.ACTING and step.refusal is None:
            await self._carried_out(step.request, UNHURRIED)

    def _by_message(self, request: Request) -> bool:
        return self.inquiry.policy(request).reveal == "message" and request.mode is Mode.ENFORCE

    async def _claimed(self, request: Request, until: float, *, again: bool) -> Step | None:
        mails: tuple[str, ...] = ()

        async def wanted(now_is: Request) -> Event | Refusal:
            nonlocal mails
            facts = await self.inquiry.about(now_is, Moment.ACT)
            mails = facts.mails
            if _left(until) < ENOUGH:
                return Refusal(Reason.UNKNOWN)
            return ActWanted(self._decided(now_is, facts), again=again)

        async def admitted(unit: Unit, now_is: Request) -> None:
            """What has begun since the decision is seen here, be it a lockdown or another act: then it is made anew."""
            if now_is.status is not Status.ACTING:
                return
            if not self.inquiry.kinds[now_is.kind].harmless:
                await unit.admit(now_is.tenant, self.ledger.clock.now())
            await self._alone_in_time(unit, now_is)
            await self.queue(unit, now_is, mails)

        return await self.ledger.change(request.id, wanted, admitted, known=request)

    async def _alone_in_time(self, unit: Unit, claimed: Request) -> None:
        """Let nothing be claimed as the first of a while that is not; what was decided as another is another."""
        repeat = self.inquiry.limits.repeat
        if self.inquiry.kinds[claimed.kind].gives_access and repeat and REPEAT not in claimed.terms:
            await unit.only(claimed, self.inquiry.giving, self.ledger.clock.now() - repeat)

    async def _carried_out(
        self, claimed: Request, patience: float, entered: Secret | None = None
    ) -> tuple[Step | None, Outcome | None]:
        """Carry out what was claimed, and write down what came of it before anybody sees it."""
        event, outcome = await self._tried(claimed, patience, entered)

        async def came(request: Request) -> Event:
            if isinstance(event, ActDone) and await self.inquiry.frozen(request):
                return replace(event, frozen=True)
            return event

        return await self.ledger.change(claimed.id, came, known=claimed), outcome

    async def _shown(self, claimed: Request, until: float, *, by_message: bool) -> Answer:
        step, outcome = await self._carried_out(claimed, min(PATIENCE, _left(until)))
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

    async def _tried(self, claimed: Request, patience: float, entered: Secret | None) -> tuple[Event, Outcome | None]:
        attempt, kind = claimed.attempts, self.inquiry.kinds[claimed.kind]
        tools = self.inquiry.tools(claimed.kind, terms=claimed.terms, entered=entered)
        try:
            async with asyncio.timeout(patience):
                outcome = await kind.carry_out(claimed, tools)
        except (AnswerLost, TimeoutError):
            return ActLost(attempt), None
        except Unavailable as error:
            return ActPostponed(not_now(error), attempt, timedelta(seconds=error.retry_after or 0)), None
        except Unfit as error:
            return ActPostponed(Refusal(_reason(claimed.kind, error)), attempt), None
        except Rejected as error:
            log.warning("act_rejected", request=claimed.id, error_code=error.code)
            return ActFailed(Refusal(_reason(claimed.kind, error)), attempt), None
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

    def _decided(self, request: Request, facts: Facts) -> Decision:
        return decide(self.inquiry.policies[request.kind], facts, request, Moment.ACT, self.ledger.clock.now())


def _now() -> float:
    return asyncio.get_running_loop().time()


def _left(until: float) -> float:
    return until - _now()


def _reason(kind: str, error: Rejected) -> str:
    """A code that is one of our reasons is told as it is; anything else of Graph's stays in the log."""
    known = error.code.startswith(f"{kind}.") or error.code in set(Reason)
    return error.code if known else lasting(error)
