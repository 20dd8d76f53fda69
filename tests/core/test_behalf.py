"""Whatever evidence there is: nothing goes on for somebody else without all that it takes, by distinct people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.behalf import parties
from bot.core.decide import ConsentFirst, Go, decide
from bot.core.facts import Facts, Moment
from bot.core.model import Evidence, EvidenceType, Mode, Person, Refusal, Request, Status
from bot.core.options import ASSISTED, VERIFICATION, VERIFICATION_AGE
from bot.core.policy import Policy
from bot.core.proven import VALID, Proven
from bot.core.reasons import Reason
from tests.core.samples import GOOD, HELPER

NOW = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
ANN, BEN = Person("t", "ann", "Ann"), Person("t", "ben", "Ben")
POLICY = Policy(
    allowed_groups=frozenset({"all"}),
    approvers_group="desk",
    options={ASSISTED: True},
    approvals=1,
    step_up="c1",
    approver_step_up="c1",
)
FIT = replace(HELPER, groups=frozenset({"desk"}))
FACTS = replace(
    GOOD, groups=frozenset({"all"}), approvers=dict.fromkeys(("ann", "ben", "cleo", "dan"), FIT), opener="none"
)
REQUEST = Request(
    id="r1",
    kind="tap",
    requester=ANN,
    subject=ANN,
    details={},
    mode=Mode.ENFORCE,
    status=Status.APPROVAL,
    version=1,
    created_at=NOW - timedelta(minutes=10),
    opened_by=BEN,
)
ALL = (
    Evidence(EvidenceType.VERIFICATION, "ben", "Ben", NOW - timedelta(minutes=12), "step_up", "r1", source="v1"),
    Evidence(EvidenceType.CONSENT, "ann", "Ann", NOW - timedelta(minutes=9), "", "r1"),
    Evidence(EvidenceType.STEP_UP, "ann", "Ann", NOW - timedelta(minutes=8), "c1", "r1"),
    Evidence(EvidenceType.APPROVAL, "cleo", "Cleo", NOW - timedelta(minutes=5), "c1", "r1"),
)
SHOWN = st.builds(
    Evidence,
    st.sampled_from(EvidenceType),
    st.sampled_from(["ann", "ben", "cleo", "dan"]),
    st.just("x"),
    st.integers(-90, 10).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    st.sampled_from(["", "c1", "presence", "manager", "step_up", "face"]),
    st.sampled_from(["r1", "r2"]),
    source=st.sampled_from(["", "v1"]),
)


def decided(request: Request, facts: Facts = FACTS, moment: Moment = Moment.ACT, policy: Policy = POLICY) -> object:
    return decide(policy, facts, request, moment, NOW)


def test_with_all_of_it_it_goes_on_and_without_any_one_it_does_not() -> None:
    assert isinstance(decided(replace(REQUEST, evidence=ALL)), Go)
    for missing in ALL:
        without = tuple(one for one in ALL if one is not missing)
        assert not isinstance(decided(replace(REQUEST, evidence=without)), Go)


@settings(max_examples=400, deadline=None)
@given(
    evidence=st.lists(st.sampled_from(ALL) | SHOWN, max_size=7).map(tuple),
    least=st.sampled_from(Proven),
    age=st.integers(1, 40).map(lambda minutes: timedelta(minutes=minutes)),
)
def test_whatever_there_is_it_goes_on_only_with_all_of_it(
    evidence: tuple[Evidence, ...], least: Proven, age: timedelta
) -> None:
    request = replace(REQUEST, evidence=evidence)
    policy = replace(POLICY, options={ASSISTED: True, VERIFICATION: least, VERIFICATION_AGE: age})
    if not isinstance(decided(request, policy=policy), Go):
        return
    enough = {
        Proven.PRESENCE: set(),
        Proven.MANAGER: {"manager", "step_up", "face"},
        Proven.STEP_UP: {"step_up", "face"},
        Proven.FACE: {"face"},
    }
    ours = [one for one in evidence if one.request == "r1"]
    ages = {one.type: REQUEST.created_at - one.at for one in ours}
    assert any(
        one.type is EvidenceType.VERIFICATION
        and one.by == "ben"
        and one.strength in enough[least]
        and one.source
        and REQUEST.created_at - one.at <= min(age, VALID)
        for one in ours
    ), ages
    assert any(one.type is EvidenceType.CONSENT and one.by == "ann" for one in ours)
    assert any(one.type is EvidenceType.STEP_UP and (one.by, one.strength) == ("ann", "c1") for one in ours)
    assert any(one.type is EvidenceType.APPROVAL and one.by not in parties(request) for one in ours)


def test_an_opener_who_is_none_or_of_whom_nobody_knows_stops_it() -> None:
    request = replace(REQUEST, evidence=ALL)
    for opener in (Refusal(Reason.NOT_AGENT), None):
        assert not isinstance(decided(request, replace(FACTS, opener=opener)), Go)


def test_nobody_opens_for_themselves_and_no_kind_that_does_not_allow_it() -> None:
    own = replace(REQUEST, opened_by=ANN, evidence=ALL)
    assert not isinstance(decided(own), Go)
    shut = replace(POLICY, options={ASSISTED: False})
    assert not isinstance(decide(shut, FACTS, replace(REQUEST, evidence=ALL), Moment.ACT, NOW), Go)


def test_their_word_comes_before_their_sign_in() -> None:
    request = replace(REQUEST, evidence=ALL[:1])
    assert isinstance(decided(request, moment=Moment.ASK), ConsentFirst)


def test_a_request_of_ones_own_needs_none_of_it() -> None:
    assert isinstance(decided(replace(REQUEST, opened_by=None, evidence=ALL[2:])), Go)


def test_of_several_proofs_it_is_enough_that_one_is_what_the_policy_asks_for() -> None:
    policy = replace(POLICY, options={ASSISTED: True, VERIFICATION: Proven.FACE})
    face = replace(ALL[0], strength="face")
    assert isinstance(decided(replace(REQUEST, evidence=(*ALL, face)), policy=policy), Go)
    assert not isinstance(decided(replace(REQUEST, evidence=ALL), policy=policy), Go)
