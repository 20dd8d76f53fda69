"""Strangers: proofs for what is not there, from nobody known; a crowd of them is counted together and costs little."""

from __future__ import annotations

from typing import Final

from bot.core.watch import STEP
from bot.desk.record import Record

AT_ONCE: Final = 20  # that are each written when they come; then it is one in each step, with all since the last


class Strangers:
    """Belongs to one process; `tenant` is whose trail it goes into and whose security hears of it."""

    def __init__(self, record: Record, tenant: str) -> None:
        self._record = record
        self._tenant = tenant
        self._turns = float(AT_ONCE)
        self._at = record.clock.now()
        self._waiting = 0

    async def knocked(self, door: str) -> None:
        """Count one more. Raises what the store raises; what was not written is counted with the next."""
        self._waiting += 1
        if not self._turn():
            return
        many, self._waiting = self._waiting, 0
        try:
            await self._record.knocked(self._tenant, door, many)
        except BaseException:
            self._waiting += many
            raise

    def _turn(self) -> bool:
        """Say whether this one may be written: a clock that was set back gives no turn."""
        now = self._record.clock.now()
        self._turns = min(AT_ONCE, self._turns + max(0.0, (now - self._at) / STEP))
        self._at = now
        if self._turns < 1:
            return False
        self._turns -= 1
        return True
