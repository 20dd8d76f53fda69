"""Lookups: brings the prompt by which somebody's client hands over the token with which they look at a proof."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import cards
from bot.core.lookups import Lookup, Sight
from bot.core.model import Person
from bot.core.ports import Job, Messenger, Purpose, SignIn, Slot
from bot.desk.homes import Homes
from bot.teams.board import Board
from bot.teams.scenes import Message, PlannedMessage, line, linked
from bot.teams.telling import Telling
from bot.teams.views import Addresses
from cards.view import View


@dataclass(frozen=True, slots=True)
class LookStage:
    """A look, and who reads its messages in which language."""

    id: str
    by: Person
    view: View

    @property
    def tenant(self) -> str:
        return self.by.tenant

    def left(self, slot: Slot, person: str, *, moved: bool) -> Message:
        del slot, person, moved  # there is one, and it goes nowhere else
        return line("lookup.over", self.view)


@dataclass(frozen=True, slots=True)
class LookupMessages:
    homes: Homes
    messenger: Messenger
    addresses: Addresses

    async def bring(self, job: Job) -> None:
        """Post the prompt while it may be answered, and leave a line of it afterwards."""
        ledger, where = self.homes.ledger, self.addresses
        async with ledger.store.unit() as unit:
            one = await unit.matter(Lookup, job.request)
            if one is None or one.sight is not Sight.PROOF:
                return
            posted, sign_in, home = await asyncio.gather(
                unit.posted(one.id),
                unit.sign_in_for(one.id, one.by.id, Purpose.LOOK),
                unit.private_chat(one.tenant, one.by.id),
            )
        by = home[0] if home is not None else one.by
        stage = LookStage(one.id, by, replace(where.view(ledger.clock.now()), language=by.language))
        should = None if sign_in is None else self._prompt(sign_in, stage)
        if should is not None:
            await Telling(self.homes, self.messenger).bring(stage, posted, [should])
            return
        async with Board(ledger.store, self.messenger) as board:
            for there in posted:
                await board.converge(self.messenger, stage, there, None)

    def _prompt(self, sign_in: SignIn, stage: LookStage) -> PlannedMessage | None:
        view = linked(replace(stage.view, person=stage.by.id), sign_in, self.addresses.start)
        if not view.link:
            return None
        prompt = cards.prompt(sign_in, view, resource=self.addresses.resource)
        return PlannedMessage(Slot.PROMPT, stage.by.id, prompt, chat=sign_in.chat, mark=sign_in.id)
