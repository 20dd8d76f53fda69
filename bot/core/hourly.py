"""Hourly: how much goes through one person, or the desk for everybody, within an hour, however good each reason is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import MappingProxyType

from bot.core.errors import DeskError
from bot.core.lately import Limits
from bot.core.model import Refusal, Request
from bot.core.ports import Unit
from bot.core.reasons import Reason
from bot.core.watch import Count, Sort


class TooMuch(DeskError):
    """It would have been one too many: `refusal` says of what, and nothing of it was done."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


Limited = Callable[[Unit, Request], Awaitable[Refusal | None]]  # says whether it is one too many


async def unlimited(_: Unit, __: Request) -> Refusal | None:
    """Count nothing."""
    return None


def over(limits: Limits, sort: Sort, count: Count) -> Refusal | None:
    """Say that this time is one too many, or None; the count has it in it. A limit of 0 is none."""
    limit, reason = {
        Sort.OPENED: (limits.per_agent_hour, Reason.OPENED_MANY),
        Sort.YES: (limits.per_approver_hour, Reason.APPROVED_MANY),
        Sort.ASKED: (limits.per_tenant_hour, Reason.ASKED_MANY),
    }[sort]
    return Refusal(reason, MappingProxyType({"limit": str(limit)})) if 0 < limit < count.hour else None
