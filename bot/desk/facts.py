"""Facts about a person, gathered fresh for each decision; what cannot be found out in time stays unknown."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeVar

import structlog

from bot.core.alterations import TAKEN_OVER
from bot.core.brakes import stricter
from bot.core.decide import ABOUT
from bot.core.directory import Directory
from bot.core.errors import NotGranted
from bot.core.facts import ApproverFacts, Facts, Moment
from bot.core.kind import Kind, Kinds, Tools
from bot.core.lately import USUAL_LIMITS, Limits
from bot.core.model import EvidenceType, Finding, Mode, Refusal, Request, Secret
from bot.core.policy import CHANGED, Policy
from bot.core.ports import Clock, Store
from bot.core.reasons import Reason
from bot.core.verifier import Verifier
from bot.desk.account import AccountInquiry, Who, says
from bot.desk.agents import Agents
from bot.desk.handed import Handed
from bot.desk.noes import Noes
from bot.desk.past import LATELY, Past, Pasts, giving
from bot.desk.settled import voucher_left

T = TypeVar("T")
MANY: Final = 20
AT_ONCE: Final = 15.0  # seconds from a decision to the cards that follow it

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Gathers facts; everything asked of Entra at the same time, each thing on its own."""

    directory: Directory
    verifier: Verifier
    store: Store
    kinds: Kinds
    policies: Mapping[str, Policy]
    clock: Clock
    ticket_pattern: str
    ticket_example: str = ""
    agents: str = ""  # the group of those who open requests for others
    limits: Limits = USUAL_LIMITS
    handed: Handed[Facts | None] = field(default_factory=lambda: Handed(AT_ONCE))

    @property
    def _pasts(self) -> Pasts:
        return Pasts(self.store, self.kinds, self.clock, self.limits)

    @property
    def accounts(self) -> AccountInquiry:
        return AccountInquiry(self.directory, self.policies)

    @property
    def giving(self) -> tuple[str, ...]:
        return giving(self.kinds)

    def policy(self, request: Request) -> Policy:
        """Return the policy of a request under the terms it was last decided by."""
        return self.policies[request.kind].under(request.terms)

    def tools(
        self, kind: str, *, terms: Iterable[str] = (), moment: Moment = Moment.ACT, entered: Secret | None = None
    ) -> Tools:
        policy = self.policies[kind].under(terms)
        ticket = (self.ticket_pattern, moment, entered, self.ticket_example)
        return Tools(self.directory, self.verifier, self.clock, policy, *ticket)

    def once(self, moment: Moment) -> Inquiry:
        """Return one for a single decision: whatever in it asks the same of the directory hears the same answer."""
        return replace(self, directory=self.directory.once(act=moment is Moment.ACT))

    async def about(self, request: Request, moment: Moment) -> Facts:
        """Gather everything `decide` needs to know about the subject of `request` just now."""
        one = self.once(moment)
        async with asyncio.TaskGroup() as group:
            who = group.create_task(
                one.accounts.who(request.subject.id, self._asked_about(request.kind), shown=moment is not Moment.ACT)
            )
            past = group.create_task(Noes().known(self._pasts.of(request), "past"))
            own = group.create_task(one.own(request, moment, who, past))
        known = None not in (who.result().account, who.result().standing)
        self.handed.put(request.id, own.result() if known else None)
        return own.result()

    async def at_home(self, drafts: Sequence[Request]) -> Sequence[Facts]:
        """Gather what is needed to say what somebody may ask for: what is the same for every kind is asked once."""
        one = self.once(Moment.HOME)
        wanted = frozenset[str]().union(*(self._asked_about(draft.kind) for draft in drafts))
        async with asyncio.TaskGroup() as group:
            who = group.create_task(one.accounts.who(drafts[0].subject.id, wanted, shown=False))
            past = group.create_task(Noes().known(self._pasts.of(drafts[0]), "past"))
            own = [group.create_task(one.own(draft, Moment.HOME, who, past)) for draft in drafts]
        return [facts.result() for facts in own]

    async def about_account(self, request: Request) -> Facts:
        """Say what Entra says about a request's subject, for those who are asked to approve.

        What was found out for a decision about it serves the cards that follow that decision, and no others.
        """
        return self.handed.take(request.id) or await self.once(Moment.WAY).accounts.told(request.subject.id)

    async def about_approver(
        self, approver: str, request: Request, besides: frozenset[str] = frozenset()
    ) -> ApproverFacts:
        """Gather what decides whether the yes of a person counts for `request` just now.

        They must be another human than those it is by and about, and than these `besides`.
        """
        return await self.once(Moment.WAY).accounts.approver(approver, request, besides)

    async def lately(self, request: Request) -> Sequence[Request]:
        """Return what else there was about the subject in the last days: what happened last comes first."""
        async with self.store.unit() as unit:
            found = await unit.history(request.tenant, request.subject.id, self.clock.now() - LATELY, MANY)
        return [one for one in found if one.id != request.id]

    @property
    def prover(self) -> Kind | None:
        """The kind by which somebody proves who they are, as far as there is one."""
        return next((kind for kind in self.kinds.values() if kind.proves), None)

    def _asked_about(self, kind: str) -> frozenset[str]:
        """Return the groups whose membership decides about a kind: for its own policy, and for a face it may demand.

        Any may while the threat level is raised, and all that is asked of somebody's groups goes in one question.
        """
        policy, prover = self.policies[kind], self.prover
        harmless = self.kinds[kind].harmless and not policy.faces
        faces = self.policies[prover.name].groups if prover is not None and not harmless else frozenset()
        return policy.groups | faces

    async def _face_check(
        self, kind: str, groups: frozenset[str] | None, past: Past | None, *, changed: bool
    ) -> bool | None:
        """Say whether somebody in these groups can prove in earnest who they are, where it may be demanded for a kind.

        By its policy, that is, or because of what makes the desk stricter for a while.
        """
        prover, asked = self.prover, self.policies[kind].faces or self._stricter(kind, past, changed=changed)
        if prover is None or not asked:
            return False
        if groups is None:
            return None
        policy = self.policies[prover.name]
        policy = policy.under(policy.terms(groups, ""))
        if policy.mode is not Mode.ENFORCE or not groups & policy.allowed_groups:
            return False
        missing = await Noes().known(self._missing(prover), "face_check")
        return None if missing is None else not missing

    def _stricter(self, kind: str, past: Past | None, *, changed: bool) -> bool:
        its, now = self.kinds[kind], self.clock.now()
        if past is None or its.harmless:
            return False
        return bool(stricter(past.threat, past.lately, now, gives_access=its.gives_access, changed=changed))

    async def _missing(self, kind: Kind) -> str:
        return await kind.missing(self.tools(kind.name, moment=Moment.HOME))

    async def own(
        self, request: Request, moment: Moment, about: asyncio.Task[Who], before: asyncio.Task[Past | None]
    ) -> Facts:
        """Add to what is known about the person what belongs to this request."""
        noes = Noes()
        async with asyncio.TaskGroup() as group:
            approvers = group.create_task(self._approvers(request))
            finding = group.create_task(noes.known(self._finding(request, moment), "objection"))
            opener = group.create_task(self._opener(request, moment))
            changed = group.create_task(noes.known(self._changed(request, moment, about), "changed"))
        who, past, found = await about, await before, finding.result()
        standing = who.standing
        return Facts(
            **says(who.account),
            manager=who.manager,
            roles=standing.roles if standing else None,
            guarded_groups=standing.guarded_groups if standing else None,
            groups=who.groups,
            **(past.of(request.kind) if past else {}),
            guarded_contexts=who.contexts,
            opener=opener.result(),
            approvers=approvers.result(),
            approves=who.approves,
            changed=changed.result(),
            face_check=await self._face_check(request.kind, who.groups, past, changed=changed.result() is True),
            objection=_objection(found),
            **_told(found),
            levels=self.kinds[request.kind].levels,
            harmless=self.kinds[request.kind].harmless,
            locks=self.kinds[request.kind].locks,
            gives_access=self.kinds[request.kind].gives_access,
            lasting={**who.lasting, **noes.told, **_of_approvers(approvers.result())},
        )

    async def _changed(self, request: Request, moment: Moment, about: asyncio.Task[Who]) -> bool:
        """Say whether the account changed lately, where that makes a difference; what holds already goes on holding.

        A log that only an administrator can open is no fault of the moment: what holds then, the file says.
        """
        within, harmless = self.limits.changed, self.kinds[request.kind].harmless
        if not within or harmless or moment is Moment.HOME:
            return False
        if moment is Moment.WAY and CHANGED in request.terms:
            return True
        try:
            found = await self.directory.changes(request.subject.id, within)
        except NotGranted:
            found = None
        account = (await about).account
        made = account.created_at if account is not None else None
        if made is not None and made > self.clock.now() - within:
            return True
        if found is None:
            return self.limits.changed_unknown == "stricter"
        return any(one.what in TAKEN_OVER for one in found)

    async def frozen(self, request: Request) -> bool:
        """Say whether an alarm forbids what this request would bring about: one that is, or was while it went on."""
        if self.kinds[request.kind].harmless:
            return False
        async with self.store.unit() as unit:
            locks = await unit.locks(request.tenant, request.subject.id)
        return locks.since(request.created_at) is not None

    async def _opener(self, request: Request, moment: Moment) -> Refusal | Literal["none"] | None:
        """Say why whoever opened it for somebody else is no agent just now, or who vouched no manager to go by.

        None where nobody knows.
        """
        if request.opened_by is None or self.kinds[request.kind].locks:  # of a lock, whoever opens it has looked
            return "none" if request.opened_by is None else None
        agents = Agents(self.directory, self.agents)
        vouched = voucher_left(self.directory, request, self.clock.now(), anew=moment is Moment.ACT)
        refusal, same, left = await asyncio.gather(
            agents.objection(request.opened_by.id),
            agents.one_human(request.opened_by.id, request.subject.id),
            Noes().known(vouched, "voucher"),
        )
        if refusal is not None:
            return None if ABOUT in refusal.params else refusal
        if same is None:
            return None
        return Refusal(Reason.OWN_CALL) if same else left

    async def _approvers(self, request: Request) -> Mapping[str, ApproverFacts]:
        """Look at everybody who approved once more: whether that still counts, the core decides."""
        people = sorted({e.by for e in request.evidence_of(EvidenceType.APPROVAL)})
        found = await asyncio.gather(*(self.accounts.approver(p, request, again=True) for p in people))
        return dict(zip(people, found, strict=True))

    async def _finding(self, request: Request, moment: Moment) -> Finding:
        tools = self.tools(request.kind, terms=request.terms, moment=moment)
        return await self.kinds[request.kind].examine(request, tools)


def _of_approvers(facts: Mapping[str, ApproverFacts]) -> Mapping[str, Reason]:
    why = next((one.lasting for one in facts.values() if one.lasting), None)
    return {"approvers": why} if why else {}


def _told(found: Finding | None) -> dict[str, Any]:
    """Return what a kind itself found besides its objection; none of it is known where it found nothing out."""
    if found is None:
        return {}
    return {name: getattr(found, name) for name in ("where", "level", "found", "means")}


def _objection(found: Finding | None) -> Refusal | Literal["none"] | None:
    if found is None:
        return None
    return "none" if found.objection is None else found.objection
