"""Delivery: brings the messages in Teams to what a request's state asks for; doing it again changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

from bot.core.errors import Closed, NotGranted, Rejected, Unavailable
from bot.core.kind import Kinds
from bot.core.model import Chat, Request, Status
from bot.core.ports import Job, Messenger, Posted, SignIn, Slot, Urgency
from bot.core.queue import STOOD, Place
from bot.desk.facts import Inquiry
from bot.desk.homes import Homes
from bot.desk.ledger import Home, Ledger
from bot.teams import briefing
from bot.teams.board import Board
from bot.teams.bursts import burst
from bot.teams.scenes import PlannedMessage, Scene, alarming, started, wanted
from bot.teams.secret import SecretMessage
from bot.teams.views import Addresses, Views

THREAD: Final = frozenset({Slot.APPROVERS, Slot.REMINDER})  # what stands in a request's thread in the channel
Key = tuple[Slot, str]  # a place of a request, and the person it is about where there may be several

CLOSED: Final = 60.0  # seconds at the least between two tries of what must be done and was refused

log = structlog.get_logger(__name__)


def listener(kinds: Kinds) -> Callable[[Request], Iterator[Job]]:
    """Return what follows a change here: the alarm by itself and before all others, then everything else."""

    def changed(request: Request) -> Iterator[Job]:
        if alarming(request, kinds[request.kind].verdicts):
            yield Job("alert", request.id, urgency=Urgency.ALARM)
        yield Job("cards", request.id)

    return changed


@dataclass(frozen=True, slots=True)
class Rows:
    """What is kept of a request and its messages."""

    request: Request
    homes: Mapping[str, Home]
    sign_ins: Sequence[SignIn]
    posted: Sequence[Posted]
    place: Place

    @property
    def queued(self) -> bool:
        """Whether it stands too far back in the line for a thread of its own."""
        return self.request.status is Status.APPROVAL and self.place.queued and not started(self.posted)

    @property
    def seen_by_approvers(self) -> bool:
        return any(p.slot is Slot.CONFIRM and not p.deleted for p in self.posted)


@dataclass(frozen=True, slots=True)
class Delivery:
    """`messenger` brings what can wait its turn, `siren` what security must hear before anything else."""

    ledger: Ledger
    inquiry: Inquiry
    messenger: Messenger
    siren: Messenger
    addresses: Addresses

    @property
    def board(self) -> Board:
        return Board(self.ledger.store, self.messenger)

    @property
    def views(self) -> Views:
        return Views(self.ledger, self.inquiry, self.addresses)

    @property
    def homes(self) -> Homes:
        return Homes(self.ledger, self.messenger, self.inquiry.directory)

    @property
    def secrets(self) -> SecretMessage:
        return SecretMessage(self.ledger.store, self.messenger, self.views.of)

    async def cards(self, job: Job) -> None:
        """Post, change and delete until all but the alarm is as it should be; each message by itself.

        A private chat that is dead is opened anew, once. Raises `Unavailable` where one must wait, when all others
        are done, and `NotGranted` where the desk gets no token of its own.
        """
        held, moved = await self._brought(job)
        if moved:
            held, _ = await self._brought(job)
        if held:
            raise max(held, key=lambda error: error.retry_after or 0)

    async def _brought(self, job: Job) -> tuple[list[Unavailable], bool]:
        """Bring every message about; return what must wait, and whether somebody has another chat than a dead one."""
        rows = await self._rows(job.request)
        if rows is None:
            return [], False
        closed = None if rows.queued else await self._channel_closed(rows)
        stands = closed is None and not rows.queued
        scene = await self._scene(rows, informed=stands or rows.seen_by_approvers)
        should: dict[Key, PlannedMessage] = {(w.slot, w.person): w for w in wanted(scene)}
        there: dict[Key, Posted] = {(p.slot, p.person): p for p in rows.posted if p.slot is not Slot.SECRET}
        pairs = [
            (there.get(key), should.get(key))
            for key in [*should, *(key for key in there if key not in should)]
            if key[0] is not Slot.SECURITY and (stands or key[0] not in THREAD)
        ]
        held, dead = [closed] if closed is not None else [], dict[str, Chat]()
        async with self.board as board:
            await board.begin(scene, pairs)
            for pair in pairs:
                held += await self._settled(board, scene, *pair, dead)
        if rows.queued:
            await self._stood(rows)
        held += await self._hidden(rows)
        moved = False
        for who, chat in dead.items():
            try:
                moved = await self.homes.anew(rows.request.tenant, who, chat) or moved
            except Unavailable as error:
                held.append(error)
        return held, moved

    async def alert(self, job: Job) -> None:
        """Bring the alarm to where security hears it, whatever becomes of all other messages.

        Raises `Unavailable` until it stands there: a channel that takes nothing now may be put right.
        """
        rows = await self._rows(job.request)
        if rows is None:
            return
        there = next((p for p in rows.posted if p.slot is Slot.SECURITY), None)
        scene, first = await self._counted(rows, await self._scene(rows, informed=False))
        if there is None and first != job.request:
            await self._defer(replace(job, request=first, urgency=Urgency.ALARM))
            return
        should = next((w for w in wanted(scene) if w.slot is Slot.SECURITY), None)
        try:
            if there is None and should is not None:
                await self.siren.thread_turn(should.channel)
            async with self.board as board:
                await board.converge(self.siren, scene, there, should)
        except Rejected as error:
            log.exception("alarm_not_told", request=job.request, error_code=error.code)
            raise Unavailable("the security channel takes nothing", retry_after=CLOSED) from error

    async def _counted(self, rows: Rows, scene: Scene) -> tuple[Scene, str]:
        """Return the scene with how often this alarm was raised within its burst, and which request's card says so."""
        if not self.inquiry.kinds[rows.request.kind].alarm:
            return scene, rows.request.id
        counted = await burst(self.ledger.store, rows.request)
        return replace(scene, view=replace(scene.view, alarms=counted.count)), counted.first

    async def _channel_closed(self, rows: Rows) -> Unavailable | None:
        """Take the channel's turn where a thread is to begin there: before anything else is looked up for it."""
        threads = [p for p in rows.posted if p.slot is Slot.APPROVERS and not p.person]
        if started(threads) or (rows.request.status is not Status.APPROVAL and not threads):
            return None
        try:
            await self.messenger.thread_turn(self.addresses.helpdesk)
        except Unavailable as error:
            return error
        return None

    async def _stood(self, rows: Rows) -> None:
        """Keep that a request stands in the line: approvers can open it there, so it counts as shown to them."""
        if any(p.slot is Slot.APPROVERS and p.person == STOOD for p in rows.posted):
            return
        await self.board.keep(Posted(rows.request.id, Slot.APPROVERS, STOOD, None, "", "", deleted=True))

    async def _settled(
        self, board: Board, scene: Scene, there: Posted | None, should: PlannedMessage | None, dead: dict[str, Chat]
    ) -> list[Unavailable]:
        """Settle one message; what must wait is returned, and what nobody can be told is written down.

        Whose private chat takes nothing is put into `dead`, by person. Raises `NotGranted`: no message is brought then.
        """
        try:
            await board.converge(self.messenger, scene, there, should)
        except Unavailable as error:
            return [error]
        except NotGranted:
            raise
        except Rejected as error:  # the request goes on
            slot = should.slot if should is not None else there.slot if there is not None else ""
            log.warning("message_rejected", request=scene.request.id, slot=str(slot), error_code=error.code)
            if isinstance(error, Closed) and should is not None and should.chat is not None and should.chat.personal:
                dead[should.person or scene.request.requester.id] = should.chat
        return []

    async def _hidden(self, rows: Rows) -> list[Unavailable]:
        """Take the secret out of the chat; it is tried until it is gone, or the job's tries are used up."""
        try:
            await self.secrets.hide(rows.request, rows.posted)
        except Unavailable as error:
            return [error]
        except NotGranted:
            raise
        except Rejected as error:
            log.warning("secret_not_hidden", request=rows.request.id, error_code=error.code)
            return [Unavailable("a message that holds a secret still stands", retry_after=CLOSED)]
        return []

    async def stray(self, job: Job) -> None:
        """Delete a message that was posted twice because an answer was lost; `slot` holds its id, `person` its chat.

        Which request a press is about is the client's word: it must not take another request's message away.
        """
        place = job.person.partition(";")[0]
        async with self.ledger.store.unit() as unit:
            posted, owned = await asyncio.gather(unit.posted(job.request), unit.owned(place, job.slot))
        if any(p.going for p in posted):
            raise Unavailable("another message is on its way: it may be that one", retry_after=1)
        if any(p.nameless and p.chat is not None and p.chat.place == place for p in posted):
            return  # one of ours stands there without a name: it may be that one
        known = next((p.chat for p in posted if p.chat is not None and p.chat.place == place), None)
        if known is not None and not owned:
            chat = replace(known, id=job.person)  # in a channel, the thread of its own that it began
            try:
                await self.messenger.delete(chat, job.slot)
            except NotGranted:
                raise
            except Rejected as error:  # the chat takes nothing: where it does again, whoever sees the twin says so
                log.warning("stray_stands", request=job.request, error_code=error.code)

    async def _defer(self, job: Job) -> None:
        async with self.ledger.store.unit() as unit:
            await unit.defer(job)

    async def _rows(self, request_id: str) -> Rows | None:
        async with self.ledger.store.unit() as unit:
            request, homes, sign_ins, posted = await asyncio.gather(
                unit.load(request_id), unit.homes_of(request_id), unit.sign_ins(request_id), unit.posted(request_id)
            )
            if request is None:
                return None
            waits = request.status is Status.APPROVAL and not started(posted)
            place = await unit.place(request) if waits else Place(0, 0)
        return Rows(request, homes, sign_ins, posted, place)

    async def _scene(self, rows: Rows, *, informed: bool) -> Scene:
        request, where, view = rows.request, self.addresses, self.views.of(rows.request)
        if informed:
            view = await briefing.informed(self.inquiry, request, view)
        view = replace(view, place=rows.place.number) if rows.queued else view
        places = (where.helpdesk, where.security, where.resource, where.start)
        return Scene(request, rows.homes, rows.sign_ins, rows.posted, view, *places)
