"""Compromised: somebody is in my account. One press locks what can be locked and tells security; it never unlocks.

ID Protection is told, too, where the tenant has it: as what follows the lock, which never waits for that.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Final

from bot.core.each import each
from bot.core.errors import NO_PREMIUM, DeskError, Rejected
from bot.core.forms import Sheet
from bot.core.kind import Kind, Tools
from bot.core.model import Finding, Outcome, Person, Receipt, Request, Way
from bot.core.options import TELL_MANAGER, Option, yes_or_no
from bot.core.policy import Policy
from bot.kinds import sessions

CONFIRM: Final = Option("confirm_compromised", usual=True, parse=yes_or_no, stricter=max)


async def sheet(_asker: Person, _tools: Tools) -> Sheet:
    return Sheet()


async def examine(_request: Request, _tools: Tools) -> Finding:
    return Finding()


async def carry_out(request: Request, tools: Tools) -> Outcome:
    """Sign out everywhere first: whoever is in is out. Where that may not be, do the rest at once and say no."""
    try:
        await tools.directory.revoke_sessions(request.subject.id)
    except Rejected:
        await _deleted(request, tools)
        raise
    return Outcome(Receipt(request.subject.id, follow=True))


async def follow(request: Request, tools: Tools) -> str:
    """Do the rest, and say whether ID Protection knows: what became of the passes never waits for that."""
    try:
        await _deleted(request, tools)
    except DeskError:
        with suppress(DeskError):
            await _told(request, tools)
        raise
    return await _told(request, tools)


async def _deleted(request: Request, tools: Tools) -> None:
    """Delete every pass that still works: it may be the intruder's."""
    person = request.subject.id
    live = [found.id for found in await tools.directory.passes(person) if found.live]
    await each(*(partial(tools.directory.delete_pass, person, found) for found in live))


async def _told(request: Request, tools: Tools) -> str:
    """Tell ID Protection, which may be told twice. Without a licence nobody is there to tell; a no is security's."""
    if not tools.policy.option(CONFIRM):
        return ""
    try:
        await tools.directory.confirm_compromised(request.subject.id)
    except Rejected as error:
        return "" if error.code == NO_PREMIUM else "untold"
    return "told"


async def look(request: Request, tools: Tools) -> Receipt | None:
    found = await sessions.look(request, tools)
    return Receipt(request.subject.id, follow=True) if found is not None else None


KIND: Final = Kind(
    name="compromised",
    icon="Warning",
    permissions=("User.RevokeSessions.All", "UserAuthMethod-TAP.ReadWrite.All", "IdentityRiskyUser.ReadWrite.All"),
    policy=Policy(step_up="", approvals=0, per_day=10, options={CONFIRM: True, TELL_MANAGER: False}),
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
