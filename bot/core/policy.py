"""What a kind demands, what was found out about a person, and the one function that decides: `decide`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal

from bot.core.model import Evidence, EvidenceType, Mode, Refusal, Request, Undecidable, Way
from bot.core.reasons import Reason
from bot.core.skew import CLOCK_SKEW

GROUP, LEVEL = "group:", "level:"


def _none() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Policy:
    """What one kind demands: `policies.toml` over the kind's default over these.

    An empty `allowed_groups` allows nobody: who may ask is always said, never assumed. `variants` are changes for
    the members of a group (`group:<id>`) or for how grave a case is (`level:<word>`); levels outrank groups.
    `revoke_sessions`, `secure_first`, `generate` and `threshold` are there for the kinds that name them as options.
    """

    mode: Mode = Mode.ENFORCE
    allowed_groups: frozenset[str] = frozenset()
    deny_list: frozenset[str] = frozenset()
    approvers_group: str = ""
    approvals: int = 1
    step_up: str = "c1"
    step_up_age: timedelta = timedelta(minutes=15)
    approver_step_up: str = "c1"
    evidence: Literal["", "face_check"] = ""
    evidence_age: timedelta = timedelta(hours=24)
    step_up_wait: timedelta = timedelta(minutes=15)
    approval_wait: timedelta = timedelta(hours=4)
    show_wait: timedelta = timedelta(minutes=60)
    per_day: int = 3
    reveal: Literal["dialog", "message"] = "dialog"
    revoke_sessions: bool = False  # sign out everywhere once it is done
    secure_first: bool = False  # a new password or passkey must come first
    generate: bool = False  # make the password instead of having it typed
    threshold: int = 70  # least score of a face match, in per cent
    variants: Mapping[str, Mapping[str, Any]] = field(default_factory=_none)

    def terms(self, facts: Facts) -> tuple[str, ...]:
        """Return the names of the variants that hold for somebody with these facts."""
        groups = [f"{GROUP}{group}" for group in sorted(facts.groups or ())]
        mine = {*groups, f"{LEVEL}{facts.level}"}
        return tuple(sorted((name for name in self.variants if name in mine), key=lambda n: n.startswith(LEVEL)))

    def under(self, terms: Iterable[str]) -> Policy:
        """Return this policy as it reads under the variants of these names."""
        changes = {key: value for term in terms for key, value in self.variants.get(term, {}).items()}
        return replace(self, **changes) if changes else self

    @property
    def alone(self) -> bool:
        """Whether nobody else is asked."""
        return not self.approvals

    @property
    def groups(self) -> frozenset[str]:
        """Every group whose membership makes a difference to who asks."""
        named = (name.removeprefix(GROUP) for name in self.variants if name.startswith(GROUP))
        return self.allowed_groups.union(named)

    @property
    def offered(self) -> bool:
        """Whether there is anybody at all it is not off for."""
        return self.mode is not Mode.OFF or any(v.get("mode", Mode.OFF) is not Mode.OFF for v in self.variants.values())


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found out about the subject just now. `None` means it could not be found out, and refuses.

    `home` is where a guest comes from; `roles` are directory roles held or eligible; `guarded_groups` the role-
    assignable groups the person is a member or owner of; `groups` those of the policy's groups they are in;
    `recent` how often they asked in the last 24 hours; `guarded_contexts` the authentication contexts an enabled
    Conditional Access policy protects; `approvers` those who approved and still may; `proved_at` when they last
    proved who they are. `objection`, `where`, `level` and `found` are what the kind itself found.
    """

    enabled: bool | None = None
    guest: bool | None = None
    home: str = ""
    restricted: bool | None = None
    roles: tuple[str, ...] | None = None
    guarded_groups: tuple[str, ...] | None = None
    groups: frozenset[str] | None = None
    recent: int | None = None
    guarded_contexts: frozenset[str] | None = None
    approvers: frozenset[str] | None = None
    proved_at: datetime | Literal["never"] | None = None
    objection: Refusal | Literal["none"] | None = None
    where: Mapping[str, Refusal] = field(default_factory=_none)
    level: str | None = None
    found: Mapping[str, str] = field(default_factory=_none)


class Moment(StrEnum):
    """When `decide` is asked: what might be asked for, at the request, on its way, immediately before the act."""

    HOME = "home"
    ASK = "ask"
    WAY = "way"
    ACT = "act"


@dataclass(frozen=True, slots=True)
class Refuse(Undecidable):
    refusal: Refusal
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepUpFirst(Undecidable):
    context: str
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApprovalFirst(Undecidable):
    missing: int
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Go(Undecidable):
    terms: tuple[str, ...] = ()


Decision = Refuse | StepUpFirst | ApprovalFirst | Go


def decide(policy: Policy, facts: Facts, request: Request, moment: Moment, now: datetime) -> Decision:
    """Say whether `request` may go on, and if not, why not or what is missing first.

    The order is the law of the walls: the deny-list, then what cannot be known, then who the person is,
    then whether they may ask, then the kind's own objection, then the proofs. Every decision says under which
    terms of the policy it was made.
    """
    terms = policy.terms(facts)
    policy = policy.under(terms)
    refusal = _objection(policy, facts, request, moment)
    if refusal is not None:
        return Refuse(refusal, terms)
    missing = policy.approvals - len(counted(policy, facts, request))
    if policy.step_up and not _stepped_up(policy, request, moment, now) and not _on_the_page(policy, request, moment):
        return StepUpFirst(policy.step_up, terms)
    return ApprovalFirst(missing, terms) if missing > 0 else Go(terms)


