"""Delivery: brings the messages in Teams to what a request's state asks for; doing it again changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

from bot.core.answers import Answer, RequestCard
from bot.core.errors import Rejected, Unavailable
from bot.core.kind import Kinds
from bot.core.model import Actor, Chat, Person, Request, Status, Way
from bot.core.ports import Job, Messenger, Posted, Purpose, SignIn, SignInStage, Slot, Urgency
from bot.desk.facts import Inquiry
from bot.desk.ledger import Ledger
from bot.teams import briefing
from bot.teams.board import Board
from bot.teams.bursts import burst
from bot.teams.scenes import PlannedMessage, Scene, alarming, chosen, confirming, wanted
from bot.teams.secret import SecretMessage
from cards.view import View

Key = tuple[Slot, str]  # a place of a request, and the person it is about where there may be several

CLOSED: Final = 60.0  # seconds between two tries of an alarm in a channel that takes nothing

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where messages go and links lead; behind `start` goes a transaction's id, behind `wallet` a request's.

    `looks`: there are proofs of identity to look at.
    """

    helpdesk: str
    security: str
    start: str
    wallet: str
    resource: str
    contact: str
    language: str
    looks: bool = False


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
    home: tuple[Person, Chat] | None
    sign_ins: Sequence[SignIn]
    posted: Sequence[Posted]


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
    def secrets(self) -> SecretMessage:
        return SecretMessage(self.ledger.store, self.messenger, self._view)

    async def cards(self, job: Job) -> None:
        """Post, change and delete until all but the alarm is as it should be; each message by itself.

        Raises `Unavailable` where one must wait, when all others are done.
        """
        rows = await self._rows(job.request)
        if rows is None:
            return
        closed = await self._channel_closed(rows)
        scene = await self._scene(rows, informed=closed is None)
        should: dict[Key, PlannedMessage] = {(w.slot, w.person): w for w in wanted(scene)}
        there: dict[Key, Posted] = {(p.slot, p.person): p for p in rows.posted if p.slot is not Slot.SECRET}
        held = [closed] if closed is not None else []
        for key in [*should, *(key for key in there if key not in should)]:
            if key[0] is not Slot.SECURITY and not (closed is not None and key[0] is Slot.APPROVERS):
                held += await self._settled(rows.request, there.get(key), should.get(key))
        await self.secrets.hide(rows.request, rows.posted)
        if held:
            raise max(held, key=lambda error: error.retry_after or 0)

    async def alert(self, job: Job) -> None:
        """Bring the alarm to where security hears it, whatever becomes of all other messages.

        Raises `Unavailable` until it stands there: a channel that takes nothing now may be put right.
        """
        rows = await self._rows(job.request)
        if rows is None:
            return
        there = next((p for p in rows.posted if p.slot is Slot.SECURITY), None)
        scene = await self._scene(rows, informed=False)
        if self.inquiry.kinds[rows.request.kind].alarm:
            counted = await burst(self.ledger.store, rows.request)
            if there is None and counted.first != job.request:
                await self._defer(replace(job, request=counted.first, urgency=Urgency.ALARM))
                return
            scene = replace(scene, view=replace(scene.view, alarms=counted.count))
        should = next((w for w in wanted(scene) if w.slot is Slot.SECURITY), None)
        try:
            if there is None and should is not None:
                await self.siren.thread_turn(should.channel)
            await self.board.converge(self.siren, rows.request, there, should)
        except Rejected as error:
            log.exception("alarm_not_told", request=job.request, error_code=error.code)
            raise Unavailable("the security channel takes nothing", retry_after=CLOSED) from error

    async def _channel_closed(self, rows: Rows) -> Unavailable | None:
        """Take the channel's turn where a thread is to begin there: before anything else is looked up for it."""
        threads = [p for p in rows.posted if p.slot is Slot.APPROVERS]
        started = any(p.activity and not p.deleted for p in threads)
        if started or (rows.request.status is not Status.APPROVAL and not threads):
            return None
        try:
            await self.messenger.thread_turn(self.addresses.helpdesk)
        except Unavailable as error:
            return error
        return None

    async def _settled(
        self, request: Request, there: Posted | None, should: PlannedMessage | None
    ) -> list[Unavailable]:
        """Settle one message; what must wait is returned, and what nobody can be told is written down."""
        try:
            await self.board.converge(self.messenger, request, there, should)
        except Unavailable as error:
            return [error]
        except Rejected as error:  # the request goes on
            slot = should.slot if should is not None else there.slot if there is not None else ""
            log.warning("message_rejected", request=request.id, slot=str(slot), error_code=error.code)
        return []

    async def view(self, answer: Answer, actor: Actor) -> View:
        """Say how an answer looks to the one who gets it: a card that comes back from a press is the one in place."""
        person, chat = actor.person, actor.chat
        request = getattr(answer, "request", None)
        view = self._view(request) if isinstance(request, Request) else self._plain()
        if isinstance(answer, RequestCard) and answer.slot is Slot.APPROVERS:
            return await briefing.informed(self.inquiry, answer.request, view)
        view = replace(view, language=person.language, user=chat.user, person=person.id)
        if isinstance(answer, RequestCard) and answer.slot is Slot.CONFIRM:
            view = await briefing.informed(self.inquiry, answer.request, view)
            return await self._confirming(answer.request, view)
        lifts = isinstance(answer, RequestCard) and answer.slot is Slot.LIFT
        if isinstance(answer, RequestCard) and (lifts or answer.request.way is Way.ENTER):
            purpose = Purpose.LIFT if lifts else Purpose.ENTER
            return replace(view, link=await self._link(answer.request, person.id, purpose))
        return view

    async def stray(self, job: Job) -> None:
        """Delete a message that was posted twice because an answer was lost; `slot` holds its id, `person` its chat.

        Which request a press is about is the client's word: it must not take another request's message away.
        """
        place = job.person.partition(";")[0]
        async with self.ledger.store.unit() as unit:
            posted, owned = await asyncio.gather(unit.posted(job.request), unit.owned(place, job.slot))
        if any(not p.activity and not p.deleted for p in posted):
            raise Unavailable("another message is on its way: it may be that one", retry_after=1)
        known = next((p.chat for p in posted if p.chat is not None and p.chat.place == place), None)
        if known is not None and not owned:
            chat = replace(known, id=job.person)  # in a channel, the thread of its own that it began
            await self.board.gone(Posted(job.request, Slot.REQUESTER, "", chat, job.slot, ""), keep=False)

    async def _defer(self, job: Job) -> None:
        async with self.ledger.store.unit() as unit:
            await unit.defer(job)

    async def _rows(self, request_id: str) -> Rows | None:
        async with self.ledger.store.unit() as unit:
            request = await unit.load(request_id)
            if request is None:
                return None
            home, sign_ins, posted = await asyncio.gather(
                unit.private_chat(request.tenant, request.requester.id),
                unit.sign_ins(request_id),
                unit.posted(request_id),
            )
        return Rows(request, home, sign_ins, posted)

    async def _scene(self, rows: Rows, *, informed: bool) -> Scene:
        request, where, view = rows.request, self.addresses, self._view(rows.request)
        if informed:
            view = await briefing.informed(self.inquiry, request, view)
        places = (where.helpdesk, where.security, where.resource, where.start)
        return Scene(request, rows.home, rows.sign_ins, rows.posted, view, *places)

    async def _confirming(self, request: Request, view: View) -> View:
        """Say how an approver's private card looks to them: what they were last asked to confirm, and where."""
        async with self.ledger.store.unit() as unit:
            asked = confirming(await unit.sign_ins(request.id)).get(view.person)
        return view if asked is None else chosen(replace(view, link=self._start(asked)), request, asked)

    async def _link(self, request: Request, person: str, purpose: Purpose) -> str:
        async with self.ledger.store.unit() as unit:
            waiting = await unit.sign_in_for(request.id, person, purpose)
        return self._start(waiting) if waiting is not None else ""

    def _start(self, sign_in: SignIn) -> str:
        over = sign_in.stage is SignInStage.FINISHED or sign_in.expires_at <= self.ledger.clock.now()
        return "" if over else f"{self.addresses.start}{sign_in.id}"

    def _view(self, request: Request) -> View:
        policy, kind = self.inquiry.policy(request), self.inquiry.kinds[request.kind]
        return replace(
            self._plain(),
            reveal=policy.reveal,
            approvals=policy.approvals + request.more,
            levels=kind.levels,
            verdicts=kind.verdicts,
            looks=self.addresses.looks,
        )

    def _plain(self) -> View:
        where, offered = self.addresses, self.inquiry.policies
        alarm = next((k.name for k in self.inquiry.kinds.values() if k.alarm and offered[k.name].offered), "")
        now = self.ledger.clock.now()
        return View(language=where.language, now=now, contact=where.contact, wallet=where.wallet, alarm=alarm)
