"""What a kind demands, what was found out about a person, and the one function that decides: `decide`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from bot.core.model import Evidence, Mode, Proof, Refusal, Request, Undecidable


class Reason(StrEnum):
    """Why the desk itself says no; a kind adds its own reasons under its name (`tap.live_pass`)."""

    OFF = "off"
    DENY_LIST = "deny_list"
    UNKNOWN = "unknown"
    DISABLED = "disabled"
    GUEST = "guest"
    RESTRICTED = "restricted"
    PRIVILEGED = "privileged"
    NOT_ALLOWED = "not_allowed"
    TOO_MANY = "too_many"
    STEP_UP_UNGUARDED = "step_up_unguarded"
    OWN_REQUEST = "own_request"
    NOT_APPROVER = "not_approver"
    ALREADY_APPROVED = "already_approved"
    NOT_YOURS = "not_yours"
    NOT_PRIVATE = "not_private"
    NOT_FOUND = "not_found"
    CHANGED = "changed"
    CLOSED = "closed"
    REASON_REQUIRED = "reason_required"
    ALREADY_OPEN = "already_open"
    REPLACED_ALREADY = "replaced_already"
    NO_DIALOG = "no_dialog"
    NO_PRIVATE_CHAT = "no_private_chat"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_IN_EXPIRED = "sign_in_expired"
    SIGN_IN_CANCELLED = "sign_in_cancelled"
    WRONG_PERSON = "wrong_person"
    WEAK_SIGN_IN = "weak_sign_in"
    OLD_SIGN_IN = "old_sign_in"
    NOT_PERMITTED = "not_permitted"


@dataclass(frozen=True, slots=True)
class Policy:
    """What one kind demands: `policies.toml` over the kind's default over these.

    An empty `allowed_groups` allows nobody: who may ask is always said, never assumed.
    """

    mode: Mode = Mode.ENFORCE
    allowed_groups: frozenset[str] = frozenset()
    deny_list: frozenset[str] = frozenset()
    approvers_group: str = ""
    approvals: int = 1
    step_up: str = "c1"
    step_up_age: timedelta = timedelta(minutes=15)
    approver_step_up: str = "c1"
    step_up_wait: timedelta = timedelta(minutes=15)
    approval_wait: timedelta = timedelta(hours=4)
    show_wait: timedelta = timedelta(minutes=60)
    per_day: int = 3
    reveal: Literal["dialog", "message"] = "dialog"


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found out about the subject just now. `None` means it could not be found out, and refuses.

    `roles` are directory roles held or eligible; `guarded_groups` the role-assignable groups the person is a
    member or owner of; `groups` those of the policy's groups they are in; `recent` how often they asked in
    the last 24 hours; `guarded_contexts` the authentication contexts an enabled Conditional Access policy
    protects; `approvers` those who approved and still may; `objection` the kind's own refusal.
    """

    enabled: bool | None = None
    guest: bool | None = None
    restricted: bool | None = None
    roles: tuple[str, ...] | None = None
    guarded_groups: tuple[str, ...] | None = None
    groups: frozenset[str] | None = None
    recent: int | None = None
    guarded_contexts: frozenset[str] | None = None
    approvers: frozenset[str] | None = None
    objection: Refusal | Literal["none"] | None = None


class Moment(StrEnum):
    """When `decide` is asked: at the request, on its way, and immediately before the act."""

    ASK = "ask"
    WAY = "way"
    ACT = "act"


@dataclass(frozen=True, slots=True)
class Refuse(Undecidable):
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class StepUpFirst(Undecidable):
    context: str


@dataclass(frozen=True, slots=True)
class ApprovalFirst(Undecidable):
    missing: int


@dataclass(frozen=True, slots=True)
class Go(Undecidable):
    pass


Decision = Refuse | StepUpFirst | ApprovalFirst | Go


def decide(policy: Policy, facts: Facts, request: Request, moment: Moment, now: datetime) -> Decision:
    """Say whether `request` may go on, and if not, why not or what is missing first.

    The order is the law of the walls: the deny-list, then what cannot be known, then who the person is,
    then whether they may ask, then the kind's own objection, then the proofs.
    """
    refusal = _objection(policy, facts, request, moment)
    if refusal is not None:
        return Refuse(refusal)
    if policy.step_up and not _stepped_up(policy, request, moment, now):
        return StepUpFirst(policy.step_up)
    missing = policy.approvals - len(counted(policy, facts, request))
    if missing > 0:
        return ApprovalFirst(missing)
    return Go()


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
    if any(e.by == approver for e in request.proofs(Proof.APPROVAL)):
        return Refusal(Reason.ALREADY_APPROVED)
    return None


def counted(policy: Policy, facts: Facts, request: Request) -> frozenset[str]:
    """The distinct people whose approval of `request` counts by `facts`: people, not clicks."""
    return frozenset(
        e.by
        for e in request.proofs(Proof.APPROVAL)
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
    if moment is Moment.ASK and (facts.recent or 0) >= policy.per_day:
        return Refusal(Reason.TOO_MANY, MappingProxyType({"limit": str(policy.per_day)}))
    return facts.objection if isinstance(facts.objection, Refusal) else None


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
    ]
    if policy.step_up:
        needed.append(("guarded_contexts", facts.guarded_contexts))
    if request.proofs(Proof.APPROVAL):
        needed.append(("approvers", facts.approvers))
    return next((name for name, value in needed if value is None), "")


def _wall(facts: Facts) -> Refusal | None:
    if not facts.enabled:
        return Refusal(Reason.DISABLED)
    if facts.guest:
        return Refusal(Reason.GUEST)
    if facts.restricted:
        return Refusal(Reason.RESTRICTED)
    if facts.roles or facts.guarded_groups:
        return Refusal(Reason.PRIVILEGED)
    return None


def _stepped_up(policy: Policy, request: Request, moment: Moment, now: datetime) -> bool:
    """A sign-in by the requester for this request satisfied the context; for the act it is also recent."""
    return any(_counts(e, policy, moment, now) for e in request.proofs(Proof.STEP_UP) if e.by == request.requester.id)


def _counts(evidence: Evidence, policy: Policy, moment: Moment, now: datetime) -> bool:
    if evidence.strength != policy.step_up or evidence.at > now + SKEW:
        return False
    return moment is not Moment.ACT or now - evidence.at <= policy.step_up_age


SKEW = timedelta(minutes=5)
