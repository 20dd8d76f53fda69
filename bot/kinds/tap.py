"""Temporary Access Pass: a code to sign in with once and set up a method; it never replaces one that still works."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bot.core.each import each
from bot.core.errors import DeskError, Rejected, Unfit, giving
from bot.core.facts import Moment
from bot.core.forms import Choice, Field, Sheet, reason
from bot.core.kind import Kind, Tools
from bot.core.methods import OFFICE, ON_A_PHONE, RESISTANT, STRONG, Method, means
from bot.core.model import Finding, Means, Outcome, Person, Progress, Receipt, Refusal, Request, Status, Way
from bot.core.options import OPENED, TELL_MANAGER
from bot.core.passes import IssuedPass, Pass, PassPolicy
from bot.core.policy import Policy
from bot.core.reasons import Reason
from bot.core.skew import CLOCK_SKEW

LOST: Final = "lost_phone"
WHY: Final = ("new_phone", LOST, "new_device", "forgot_key", "other")
LIFETIMES: Final = (10, 30, 60, 120, 240, 480)  # minutes, where the tenant's policy allows them
LOOKING: Final = 2.0  # seconds for what is good to know, not needed: without it the request goes on
USED, REGISTERED, EQUIPPED = "used", "registered", "equipped"  # the last: with a strong method that phishing gets past
SPENT_ONCE: Final = "onetimeused"
EVERY: Final = timedelta(minutes=1)  # between two looks whether it was used, while it works
UNHURRIED: Final = timedelta(minutes=5)  # between two looks whether there is a new method
BESIDE: Final = 0.5  # seconds for what is noted beside a pass that is made
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


LIFETIME: Final = "lifetime"  # the directory's word for a lifetime the tenant does not allow
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
        Field("ticket", pattern=tools.ticket_pattern, example=tools.ticket_example, longest=40),
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
    objection, has = await asyncio.gather(_objection(request, tools), _means(request, tools))
    return Finding(objection, means=has)


async def _means(request: Request, tools: Tools) -> tuple[Means, ...] | None:
    """Say what they could sign in with, as they ask: whoever has lost all of it is told the way before they try."""
    if tools.moment is not Moment.ASK:
        return None
    try:
        async with asyncio.timeout(LOOKING):
            held = await tools.directory.methods(request.subject.id)
    except (DeskError, TimeoutError):
        return None
    lost = request.details.get("reason") == LOST
    return means(held, lambda one: lost and one.kind in ON_A_PHONE and one.detail != OFFICE)


async def _objection(request: Request, tools: Tools) -> Refusal | None:
    person = request.subject.id
    policy, passes = await asyncio.gather(tools.directory.pass_policy(), tools.directory.passes(person))
    groups = await tools.directory.groups(person, policy.groups) if policy.groups else frozenset[str]()
    live = next((p for p in passes if p.live and not _unseen(p, request)), None)
    if not policy.enabled:
        return Refusal(TapReason.OFF_IN_TENANT)
    if not policy.covers(groups):
        return Refusal(TapReason.OUT_OF_POLICY)
    if request.details and not _fits(policy, request, tools.moment):
        return _refusal(TapReason.LIFETIME, minimum=str(policy.minimum), maximum=str(policy.maximum))
    return _refusal(TapReason.LIVE_PASS, until=live.expires_at.isoformat()) if live else None


async def carry_out(request: Request, tools: Tools) -> Outcome:
    """Make the pass, for one sign-in only whatever the tenant allows; `Rejected.code` is a reason to tell.

    Where the tenant's policy has changed since it was asked for, one that works for less long is made: what was refused
    was not done. Beside it, what has no date among the person's methods is noted, to tell a new one by.
    """
    undated = asyncio.create_task(_undated(request, tools))
    try:
        issued = await _made(request, tools)
        told, _ = await asyncio.wait({undated}, timeout=BESIDE)
        known = undated.result() if told and undated.exception() is None else {}
        return Outcome(_receipt(issued.found, known), issued.secret)
    finally:
        undated.cancel()


async def _made(request: Request, tools: Tools) -> IssuedPass:
    minutes = _minutes(request)
    with giving(REFUSED):
        try:
            return await _issued(request, tools, minutes)
        except Rejected as error:
            shorter = (await tools.directory.pass_policy()).nearest(minutes) if error.code == LIFETIME else minutes
            if shorter == minutes:
                raise
            if not shorter:
                raise Unfit("issue_pass: the policy wants a longer one", code=Reason.CHANGED) from error
            return await _issued(request, tools, shorter)


async def _issued(request: Request, tools: Tools, minutes: int) -> IssuedPass:
    return await tools.directory.issue_pass(request.subject.id, timedelta(minutes=minutes), one_time=True)


async def _undated(request: Request, tools: Tools) -> Mapping[str, str]:
    """Note the ids of strong methods that have no date; nothing, where they cannot be had: the pass is made anyway."""
    try:
        held = await tools.directory.methods(request.subject.id)
    except DeskError:
        return {}
    return {"undated": " ".join(sorted(one.id for one in held if one.kind in STRONG and one.created_at is None))}


async def look(request: Request, tools: Tools) -> Receipt | None:
    """Find the live pass, if any: there was none when the act was claimed, so one younger than the request is ours."""
    passes = await tools.directory.passes(request.subject.id)
    ours = [p for p in passes if p.live and p.created_at >= request.created_at - CLOCK_SKEW]
    return _receipt(max(ours, key=lambda p: p.created_at)) if ours else None


async def watch(request: Request, tools: Tools) -> Progress | None:
    """See whether the pass was used, and then whether there is a new strong method: that is what it was for."""
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
    methods = await tools.directory.methods(request.subject.id)
    new = [one for one in methods if one.kind in STRONG and _since(one, request, made)]
    if not new:
        return None
    stage = REGISTERED if any(one.kind in RESISTANT for one in new) else EQUIPPED
    return Progress(stage, over=True, receipt=replace(made, expires_at=None))


def _since(method: Method, request: Request, made: Receipt) -> bool:
    """Say whether somebody has a method since they asked for the pass.

    Entra gives an authenticator app no date unless it signs in without a password:
    https://learn.microsoft.com/graph/api/resources/microsoftauthenticatorauthenticationmethod
    """
    if method.created_at is not None:
        return method.created_at >= request.created_at - CLOCK_SKEW
    known = made.params.get("undated")
    return known is not None and method.id not in known.split()


async def undo(request: Request, tools: Tools) -> None:
    """Delete what the receipt names; where an answer is or was lost, also what a look finds."""

    async def known() -> None:
        if request.receipt is not None:
            await tools.directory.delete_pass(request.subject.id, request.receipt.object_id)

    async def unknown() -> None:
        found = await look(request, tools) if request.receipt is None or request.attempts > 1 else None
        if found is not None and found.object_id != (request.receipt and request.receipt.object_id):
            await tools.directory.delete_pass(request.subject.id, found.object_id)

    await each(known, unknown)


def _unseen(found: Pass, request: Request) -> bool:
    """Only a pass nobody ever saw may be replaced: the one a lost answer left behind."""
    left_behind = request.receipt.object_id if request.receipt and request.status is Status.UNKNOWN else ""
    return found.id == left_behind


def _minutes(request: Request) -> int:
    """The lifetime asked for; what is no number is no lifetime either, and outside every policy."""
    text = request.details.get("minutes", "")
    return int(text) if text.isascii() and text.isdecimal() else 0


def _fits(policy: PassPolicy, request: Request, moment: Moment) -> bool:
    """Say whether the tenant allows the lifetime; once it was asked for, less than that will do."""
    minutes = _minutes(request)
    return policy.allows(minutes) if moment in {Moment.HOME, Moment.ASK} else policy.nearest(minutes) > 0


def _receipt(found: Pass, undated: Mapping[str, str] = MappingProxyType({})) -> Receipt:
    minutes = int((found.expires_at - found.created_at).total_seconds() // 60)
    params = MappingProxyType({"minutes": str(minutes), "one_time": "yes", **undated})
    return Receipt(found.id, found.expires_at, params, watch=EVERY)


def _refusal(reason: TapReason, **params: str) -> Refusal:
    return Refusal(reason, MappingProxyType(params))


KIND: Final = Kind(
    name="tap",
    icon="Key",
    reasons=frozenset({"reason", "text", "ticket"}),
    permissions=(
        "Policy.Read.AuthenticationMethod",
        "UserAuthMethod-TAP.ReadWrite.All",
        "UserAuthenticationMethod.Read.All",
    ),
    policy=Policy(step_up="c1", approvals=1, options={**OPENED, TELL_MANAGER: False}),
    way=lambda _: Way.SHOW,
    sheet=sheet,
    heard=heard,
    examine=examine,
    carry_out=carry_out,
    look=look,
    watch=watch,
    undo=undo,
    gives_access=True,
    noticed=True,
)
