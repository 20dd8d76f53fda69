"""Calling: brings a verification to those it is between, in private, and a no to security until it stands there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import cards
from bot.core.behalf import NOTHING, Offers
from bot.core.callcards import CallerCard
from bot.core.callers import Stand, Verification
from bot.core.model import Chat, Person
from bot.core.ports import Job, Messenger, Posted, Purpose, SignIn, Slot
from bot.desk.homes import Homes
from bot.teams.scenes import Message, PlannedMessage, line, linked
from bot.teams.telling import Telling
from bot.teams.views import Addresses
from cards.view import View

NEWS: Final = frozenset({Stand.VERIFIED, Stand.REFUSED, Stand.MISMATCHED, Stand.UNANSWERED})  # for the agent who waits


@dataclass(frozen=True, slots=True)
class CallStage:
    """A verification and everything that decides what is said about it, and where."""

    verification: Verification
    homes: dict[str, tuple[Person, Chat]]
    sign_ins: Mapping[Slot, SignIn | None]
    posted: Sequence[Posted]
    view: View
    start: str
    offers: Offers

    @property
    def id(self) -> str:
        return self.verification.id

    @property
    def tenant(self) -> str:
        return self.verification.tenant

    def left(self, slot: Slot, person: str, *, moved: bool) -> Message:
        del slot
        view = self.view.to(*self.homes[person]) if person in self.homes else self.view
        return line("call.moved" if moved else "call.over", view)

    def wanted(self) -> Iterator[PlannedMessage]:
        """Say which private messages there should be; whoever has no chat any more has none."""
        one = self.verification
        places = [(Slot.AGENT, one.by), *([(Slot.CALLER, one.about)] if one.reached else [])]
        places += [(Slot.VOUCHER, one.voucher)] if one.voucher is not None else []
        for slot, who in places:
            if who.id not in self.homes:
                continue
            person, chat = self.homes[who.id]
            view = self.view.to(person, chat)
            if (sign_in := self.sign_ins.get(slot)) is not None:
                view = linked(view, sign_in, self.start)
            mark = one.status.value if slot is Slot.AGENT and one.status in NEWS else ""
            yield PlannedMessage(slot, who.id, _message(one, slot, view, self.offers), chat=chat, mark=mark)


class Watched(Protocol):
    """What the desk does with verifications by itself."""

    async def due(self, verification: str) -> None:
        """Look at one whose time may have come."""

    async def stop(self, verification: str) -> None:
        """End what was opened with one that its colleague disowns."""

    def offers(self, one: Verification) -> Offers:
        """Say what its agent may open with it."""


@dataclass(frozen=True, slots=True)
class CallMessages:
    """`messenger` brings what can wait its turn, `siren` what security must hear before anything else."""

    homes: Homes
    callers: Watched
    messenger: Messenger
    siren: Messenger
    addresses: Addresses

    async def bring(self, job: Job) -> None:
        """Look whether its time has come, and bring its private messages to what it is; see `Telling.bring`."""
        await self.callers.due(job.request)
        stage = await self._stage(job.request)
        if stage is not None:
            await Telling(self.homes, self.messenger).bring(stage, stage.posted, stage.wanted())

    async def warn(self, job: Job) -> None:
        """Stop what was opened with it, and tell security in its channel until it stands there."""
        await self.callers.stop(job.request)
        stage = await self._stage(job.request)
        if stage is None or stage.verification.status is not Stand.REFUSED:
            return
        message = _message(stage.verification, Slot.SECURITY, stage.view)
        should = PlannedMessage(Slot.SECURITY, "", message, channel=self.addresses.security)
        await Telling(self.homes, self.siren).bring(stage, stage.posted, [should])

    async def _stage(self, verification: str) -> CallStage | None:
        ledger = self.homes.ledger
        async with ledger.store.unit() as unit:
            one = await unit.matter(Verification, verification)
            if one is None:
                return None
            voucher = one.voucher.id if one.voucher is not None else ""
            people = [one.by.id, one.about.id, *([voucher] if voucher else [])]
            posted, theirs, vouches, found = await asyncio.gather(
                unit.posted(one.id),
                unit.sign_in_for(one.id, one.about.id, Purpose.CALL),
                unit.sign_in_for(one.id, voucher, Purpose.VOUCH),
                asyncio.gather(*(unit.private_chat(one.tenant, person) for person in people)),
            )
        homes = {home[0].id: home for home in found if home is not None}
        sign_ins = {Slot.CALLER: theirs, Slot.VOUCHER: vouches}
        where = self.addresses
        view = where.view(ledger.clock.now())
        return CallStage(one, homes, sign_ins, posted, view, where.start, self.callers.offers(one))


def _message(one: Verification, slot: Slot, view: View, offers: Offers = NOTHING) -> Message:
    card = cards.show(CallerCard(one, slot, offers), view)
    manager = "_manager" if slot is Slot.SECURITY and one.vouched is False else ""
    said = {"name": one.about.name, "by": one.by.name}
    return cards.message(card, cards.text(f"call.summary.{slot}{manager}", view.language, **said))
