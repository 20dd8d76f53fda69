"""Newcomers: who never met the bot gets its app, where the tenant lets the desk do that; then they are reached."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from bot.core.audit import About, Deed, Note
from bot.core.directory import APP_BLOCKED, Directory
from bot.core.errors import AnswerLost, DeskError, NotGranted, Rejected
from bot.core.model import Person, Refusal
from bot.core.reasons import Reason
from bot.desk.homes import Homes
from bot.desk.ledger import Home

PAUSES: Final = (0.0, 0.5, 1.0)  # seconds before each try: Teams may not know it at once

Check = Callable[[], Awaitable[Refusal | None]]


@dataclass(frozen=True, slots=True)
class Newcomers:
    """`app` is the desk's own in the tenant's catalogue; without it nobody's Teams is touched."""

    homes: Homes
    directory: Directory
    app: str = ""

    async def reach(self, person: Person, by: Person, unless: Check | None = None) -> Home | Refusal:
        """Return where somebody hears from us in private, or why they do not; `by` is who has them asked.

        `unless` says why nothing is installed for them, where they would need it.
        """
        found = await self.homes.of(person)
        if not self.app or not isinstance(found, Refusal) or found.reason != Reason.CALLER_NO_TEAMS:
            return found
        refusal = await unless() if unless is not None else None
        if refusal is None:
            refusal = await self._installed(person)
            await self._noted(person, by, refusal)
        return refusal if refusal is not None else await self._opened(person)

    async def _installed(self, person: Person) -> Refusal | None:
        """Install it, once; whether an answer that got lost was a yes, the chat shows."""
        try:
            await self.directory.install_app(person.id, self.app)
        except AnswerLost:
            return None
        except NotGranted:
            return Refusal(Reason.CALLER_APP_UNGRANTED)
        except Rejected as error:
            return Refusal(Reason.CALLER_APP_BLOCKED if error.code == APP_BLOCKED else Reason.CALLER_NO_TEAMS)
        except DeskError:
            return Refusal(Reason.UNKNOWN)
        return None

    async def _noted(self, person: Person, by: Person, refusal: Refusal | None) -> None:
        data = {"by": by.id, **({"reason": refusal.reason} if refusal is not None else {})}
        async with self.homes.ledger.store.unit() as unit:
            await unit.note(About(person.tenant, subject=person.id), Note(Deed.APP_INSTALLED, data))

    async def _opened(self, person: Person) -> Home | Refusal:
        found: Home | Refusal = Refusal(Reason.CALLER_NO_TEAMS)
        for pause in PAUSES:
            await asyncio.sleep(pause)
            found = await self.homes.of(person)
            if not isinstance(found, Refusal) or found.reason != Reason.CALLER_NO_TEAMS:
                break
        return found
