"""Proving: a request that waits for a face has it asked for by a proof of its own, and goes on with that one alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import uuid4

from bot.core.answers import Answer, Refused, RequestCard, Said
from bot.core.decide import decide
from bot.core.events import Event, FaceProved
from bot.core.face import FOR, begun_for, evidence, serves, under_way
from bot.core.facts import Moment
from bot.core.model import Actor, Person, Refusal, Request, Status
from bot.core.ports import Job
from bot.core.reasons import Reason
from bot.desk.reception import Reception

NEWEST: Final = 20  # requests of one person among which a proof that is under way is looked for
BEGUN, LOST = Said("proof.begun"), Said("proof.lost")


@dataclass(frozen=True, slots=True)
class Proving:
    reception: Reception

    async def begin(self, actor: Actor, request: Request) -> Answer:
        """Ask for the face that `request` waits for; where that was done and may still come to something, say so."""
        if request.status is not Status.PROOF:
            return Refused(Refusal(Reason.CLOSED), request)
        return await self.ask(actor, begun_for(request), request.created_at)

    async def ask(self, actor: Actor, details: Mapping[str, str], since: datetime) -> Answer:
        """Ask somebody for their face for what `details` name, which began at `since`."""
        prover = self.reception.inquiry.prover
        if prover is None:
            return Refused(Refusal(Reason.OFF))
        there = await self._under_way(actor.person, prover.name, details[FOR], since)
        if there is not None:
            return LOST if there.status is Status.UNKNOWN else BEGUN
        answer = await self.reception.open(actor, prover.name, uuid4().hex, details)
        match answer:
            case RequestCard():  # it has a message of its own; this press changed nothing of what was pressed
                return BEGUN
            case Refused(_, Request() as rival) if serves(rival) == details[FOR]:
                return BEGUN
            case _:
                return answer

    async def served(self, job: Job) -> None:
        """Let the request that a proof was begun for go on with it; where it no longer waits for one, nothing comes."""
        ledger, inquiry = self.reception.ledger, self.reception.inquiry
        proof = await ledger.load(job.request)
        waiting = await ledger.load(serves(proof)) if proof is not None else None
        if waiting is None or waiting.status is not Status.PROOF:
            return

        async def shown(request: Request) -> Event | Refusal:
            newest = await ledger.load(job.request)  # its person may have taken it back meanwhile
            if newest is None or not inquiry.kinds[newest.kind].proves:
                return Refusal(Reason.CLOSED)
            given = evidence(newest, request)
            if given is None:
                return Refusal(Reason.CLOSED)
            held = replace(request, evidence=(*request.evidence, given))
            facts = await inquiry.about(held, Moment.WAY)
            policy = inquiry.policies[request.kind]
            return FaceProved(given, decide(policy, facts, held, Moment.WAY, ledger.clock.now()))

        await ledger.change(waiting.id, shown)

    async def _under_way(self, person: Person, kind: str, what: str, since: datetime) -> Request | None:
        """Return the proof of this person's that has been begun for that and may still come to something."""
        ledger = self.reception.ledger
        async with ledger.store.unit() as unit:
            lately = await unit.history(person.tenant, person.id, since, NEWEST)
        mine = (one for one in lately if one.kind == kind and serves(one) == what)
        return next((one for one in mine if under_way(one, ledger.clock.now())), None)
