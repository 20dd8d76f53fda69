"""Temporary Access Pass: a code to sign in with once and set up a passkey; it never replaces one that still works."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bot.core.errors import Rejected
from bot.core.kinds import Kind, Tools
from bot.core.model import Choice, Field, Outcome, Person, Receipt, Refusal, Request, Status
from bot.core.policy import Policy, Reason
from bot.core.ports import IssuedPass, Pass, PassPolicy

EVERYBODY: Final = "all_users"
WHY: Final = ("new_phone", "lost_phone", "new_device", "forgot_key", "other")
LIFETIMES: Final = (10, 30, 60, 120, 240, 480)  # minutes, where the tenant's policy allows them
SPENT: Final = frozenset({"expired", "onetimeused"})  # any other usability, a new word too, counts as live
SKEW: Final = timedelta(minutes=5)


class TapReason(StrEnum):
    """Why there is no pass for this person now."""

    OFF_IN_TENANT = "tap.off_in_tenant"
    OUT_OF_POLICY = "tap.out_of_policy"
    LIFETIME = "tap.lifetime"
    LIVE_PASS = "tap.live_pass"  # noqa: S105 - a reason, not a password
    UNUSABLE = "tap.unusable"


# What the directory may say no with, as reasons a person is told.
REFUSED: Final = MappingProxyType(
    {"out_of_policy": TapReason.OUT_OF_POLICY, "guest": Reason.GUEST, "unusable": TapReason.UNUSABLE}
)


async def form(_asker: Person, tools: Tools) -> tuple[Field, ...]:
    policy = await tools.directory.pass_policy()
    wanted = sorted({*LIFETIMES, policy.default})
    lifetimes = [m for m in wanted if policy.minimum <= m <= policy.maximum] or [policy.minimum]
    default = policy.default if policy.default in lifetimes else lifetimes[0]
    return (
        Field("reason", required=True, choices=tuple(Choice(why, f"tap.reason.{why}") for why in WHY)),
        Field("text", required_if=("reason", "other"), longest=300, multiline=True),
        Field("ticket", pattern=tools.ticket_pattern, longest=40),
        Field(
            "minutes",
            required=True,
            choices=tuple(Choice(str(m), _words(m)) for m in lifetimes),
            default=str(default),
        ),
    )


async def object_to(request: Request, tools: Tools) -> Refusal | None:
    policy, passes = await asyncio.gather(tools.directory.pass_policy(), tools.directory.passes(request.subject.id))
    if not policy.enabled:
        return Refusal(TapReason.OFF_IN_TENANT)
    if not await _in_scope(request.subject.id, policy, tools):
        return Refusal(TapReason.OUT_OF_POLICY)
    asked = bool(request.details)  # the home card asks before the form does
    if asked and not policy.minimum <= _minutes(request) <= policy.maximum:
        limits = {"minimum": str(policy.minimum), "maximum": str(policy.maximum)}
        return Refusal(TapReason.LIFETIME, MappingProxyType(limits))
    live = next((p for p in passes if _live(p) and not _replaceable(p, request)), None)
    if live is not None:
        return Refusal(TapReason.LIVE_PASS, MappingProxyType({"until": live.expires_at.isoformat()}))
    return None


async def carry_out(request: Request, tools: Tools) -> Outcome:
    """Make the pass, for one sign-in only whatever the tenant allows; `Rejected.code` is a reason to tell."""
    lifetime = timedelta(minutes=_minutes(request))
    try:
        issued = await tools.directory.issue_pass(request.subject.id, lifetime, one_time=True)
    except Rejected as error:
        if error.code not in REFUSED:
            raise
        raise Rejected(str(error), code=REFUSED[error.code]) from error
    return Outcome(_receipt(issued, request), issued.secret)


async def look(request: Request, tools: Tools) -> Receipt | None:
    """Find the live pass, if any: there was none when the act was claimed, so one younger than the request is ours."""
    passes = await tools.directory.passes(request.subject.id)
    ours = [p for p in passes if _live(p) and p.created_at >= request.created_at - SKEW]
    newest = max(ours, key=lambda p: p.created_at, default=None)
    return Receipt(newest.id, newest.expires_at, _params(request)) if newest else None


async def undo(request: Request, tools: Tools) -> None:
    """Delete what the receipt names; where an answer is or was lost, also what a look finds."""
    if request.receipt is not None:
        await tools.directory.delete_pass(request.subject.id, request.receipt.object_id)
    if request.receipt is None or request.attempts > 1:
        found = await look(request, tools)
        if found is not None:
            await tools.directory.delete_pass(request.subject.id, found.object_id)


async def _in_scope(person: str, policy: PassPolicy, tools: Tools) -> bool:
    named = (policy.included | policy.excluded) - {EVERYBODY}
    mine = {EVERYBODY} | (await tools.directory.groups(person, named) if named else frozenset())
    return bool(mine & policy.included) and not mine & policy.excluded


def _live(found: Pass) -> bool:
    return found.usable or found.usability.lower() not in SPENT


def _replaceable(found: Pass, request: Request) -> bool:
    """Only a pass nobody ever saw may be replaced: the one a lost answer left behind."""
    if request.status is not Status.UNKNOWN or request.receipt is None:
        return False
    return found.id == request.receipt.object_id


def _minutes(request: Request) -> int:
    """The lifetime asked for; what is no number is no lifetime either, and outside every policy."""
    text = request.details.get("minutes", "")
    return int(text) if text.isascii() and text.isdecimal() else 0


def _words(minutes: int) -> str:
    return f"{minutes} min" if minutes < 60 or minutes % 60 else f"{minutes // 60} h"  # noqa: PLR2004 - an hour


def _receipt(issued: IssuedPass, request: Request) -> Receipt:
    return Receipt(issued.found.id, issued.found.expires_at, _params(request))


def _params(request: Request) -> MappingProxyType[str, str]:
    return MappingProxyType({"minutes": str(_minutes(request)), "one_time": "yes"})


KIND: Final = Kind(
    name="tap",
    permissions=("Policy.Read.AuthenticationMethod", "UserAuthMethod-TAP.ReadWrite.All"),
    policy=Policy(step_up="c1", approvals=1),
    form=form,
    object_to=object_to,
    carry_out=carry_out,
    look=look,
    undo=undo,
)
