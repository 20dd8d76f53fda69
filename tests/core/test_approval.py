"""Whose yes counts for what: a graver case than was seen, an old yes, an approver's own doubt; each edge by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.core.approval import beyond, counted, may_approve, outgrown, repeated, unfit, unsure, worse
from bot.core.evidence import face_checked, fresh, on_the_page, stepped_up, unaged
from bot.core.facts import Moment
from bot.core.model import Evidence, Refusal, Way
from bot.core.reasons import Reason
from tests.core.samples import ANN, GOOD, HELPER, NOW, POLICY, REQUEST, approval, face, proved, step_up

LEVELS = ("low", "medium", "high")
MINUTES, SECOND, HOUR = timedelta(minutes=5), timedelta(seconds=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("seen", "now", "is_worse"),
    [
        ("low", "high", True),
        ("low", "medium", True),
        ("high", "low", False),
        ("high", "high", False),
        ("low", "low", False),
        ("", "low", True),  # what nobody saw
        ("", "", False),
        ("high", "", False),  # there is nothing grave now
        ("odd", "low", True),  # nobody knows what was seen
        ("high", "odd", True),  # a word the kind does not know is the gravest
        ("odd", "odd", False),
        ("low", "odd", True),
    ],
)
def test_a_case_is_worse_than_what_was_seen(seen: str, now: str, is_worse: bool) -> None:
    assert worse(seen, now, LEVELS) is is_worse
    assert not worse(seen, now, ())


def test_a_yes_to_a_milder_case_is_outgrown_and_counts_no_more() -> None:
    mild, same = replace(approval(), level="low"), replace(approval(by="cleo"), level="high")
    given = replace(proved(step_up(), mild, same), level="high")
    assert outgrown(given, LEVELS) == (mild,)
    assert outgrown(replace(given, level="low"), LEVELS) == ()
    assert outgrown(given, ()) == ()
    facts = replace(GOOD, level="high", levels=LEVELS)
    assert counted(POLICY, facts, given) == {"cleo"}
    assert counted(POLICY, replace(facts, level="low"), given) == {"ben", "cleo"}
    assert counted(POLICY, replace(facts, level=None), given) == {"ben", "cleo"}  # decide asks no further then
    assert counted(POLICY, replace(facts, levels=()), given) == {"ben", "cleo"}


def test_who_said_yes_to_another_level_is_asked_anew() -> None:
    given = replace(proved(replace(approval(), level="low")), level="low")
    assert may_approve(POLICY, HELPER, given, "ben") == Refusal(Reason.ALREADY_APPROVED)
    assert may_approve(POLICY, HELPER, replace(given, level="high"), "ben") is None


def test_nobody_approves_for_themselves_though_they_could_for_others() -> None:
    for_dan = replace(proved(approval(), approval(by="dan"), approval(by="ann")), subject=replace(ANN, id="dan"))
    facts = replace(GOOD, approvers={"ben": HELPER, "dan": HELPER, "ann": HELPER})
    assert counted(POLICY, facts, for_dan) == {"ben"}
    for who in ("ann", "dan"):
        assert may_approve(POLICY, HELPER, for_dan, who) == Refusal(Reason.OWN_REQUEST)


def test_each_account_that_nobody_can_tell_apart_is_one_person_and_each_human_one() -> None:
    given = proved(approval(), approval(by="cleo"), approval(by="cy"))
    seven = replace(HELPER, human="7")
    facts = replace(GOOD, approvers={"ben": seven, "cleo": HELPER, "cy": seven})
    assert counted(POLICY, facts, given) == {"ben", "cleo"}
    assert counted(POLICY, replace(facts, approvers={"ben": seven, "cleo": replace(HELPER, human="ben")}), given) == {
        "ben",
        "cleo",
    }
    assert counted(POLICY, replace(facts, approvers=None), given) == frozenset()
    assert counted(POLICY, replace(facts, approvers={"ben": HELPER}), given) == {"ben"}


def test_a_yes_of_before_it_was_asked_counts_for_nobody() -> None:
    for at, counts in ((NOW - MINUTES, True), (NOW - MINUTES - SECOND, False)):
        assert bool(counted(POLICY, GOOD, proved(approval(at=at)))) is counts


def test_a_yes_without_the_sign_in_that_is_asked_for_counts_for_nobody() -> None:
    clicked, other = proved(approval(strength="")), proved(approval(strength="c2"))
    assert counted(POLICY, GOOD, clicked) == counted(POLICY, GOOD, other) == frozenset()
    assert counted(replace(POLICY, approver_step_up=""), GOOD, clicked) == {"ben"}


def test_it_is_unsure_only_of_those_who_said_yes() -> None:
    given = proved(approval())
    unknown = replace(HELPER, at_risk=None)
    assert not unsure(POLICY, GOOD, given)
    assert unsure(POLICY, replace(GOOD, approvers={"ben": unknown}), given)
    assert unsure(POLICY, replace(GOOD, approvers={"cleo": HELPER}), given)
    assert unsure(POLICY, replace(GOOD, approvers=None), given)
    assert not unsure(POLICY, replace(GOOD, approvers={"ben": HELPER, "cleo": unknown}), given)
    assert not unsure(POLICY, replace(GOOD, approvers=None), REQUEST)
    gone = replace(HELPER, groups=frozenset())  # who may no longer is no doubt
    assert not unsure(POLICY, replace(GOOD, approvers={"ben": gone}), given)


def test_what_is_unknown_of_an_approver_says_so_and_what_is_known_says_why() -> None:
    assert unfit(POLICY, HELPER) is None
    assert unfit(POLICY, replace(HELPER, human=None)) == Refusal(Reason.UNKNOWN, {"about": "approver"})
    assert unfit(POLICY, replace(HELPER, guarded_contexts=frozenset())) == Refusal(
        Reason.STEP_UP_UNGUARDED, {"context": "c1"}
    )
    both = replace(HELPER, groups=frozenset(), guest=None)
    assert unfit(POLICY, both) == Refusal(Reason.NOT_APPROVER)
    assert unfit(POLICY, replace(HELPER, same_human=True, guarded_contexts=None)) == Refusal(Reason.SAME_PERSON)
    assert unfit(POLICY, replace(HELPER, guest=True, restricted=True)) == Refusal(Reason.GUEST_APPROVER)


def test_one_more_says_yes_for_a_while_after_a_no() -> None:
    denied = replace(GOOD, denied={"ben": NOW - POLICY.after_no + SECOND})
    assert beyond(POLICY, denied, proved(), NOW) == 1
    assert beyond(POLICY, replace(GOOD, denied={"ben": NOW - POLICY.after_no}), proved(), NOW) == 0
    assert beyond(POLICY, denied, proved(approval()), NOW) == 0  # who said no says yes by now
    assert beyond(POLICY, denied, proved(approval(by="cleo")), NOW) == 1
    assert beyond(POLICY, replace(denied, harmless=True), proved(), NOW) == 0
    assert beyond(POLICY, replace(GOOD, denied=None), proved(), NOW) == 0
    two = replace(GOOD, denied={"ben": NOW, "cleo": NOW})
    assert beyond(POLICY, two, proved(approval()), NOW) == 1


def test_the_second_account_of_one_human_is_known_only_where_the_directory_tells() -> None:
    seven = replace(HELPER, human="7")
    given = proved(approval(), approval(by="dee"))
    facts = replace(GOOD, approvers={"ben": seven, "ben-2": seven, "dee": replace(HELPER, human="8")})
    assert repeated(facts, given, "ben-2")
    assert not repeated(facts, given, "dee")
    assert not repeated(replace(GOOD, approvers={"ben-2": HELPER, "ben": HELPER}), given, "ben-2")


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        (NOW - MINUTES, True),
        (NOW - MINUTES - SECOND, False),
        (NOW + HOUR + MINUTES, True),
        (NOW + HOUR + MINUTES + SECOND, False),
    ],
)
def test_a_sign_in_is_fresh_from_a_little_before_it_was_asked_for_until_now(at: datetime, counts: bool) -> None:
    assert fresh(at, asked=NOW, now=NOW + HOUR) is counts


def test_only_approvals_age_and_only_too_old_or_too_new_ones_go() -> None:
    age = POLICY.approval_age
    old, kept = approval(at=NOW - age - SECOND), approval(by="cleo", at=NOW - age)
    ahead, skewed = approval(by="dee", at=NOW + MINUTES + SECOND), approval(by="eve", at=NOW + MINUTES)
    ancient = step_up(at=NOW - 2 * age)
    given = proved(ancient, old, kept, ahead, skewed)
    assert unaged(given, POLICY, NOW).evidence == (ancient, kept, skewed)


@pytest.mark.parametrize(
    ("shown", "later", "counts"),
    [
        (face(), POLICY.evidence_age, True),
        (face(), POLICY.evidence_age + SECOND, False),
        (face(at=NOW - MINUTES), timedelta(0), True),
        (face(at=NOW - MINUTES - SECOND), timedelta(0), False),
        (face(at=NOW + MINUTES), timedelta(0), True),
        (face(at=NOW + MINUTES + SECOND), timedelta(0), False),
        (face(by="ben"), timedelta(0), False),
        (face(request="r0"), timedelta(0), False),
        (step_up(), timedelta(0), False),
    ],
)
def test_a_face_is_its_askers_for_this_request_and_counts_as_long_as_the_policy_says(
    shown: Evidence, later: timedelta, counts: bool
) -> None:
    assert face_checked(POLICY, replace(REQUEST, evidence=(shown,)), NOW + later) is counts


@pytest.mark.parametrize("moment", list(Moment))
def test_the_page_asks_for_the_sign_in_itself_where_nobody_else_is_asked(moment: Moment) -> None:
    alone, page = replace(POLICY, approvals=0), replace(REQUEST, way=Way.ENTER)
    assert on_the_page(alone, page, moment) is (moment is not Moment.ACT)
    assert not on_the_page(POLICY, page, moment)
    for way in (Way.SHOW, Way.ALONE):
        assert not on_the_page(alone, replace(REQUEST, way=way), moment)


AGED = NOW - POLICY.step_up_age


@pytest.mark.parametrize(
    ("evidence", "on_the_way", "at_the_act"),
    [
        (step_up(at=AGED), True, True),
        (step_up(at=AGED - SECOND), True, False),
        (step_up(strength="c2"), False, False),
        (step_up(by="ben"), False, False),
        (step_up(request="r0"), False, False),
        (approval(by="ann"), False, False),
        (step_up(at=NOW + MINUTES + SECOND), False, False),
    ],
)
def test_a_sign_in_is_its_askers_for_this_and_recent_at_the_act(
    evidence: Evidence, on_the_way: bool, at_the_act: bool
) -> None:
    asked = replace(proved(evidence), created_at=NOW - HOUR)
    assert stepped_up(POLICY, asked, Moment.ACT, NOW) is at_the_act
    for moment in (Moment.HOME, Moment.ASK, Moment.WAY):
        assert stepped_up(POLICY, asked, moment, NOW) is on_the_way
