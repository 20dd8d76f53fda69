"""The message that holds a secret, where a policy reveals by message: in its subject's private chat as it is now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.core.errors import DeskError, Rejected
from bot.core.model import Chat, Person, Request, Secret, Status
from bot.core.ports import Messenger, Posted, Slot, Store
from bot.teams.results import carry
from cards.view import View

NO_CHAT, NO_NAME = "no_private_chat", "no_name"


@dataclass(frozen=True, slots=True)
class SecretMessage:
    """`view` says how the message looks to the request's subject."""

    store: Store
    messenger: Messenger
    view: Callable[[Request], View]

    async def prepare(self, request: Request) -> None:
        """Post the empty message first, so that what will hold the secret can be found and deleted."""
        home, there = await self._known(request)
        if home is None:
            raise Rejected("the subject has no private chat", code=NO_CHAT)
        if there is not None and there.chat is not None and there.chat.id == home[1].id:
            return
        if there is not None:  # it was prepared in a chat that is not theirs any more
            await self._delete(there)
        activity = await self.messenger.post(home[1], carry(request, None, home[0], home[1], self.view(request)))
        if not activity:  # what is in it could not be taken out of it
            raise Rejected("Teams named no id for the message that is to hold the secret", code=NO_NAME)
        await self._keep(Posted(request.id, Slot.SECRET, "", home[1], activity, ""))

    async def reveal(self, request: Request, secret: Secret) -> None:
        """Put the secret into the message that was prepared; raises `Rejected` where the chat is another one now."""
        home, there = await self._known(request)
        if home is None or there is None or there.chat is None or there.chat.id != home[1].id:
            raise Rejected("the private chat is not the one that was prepared", code=NO_CHAT)
        message = carry(request, secret, home[0], home[1], self.view(request))
        await self.messenger.update(home[1], there.activity, message)

    async def hide(self, request: Request, posted: Sequence[Posted]) -> None:
        """Delete the message that holds the secret as soon as it should not be there any more."""
        if request.status in {Status.READY, Status.ACTING, Status.DONE} and not request.hidden:
            return
        for one in posted:
            if one.slot is Slot.SECRET and not one.deleted:
                await self._taken_out(request, one)

    async def _taken_out(self, request: Request, posted: Posted) -> None:
        """Delete the message; where Teams refuses that, empty it meanwhile, and let the next try delete it."""
        try:
            await self._delete(posted)
        except Rejected:
            if posted.chat is not None:
                empty = carry(request, None, request.subject, posted.chat, self.view(request))
                with suppress(DeskError):
                    await self.messenger.update(posted.chat, posted.activity, empty)
            raise

    async def _known(self, request: Request) -> tuple[tuple[Person, Chat] | None, Posted | None]:
        async with self.store.unit() as unit:
            home, posted = await asyncio.gather(
                unit.private_chat(request.tenant, request.subject.id), unit.posted(request.id)
            )
        return home, next((p for p in posted if p.slot is Slot.SECRET and not p.deleted), None)

    async def _delete(self, posted: Posted) -> None:
        if posted.chat is not None and posted.activity:
            await self.messenger.delete(posted.chat, posted.activity)
        await self._keep(replace(posted, deleted=True))

    async def _keep(self, posted: Posted) -> None:
        async with self.store.unit() as unit:
            await unit.keep_posted(posted)
