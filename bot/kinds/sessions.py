"""Sessions: sign me out everywhere. It only locks, so nobody is asked first."""

from __future__ import annotations

from typing import Final

from bot.core.forms import Choice, Field, Sheet
from bot.core.kind import Kind, Tools
from bot.core.model import Finding, Outcome, Person, Receipt, Request, Way
from bot.core.options import TELL_MANAGER
from bot.core.policy import Policy
from bot.core.skew import CLOCK_SKEW

WHY: Final = ("left_open", "lost_device", "strange", "other")


async def sheet(_asker: Person, _tools: Tools) -> Sheet:
    return Sheet((Field("reason", required=True, choices=tuple(Choice(w, f"sessions.reason.{w}") for w in WHY)),))


async def examine(_request: Request, _tools: Tools) -> Finding:
    return Finding()


async def carry_out(request: Request, tools: Tools) -> Outcome:
    await tools.directory.revoke_sessions(request.subject.id)
    return Outcome(Receipt(request.subject.id))


async def look(request: Request, tools: Tools) -> Receipt | None:
    """Entra keeps the moment from which sign-ins count again."""
    account = await tools.directory.account(request.subject.id)
    since = account.sessions_from
    return Receipt(request.subject.id) if since is not None and since >= request.created_at - CLOCK_SKEW else None


KIND: Final = Kind(
    name="sessions",
    icon="SignOut",
    permissions=("User.RevokeSessions.All",),
    policy=Policy(step_up="", approvals=0, per_day=10, options={TELL_MANAGER: False}),
    way=lambda _: Way.ALONE,
    sheet=sheet,
    examine=examine,
    carry_out=carry_out,
    look=look,
    harmless=True,
    locks=True,
)
