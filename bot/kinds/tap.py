"""Temporary Access Pass: a code to sign in with once and set up a passkey; it never replaces one that still works."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bot.core.errors import giving
from bot.core.forms import reason
from bot.core.kind import Kind, Tools
from bot.core.model import (
    Choice,
    Field,
    Finding,
    Outcome,
    Person,
    Progress,
    Receipt,
    Refusal,
    Request,
    Sheet,
    Status,
    Way,
)
from bot.core.passes import Pass
from bot.core.policy import Policy
from bot.core.reasons import Reason
from bot.core.skew import CLOCK_SKEW

WHY: Final = ("new_phone", "lost_phone", "new_device", "forgot_key", "other")
LIFETIMES: Final = (10, 30, 60, 120, 240, 480)  # minutes, where the tenant's policy allows them
USED, REGISTERED = "used", "registered"
SPENT_ONCE: Final = "onetimeused"
EVERY: Final = timedelta(minutes=1)  # between two looks whether it was used, while it works
UNHURRIED: Final = timedelta(minutes=5)  # between two looks whether there is a passkey
NUDGED: Final = timedelta(hours=24)  # how long the desk waits for that

# What a reason may hold besides: "my phone drowned, ticket INC-77, for 2 hours".
_MINUTES: Final = re.compile(r"\b(?:(?:for|für)\s+)?(\d{1,4})\s*(?:minutes?|minuten|mins?)\b\.?", re.IGNORECASE)
_HOURS: Final = re.compile(r"\b(?:(?:for|für)\s+)?(\d{1,2})\s*(?:hours?|stunden?|std|h)\b\.?", re.IGNORECASE)
_TICKET: Final = re.compile(
    r"\b(?:ticket|incident|case|vorgang|vorfall)(?:nummer|number|nr|no)?[\s.:#]*([A-Za-z]{0,8}-?\d{1,10})\b",
    re.IGNORECASE,
)


class TapReason(StrEnum):
    """Why there is no pass for this person now."""

    OFF_IN_TENANT = "tap.off_in_tenant"
    OUT_OF_POLICY = "tap.out_of_policy"
    LIFETIME = "tap.lifetime"
    LIVE_PASS = "tap.live_pass"  # noqa: S105 - a reason, not a password
    UNUSABLE = "tap.unusable"


# What the directory says no with, as reasons a person is told.
REFUSED: Final = {"out_of_policy": TapReason.OUT_OF_POLICY, "guest": Reason.GUEST, "unusable": TapReason.UNUSABLE}


async def sheet(_asker: Person, tools: Tools) -> Sheet:
    policy = await tools.directory.pass_policy()
    lifetimes = policy.lifetimes(LIFETIMES)
    default = policy.default if policy.default in lifetimes else lifetimes[0]
    hours = tuple(Choice(str(m), f"{m // 60} h" if m % 60 == 0 else f"{m} min") for m in lifetimes)
    fields = (
        Field("reason", required=True, choices=tuple(Choice(why, f"tap.reason.{why}") for why in WHY)),
        Field("text", required_if=("reason", "other"), longest=300, multiline=True),
        Field("ticket", pattern=tools.ticket_pattern, longest=40),
        Field("minutes", required=True, choices=hours, default=str(default)),
    )
    return Sheet(fields)


def heard(said: str) -> Mapping[str, str]:
    """Take ticket and lifetime out of a reason; the rest of it stays one."""
    values = {}
    if found := _TICKET.search(said):
        values["ticket"] = found[1].upper()
        said = said.replace(found[0], " ", 1)
    if found := _MINUTES.search(said) or _HOURS.search(said):
        values["minutes"] = str(int(found[1]) * (1 if found.re is _MINUTES else 60))
        said = said.replace(found[0], " ", 1)
    return {**values, **reason(said)}


async def examine(request: Request, tools: Tools) -> Finding:
    return Finding(await _objection(request, tools))


async def _objection(request: Request, tools: Tools) -> Refusal | None:
    person = request.subject.id
    policy, passes = await asyncio.gather(tools.directory.pass_policy(), tools.directory.passes(person))
    groups = await tools.directory.groups(person, policy.groups) if policy.groups else frozenset[str]()
    live = next((p for p in passes if p.live and not _unseen(p, request)), None)
    if not policy.enabled:
        return Refusal(TapReason.OFF_IN_TENANT)
    if not policy.covers(groups):
        return Refusal(TapReason.OUT_OF_POLICY)
    if request.details and not policy.allows(_minutes(request)):
        return _refusal(TapReason.LIFETIME, minimum=str(policy.minimum), maximum=str(policy.maximum))
    return _refusal(TapReason.LIVE_PASS, until=live.expires_at.isoformat()) if live else None


async def carry_out(request: Request, tools: Tools) -> Outcome:
    """Make the pass, for one sign-in only whatever the tenant allows; `Rejected.code` is a reason to tell."""
    lifetime = timedelta(minutes=_minutes(request))
    with giving(REFUSED):
        issued = await tools.directory.issue_pass(request.subject.id, lifetime, one_time=True)
    return Outcome(_receipt(issued.found, request), issued.secret)


async def look(request: Request, tools: Tools) -> Receipt | None:
    """Find the live pass, if any: there was none when the act was claimed, so one younger than the request is ours."""
    passes = await tools.directory.passes(request.subject.id)
    ours = [p for p in passes if p.live and p.created_at >= request.created_at - CLOCK_SKEW]
    return _receipt(max(ours, key=lambda p: p.created_at), request) if ours else None


async def watch(request: Request, tools: Tools) -> Progress | None:
    """See whether the pass was used, and then whether there is a passkey: that is what it was for."""
    made = request.receipt
    if made is None:
        return None
    if request.stage != USED:
        passes = await tools.directory.passes(request.subject.id)
        if not any(p.id == made.object_id and p.usability.lower() == SPENT_ONCE for p in passes):
            return None
        now = tools.clock.now()
        known = MappingProxyType({**made.params, "used": now.isoformat(), "spent": "yes"})
        return Progress(USED, receipt=replace(made, expires_at=now + NUDGED, params=known, watch=UNHURRIED))
    passkeys = await tools.directory.passkeys(request.subject.id)
    new = [p for p in passkeys if p.created_at is not None and p.created_at >= request.created_at - CLOCK_SKEW]
    return Progress(REGISTERED, over=True, receipt=replace(made, expires_at=None)) if new else None


async def undo(request: Request, tools: Tools) -> None:
    """Delete what the receipt names; where an answer is or was lost, also what a look finds."""
    made = {request.receipt.object_id} if request.receipt else set()
    if request.receipt is None or request.attempts > 1:
        found = await look(request, tools)
        made |= {found.object_id} if found else set()
    for pass_id in made:
        await tools.directory.delete_pass(request.subject.id, pass_id)


def _unseen(found: Pass, request: Request) -> bool:
    """Only a pass nobody ever saw may be replaced: the one a lost answer left behind."""
    left_behind = request.receipt.object_id if request.receipt and request.status is Status.UNKNOWN else ""
    return found.id == left_behind


def _minutes(request: Request) -> int:
    """The lifetime asked for; what is no number is no lifetime either, and outside every policy."""
    text = request.details.get("minutes", "")
    return int(text) if text.isascii() and text.isdecimal() else 0


def _receipt(found: Pass, request: Request) -> Receipt:
    params = MappingProxyType({"minutes": str(_minutes(request)), "one_time": "yes"})
    return Receipt(found.id, found.expires_at, params, watch=EVERY)


def _refusal(reason: TapReason, **params: str) -> Refusal:
    return Refusal(reason, MappingProxyType(params))


KIND: Final = Kind(
    name="tap",
    permissions=(
        "Policy.Read.AuthenticationMethod",
        "UserAuthMethod-TAP.ReadWrite.All",
        "UserAuthMethod-Passkey.Read.All",
    ),
    policy=Policy(step_up="c1", approvals=1),
    way=lambda _: Way.SHOW,
    sheet=sheet,
    heard=heard,
    examine=examine,
    carry_out=carry_out,
    look=look,
    watch=watch,
    undo=undo,
)
