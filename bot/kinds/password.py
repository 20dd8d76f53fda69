"""Password: a new one, chosen on our own page or made up and shown once; only where a password here is the real one."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bot.core.errors import Rejected, Unfit, giving
from bot.core.facts import Moment
from bot.core.forms import Choice, Field, Line, Sheet
from bot.core.kind import Kind, Tools
from bot.core.model import EvidenceType, Finding, Outcome, Person, Receipt, Refusal, Request, Way
from bot.core.options import OPENED, REVOKE_SESSIONS, TELL_MANAGER, Option, yes_or_no
from bot.core.passwords import made
from bot.core.policy import Policy

GENERATE: Final = Option("generate", usual=False, parse=yes_or_no)  # make it, instead of having it typed
WHY: Final = ("forgotten", "known", "expired", "other")
SET_AT: Final = "set_at"  # of a receipt: when the password was set
WEAK: Final = "password_rule"  # the directory's word for a password it does not take
OWN_CHANGE: Final = timedelta(minutes=1)  # a longer one would take an earlier change for ours


class PasswordReason(StrEnum):
    """Why there is no new password for this person now."""

    SYNCED = "password.synced"
    FEDERATED = "password.federated"
    RULE = "password.rule"
    RULE_MADE = "password.rule_made"


# What the directory says no with, as reasons a person is told.
REFUSED: Final = {"synced": PasswordReason.SYNCED, "federated": PasswordReason.FEDERATED}


async def sheet(_asker: Person, tools: Tools) -> Sheet:
    fields = (
        Field("reason", required=True, choices=tuple(Choice(why, f"password.reason.{why}") for why in WHY)),
        Field("text", required_if=("reason", "other"), longest=300, multiline=True),
    )
    lines = [Line("password.sheet.shown" if _way(tools.policy) is Way.SHOW else "password.sheet.entered")]
    if tools.policy.option(REVOKE_SESSIONS):
        lines.append(Line("password.sheet.sessions"))
    return Sheet(fields, tuple(lines))


async def examine(request: Request, tools: Tools) -> Finding:
    """Where a password comes from elsewhere, one set here would be none."""
    account = await tools.directory.account(request.subject.id)
    if account.synced:
        return Finding(Refusal(PasswordReason.SYNCED))
    if tools.moment is not Moment.HOME and await tools.directory.federated(account.upn):
        return Finding(Refusal(PasswordReason.FEDERATED))
    return Finding()


async def carry_out(request: Request, tools: Tools) -> Outcome:
    """Set it, once. One that was chosen and not taken may be chosen anew; one that was made up is not tried again."""
    shown = request.way is Way.SHOW
    password = made() if shown else tools.entered
    if password is None:
        raise Unfit("set_password: nothing was entered", code=PasswordReason.RULE)
    try:
        with giving(REFUSED):
            await tools.directory.set_password(request.subject.id, password, change_next=shown)
    except Rejected as error:
        if error.code != WEAK:
            raise
        raise _not_taken(shown=shown) from error
    return Outcome(_receipt(request, tools.clock.now()), password if shown else None)


async def look(request: Request, tools: Tools) -> Receipt | None:
    """Entra keeps the moment of the last change; one after the person signed in for this request is ours."""
    changed = (await tools.directory.account(request.subject.id)).password_changed_at
    since = max([request.created_at, *(e.at for e in request.evidence_of(EvidenceType.STEP_UP))])
    return _receipt(request, changed) if changed is not None and changed >= since - OWN_CHANGE else None


async def undo(request: Request, tools: Tools) -> None:
    """Set a password nobody has seen, so that what was set works no more; where nothing was set, nothing is.

    One that somebody has chosen since is not the desk's: what was set does not work then already.
    """
    receipt = request.receipt or await look(request, tools)
    if receipt is not None and not await _changed_since(receipt, request, tools):
        await tools.directory.set_password(request.subject.id, made(), change_next=True)


async def _changed_since(receipt: Receipt, request: Request, tools: Tools) -> bool:
    changed = (await tools.directory.account(request.subject.id)).password_changed_at
    at = receipt.params.get(SET_AT)  # an older version kept none
    return at is not None and changed is not None and changed > datetime.fromisoformat(at) + OWN_CHANGE


def _way(policy: Policy) -> Way:
    return Way.SHOW if policy.option(GENERATE) else Way.ENTER


def _not_taken(*, shown: bool) -> Rejected:
    if shown:
        return Rejected("set_password: one that was made up was not taken", code=PasswordReason.RULE_MADE)
    return Unfit("set_password: it was not taken", code=PasswordReason.RULE)


def _receipt(request: Request, at: datetime) -> Receipt:
    return Receipt(request.subject.id, params=MappingProxyType({SET_AT: at.isoformat()}))


KIND: Final = Kind(
    name="password",
    icon="Password",
    permissions=("User-PasswordProfile.ReadWrite.All", "Organization.Read.All"),
    policy=Policy(
        step_up="c1",
        approvals=0,
        options={**OPENED, GENERATE: False, REVOKE_SESSIONS: True, TELL_MANAGER: False},
    ),
    way=_way,
    sheet=sheet,
    examine=examine,
    carry_out=carry_out,
    look=look,
    undo=undo,
    gives_access=True,
    noticed=True,
)
