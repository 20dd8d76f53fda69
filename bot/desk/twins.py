"""Twins: a card of ours that we do not know was posted twice, because an answer of Teams' was lost: it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.model import Chat
from bot.core.ports import Job, Posted, Store


@dataclass(frozen=True, slots=True)
class Twins:
    store: Store

    async def seen(self, about: str, posted: Sequence[Posted], chat: Chat, card: str, *, pressed: bool) -> None:
        """Have a card go that stands in `chat` and is none of the messages `posted` about a request or a matter.

        While one is on its way it may be that one, which the job finds out: what is `pressed` may show something from
        then on by which it is never asked about again. What is only seen is seen again.
        """
        here = [p for p in posted if p.chat is not None and p.chat.place == chat.place]
        known = {p.activity for p in here if p.activity}
        sure = known and all(p.activity or p.deleted for p in here)
        if card not in known and (sure or (pressed and any(p.going for p in here))):
            async with self.store.unit() as unit:
                await unit.defer(Job("stray", about, slot=card, person=chat.id))

    async def seen_of(self, about: str, chat: Chat, card: str, *, pressed: bool) -> None:
        """Do so for what nobody has read the messages of yet."""
        async with self.store.unit() as unit:
            posted = await unit.posted(about)
        await self.seen(about, posted, chat, card, pressed=pressed)
