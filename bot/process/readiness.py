"""Readiness: what must work before a process takes work, and what an admin should know besides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Final

import structlog

from bot.config.cloud import Cloud
from bot.core.errors import Missing, Rejected
from bot.core.facts import Moment
from bot.core.kind import Kind, Kinds, Need, Tools
from bot.core.policy import Policy
from bot.core.ports import Clock
from bot.graph.hidden import FIX
from bot.graph.permissions import BASE
from bot.process.approvers import demanded, doubts
from bot.process.connections import Outside
from bot.web.health import Check

RARELY: Final = timedelta(minutes=10)
SOON: Final = timedelta(minutes=1)
EVERYTHING: Final = "everything"
READ: Final = "grant it to the app and consent as an administrator, if the desk is to know"
LOG: Final = "AuditLog.Read.All"
UNREAD: Final = (
    "an account with a new sign-in method or another name is asked for no more than any other, and no manager can vouch"
)
GRANT: Final = "grant it to the app and consent as an administrator; what needs it is refused until then"
SIGN: Final = 'set approver_step_up (such as "c1")'

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Questions:
    """What is asked again and again; what costs something to ask is asked rarely."""

    cloud: Cloud
    outside: Outside
    kinds: Kinds
    in_force: Mapping[str, Policy]
    clock: Clock
    tenant: str
    where: Mapping[str, str]  # channels by what they are for
    contexts: frozenset[str]  # of sign-ins that are for no request
    probed_at: dict[str, datetime] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    ungranted: str = ""
    hidden: tuple[str, ...] = ()
    spared: str = ""
    unread: str = ""

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
        wanted = self.contexts.union(*(_contexts(policy) for policy in self.in_force.values()))
        lacking = await self.outside.directory.unguarded(wanted) if wanted else {}
        return "; ".join(f"{context}: {why}" for context, why in sorted(lacking.items()))

    async def permissions(self) -> str:
        """Name each permission or licence that is lacking, and what stops by it; asked rarely, sooner if one is."""
        if self._due("permissions", SOON if self.ungranted else RARELY):
            needed = dict.fromkeys(BASE, (EVERYTHING,))
            for kind in self.kinds.values():
                policy = self.in_force.get(kind.name)
                if policy is not None and policy.offered:
                    needed |= {name: (*needed.get(name, ()), kind.name) for name in kind.permissions}
            found = await self.outside.directory.lacking(needed)
            self.ungranted = "; ".join(f"{name} ({_stops(needed[name])}): {why}" for name, why in found.items())
        return self.ungranted

    async def account_changes(self) -> str:
        """Say why it is not known what changed lately of an account, and what that comes to; asked rarely."""
        if self._due("account_changes", SOON if self.unread else RARELY):
            self.unread = (await self.outside.directory.lacking([LOG])).get(LOG, "")
        return f"{LOG} {self.unread}: {UNREAD}" if self.unread else ""

    async def hidden_groups(self) -> str:
        """Name the groups whose members nothing but locking is done for, because Graph does not show what they are."""
        if self._due("hidden_groups", SOON):
            self.hidden = await self.outside.directory.hidden_groups()
        who = "whoever is in one or owns it gets nothing, as it is not known whether roles may be given to it"
        return f"{', '.join(self.hidden)}: {who}" if self.hidden else ""

    async def approvers(self) -> str:
        return await self._of_groups(self._wrong)

    async def approver_contexts(self) -> str:
        """Say where approvers are spared the sign-in that makes their yes count; asked rarely, sooner if some are."""
        if self._due("approver_contexts", SOON if self.spared else RARELY):
            try:
                self.spared = await self._of_groups(self._spared)
            except BaseException:
                del self.probed_at["approver_contexts"]  # what was not answered is asked again at once
                raise
        return self.spared

    async def channels(self) -> str:
        """Say which channel takes nothing of ours; asked rarely, and again soon where one does not."""
        if self.lost or self._due("channels"):
            self.lost = [told for name, channel in self.where.items() if (told := await self._lost(name, channel))]
        return "; ".join(self.lost)

    async def _lost(self, name: str, channel: str) -> str:
        try:
            others = await self.outside.siren.channel_there(self.tenant, channel) - {self.tenant.lower()}
        except (Missing, Rejected) as error:
            return f"{name}: {error}"
        return f"{name}: people of another tenant are in it, as in a shared channel" if others else ""

    def _due(self, what: str, every: timedelta = RARELY) -> bool:
        """Say whether what is asked rarely is asked now, and remember that it was."""
        now, last = self.clock.now(), self.probed_at.get(what)
        if last is not None and now - last < every:
            return False
        self.probed_at[what] = now
        return True

    async def clicks(self) -> str:
        return clicked(self.in_force)

    async def _of_groups(self, ask: Callable[[str], Awaitable[list[str]]]) -> str:
        """Ask of each group of approvers that decides anything, and name those of which something is to be said."""
        asked = {policy.approvers_group for policy in self.in_force.values() if policy.offered} - {""}
        told = [f"{group}: {'; '.join(wrong)}" for group in sorted(asked) if (wrong := await ask(group))]
        return " | ".join(told)

    async def _wrong(self, group: str) -> list[str]:
        try:
            found = await self.outside.directory.approvers_group(group)
        except Missing:
            return ["there is no such group (name another)"]
        guests = all(p.guest_approvers for p in self.in_force.values() if p.approvers_group == group)
        return list(doubts(found, guests_count=guests))

    async def _spared(self, group: str) -> list[str]:
        try:
            usable = (await self.outside.directory.approvers_group(group)).usable
        except Missing:
            return []
        contexts = sorted(frozenset[str]().union(*(demanded(p) for p in self._policies_of(group))))
        return [
            f"{context} does not count for {count} of {len(usable)} who could approve: {why}"
            for context in contexts
            for why, count in sorted((await self.outside.directory.spared(usable, context)).items())
        ]

    def _policies_of(self, group: str) -> list[Policy]:
        return [policy for policy in self.in_force.values() if policy.offered and policy.approvers_group == group]

    async def lacking(self, kind: Kind, need: Need) -> str:
        """Say what the tenant lacks for a kind; a reason nobody has words for is told as it is."""
        policy = self.in_force.get(kind.name)
        if policy is None or not policy.offered:
            return ""
        tools = Tools(self.outside.directory, self.outside.verifier, self.clock, policy, "", Moment.HOME)
        reason = await (need.probe if self._due(kind.name) else kind.missing)(tools)
        said = f"{reason} ({need.fixes[reason]})" if reason in need.fixes else reason
        demanding = sorted(name for name, p in self.in_force.items() if p.offered and p.faces) if kind.proves else []
        return f"{said}; nobody gets {', '.join(demanding)}, which demand a face" if said and demanding else said


def checks(
    cloud: Cloud,
    outside: Outside,
    kinds: Kinds,
    in_force: Mapping[str, Policy],
    clock: Clock,
    *,
    tenant: str = "",
    channels: Mapping[str, str] = MappingProxyType({}),
    contexts: frozenset[str] = frozenset(),
) -> Mapping[str, Check]:
    """List what must work before this process takes work, and what is told besides."""
    ask = _Questions(cloud, outside, kinds, in_force, clock, tenant, channels, contexts)
    found = (
        "put the app into that team, or set the channel's id anew: until then nobody there hears anything; a private "
        "or a shared channel does not take this app, so use a standard one"
    )
    needs = [(kind, kind.need) for kind in kinds.values() if kind.need is not None]
    guard = (
        "give the context a Conditional Access policy for all who sign in with it: MFA, sign-in frequency every time"
    )
    return {
        "database": Check(ask.database, "look at VOUCHSAFE_DATABASE_URL, run `vouchsafe migrate`"),
        "teams_keys": Check(ask.teams_keys, f"the process must reach {cloud.bot_openid}"),
        "app_token": Check(ask.app_token, "look at VOUCHSAFE_APP_ID, VOUCHSAFE_APP_SECRET and VOUCHSAFE_TENANT_ID"),
        "permissions": Check(ask.permissions, GRANT, warning=True),
        "account_changes": Check(ask.account_changes, READ, warning=True),
        "hidden_groups": Check(ask.hidden_groups, FIX, warning=True),
        "step_up": Check(ask.step_up, guard, warning=True),
        "channels": Check(ask.channels, found, warning=True),  # locking goes on without them, so this process does too
        "approvers": Check(ask.approvers, "a yes is worth what this group is", warning=True),
        "approver_contexts": Check(ask.approver_contexts, "until then their yes is not taken", warning=True),
        "approver_sign_in": Check(ask.clicks, SIGN, warning=True),
        **{need.name: Check(partial(ask.lacking, kind, need), need.fix, warning=True) for kind, need in needs},
    }


def _stops(kinds: tuple[str, ...]) -> str:
    return EVERYTHING if EVERYTHING in kinds else ", ".join(kinds)


def clicked(in_force: Mapping[str, Policy]) -> str:
    """Name the kinds for which whoever sits at an approver's screen approves; the trail marks each such yes."""
    named = sorted(kind for kind, policy in in_force.items() if policy.clicked)
    return f"{', '.join(named)}: a yes counts without a sign-in, from whoever has an approver's Teams" if named else ""


def warn(in_force: Mapping[str, Policy]) -> None:
    """Say at the start what policies allow that is better not allowed."""
    if told := clicked(in_force):
        log.warning("approver_step_up_off", told=told, fix=SIGN)


def _contexts(policy: Policy) -> frozenset[str]:
    """Return every authentication context a policy may demand, whoever asks."""
    if not policy.offered:
        return frozenset()
    held = [policy, *(policy.under((name,)) for name in policy.variants)]
    return frozenset(c for p in held for c in (p.step_up, p.approver_step_up) if c)
