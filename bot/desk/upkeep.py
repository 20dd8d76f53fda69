"""Upkeep: what comes after an act, and when a time has come. Everything here may be done twice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import structlog

from bot.core.decide import Decision, decide
from bot.core.directory import Directory
from bot.core.each import each
from bot.core.errors import AnswerLost, Rejected, Unavailable
from bot.core.events import Followed, Looked, Progressed, RevokeDone, TimePassed
from bot.core.evidence import given_already
from bot.core.facts import Moment
from bot.core.life.ended import signs_out
from bot.core.model import Follow, Mode, Request, Status
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
            decides = request.status is Status.APPROVAL or given_already(request)
            return TimePassed(await self._decided(request) if decides else None)

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
        came = ""
        try:
            if request.mode is Mode.ENFORCE:  # evaluate touches nothing
                came = await self._followed(request)
        except AnswerLost as error:
            raise Unavailable("the answer to what comes after the act was lost") from error
        except Rejected as error:
            log.warning("follow_rejected", request=request.id, kind=request.kind, error_code=error.code)
            await self.ledger.change(request.id, happened(Followed(done=False)))
        else:
            await self.ledger.change(request.id, happened(Followed(done=True, came=came)))

    async def revoke(self, job: Job) -> None:
        """Take back what a request made. May be repeated: taking back twice is taking back."""
        request = await self.ledger.load(job.request)
        if request is None or request.status is not Status.REVOKING:
            return
        if request.mode is Mode.ENFORCE:  # evaluate touches nothing
            await self._taken_back(request)
        await self.ledger.change(request.id, happened(RevokeDone(signs_out(request))))

    async def _followed(self, request: Request) -> str:
        acted = request.receipt is not None  # also when what was made could not be shown: it holds
        ends = acted and self.inquiry.policy(request).option(REVOKE_SESSIONS)
        kind, tools = self.inquiry.kinds[request.kind], self.inquiry.tools(request.kind, terms=request.terms)
        sessions = [partial(self.directory.revoke_sessions, request.subject.id)] if ends else []
        came: list[str | None] = []

        async def follows() -> None:
            came.append(await kind.follow(request, tools))

        await each(*sessions, follows)
        return came[-1] or ""

    async def _taken_back(self, request: Request) -> None:
        """Sessions end last, so that nobody comes back in with what works until then, and whatever became of that."""
        kind, tools = self.inquiry.kinds[request.kind], self.inquiry.tools(request.kind, terms=request.terms)
        made = [partial(kind.undo, request, tools)] if request.attempts else []
        sessions = [partial(self.directory.revoke_sessions, request.subject.id)] if signs_out(request) else []
        try:
            await each(*made, *sessions)
        except AnswerLost as error:
            raise Unavailable("the answer to taking it back was lost") from error

    async def _decided(self, request: Request) -> Decision:
        facts = await self.inquiry.about(request, Moment.WAY)
        return decide(self.inquiry.policies[request.kind], facts, request, Moment.WAY, self.ledger.clock.now())
