"""Delivery: brings the messages in Teams to what a request's state asks for; doing it again changes nothing."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

import structlog

import cards
from bot.core.answers import Answer, RequestCard
from bot.core.errors import AnswerLost, Missing, Rejected, Unavailable
from bot.core.model import Actor, Request, Secret, Status, Way
from bot.core.ports import Job, Messenger, Posted, Purpose, Slot
from bot.desk.facts import Inquiry
from bot.desk.ledger import Ledger
from bot.teams.results import carry
from bot.teams.scenes import PlannedMessage, Scene, account, wanted
from cards.view import View

Key = tuple[Slot, str]  # a place of a request, and the person it is about where there may be several

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


@dataclass(frozen=True, slots=True)
class Delivery:
    ledger: Ledger
    inquiry: Inquiry
    messenger: Messenger
    addresses: Addresses

    async def cards(self, job: Job) -> None:
        """Post, change and delete until all is as it should be; raises `Unavailable` where that must wait."""
        scene = await self._scene(job.request)
        if scene is None:
            return
        there: dict[tuple[Slot, str], Posted] = {
            (p.slot, p.person): p for p in scene.posted if p.slot is not Slot.SECRET
        }
        should: dict[tuple[Slot, str], PlannedMessage] = {(w.slot, w.person): w for w in wanted(scene)}
        held: list[Unavailable] = []
        for key in [*should, *(k for k in there if k not in should)]:
            try:
                await self._converge(scene.request, there.get(key), should.get(key))
            except Unavailable as error:  # the others need not wait for this one
                held.append(error)
        await self._hide(scene)
        if held:
            raise max(held, key=lambda error: error.retry_after or 0)

    async def view(self, answer: Answer, actor: Actor) -> View:
        """Say how an answer looks to the one who gets it: a card that comes back from a press is the one in place."""
        person, chat = actor.person, actor.chat
        request = getattr(answer, "request", None)
        view = self._view(request) if isinstance(request, Request) else self._plain()
        if isinstance(answer, RequestCard) and answer.slot is Slot.APPROVERS:
            return await self._informed(answer.request, view)
        view = replace(view, language=person.language, user=chat.user, person=person.id)
        if isinstance(answer, RequestCard) and answer.slot is Slot.CONFIRM:
            return replace(view, link=await self._link(answer.request, person.id, Purpose.APPROVE))
        if isinstance(answer, RequestCard) and answer.request.way is Way.ENTER:
            return replace(view, link=await self._link(answer.request, person.id, Purpose.ENTER))
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
            await self._gone(Posted(job.request, Slot.REQUESTER, "", chat, job.slot, ""), keep=False)

    async def prepare(self, request: Request) -> None:
        """Post the empty message first, so that what will hold the secret can be found and deleted."""
        async with self.ledger.store.unit() as unit:
            home, posted = await asyncio.gather(
                unit.private_chat(request.tenant, request.subject.id), unit.posted(request.id)
            )
        there = next((p for p in posted if p.slot is Slot.SECRET and not p.deleted), None)
        if home is None:
            raise Rejected("the subject has no private chat", code="no_private_chat")
        if there is not None and there.chat is not None and there.chat.id == home[1].id:
            return
        await self._gone(there)  # it was prepared in a chat that is not theirs any more
        message = carry(request, None, home[0], home[1], self._view(request))
        activity = await self.messenger.post(home[1], message)
        await self._keep(Posted(request.id, Slot.SECRET, "", home[1], activity, ""))

    async def reveal(self, request: Request, secret: Secret) -> None:
        """Put the secret into the message that was prepared: in its subject's private chat, as it is now."""
        async with self.ledger.store.unit() as unit:
            home, posted = await asyncio.gather(
                unit.private_chat(request.tenant, request.subject.id), unit.posted(request.id)
            )
        there = next((p for p in posted if p.slot is Slot.SECRET and not p.deleted), None)
        if home is None or there is None or there.chat is None or there.chat.id != home[1].id:
            raise Rejected("the private chat is not the one that was prepared", code="no_private_chat")
        message = carry(request, secret, home[0], home[1], self._view(request))
        await self.messenger.update(home[1], there.activity, message)

    async def _hide(self, scene: Scene) -> None:
        """Delete the message that holds the secret as soon as it should not be there any more."""
        stays = scene.request.status in {Status.READY, Status.ACTING, Status.DONE} and not scene.request.hidden
        for posted in scene.posted:
            if posted.slot is Slot.SECRET and not stays:
                await self._gone(posted)

    async def _converge(self, request: Request, there: Posted | None, should: PlannedMessage | None) -> None:
        try:
            if should is None:
                await self._gone(there)
            elif there is None or there.deleted or not there.activity or _moved(there, should):
                await self._post(request, should)
                await self._gone(there, keep=False)
            elif there.shown != _print(should) and there.chat is not None:
                await self.messenger.update(there.chat, there.activity, should.message)
                await self._keep(replace(there, shown=_print(should)))
        except Missing:  # somebody deleted it
            if should is not None:
                await self._post(request, should)
        except AnswerLost as error:
            raise Unavailable("no answer to a message") from error
        except Rejected as error:  # nobody can be told there; the request goes on
            slot = should.slot if should is not None else there.slot if there is not None else ""
            log.warning("message_rejected", request=request.id, slot=str(slot), error_code=error.code)

    async def _post(self, request: Request, should: PlannedMessage) -> None:
        if should.chat is None and not should.channel:  # a reminder before its thread is known
            raise Unavailable("the thread is not there yet", retry_after=1)
        # It is on its way: a client may show it before its id is kept here, and it must not count as a stray then.
        going = Posted(request.id, should.slot, should.person, should.chat, "", "")
        await self._keep(going)
        try:
            if should.chat is not None:
                chat, activity = should.chat, await self.messenger.post(should.chat, should.message)
            else:
                chat, activity = await self.messenger.post_in_channel(request.tenant, should.channel, should.message)
        except Rejected:
            await self._keep(replace(going, deleted=True))
            raise
        await self._keep(replace(going, chat=chat, activity=activity, shown=_print(should)))

    async def _gone(self, posted: Posted | None, *, keep: bool = True) -> None:
        """Take a message away; one that was on its way when its answer got lost is no longer waited for."""
        if posted is None or posted.deleted:
            return
        if posted.chat is not None and posted.activity:
            await self.messenger.delete(posted.chat, posted.activity)
        if keep:
            await self._keep(replace(posted, deleted=True))

    async def _keep(self, posted: Posted) -> None:
        async with self.ledger.store.unit() as unit:
            await unit.keep_posted(posted)

    async def _scene(self, request_id: str) -> Scene | None:
        async with self.ledger.store.unit() as unit:
            request = await unit.load(request_id)
            if request is None:
                return None
            home, sign_ins, posted = await asyncio.gather(
                unit.private_chat(request.tenant, request.requester.id),
                unit.sign_ins(request_id),
                unit.posted(request_id),
            )
        view = await self._informed(request, self._view(request))
        where = self.addresses
        return Scene(request, home, sign_ins, posted, view, where.helpdesk, where.security, where.resource, where.start)

    async def _informed(self, request: Request, view: View) -> View:
        """Add what Entra says about the account, for those who must decide."""
        if request.status is not Status.APPROVAL:
            return view
        known = await self.inquiry.about_account(request.subject.id)
        facts = {"account": account(known, view.language)}
        if self.inquiry.policy(request).evidence:
            there = await self.inquiry.evidence(request)
            facts["proof"] = cards.text("proof.there" if there else "proof.missing", view.language)
        return replace(view, facts=facts)

    async def _link(self, request: Request, person: str, purpose: Purpose) -> str:
        async with self.ledger.store.unit() as unit:
            waiting = await unit.sign_in_for(request.id, person, purpose)
        live = waiting is not None and waiting.expires_at > self.ledger.clock.now()
        return f"{self.addresses.start}{waiting.id}" if waiting is not None and live else ""

    def _view(self, request: Request) -> View:
        policy, kind = self.inquiry.policy(request), self.inquiry.kinds[request.kind]
        return replace(
            self._plain(),
            reveal=policy.reveal,
            approvals=policy.approvals,
            verdicts=kind.verdicts,
            looks=self.addresses.looks,
        )

    def _plain(self) -> View:
        where, offered = self.addresses, self.inquiry.policies
        alarm = next((k.name for k in self.inquiry.kinds.values() if k.alarm and offered[k.name].offered), "")
        now = self.ledger.clock.now()
        return View(language=where.language, now=now, contact=where.contact, wallet=where.wallet, alarm=alarm)


def _moved(there: Posted, should: PlannedMessage) -> bool:
    """News, or a private chat that is another one now: the old message stays behind."""
    known = there.shown.partition(" ")[0]
    elsewhere = should.chat is not None and there.chat is not None and should.chat.id != there.chat.id
    return elsewhere or (bool(should.mark) and known != should.mark)


def _print(should: PlannedMessage) -> str:
    """What identifies a message as shown: the mark of its news, and a hash of all it says."""
    said = json.dumps(should.message, sort_keys=True, default=_unknown)
    return f"{should.mark} {hashlib.sha256(said.encode()).hexdigest()[:32]}"


def _unknown(value: Any) -> str:
    raise TypeError(f"a message holds only JSON, not {type(value).__name__}")
