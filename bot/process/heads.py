"""Heads: where the audit's chains end goes to the log, out of the database's reach, and is held against it later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol
from urllib.parse import urlsplit

import structlog

from bot.config.cloud import loopback
from bot.config.settings import Settings
from bot.core.audit import About, Deed, Note
from bot.core.ports import Store
from bot.web.health import Check

EVERY: Final = 60.0  # seconds: what was cut off within them is not in the log

log = structlog.get_logger(__name__)


class Trail(Store, Protocol):
    """The store, and what it says of the chains' ends beyond the desk's port."""

    @property
    def written(self) -> dict[str, tuple[int, str]]: ...

    async def hash_at(self, tenant: str, seq: int) -> str: ...

    async def plain_ends(self) -> tuple[str, ...]: ...

    async def too_much(self) -> str: ...


class Heads:
    """What this process wrote last is said, and stays what the database must have: whatever a later head says."""

    def __init__(self, trail: Trail, settings: Settings) -> None:
        self._trail = trail
        self._settings = settings
        self._key = settings.keys.current
        self._said: dict[str, tuple[int, str]] = {}
        self._wrong: set[str] = set()

    async def seal(self) -> None:
        """Begin to use a key: the first entry that carries one holds the end of the plain chain before it."""
        if not self._key:
            return
        for tenant in await self._trail.plain_ends():
            async with self._trail.unit() as unit:
                await unit.note(About(tenant), Note(Deed.KEYED, {"key": self._key}))

    async def look(self) -> None:
        """Hold what was said before against the database, and say where the chains end now."""
        for tenant, (seq, said) in self._said.items():
            if await self._trail.hash_at(tenant, seq) != said and tenant not in self._wrong:
                self._wrong.add(tenant)
                log.critical("audit_rewritten", tenant=tenant, seq=seq, hash=said)
        self.tell()

    def tell(self) -> None:
        """Say where this process left the chains, where that has moved."""
        for tenant, head in self._trail.written.items():
            if self._said.get(tenant) != head:
                self._said[tenant] = head
                log.info("audit_head", tenant=tenant, seq=head[0], hash=head[1], key=self._key)

    def checks(self) -> Mapping[str, Check]:
        """Say what an admin should know of the trail and of who could change it."""
        verify = "run `vouchsafe audit verify` with a --head from the log"
        own = "let the owner run `vouchsafe grant ROLE`, and name that role in VOUCHSAFE_DATABASE_URL"
        return {"trail": Check(self._rewritten, verify, warning=True), "role": Check(self._role, own, warning=True)}

    async def _rewritten(self) -> str:
        """Say whose trail is no longer what this process wrote; that does not heal."""
        if self._wrong:
            return f"the audit trail was rewritten: {', '.join(sorted(self._wrong))}"
        quiet = self._settings.log_level not in {"debug", "info"}
        return "VOUCHSAFE_LOG_LEVEL keeps the ends of the audit trail out of the log" if quiet else ""

    async def _role(self) -> str:
        """On loopback nobody is served, and one role may do everything."""
        if loopback(urlsplit(self._settings.public_url).hostname or ""):
            return ""
        if too_much := await self._trail.too_much():
            return f"the desk's own role in the database does more than it needs: {too_much}"
        return "the desk was given VOUCHSAFE_DATABASE_OWNER_URL" if self._settings.database_owner_url else ""
