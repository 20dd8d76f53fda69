"""Upkeep: what comes after an act, and when a time has come. Everything here may be done twice."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from bot.core.decide import Decision, decide
from bot.core.directory import Directory
from bot.core.errors import AnswerLost, Rejected, Unavailable
from bot.core.events import Followed, Looked, Progressed, RevokeDone, TimePassed
from bot.core.facts import Moment
from bot.core.model import EvidenceType, Follow, Mode, Request, Status
from bot.core.options import REVOKE_SESSIONS
from bot.core.ports import Job
from bot.desk.facts import Inquiry
from bot.desk.ledger import Ledger, happened

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Upkeep:
    ledger: Ledger
    inquiry: Inquiry
    directory: Directory

    async def due(self, job: Job) -> None:
        """A deadline came: remind, expire, look again, decide again; by the same door as a person's press."""

        async def passed(request: Request) -> TimePassed:
            waiting = request.status in {Status.STEP_UP, Status.APPROVAL} and _proved(request)
            return TimePassed(await self._decided(request) if waiting else None)

        await self.ledger.change(job.request, passed)

    async def look(self, job: Job) -> None:
        """Find out what a lost act left behind. Raises `Unavailable` when that cannot be found out yet."""
        request = await self.ledger.load(job.request)
        if request is None or request.status is not Status.UNKNOWN:
            return
        tools = self.inquiry.tools(request.kind, terms=request.terms)
        found = await self.inquiry.kinds[request.kind].look(request, tools)
        await self.ledger.change(request.id, happened(Looked(found, await self.inquiry.frozen(request))))

    async def watch(self, job: Job) -> None:
        """Look what became of what an act left behind."""
        request = await self.ledger.load(job.request)
        if request is None or request.status is not Status.DONE:
            return
        tools = self.inquiry.tools(request.kind, terms=request.terms)
        progress = await self.inquiry.kinds[request.kind].watch(request, tools)
        if progress is not None:
            await self.ledger.change(request.id, happened(Progressed(progress)))

    async def follow(self, job: Job) -> None:
        """Do what comes after the act: what the policy says for every kind, and what its own kind does."""
        request = await self.ledger.load(job.request)
        if request is None or request.follow is not Follow.DUE:
            return
        try:
            if request.mode is Mode.ENFORCE:  # evaluate touches nothing
                await self._followed(request)
        except AnswerLost as error:
            raise Unavailable("the answer to what comes after the act was lost") from error
        except Rejected as error:
            log.warning("follow_rejected", request=request.id, kind=request.kind, error_code=error.code)
            await self.ledger.change(request.id, happened(Followed(done=False)))
        else:
            await self.ledger.change(request.id, happened(Followed(done=True)))

    async def revoke(self, job: Job) -> None:
        """Take back what a request made. May be repeated: taking back twice is taking back."""
        request = await self.ledger.load(job.request)
        if request is None or request.status is not Status.REVOKING:
            return
        if request.mode is Mode.ENFORCE:  # evaluate touches nothing
            await self._taken_back(request)
        await self.ledger.change(request.id, happened(RevokeDone()))

    async def _followed(self, request: Request) -> None:
        acted = request.receipt is not None  # also when what was made could not be shown: it holds
        if acted and self.inquiry.policy(request).option(REVOKE_SESSIONS):
            await self.directory.revoke_sessions(request.subject.id)
        await self.inquiry.kinds[request.kind].follow(request, self.inquiry.tools(request.kind, terms=request.terms))

    async def _taken_back(self, request: Request) -> None:
        try:
            if request.attempts:
                tools = self.inquiry.tools(request.kind, terms=request.terms)
                await self.inquiry.kinds[request.kind].undo(request, tools)
            if request.reported:
                await self.directory.revoke_sessions(request.subject.id)
        except AnswerLost as error:
            raise Unavailable("the answer to taking it back was lost") from error

    async def _decided(self, request: Request) -> Decision:
        facts = await self.inquiry.about(request, Moment.WAY)
        return decide(self.inquiry.policies[request.kind], facts, request, Moment.WAY, self.ledger.clock.now())


def _proved(request: Request) -> bool:
    return bool(
        request.evidence_of(EvidenceType.STEP_UP if request.status is Status.STEP_UP else EvidenceType.APPROVAL)
    )
