"""Decide: the one function that says whether a request may go on, and if not, why not or what is missing first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

from bot.core.approval import beyond, counted, unsure
from bot.core.behalf import consented, unassisted, unsigned
from bot.core.brakes import locked_down, tightened
from bot.core.evidence import face_checked, on_the_page, stepped_up, unaged
from bot.core.facts import ASKED, Facts, Moment
from bot.core.limits import too_often
from bot.core.model import EvidenceType, Mode, Refusal, Request
from bot.core.policy import Policy
from bot.core.reasons import Reason
from bot.core.undecidable import Undecidable
from bot.core.walls import wall


@dataclass(frozen=True, slots=True)
class Case:
    """What a decision was about: how grave it was, and what was found.

    `level` is None when that is not known, `more` how many must say yes beyond what the policy asks for.
    """

    level: str | None = None
    found: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    more: int = 0


UNSEEN: Final = Case()
ABOUT: Final = "about"  # what of a refusal names the fact that could not be found out


@dataclass(frozen=True, slots=True)
class Refuse(Undecidable):
    refusal: Refusal
    terms: tuple[str, ...] = ()
    case: Case = field(default=UNSEEN, compare=False)

    @property
    def unsure(self) -> bool:
        """Whether something could not be found out, be it for now or lastingly: that objects to nobody."""
        return self.refusal.reason == Reason.UNKNOWN or ABOUT in self.refusal.params

    @property
    def holds(self) -> bool:
        """Whether it only holds a request up for a while: it goes on once that is over."""
        return self.refusal.reason == Reason.LOCKDOWN


@dataclass(frozen=True, slots=True)
class ConsentFirst(Undecidable):
    """The word of whom it is about: somebody else opened it."""

    terms: tuple[str, ...] = ()
    case: Case = field(default=UNSEEN, compare=False)


@dataclass(frozen=True, slots=True)
class StepUpFirst(Undecidable):
    context: str
    terms: tuple[str, ...] = ()
    case: Case = field(default=UNSEEN, compare=False)


@dataclass(frozen=True, slots=True)
class ProofFirst(Undecidable):
    """The requester's face, for this request."""

    terms: tuple[str, ...] = ()
    case: Case = field(default=UNSEEN, compare=False)


@dataclass(frozen=True, slots=True)
class ApprovalFirst(Undecidable):
    missing: int
    terms: tuple[str, ...] = ()
    case: Case = field(default=UNSEEN, compare=False)


@dataclass(frozen=True, slots=True)
class Go(Undecidable):
    terms: tuple[str, ...] = ()
    case: Case = field(default=UNSEEN, compare=False)


Decision = Refuse | ConsentFirst | StepUpFirst | ProofFirst | ApprovalFirst | Go


def decide(policy: Policy, facts: Facts, request: Request, moment: Moment, now: datetime) -> Decision:
    """Say whether `request` may go on, and if not, why not or what is missing first.

    The order is the law of the walls: the deny-list, then what cannot be known, then who the person is,
    then whether they may ask, then the kind's own objection, then the proofs: their word where somebody else opened
    it, the sign-in, the face, and only then somebody else's yes. Every decision says under which terms of the policy it
    was made.
    """
    terms = (*policy.terms(facts.groups or (), facts.level), *tightened(facts, now))
    policy = policy.under(terms)
    if facts.locks and request.opened_by is not None:
        refusal = _unlocked(policy, facts, request, moment)
        return Go(terms, Case(facts.level, facts.found)) if refusal is None else Refuse(refusal, terms)
    request = unaged(request, policy, now)
    faceless = bool(policy.evidence) and not face_checked(policy, request, now)
    refusal = _objection(policy, facts, request, moment, faceless=faceless)
    if refusal is not None:
        return Refuse(refusal, terms)
    given, more = counted(policy, facts, request), beyond(policy, facts, request, now)
    case = Case(facts.level, facts.found, more)
    missing = policy.approvals + more - len(given)
    if not consented(request, now):
        return ConsentFirst(terms, case)
    if policy.step_up and not stepped_up(policy, request, moment, now) and not on_the_page(policy, request, moment):
        return StepUpFirst(policy.step_up, terms, case)
    if faceless:
        return ProofFirst(terms, case)
    return ApprovalFirst(missing, terms, case) if missing > 0 else Go(terms, case)


