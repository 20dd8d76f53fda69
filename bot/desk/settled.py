"""Settled: whether who manages whom is old enough that a manager's word rests on it; so it must be until the act."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from bot.core.alterations import SETTLED, Alteration
from bot.core.behalf import VOUCHED
from bot.core.directory import Directory
from bot.core.errors import NotGranted
from bot.core.model import EvidenceType, Refusal, Request
from bot.core.reasons import Reason

UNSETTLED: Final = frozenset({Alteration.MANAGER, Alteration.CREATED})


async def unsettled(directory: Directory, person: str, now: datetime, *, anew: bool) -> Refusal | Literal["none"]:
    """Say why who manages a person is too new to go by, as is an account that is; raises what the directory does.

    `anew`: whatever the log was heard to say a moment ago, for what comes next rests on it.
    """
    account = await directory.account(person)
    try:
        changes = await (directory.changes_now if anew else directory.changes)(person, SETTLED)
    except NotGranted:
        return Refusal(Reason.MANAGER_UNSURE)
    new = account.created_at is not None and account.created_at > now - SETTLED
    return Refusal(Reason.NEW_MANAGER) if new or UNSETTLED & {one.what for one in changes} else "none"


async def voucher_left(
    directory: Directory, request: Request, now: datetime, *, anew: bool
) -> Refusal | Literal["none"]:
    """Say why the word of a manager with which a request was opened counts no more; "none" also where nobody's did."""
    if not any(given.strength == VOUCHED for given in request.evidence_of(EvidenceType.VERIFICATION)):
        return "none"
    why = await unsettled(directory, request.subject.id, now, anew=anew)
    return why if why == "none" else Refusal(Reason.VOUCHER_NEW)
