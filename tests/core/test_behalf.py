"""Whatever evidence there is: nothing goes on for somebody else without all that it takes, by distinct people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.behalf import parties
from bot.core.callers import VALID
from bot.core.decide import ConsentFirst, Go, decide
from bot.core.facts import Facts, Moment
from bot.core.model import Evidence, EvidenceType, Mode, Person, Refusal, Request, Status
from bot.core.options import ASSISTED
from bot.core.policy import Policy
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
    st.sampled_from(["", "c1", "step_up", "presence"]),
    st.sampled_from(["r1", "r2"]),
    source=st.sampled_from(["", "v1"]),
)


def decided(request: Request, facts: Facts = FACTS, moment: Moment = Moment.ACT) -> object:
    return decide(POLICY, facts, request, moment, NOW)


def test_with_all_of_it_it_goes_on_and_without_any_one_it_does_not() -> None:
    assert isinstance(decided(replace(REQUEST, evidence=ALL)), Go)
    for missing in ALL:
        without = tuple(one for one in ALL if one is not missing)
        assert not isinstance(decided(replace(REQUEST, evidence=without)), Go)


@settings(max_examples=400, deadline=None)
@given(evidence=st.lists(st.sampled_from(ALL) | SHOWN, max_size=7).map(tuple))
def test_whatever_there_is_it_goes_on_only_with_all_of_it(evidence: tuple[Evidence, ...]) -> None:
    request = replace(REQUEST, evidence=evidence)
    if not isinstance(decided(request), Go):
        return
    ours = [one for one in evidence if one.request == "r1"]
    age = {one.type: REQUEST.created_at - one.at for one in ours}
    assert any(
        one.type is EvidenceType.VERIFICATION
        and (one.by, one.strength) == ("ben", "step_up")
        and one.source
        and REQUEST.created_at - one.at <= VALID
        for one in ours
    ), age
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
