"""Homes: people's names and private chats. A chat that is dead is opened anew, and what waits there comes along."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Final

from bot.core.directory import Directory
from bot.core.errors import Closed, DeskError, Missing, NotGranted, Rejected
from bot.core.model import LIVE, Actor, Chat, Person, Refusal
from bot.core.ports import Job, Messenger, Unit, Urgency
from bot.core.reasons import Reason
from bot.desk.answered import lasting
from bot.desk.ledger import Home, Ledger
from bot.desk.register import brings

MANY: Final = 20  # of somebody's requests, the open ones first, whose cards come along


@dataclass(frozen=True, slots=True)
class Homes:
    """`messenger` opens private chats and finds out whether one takes anything; `directory` knows names."""

    ledger: Ledger
    messenger: Messenger
    directory: Directory

    async def named(self, person: Person) -> Person:
        """Return a person with their name: not every event of Teams' says it."""
        if person.name:
            return person
        try:
            return replace(person, name=(await self.directory.account(person.id)).name)
        except DeskError:
            return person

    async def keep(self, person: Person, chat: Chat) -> None:
        """Remember somebody's private chat. What waited for them in another one before comes along."""
        person = await self.named(person)
        async with self.ledger.store.unit() as unit:
            known = await unit.private_chat(person.tenant, person.id)
            if known == (person, chat):
                return
            await unit.remember(person, chat)
            if known is None or known[1].id != chat.id:
                await self._follow(unit, person, chat)

    async def reach(self, actor: Actor) -> Home | Refusal:
        """Return where somebody who has just pressed hears from us in private, or why they cannot.

        Known is not enough: they are about to be told that something waits for them there.
        """
        if actor.chat.personal:
            return actor.person, actor.chat
        return await self.of(actor.person, nobody=Reason.NO_PRIVATE_CHAT, user=actor.chat.user)

    async def of(self, person: Person, *, nobody: Reason = Reason.CALLER_NO_TEAMS, user: str = "") -> Home | Refusal:
        """Return where somebody hears from us in private, or why they do not: they may never have met the bot.

        `nobody` is the reason where they have no chat that takes anything, `user` Teams' id of theirs, where known.
        """
        async with self.ledger.store.unit() as unit:
            known = await unit.private_chat(person.tenant, person.id)
        if known is not None and await self._takes(known[1]):
            return known
        try:
            opened = await self.messenger.open_private(person.tenant, person.id)
        except NotGranted as error:  # we have no token of our own: that is nothing they can put right
            return Refusal(lasting(error))
        except Rejected:
            return Refusal(nobody)
        except DeskError:
            return Refusal(Reason.UNKNOWN)
        if (known is not None and opened.id == known[1].id) or not await self._takes(opened):
            return Refusal(nobody)
        home = person, replace(opened, user=user or (known[1].user if known is not None else ""))
        await self.keep(*home)
        return home

    async def anew(self, tenant: str, person: str, dead: Chat) -> bool:
        """Open somebody's private chat again when the one we wrote to takes nothing; say whether there is another.

        Raises `Unavailable` and `NotGranted` where that cannot be found out now.
        """
        async with self.ledger.store.unit() as unit:
            known = await unit.private_chat(tenant, person)
            if known is not None and known[1].id != dead.id:  # it was opened before this was to be sent
                await self._follow(unit, *known)
                return True
        if known is None:  # they took the app away
            return False
        try:
            opened = await self.messenger.open_private(tenant, person)
        except NotGranted:
            raise
        except Rejected:
            return False
        if opened.id == dead.id:
            return False
        await self.keep(known[0], replace(opened, user=known[1].user))
        return True

    async def _takes(self, chat: Chat) -> bool:
        """Say whether a chat takes what we send; what is only away for a moment does."""
        try:
            await self.messenger.typing(chat)
        except (Missing, Closed):
            return False
        except DeskError:
            return True
        return True

    async def _follow(self, unit: Unit, person: Person, chat: Chat) -> None:
        """Bind the sign-ins that wait for somebody to their chat, and bring their cards there."""
        moved, latest = await asyncio.gather(
            unit.move_sign_ins(person, chat, self.ledger.clock.now()),
            unit.latest(person.tenant, person.id, MANY),
        )
        requests = {r.id: r for r in latest if r.status in LIVE and r.requester.id == person.id}
        for moved_id in moved:
            request = requests.get(moved_id) or await unit.load(moved_id)
            if request is not None:
                requests[moved_id] = request
            else:  # a matter's: the button is on its card
                await unit.defer(Job(brings(moved_id), moved_id, urgency=Urgency.PROMPT))
        for request in requests.values():
            await self.ledger.changed(unit, request, Urgency.PROMPT)
