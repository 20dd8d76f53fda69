"""Interventions: whoever locks a colleague's account is asked to sign in for it in private; security reads a line.

What comes of it is told on the cards of the request that it became.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

import cards
from bot.core.errors import AnswerLost, Rejected, Unavailable
from bot.core.interventions import Intervention
from bot.core.lockcards import LockCard
from bot.core.model import Chat, Person
from bot.core.ports import Job, Messenger, Posted, Purpose, SignIn, Slot
from bot.desk.homes import Homes
from bot.teams.bursts import BACK, of_matters
from bot.teams.scenes import Message, PlannedMessage, line, linked
from bot.teams.telling import Telling
from bot.teams.views import Addresses
from cards.view import View

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class InterventionStage:
    """An intervention and everything that decides what is said about it, and where. `view` is that of a channel."""

    intervention: Intervention
    home: tuple[Person, Chat] | None
    sign_in: SignIn | None
    posted: Sequence[Posted]
    view: View
    where: Addresses
    reached: bool
    line: bool = False
    others: tuple[Intervention, ...] = ()
    manager: tuple[Person, Chat] | None = None

    @property
    def id(self) -> str:
        return self.intervention.id

    @property
    def tenant(self) -> str:
        return self.intervention.tenant

    def left(self, slot: Slot, person: str, *, moved: bool) -> Message:
        del slot
        homes = {home[0].id: home for home in (self.home, self.manager) if home is not None}
        view = self.view.to(*homes[person]) if person in homes else self.view
        return line("lock.moved" if moved else "lock.over", view)

    def wanted(self) -> Iterator[PlannedMessage]:
        """Say which messages there should be: of whoever pressed, and, of what came to something, security's."""
        if self.home is not None:
            person, chat = self.home
            view = self.view.to(person, chat)
            if self.sign_in is not None:
                view = linked(view, self.sign_in, self.where.start)
            yield PlannedMessage(Slot.AGENT, person.id, self._message(Slot.AGENT, view), chat=chat)
        if self.manager is not None:
            person, chat = self.manager
            view = self.view.to(person, chat)
            yield PlannedMessage(Slot.MANAGER, person.id, self._message(Slot.MANAGER, view), chat=chat)
        if self.line:
            message = self._message(Slot.SECURITY, self.view)
            yield PlannedMessage(Slot.SECURITY, "", message, channel=self.where.security)

    def _message(self, slot: Slot, view: View) -> Message:
        one = self.intervention
        card = cards.show(LockCard(one, slot, self.reached, self.others), view)
        others = "lock.summary.trial" if one.trial else "lock.summary.others"
        summary = f"lock.summary.{one.status}" if slot is Slot.AGENT else others
        return cards.message(card, cards.text(summary, view.language, name=one.about.name, by=one.by.name))


class Intervening(Protocol):
    """What the desk does about interventions by itself."""

    async def due(self, key: str) -> None:
        """Look at one whose time may have come."""

    async def reach(self, one: Intervention) -> bool:
        """Open the chat in which its colleague reads of it. Raises `Unavailable`."""

    async def manager(self, one: Intervention) -> tuple[Person, Chat] | None:
        """Return where their manager reads of it, if they do. Raises what the directory does."""

    def line(self, one: Intervention) -> bool:
        """Say whether security reads a line of it."""


@dataclass(frozen=True, slots=True)
class InterventionMessages:
    """`siren` brings all of it, before what can wait."""

    homes: Homes
    interventions: Intervening
    siren: Messenger
    addresses: Addresses

    async def look(self, job: Job) -> None:
        """Look whether its time has come."""
        await self.interventions.due(job.request)

    async def tell(self, job: Job) -> None:
        """Bring its messages to what it is, and open the colleague's chat; see `Telling.bring`."""
        await self.interventions.due(job.request)
        async with self.homes.ledger.store.unit() as unit:
            one = await unit.matter(Intervention, job.request)
        if one is None:
            return
        reached, manager, unsure = True, None, False
        try:
            reached = await self.interventions.reach(one)
            manager = await self._manager(one)
        except Unavailable:  # nobody waits for that
            unsure = True
        stage, telling = (
            replace(await self._stage(one, reached=reached), manager=manager),
            Telling(self.homes, self.siren),
        )
        burst = await self._burst(one)
        if burst and await telling.counts(stage, stage.posted, burst):
            stage = replace(stage, line=True, others=tuple(other for other in burst if other.id != one.id))
        await telling.bring(stage, stage.posted, stage.wanted())
        if unsure:
            raise Unavailable("it is not known whether the colleague can be told")

    async def _burst(self, one: Intervention) -> tuple[Intervention, ...]:
        """Return all about the same person within the same minutes that security reads of; none, if not of this one."""
        if not self.interventions.line(one):
            return ()
        async with self.homes.ledger.store.unit() as unit:
            theirs = await unit.about(Intervention, one.tenant, one.about.id, one.created_at - BACK)
        return of_matters((other for other in theirs if self.interventions.line(other)), one)

    async def _manager(self, one: Intervention) -> tuple[Person, Chat] | None:
        """Return the manager who has not been told: whoever is named later is not told once more."""
        async with self.homes.ledger.store.unit() as unit:
            told = any(p.slot is Slot.MANAGER for p in await unit.posted(one.id))
        try:
            return None if told else await self.interventions.manager(one)
        except (Rejected, AnswerLost) as error:  # nobody is named, or it is not known
            log.warning("manager_not_told", intervention=one.id, error_code=getattr(error, "code", ""))
            return None

    async def _stage(self, one: Intervention, *, reached: bool) -> InterventionStage:
        ledger = self.homes.ledger
        async with ledger.store.unit() as unit:
            posted, sign_in, home = await asyncio.gather(
                unit.posted(one.id),
                unit.sign_in_for(one.id, one.by.id, Purpose.LOCK),
                unit.private_chat(one.tenant, one.by.id),
            )
        where = self.addresses
        view = where.view(ledger.clock.now())
        return InterventionStage(one, home, sign_in, posted, view, where, reached)