def may_approve(policy: Policy, facts: Facts, request: Request, approver: str) -> Refusal | None:
    """Say why `approver` (an object id) may not approve `request`, or None when their yes would count.

    `facts` are those of the approver. Neither requester nor subject, enabled, in the group now, and once.
    """
    if approver in {request.requester.id, request.subject.id}:
        return Refusal(Reason.OWN_REQUEST)
    if facts.enabled is None or facts.groups is None:
        return Refusal(Reason.UNKNOWN, MappingProxyType({"about": "approver"}))
    if not policy.approvers_group or policy.approvers_group not in facts.groups or not facts.enabled:
        return Refusal(Reason.NOT_APPROVER)
    if any(e.by == approver for e in request.evidence_of(EvidenceType.APPROVAL)):
        return Refusal(Reason.ALREADY_APPROVED)
    return None


def counted(policy: Policy, facts: Facts, request: Request) -> frozenset[str]:
    """The distinct people whose approval of `request` counts by `facts`: people, not clicks."""
    return frozenset(
        e.by
        for e in request.evidence_of(EvidenceType.APPROVAL)
        if e.by not in {request.requester.id, request.subject.id}
        and e.by in (facts.approvers or frozenset())
        and (not policy.approver_step_up or e.strength == policy.approver_step_up)
    )


def _objection(policy: Policy, facts: Facts, request: Request, moment: Moment) -> Refusal | None:
    if policy.mode is Mode.OFF:
        return Refusal(Reason.OFF)
    if {request.subject.id, request.requester.id} & policy.deny_list:
        return Refusal(Reason.DENY_LIST)
    unknown = _unknown(policy, facts, request)
    if unknown:
        return Refusal(Reason.UNKNOWN, MappingProxyType({"about": unknown}))
    wall = _wall(facts)
    if wall is not None:
        return wall
    if not (facts.groups or frozenset()) & policy.allowed_groups:
        return Refusal(Reason.NOT_ALLOWED)
    if policy.step_up and policy.step_up not in (facts.guarded_contexts or frozenset()):
        return Refusal(Reason.STEP_UP_UNGUARDED, MappingProxyType({"context": policy.step_up}))
    if moment in {Moment.HOME, Moment.ASK} and (facts.recent or 0) >= policy.per_day:
        return Refusal(Reason.TOO_MANY, MappingProxyType({"limit": str(policy.per_day)}))
    if policy.evidence and not _face_checked(policy, facts, request):
        return Refusal(Reason.EVIDENCE_MISSING)
    if isinstance(facts.objection, Refusal):
        return facts.objection
    return next((refusal for key, refusal in facts.where.items() if getattr(policy, key)), None)


def _unknown(policy: Policy, facts: Facts, request: Request) -> str:
    """Name the first fact that could not be found out, or "" when all are there."""
    needed: list[tuple[str, object]] = [
        ("enabled", facts.enabled),
        ("guest", facts.guest),
        ("restricted", facts.restricted),
        ("roles", facts.roles),
        ("guarded_groups", facts.guarded_groups),
        ("groups", facts.groups),
        ("recent", facts.recent),
        ("objection", facts.objection),
        ("level", facts.level),
    ]
    if policy.evidence:
        needed.append(("proved_at", facts.proved_at))
    if policy.step_up:
        needed.append(("guarded_contexts", facts.guarded_contexts))
    if request.evidence_of(EvidenceType.APPROVAL):
        needed.append(("approvers", facts.approvers))
    return next((name for name, value in needed if value is None), "")


def _wall(facts: Facts) -> Refusal | None:
    if not facts.enabled:
        return Refusal(Reason.DISABLED)
    if facts.guest:
        home = MappingProxyType({"home": facts.home})
        return Refusal(Reason.GUEST_OF, home) if facts.home else Refusal(Reason.GUEST)
    if facts.restricted:
        return Refusal(Reason.RESTRICTED)
    if facts.roles or facts.guarded_groups:
        return Refusal(Reason.PRIVILEGED)
    return None


def _face_checked(policy: Policy, facts: Facts, request: Request) -> bool:
    """They proved who they are, not longer than the policy allows before they asked."""
    at = facts.proved_at
    return isinstance(at, datetime) and at >= request.created_at - policy.evidence_age


def _on_the_page(policy: Policy, request: Request, moment: Moment) -> bool:
    """Where something is entered on our page, and nobody else must be asked, the sign-in there is the proof."""
    return request.way is Way.ENTER and not policy.approvals and moment is not Moment.ACT


def _stepped_up(policy: Policy, request: Request, moment: Moment, now: datetime) -> bool:
    """A sign-in by the requester for this request satisfied the context; for the act it is also recent."""
    return any(
        _counts(e, policy, moment, now)
        for e in request.evidence_of(EvidenceType.STEP_UP)
        if e.by == request.requester.id
    )


def _counts(evidence: Evidence, policy: Policy, moment: Moment, now: datetime) -> bool:
    if evidence.strength != policy.step_up or evidence.at > now + CLOCK_SKEW:
        return False
    return moment is not Moment.ACT or now - evidence.at <= policy.step_up_age
