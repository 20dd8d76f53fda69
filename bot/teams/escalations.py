"""Escalations: brings one to whoever asked and to those who lead, in private; where none of them reads, to security."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import cards
from bot.core.escalating import EscalationCard
from bot.core.escalations import Escalation
from bot.core.model import Chat, Person
from bot.core.ports import Job, Messenger, Posted, Slot
from bot.desk.homes import Homes
from bot.teams.scenes import Message, PlannedMessage, line
from bot.teams.telling import Telling
from bot.teams.views import Addresses
from cards.view import View


@dataclass(frozen=True, slots=True)
class EscalationStage:
    """An escalation, and where those read of it whom it concerns. `view` is that of a channel."""

    escalation: Escalation
    homes: dict[str, tuple[Person, Chat]]
    posted: Sequence[Posted]
    view: View
    channel: str

    @property
    def id(self) -> str:
        return self.escalation.id

    @property
    def tenant(self) -> str:
        return self.escalation.tenant

    def left(self, slot: Slot, person: str, *, moved: bool) -> Message:
        del slot, moved
        view = self.view.to(*self.homes[person]) if person in self.homes else self.view
        return line("escalation.over", view)

    def wanted(self) -> Iterator[PlannedMessage]:
        """Say which messages there should be: whoever has no chat has none, and what no lead reads security does."""
        one = self.escalation
        reached = [lead for lead in one.leads if lead in self.homes]
        for slot, person in [(Slot.AGENT, one.by.id), *((Slot.LEAD, lead) for lead in reached)]:
            if person in self.homes:
                who, chat = self.homes[person]
                mark = one.status.value if slot is Slot.AGENT else ""
                yield PlannedMessage(slot, person, self._message(slot, self.view.to(who, chat)), chat=chat, mark=mark)
        if not reached:
            yield PlannedMessage(Slot.SECURITY, "", self._message(Slot.SECURITY, self.view), channel=self.channel)

    def _message(self, slot: Slot, view: View) -> Message:
        card = cards.show(EscalationCard(self.escalation, slot), view)
        key = "escalation.summary.agent" if slot is Slot.AGENT else "escalation.summary.lead"
        said = {"name": self.escalation.about.name, "by": self.escalation.by.name}
        return cards.message(card, cards.text(key, view.language, **said))


class Heeding(Protocol):
    """What the desk does with escalations by itself."""

    async def due(self, key: str) -> None:
        """Look at one whose time may have come."""


@dataclass(frozen=True, slots=True)
class EscalationMessages:
    homes: Homes
    escalations: Heeding
    messenger: Messenger
    addresses: Addresses

    async def bring(self, job: Job) -> None:
        """Look whether its time has come, and bring its messages to what it is; see `Telling.bring`."""
        await self.escalations.due(job.request)
        ledger = self.homes.ledger
        async with ledger.store.unit() as unit:
            one = await unit.matter(Escalation, job.request)
            if one is None:
                return
            people = (one.by.id, *one.leads)
            posted, found = await asyncio.gather(
                unit.posted(one.id), asyncio.gather(*(unit.private_chat(one.tenant, person) for person in people))
            )
        homes = {home[0].id: home for home in found if home is not None}
        view = self.addresses.view(ledger.clock.now())
        stage = EscalationStage(one, homes, posted, view, self.addresses.security)
        await Telling(self.homes, self.messenger).bring(stage, stage.posted, stage.wanted())
