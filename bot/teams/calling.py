"""Calling: brings a verification to the two it is between, in private, and a no to security until it stands there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

import cards
from bot.core.answers import CallerCard, Said
from bot.core.callers import Stand, Verification
from bot.core.errors import Closed, NotGranted, Rejected, Unavailable
from bot.core.model import Chat, Person
from bot.core.ports import Job, Messenger, Posted, Purpose, SignIn, Slot
from bot.desk.homes import Homes
from bot.teams.board import Board
from bot.teams.scenes import Message, PlannedMessage, linked
from bot.teams.views import Addresses
from cards.view import View

CLOSED: Final = 60.0  # seconds between two tries in a channel that takes nothing
NEWS: Final = frozenset({Stand.VERIFIED, Stand.REFUSED, Stand.MISMATCHED, Stand.UNANSWERED})  # for the agent who waits

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CallStage:
    """A verification and everything that decides what is said about it, and where."""

    verification: Verification
    homes: dict[str, tuple[Person, Chat]]
    sign_in: SignIn | None
    posted: Sequence[Posted]
    view: View
    start: str
    opens: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.verification.id

    @property
    def tenant(self) -> str:
        return self.verification.tenant

    def left(self, slot: Slot, person: str, *, moved: bool) -> Message:
        del slot
        language = self.homes[person][0].language if person in self.homes else self.view.language
        line = Said("call.moved" if moved else "call.over")
        view = replace(self.view, language=language)
        return cards.message(cards.show(line, view), cards.text(line.key, view.language))

    def wanted(self) -> Iterator[PlannedMessage]:
        """Say which private messages there should be; whoever has no chat any more has none."""
        one = self.verification
        for slot, who in ((Slot.AGENT, one.by), (Slot.CALLER, one.about)):
            if who.id not in self.homes:
                continue
            person, chat = self.homes[who.id]
            view = replace(self.view, language=person.language, user=chat.user, person=person.id)
            if slot is Slot.CALLER and self.sign_in is not None:
                view = linked(view, self.sign_in, self.start)
            mark = one.status.value if slot is Slot.AGENT and one.status in NEWS else ""
            opens = self.opens if slot is Slot.AGENT else ()
            yield PlannedMessage(slot, who.id, _message(one, slot, view, opens), chat=chat, mark=mark)


@dataclass(frozen=True, slots=True)
class CallMessages:
    """`messenger` brings what can wait its turn, `siren` what security must hear before anything else.

    `due` looks at one whose time may have come; `opens` says what its agent may open with it.
    """

    homes: Homes
    due: Callable[[str], Awaitable[None]]
    opens: Callable[[Verification], tuple[str, ...]]
    messenger: Messenger
    siren: Messenger
    addresses: Addresses

    @property
    def board(self) -> Board:
        return Board(self.homes.ledger.store, self.messenger)

    async def bring(self, job: Job) -> None:
        """Look whether its time has come, and bring its messages to what it is.

        Raises `Unavailable` where one must wait.
        """
        await self.due(job.request)
        stage = await self._stage(job.request)
        if stage is None:
            return
        there = {(p.slot, p.person): p for p in stage.posted}
        held: list[Unavailable] = []
        for should in stage.wanted():
            try:
                await self.board.converge(self.messenger, stage, there.get((should.slot, should.person)), should)
            except Unavailable as error:
                held.append(error)
            except NotGranted:
                raise
            except Rejected as error:
                log.warning("call_not_told", verification=stage.id, slot=should.slot.value, error_code=error.code)
                if isinstance(error, Closed) and should.chat is not None:
                    await self.homes.anew(stage.tenant, should.person, should.chat)
        if held:
            raise max(held, key=lambda error: error.retry_after or 0)

    async def warn(self, job: Job) -> None:
        """Tell security, in its channel, until it stands there. Raises `Unavailable` until then."""
        stage = await self._stage(job.request)
        if stage is None or stage.verification.status is not Stand.REFUSED:
            return
        there = next((p for p in stage.posted if p.slot is Slot.SECURITY), None)
        message = _message(stage.verification, Slot.SECURITY, stage.view)
        should = PlannedMessage(Slot.SECURITY, "", message, channel=self.addresses.security)
        try:
            if there is None:
                await self.siren.thread_turn(should.channel)
            await self.board.converge(self.siren, stage, there, should)
        except Rejected as error:
            log.exception("call_alarm_not_told", verification=stage.id, error_code=error.code)
            raise Unavailable("the security channel takes nothing", retry_after=CLOSED) from error

    async def _stage(self, verification: str) -> CallStage | None:
        ledger = self.homes.ledger
        async with ledger.store.unit() as unit:
            one = await unit.matter(Verification, verification)
            if one is None:
                return None
            posted, sign_in, mine, theirs = await asyncio.gather(
                unit.posted(one.id),
                unit.sign_in_for(one.id, one.about.id, Purpose.CALL),
                unit.private_chat(one.tenant, one.by.id),
                unit.private_chat(one.tenant, one.about.id),
            )
        homes = {home[0].id: home for home in (mine, theirs) if home is not None}
        where = self.addresses
        view = View(language=where.language, now=ledger.clock.now(), contact=where.contact)
        return CallStage(one, homes, sign_in, posted, view, where.start, self.opens(one))


def _message(one: Verification, slot: Slot, view: View, opens: tuple[str, ...] = ()) -> Message:
    card = cards.show(CallerCard(one, slot, opens), view)
    return cards.message(card, cards.text(f"call.summary.{slot}", view.language, name=one.about.name, by=one.by.name))