def _unlocked(policy: Policy, facts: Facts, request: Request, moment: Moment) -> Refusal | None:
    """Say why an account is not locked for somebody else: of its own policy no proof, group or limit stands before."""
    if policy.mode is Mode.OFF:
        return Refusal(Reason.OFF)
    if {request.subject.id, request.requester.id} & policy.deny_list:
        return Refusal(Reason.DENY_LIST)
    barred = wall(facts)
    return barred if barred is not None else unsigned(facts, request, moment)


def _objection(policy: Policy, facts: Facts, request: Request, moment: Moment, *, faceless: bool) -> Refusal | None:
    if policy.mode is Mode.OFF:
        return Refusal(Reason.OFF)
    if {request.subject.id, request.requester.id} & policy.deny_list:
        return Refusal(Reason.DENY_LIST)
    unknown = _unknown(policy, facts, request, faceless=faceless)
    if unknown:
        why = facts.lasting.get(ASKED.get(unknown, unknown), Reason.UNKNOWN)
        return Refusal(why, MappingProxyType({ABOUT: unknown}))
    barred = wall(facts)
    barred = barred if barred is not None else locked_down(facts)
    if barred is not None:
        return barred
    unlisted = facts.locks and facts.groups is None  # nobody's lock waits for what cannot be found out
    if not unlisted and not (facts.groups or frozenset()) & policy.allowed_groups:
        return Refusal(Reason.NOT_ALLOWED)
    alone = unassisted(policy, facts, request)
    if alone is not None:
        return alone
    if policy.flaw(request.way, harmless=facts.harmless) is not None:
        return Refusal(Reason.NO_PROOF)
    if policy.step_up and policy.step_up not in (facts.guarded_contexts or frozenset()):
        return Refusal(Reason.STEP_UP_UNGUARDED, MappingProxyType({"context": policy.step_up}))
    often = too_often(policy, facts) if moment in {Moment.HOME, Moment.ASK} else None
    if often is not None:
        return often
    if faceless and not facts.face_check:
        return Refusal(Reason.NO_FACE_CHECK)
    if isinstance(facts.objection, Refusal):
        return facts.objection
    return next((refusal for key, refusal in facts.where.items() if policy.says(key)), None)


def _unknown(policy: Policy, facts: Facts, request: Request, *, faceless: bool) -> str:
    """Name the first fact that could not be found out, or "" when all are there; a lock waits for none of them."""
    if facts.locks:
        return ""
    needed: list[tuple[str, object]] = [
        ("enabled", facts.enabled),
        ("guest", facts.guest),
        ("restricted", facts.restricted),
        ("roles", facts.roles),
        ("guarded_groups", facts.guarded_groups),
        ("groups", facts.groups),
        ("approves", frozenset() if facts.harmless else facts.approves),
        ("frozen_at", "never" if facts.harmless else facts.frozen_at),
        ("recent", facts.recent),
        ("shown", facts.shown),
        ("threat", "any" if facts.harmless else facts.threat),
        ("lately", "any" if facts.harmless else facts.lately),
        ("changed", "any" if facts.harmless else facts.changed),
        ("denied", facts.denied),
        ("objection", facts.objection),
        ("level", facts.level),
    ]
    if request.opened_by is not None:
        needed.append(("opener", facts.opener))
    if faceless:
        needed.append(("face_check", facts.face_check))
    if policy.step_up:
        needed.append(("guarded_contexts", facts.guarded_contexts))
    if request.evidence_of(EvidenceType.APPROVAL):
        needed.append(("approvers", None if unsure(policy, facts, request) else facts.approvers))
    return next((name for name, value in needed if value is None), "")
