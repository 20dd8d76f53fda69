"""Threats: how strict the desk is, told in both channels until it stands there, and to whoever signs in for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import cards
from bot.core.answers import ThreatCard
from bot.core.model import Chat, Person
from bot.core.ports import Job, Messenger, Posted, Purpose, SignIn, Slot
from bot.core.threat import Threat, ThreatStand
from bot.desk.homes import Homes
from bot.teams.scenes import Message, PlannedMessage, line, linked
from bot.teams.telling import Telling
from bot.teams.views import Addresses
from cards.view import View

NEVER_HELD: Final = frozenset({ThreatStand.WANTED, ThreatStand.LAPSED})


@dataclass(frozen=True, slots=True)
class ThreatStage:
    """A raising and everything that decides what is said about it, and where. `view` is that of a channel."""

    threat: Threat
    homes: Mapping[str, tuple[Person, Chat]]
    sign_ins: Sequence[SignIn]
    posted: Sequence[Posted]
    view: View
    where: Addresses

    @property
    def id(self) -> str:
        return self.threat.id

    @property
    def tenant(self) -> str:
        return self.threat.tenant

    def left(self, slot: Slot, person: str, *, moved: bool) -> Message:
        del slot
        view = self.view.to(*self.homes[person]) if person in self.homes else self.view
        return line("threat.moved" if moved else "threat.gone", view)

    def private(self) -> Iterator[PlannedMessage]:
        """Say which private messages there should be: of each who was asked to sign in, and has a chat."""
        for sign_in in self.sign_ins:
            if sign_in.purpose is not Purpose.THREAT or sign_in.person.id not in self.homes:
                continue
            person, chat = self.homes[sign_in.person.id]
            view = linked(self.view.to(person, chat), sign_in, self.where.start)
            message = _message(self.threat, Slot.THREAT, view)
            yield PlannedMessage(Slot.THREAT, person.id, message, chat=chat, mark=sign_in.choice)

    def public(self) -> Iterator[PlannedMessage]:
        """Say what both channels read: of what only waits for a sign-in, nothing."""
        if self.threat.status not in NEVER_HELD:
            for slot, channel in ((Slot.SECURITY, self.where.security), (Slot.APPROVERS, self.where.helpdesk)):
                yield PlannedMessage(slot, "", _message(self.threat, slot, self.view), channel=channel)


@dataclass(frozen=True, slots=True)
class ThreatMessages:
    """`siren` brings all of it, before what can wait; `due` looks at one whose time may have come."""

    homes: Homes
    due: Callable[[str], Awaitable[None]]
    siren: Messenger
    addresses: Addresses

    async def look(self, job: Job) -> None:
        """Look whether its time has come."""
        await self.due(job.request)

    async def tell(self, job: Job) -> None:
        """Bring its messages to what it is, until they stand in both channels; see `Telling.bring`."""
        await self.due(job.request)
        stage = await self._stage(job.request)
        if stage is not None:
            await Telling(self.homes, self.siren).bring(stage, stage.posted, (*stage.private(), *stage.public()))

    async def _stage(self, threat: str) -> ThreatStage | None:
        ledger = self.homes.ledger
        async with ledger.store.unit() as unit:
            one, posted, sign_ins = await asyncio.gather(
                unit.matter(Threat, threat), unit.posted(threat), unit.sign_ins(threat)
            )
            if one is None:
                return None
            asked = {sign_in.person.id for sign_in in sign_ins}
            found = await asyncio.gather(*(unit.private_chat(one.tenant, person) for person in sorted(asked)))
        where = self.addresses
        view = where.view(ledger.clock.now())
        return ThreatStage(one, {home[0].id: home for home in found if home}, sign_ins, posted, view, where)


def _message(one: Threat, slot: Slot, view: View) -> Message:
    card = cards.show(ThreatCard(one, slot), view)
    return cards.message(card, cards.text(f"threat.summary.{one.status}", view.language))
