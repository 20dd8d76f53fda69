"""Values the core's tests begin with: one believable request, one policy, facts that speak for a yes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.core.facts import ApproverFacts, Facts
from bot.core.lately import Lately
from bot.core.model import Evidence, EvidenceType, Mode, Person, Request, Status
from bot.core.policy import Policy
from bot.core.threat import USUAL_DAY

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
ANN = Person("tenant", "ann", "Ann Archer")
BEN = Person("tenant", "ben", "Ben Bishop")
CLEO = Person("tenant", "cleo", "Cleo Carter")

POLICY = Policy(
    allowed_groups=frozenset({"employees"}),
    approvers_group="helpdesk",
    deny_list=frozenset({"emma"}),
    step_up="c1",
    approvals=1,
)
HELPER = ApproverFacts(
    enabled=True,
    guest=False,
    restricted=False,
    groups=frozenset({"helpdesk"}),
    at_risk=False,
    human="",
    guarded_contexts=frozenset({"c1", "c2"}),
)
GOOD = Facts(
    enabled=True,
    guest=False,
    restricted=False,
    roles=(),
    guarded_groups=(),
    groups=frozenset({"employees"}),
    recent=(),
    shown=(),
    denied={},
    guarded_contexts=frozenset({"c1", "c2"}),
    approvers={"ben": HELPER, "cleo": HELPER},
    approves=frozenset(),
    face_check=True,
    frozen_at="never",
    threat=USUAL_DAY,
    lately=Lately(),
    changed=False,
    objection="none",
    level="",
)
REQUEST = Request(
    id="r1",
    kind="tap",
    requester=ANN,
    subject=ANN,
    details={"reason": "new_phone", "minutes": "60"},
    mode=Mode.ENFORCE,
    status=Status.STEP_UP,
    version=1,
    created_at=NOW,
)


def step_up(*, by: str = "ann", at: datetime = NOW, strength: str = "c1", request: str = "r1") -> Evidence:
    return Evidence(EvidenceType.STEP_UP, by, by.title(), at, strength, request)


def face(*, by: str = "ann", at: datetime = NOW, request: str = "r1", source: str = "v1") -> Evidence:
    return Evidence(EvidenceType.FACE, by, by.title(), at, "", request, source=source)


def approval(*, by: str = "ben", at: datetime = NOW, strength: str = "c1", request: str = "r1") -> Evidence:
    return Evidence(EvidenceType.APPROVAL, by, by.title(), at, strength, request)


def proved(*evidence: Evidence, status: Status = Status.APPROVAL) -> Request:
    return replace(REQUEST, evidence=evidence, status=status, expires_at=NOW + timedelta(hours=1))
