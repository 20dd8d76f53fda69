"""Notices: queued with the claim of an act, let go once it is done, sent to every address, and what their link does.

A notice that cannot be queued stops the act. The link only locks, so it asks nobody to sign in.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

import structlog

from bot.core.answers import Refused, RequestCard
from bot.core.budgets import Budget
from bot.core.directory import Directory
from bot.core.errors import Missing, NotGranted, Rejected, Unavailable
from bot.core.events import Event, Reported
from bot.core.life.ended import too_late
from bot.core.matters import Turned
from bot.core.model import Actor, Chat, Refusal, Request
from bot.core.notices import (
    LINE,
    ActNotice,
    Letter,
    Mailer,
    Phase,
    begun,
    linked,
    manager_told,
    settled,
    unsendable,
    used,
    written,
)
from bot.core.options import TELL_MANAGER
from bot.core.ports import Job, Unit
from bot.core.reasons import Reason
from bot.core.watch import Sort
from bot.desk.account import named_manager
from bot.desk.reception import Reception
from bot.desk.record import everybody
from bot.desk.register import Along, Register
from bot.desk.strangers import Strangers

SECRET: Final = 32  # bytes of a link
PATIENCE: Final = 5.0  # seconds for the mailbox's next turn; a job that has none comes back

# Puts a mail together: for whom it is, about which act, and the link ("" for none).
Compose = Callable[[str, ActNotice, Request, str], Letter]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Notices:
    """`on`: this tenant has notices; `lines`: and security reads one line of each act in its channel.

    `budget` holds the mailbox's turns; `page` is the address that a link is made of.
    """

    reception: Reception
    strangers: Strangers
    directory: Directory
    mailer: Mailer
    budget: Budget
    compose: Compose
    page: str
    on: bool = False
    lines: bool = True

    @property
    def register(self) -> Register:
        ledger = self.reception.ledger
        return Register(ledger.store, ledger.clock, follows="")  # whoever turns one goes on with it

    async def queue(self, unit: Unit, request: Request, mails: tuple[str, ...]) -> None:
        """Begin the notice of an act in the transaction that claims it. Raises what keeps it from being there."""
        inquiry = self.reception.inquiry
        if not self.on or not inquiry.kinds[request.kind].noticed:
            return
        manager = bool(inquiry.policy(request).option(TELL_MANAGER))
        one = begun(request, mails, self.reception.ledger.clock.now(), manager=manager)
        if await self.register.begin(unit, one):
            return
        there = await unit.matter(ActNotice, one.matter.id)
        if there is None or there.request != request.id:  # something else has its id
            raise Rejected("the notice of an act could not be queued", code="no_notice")

    async def tell(self, job: Job) -> None:
        """Send what there is to send of one. Raises `Unavailable` or `AnswerLost` for what must be tried again."""
        one, request = await self._read(job.request)
        if one is None or request is None:
            return
        if one.phase is Phase.HELD:
            one = await self._settled(one, request)
        if one.phase is not Phase.DUE:
            return
        while one.to:
            one = await self._to_person(one, request, one.to[0])
        if one.manager:
            await self._to_manager(one, request)

    async def _read(self, notice: str) -> tuple[ActNotice | None, Request | None]:
        async with self.reception.ledger.store.unit() as unit:
            one = await unit.matter(ActNotice, notice)
            return one, await unit.load(one.request) if one is not None else None

    async def _settled(self, one: ActNotice, request: Request) -> ActNotice:
        async def line(unit: Unit) -> None:
            await unit.defer(Job(LINE, one.id))

        turned = settled(one, request, self._now())
        done = turned.matter.phase not in {Phase.HELD, Phase.DROPPED}
        return await self._keep(one, turned, line if done and self.lines else None)

    async def _to_person(self, one: ActNotice, request: Request, address: str) -> ActNotice:
        await self.budget.turn(PATIENCE)
        secret = secrets.token_urlsafe(SECRET)
        one = await self._keep(one, linked(one, secret))
        try:
            await self.mailer.send(self.compose(address, one, request, f"{self.page}{request.id}.{secret}"))
        except (NotGranted, Missing) as error:
            return await self._failed(one, unsendable(one), request, error)
        except Rejected as error:
            return await self._failed(one, written(one, address, failed=True), request, error)
        return await self._keep(one, written(one, address, failed=False))

    async def _to_manager(self, one: ActNotice, request: Request) -> None:
        """Tell whoever the directory names, where they can be written to: it opens nothing, so it has no link."""
        address = await self._manager(request)
        if not address:
            await self._keep(one, manager_told(one))
            return
        await self.budget.turn(PATIENCE)
        try:
            await self.mailer.send(self.compose(address, one, request, ""))
        except Rejected as error:
            await self._failed(one, manager_told(one, failed=1), request, error)
            return
        await self._keep(one, manager_told(one, sent=1))

    async def _manager(self, request: Request) -> str:
        try:
            opened = request.opened_by.id if request.opened_by is not None else ""
            account = await named_manager(self.directory.once(), request.subject.id, opened)
        except Rejected as error:  # nobody is named, or a contact, or it is not known
            log.warning("manager_not_told", request=request.id, error_code=error.code)
            return ""
        return next(iter(account.mails), "") if account is not None else ""

    async def _failed(self, one: ActNotice, turned: Turned[ActNotice], request: Request, error: Rejected) -> ActNotice:
        """Write down that some of it will not be sent; security hears of that once an hour."""
        log.warning("notice_not_sent", notice=one.id, error_code=error.code)
        record = self.reception.ledger.record

        async def told(unit: Unit) -> None:
            await record.counted(unit, everybody(one.tenant), Sort.UNSENT, request)

        return await self._keep(one, turned, told)

    async def _keep(self, one: ActNotice, turned: Turned[ActNotice], also: Along | None = None) -> ActNotice:
        async with self.reception.ledger.store.unit() as unit:
            kept = await self.register.keep(unit, one, turned)
            if also is not None:
                await also(unit)
        return kept.matter

    def _now(self) -> datetime:
        return self.reception.ledger.clock.now()

    async def disowned(self, link: str) -> bool:
        """Lock, as the person's own *It wasn't me* does; say whether this link did.

        One that is unknown, was used or is too old is nobody's, and counted as that.
        """
        request_id, _, secret = link.partition(".")
        one, request = await self._read(ActNotice.named(request_id))
        if one is not None and request is not None and one.opens(secret, self._now()):
            late = too_late(request, self._now())
            return await (self._alarmed(one, request) if late else self._reported(one, request, secret))
        await self.strangers.knocked("notice")
        return False

    async def _reported(self, one: ActNotice, request: Request, secret: str) -> bool:
        """Take back what was done, lock, and use the link up, all in one transaction."""

        async def said(_: Request) -> Event | Refusal:
            found.clear()
            there = (await self._read(one.id))[0]
            if there is None or not there.opens(secret, self._now()):
                return Refusal(Reason.CLOSED)
            found.append(there)
            return Reported(request.subject)

        async def use(unit: Unit, after: Request) -> None:
            for there in found if after.reported else ():
                await self.register.keep(unit, there, used(there, self._now()))

        found: list[ActNotice] = []
        step = await self.reception.ledger.change(request.id, said, use)
        return step is not None and step.refusal is None

    async def _alarmed(self, one: ActNotice, request: Request) -> bool:
        """What came since is not the desk's to take back: only an alarm about the whole account makes sense."""
        kinds = self.reception.inquiry.kinds
        alarm = next((name for name, kind in kinds.items() if kind.alarm), "")
        async with self.reception.ledger.store.unit() as unit:
            home = await unit.private_chat(request.tenant, request.subject.id)
        chat = home[1] if home is not None else Chat(request.tenant, "", "", personal=True)
        answer = await self.reception.open(Actor(request.subject, chat), alarm, uuid4().hex, {})
        match answer:
            case RequestCard() | Refused(Refusal(Reason.ALREADY_OPEN)):
                await self._keep(one, used(one, self._now()))
                return True
            case _:
                log.error("notice_alarm_not_raised", notice=one.id)
                raise Unavailable("no alarm could be raised")
