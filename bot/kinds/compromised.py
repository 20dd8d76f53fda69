"""Compromised: somebody is in my account. One press locks what can be locked and tells security; it never unlocks."""

from __future__ import annotations

from typing import Final

from bot.core.kind import Kind, Tools
from bot.core.model import Finding, Outcome, Person, Receipt, Request, Sheet, Way
from bot.core.policy import Policy
from bot.kinds import sessions


async def sheet(_asker: Person, _tools: Tools) -> Sheet:
    return Sheet()


async def examine(_request: Request, _tools: Tools) -> Finding:
    return Finding()


async def carry_out(request: Request, tools: Tools) -> Outcome:
    """Sign out everywhere first: whoever is in is out, whatever becomes of the rest."""
    await tools.directory.revoke_sessions(request.subject.id)
    return Outcome(Receipt(request.subject.id, follow=True))


async def follow(request: Request, tools: Tools) -> None:
    """Delete every pass that still works: it may be the intruder's."""
    for found in await tools.directory.passes(request.subject.id):
        if found.live:
            await tools.directory.delete_pass(request.subject.id, found.id)


async def look(request: Request, tools: Tools) -> Receipt | None:
    found = await sessions.look(request, tools)
    return Receipt(request.subject.id, follow=True) if found is not None else None


KIND: Final = Kind(
    name="compromised",
    permissions=("User.RevokeSessions.All", "UserAuthMethod-TAP.ReadWrite.All"),
    policy=Policy(step_up="", approvals=0, per_day=10),
    way=lambda _: Way.ALONE,
    sheet=sheet,
    examine=examine,
    carry_out=carry_out,
    look=look,
    follow=follow,
    harmless=True,
    locks=True,
    alarm=True,
)
