"""Doubting: brings a doubt to the two it is between, in private, and one that ended badly to security."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import cards
from bot.core.doubtful import DoubtCard
from bot.core.doubts import CallDoubt, DoubtStand
from bot.core.model import Chat, Person
from bot.core.ports import Job, Messenger, Posted, Slot
from bot.desk.homes import Homes
from bot.teams.bursts import BACK, of_matters
from bot.teams.scenes import Message, PlannedMessage, line
from bot.teams.telling import Telling
from bot.teams.views import Addresses
from cards.view import View


@dataclass(frozen=True, slots=True)
class DoubtStage:
    """A doubt and everything that decides what is said about it, and where. `view` is that of a channel."""

    doubt: CallDoubt
    homes: Mapping[str, tuple[Person, Chat]]
    posted: Sequence[Posted]
    view: View

    @property
    def id(self) -> str:
        return self.doubt.id

    @property
    def tenant(self) -> str:
        return self.doubt.tenant

    def left(self, slot: Slot, person: str, *, moved: bool) -> Message:
        del slot
        view = self.view.to(*self.homes[person]) if person in self.homes else self.view
        return line("doubt.moved" if moved else "doubt.gone", view)

    def wanted(self) -> Iterator[PlannedMessage]:
        """Say which private messages there should be: first that of whoever asks, and an agent's once there is a code.

        What came of it is news, whatever it is: so it looks and sounds the same until it is read.
        """
        one = self.doubt
        places = [(Slot.ASKER, one.by), *([(Slot.AGENT, one.about)] if one.code_at is not None else [])]
        for slot, who in places:
            if who.id in self.homes:
                person, chat = self.homes[who.id]
                mark = _news(one) if slot is Slot.ASKER else ""
                message = _message(one, slot, self.view.to(person, chat))
                yield PlannedMessage(slot, who.id, message, chat=chat, mark=mark)


class Settling(Protocol):
    """What the desk does with doubts by itself."""

    async def due(self, doubt: str) -> None:
        """Look at one whose time may have come."""

    async def look(self, doubt: str) -> None:
        """Look who was named, and keep it until it is told."""


@dataclass(frozen=True, slots=True)
class DoubtMessages:
    """`messenger` brings what can wait its turn, `siren` what security must hear before anything else."""

    homes: Homes
    doubts: Settling
    messenger: Messenger
    siren: Messenger
    addresses: Addresses

    async def look(self, job: Job) -> None:
        """Look whether its time has come."""
        await self.doubts.due(job.request)

    async def find(self, job: Job) -> None:
        """Look who was named: nobody is told of it yet."""
        await self.doubts.look(job.request)

    async def bring(self, job: Job) -> None:
        """Look whether its time has come, and bring its private messages to what it is; see `Telling.bring`."""
        await self.doubts.due(job.request)
        stage = await self._stage(job.request)
        if stage is not None:
            await Telling(self.homes, self.messenger).bring(stage, stage.posted, stage.wanted())

    async def warn(self, job: Job) -> None:
        """Tell security in its channel until it stands there."""
        stage = await self._stage(job.request)
        if stage is None or not stage.doubt.alarming:
            return
        one = stage.doubt
        async with self.homes.ledger.store.unit() as unit:
            theirs = await unit.begun_by(CallDoubt, one.tenant, one.by.id, one.created_at - BACK)
        burst = of_matters((other for other in theirs if other.alarming), one)
        message = _message(one, Slot.SECURITY, stage.view, burst)
        should = PlannedMessage(Slot.SECURITY, "", message, channel=self.addresses.security)
        telling = Telling(self.homes, self.siren)
        if await telling.counts(stage, stage.posted, burst):
            await telling.bring(stage, stage.posted, [should])

    async def _stage(self, doubt: str) -> DoubtStage | None:
        ledger = self.homes.ledger
        async with ledger.store.unit() as unit:
            one = await unit.matter(CallDoubt, doubt)
            if one is None:
                return None
            posted, *found = await asyncio.gather(
                unit.posted(one.id),
                unit.private_chat(one.tenant, one.by.id),
                unit.private_chat(one.tenant, one.about.id),
            )
        homes = {home[0].id: home for home in found if home is not None}
        return DoubtStage(one, homes, posted, self.addresses.view(ledger.clock.now()))


def _news(one: CallDoubt) -> str:
    """Name what is news to whoever asks: what came of it, and a no of the agent's or the end of its time after that."""
    if one.status is DoubtStand.ASKED:
        return ""
    return "told.over" if one.status in {DoubtStand.DENIED, DoubtStand.UNANSWERED} and one.code_at else "told"


def _message(one: CallDoubt, slot: Slot, view: View, burst: Sequence[CallDoubt] = ()) -> Message:
    card = cards.show(DoubtCard(one, slot, tuple(other for other in burst if other.id != one.id)), view)
    return cards.message(card, cards.text(f"doubt.summary.{slot}", view.language, by=one.by.name))
