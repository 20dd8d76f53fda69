"""Readiness: what must work before a process takes work, and what an admin should know besides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Final

import structlog

from bot.config.cloud import Cloud
from bot.core.directory import ApproversGroup
from bot.core.errors import Missing, Rejected
from bot.core.facts import Moment
from bot.core.kind import Kind, Kinds, Need, Tools
from bot.core.policy import Policy
from bot.core.ports import Clock
from bot.process.connections import Outside
from bot.web.health import Check

ENOUGH: Final = 2  # people who could approve
RARELY: Final = timedelta(minutes=10)
SIGN: Final = 'set approver_step_up (such as "c1")'

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Questions:
    """What is asked again and again; what costs something to ask is asked rarely."""

    cloud: Cloud
    outside: Outside
    in_force: Mapping[str, Policy]
    clock: Clock
    tenant: str
    where: Mapping[str, str]  # channels by what they are for
    probed_at: dict[str, datetime] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)

    async def database(self) -> str:
        await self.outside.store.ping()
        return "" if await self.outside.store.migrated() else "the schema is not up to date"

    async def teams_keys(self) -> str:
        await self.outside.bot_keys.load()
        return ""

    async def app_token(self) -> str:
        await self.outside.tokens.get(self.cloud.graph_scope)
        await self.outside.tokens.get(self.cloud.bot_scope)
        return ""

    async def step_up(self) -> str:
        wanted = {context for policy in self.in_force.values() for context in _contexts(policy)}
        lacking = await self.outside.directory.unguarded(frozenset(wanted)) if wanted else {}
        return "; ".join(f"{context}: {why}" for context, why in sorted(lacking.items()))

    async def approvers(self) -> str:
        asked = {policy.approvers_group for policy in self.in_force.values() if policy.offered} - {""}
        told = [f"{group}: {'; '.join(wrong)}" for group in sorted(asked) if (wrong := await self._wrong(group))]
        return " | ".join(told)

    async def channels(self) -> str:
        """Say which channel takes nothing of ours; asked rarely, and again soon where one does not."""
        if self.lost or self._due("channels"):
            self.lost = [told for name, channel in self.where.items() if (told := await self._lost(name, channel))]
        return "; ".join(self.lost)

    async def _lost(self, name: str, channel: str) -> str:
        try:
            await self.outside.siren.channel_there(self.tenant, channel)
        except (Missing, Rejected) as error:
            return f"{name}: {error}"
        return ""

    def _due(self, what: str) -> bool:
        """Say whether what is asked rarely is asked now, and remember that it was."""
        now, last = self.clock.now(), self.probed_at.get(what)
        if last is not None and now - last < RARELY:
            return False
        self.probed_at[what] = now
        return True

    async def clicks(self) -> str:
        return clicked(self.in_force)

    async def _wrong(self, group: str) -> list[str]:
        try:
            found = await self.outside.directory.approvers_group(group)
        except Missing:
            return ["there is no such group (name another)"]
        guests = all(p.guest_approvers for p in self.in_force.values() if p.approvers_group == group)
        return list(doubts(found, guests_count=guests))

    async def lacking(self, kind: Kind, need: Need) -> str:
        """Say what the tenant lacks for a kind; a reason nobody has words for is told as it is."""
        policy = self.in_force.get(kind.name)
        if policy is None or not policy.offered:
            return ""
        tools = Tools(self.outside.directory, self.outside.verifier, self.clock, policy, "", Moment.HOME)
        reason = await (need.probe if self._due(kind.name) else kind.missing)(tools)
        return f"{reason} ({need.fixes[reason]})" if reason in need.fixes else reason


def checks(
    cloud: Cloud,
    outside: Outside,
    kinds: Kinds,
    in_force: Mapping[str, Policy],
    clock: Clock,
    *,
    tenant: str = "",
    channels: Mapping[str, str] = MappingProxyType({}),
) -> Mapping[str, Check]:
    """List what must work before this process takes work, and what is told besides."""
    ask = _Questions(cloud, outside, in_force, clock, tenant, channels)
    found = "put the app into that team, or set the channel's id anew: until then nobody there hears anything"
    needs = [(kind, kind.need) for kind in kinds.values() if kind.need is not None]
    guard = "give the context a Conditional Access policy for all who may ask: MFA, sign-in frequency every time"
    return {
        "database": Check(ask.database, "look at VOUCHSAFE_DATABASE_URL, run `vouchsafe migrate`"),
        "teams_keys": Check(ask.teams_keys, f"the process must reach {cloud.bot_openid}"),
        "app_token": Check(ask.app_token, "look at VOUCHSAFE_APP_ID, VOUCHSAFE_APP_SECRET and VOUCHSAFE_TENANT_ID"),
        "step_up": Check(ask.step_up, guard, warning=True),
        "channels": Check(ask.channels, found, warning=True),  # locking goes on without them, so this process does too
        "approvers": Check(ask.approvers, "a yes is worth what this group is", warning=True),
        "approver_sign_in": Check(ask.clicks, SIGN, warning=True),
        **{need.name: Check(partial(ask.lacking, kind, need), need.fix, warning=True) for kind, need in needs},
    }


def clicked(in_force: Mapping[str, Policy]) -> str:
    """Name the kinds for which whoever sits at an approver's screen approves; the trail marks each such yes."""
    named = sorted(kind for kind, policy in in_force.items() if policy.clicked)
    return f"{', '.join(named)}: a yes counts without a sign-in, from whoever has an approver's Teams" if named else ""


def warn(in_force: Mapping[str, Policy]) -> None:
    """Say at the start what policies allow that is better not allowed."""
    if told := clicked(in_force):
        log.warning("approver_step_up_off", told=told, fix=SIGN)


def doubts(group: ApproversGroup, *, guests_count: bool) -> Iterator[str]:
    """Say how somebody could get into a group of approvers who should not, or why it is not enough, with the fix."""
    if group.public:
        yield "anybody may join it (make it private, or use a security group)"
    if group.dynamic:
        yield "a rule decides who is in it, and whoever may change what it reads (use assigned members)"
    if group.owners - group.members:
        yield "owners who do not approve could put anybody into it (remove them, or let only approvers own it)"
    if group.guests and not guests_count:
        yield "there are guests in it, whose yes does not count (remove them)"
    if group.usable < ENOUGH:
        yield f"{group.usable} of its members could approve (have two at least: nobody approves their own request)"
    if group.unnamed:
        yield (
            f"of {group.unnamed} members the directory does not say whose accounts they are, so that two of one person "
            "would count as two (fill in VOUCHSAFE_PERSON_ATTRIBUTE)"
        )


def _contexts(policy: Policy) -> frozenset[str]:
    """Return every authentication context a policy may demand, whoever asks."""
    if not policy.offered:
        return frozenset()
    held = [policy, *(policy.under((name,)) for name in policy.variants)]
    return frozenset(c for p in held for c in (p.step_up, p.approver_step_up) if c)
