"""What `decide` and `may_approve` say, as tables; each row is a sentence of the policy."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import pytest

from bot.core.approval import may_approve, repeated, unfit
from bot.core.decide import ApprovalFirst, Case, Decision, Go, Refuse, StepUpFirst, decide
from bot.core.facts import ASKED, ApproverFacts, Facts, Moment
from bot.core.model import Evidence, Mode, Refusal, Request
from bot.core.policy import Policy
from bot.core.reasons import Reason
from bot.core.strictness import STRICTER
from bot.core.walls import wall
from tests.core.samples import ANN, BEN, GOOD, HELPER, NOW, POLICY, REQUEST, approval, proved, step_up


def reason(decision: Decision) -> str:
    match decision:
        case Refuse(refusal):
            return refusal.reason
        case _:
            return type(decision).__name__


REFUSALS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (Reason.OFF, {"mode": Mode.OFF}, {}),
    (Reason.DENY_LIST, {"deny_list": frozenset({"ann"})}, {}),
    (Reason.DISABLED, {}, {"enabled": False}),
    (Reason.GUEST, {}, {"guest": True}),
    (Reason.RESTRICTED, {}, {"restricted": True}),
    (Reason.PRIVILEGED, {}, {"roles": ("global-admin",)}),
    (Reason.PRIVILEGED, {}, {"guarded_groups": ("vault-operators",)}),
    (Reason.NOT_ALLOWED, {}, {"groups": frozenset({"visitors"})}),
    (Reason.NOT_ALLOWED, {"allowed_groups": frozenset()}, {}),
    (Reason.STEP_UP_UNGUARDED, {}, {"guarded_contexts": frozenset({"c2"})}),
    (Reason.TOO_MANY, {"per_day": 2}, {"recent": (NOW, NOW)}),
    ("tap.live_pass", {}, {"objection": Refusal("tap.live_pass")}),
]


@pytest.mark.parametrize(("expected", "policy", "facts"), REFUSALS)
def test_refusals(expected: str, policy: dict[str, Any], facts: dict[str, Any]) -> None:
    decision = decide(replace(POLICY, **policy), replace(GOOD, **facts), REQUEST, Moment.ASK, NOW)
    assert reason(decision) == expected


# What is only added, or only of what somebody else opened; nothing is found where nothing could be.
FOUND = {
    "mails",
    "opener",
    "where",
    "found",
    "means",
    "home",
    "upn",
    "work",
    "harmless",
    "locks",
    "gives_access",
    "levels",
    "lasting",
    "manager",
}


@pytest.mark.parametrize("fact", [f.name for f in fields(Facts) if f.name not in FOUND])
@pytest.mark.parametrize("moment", list(Moment))
def test_what_cannot_be_found_out_is_a_refusal(fact: str, moment: Moment) -> None:
    unknown = replace(GOOD, **{fact: None})  # type: ignore[arg-type]  # every fact but what a kind adds may be None
    policy = replace(POLICY, evidence="face_check")
    decision = decide(policy, unknown, proved(step_up(), approval()), moment, NOW)
    assert decision == Refuse(Refusal(Reason.UNKNOWN, {"about": fact}))


@pytest.mark.parametrize("why", [Reason.NOT_PERMITTED, Reason.ENTRA_REFUSED])
@pytest.mark.parametrize("fact", sorted({*ASKED, "guarded_contexts", "approvers"}))
def test_what_no_later_try_finds_out_is_not_called_try_again(fact: str, why: Reason) -> None:
    """Of what is asked in one question all is known or nothing; another question's no says nothing about it."""
    question = ASKED.get(fact, fact)
    unknown = replace(GOOD, **{fact: None}, lasting={question: why})  # type: ignore[arg-type]
    asked = proved(step_up(), approval())
    assert decide(POLICY, unknown, asked, Moment.ACT, NOW) == Refuse(Refusal(why, {"about": fact}))
    other = "account" if question != "account" else "standing"
    passing = replace(unknown, lasting={other: why})
    assert reason(decide(POLICY, passing, asked, Moment.ACT, NOW)) == Reason.UNKNOWN


def test_an_approver_nobody_can_find_out_about_is_a_lasting_no_where_it_lasts() -> None:
    for lasting in (None, Reason.NOT_PERMITTED):
        approver = ApproverFacts(enabled=True, groups=frozenset({"helpdesk"}), lasting=lasting)
        refusal = unfit(replace(POLICY, approvers_group="helpdesk"), approver)
        assert refusal == Refusal(lasting or Reason.UNKNOWN, {"about": "approver"})


def test_the_deny_list_comes_before_anything_unknown() -> None:
    policy = replace(POLICY, deny_list=frozenset({"ann"}))
    assert reason(decide(policy, Facts(), REQUEST, Moment.ASK, NOW)) == Reason.DENY_LIST


@pytest.mark.parametrize("denied", ["ann", "ben"])
def test_the_deny_list_holds_for_who_asks_and_for_whom(denied: str) -> None:
    policy = replace(POLICY, deny_list=frozenset({denied}))
    for asking, about in ((ANN, BEN), (BEN, ANN)):
        request = replace(REQUEST, requester=asking, subject=about)
        assert reason(decide(policy, GOOD, request, Moment.ASK, NOW)) == Reason.DENY_LIST


def test_walls_come_before_permission_to_ask() -> None:
    facts = replace(GOOD, roles=("global-admin",), groups=frozenset(), objection=Refusal("tap.live_pass"))
    assert reason(decide(POLICY, facts, REQUEST, Moment.ASK, NOW)) == Reason.PRIVILEGED


def test_a_refusal_brings_what_its_sentence_needs() -> None:
    unguarded = decide(POLICY, replace(GOOD, guarded_contexts=frozenset()), REQUEST, Moment.WAY, NOW)
    assert unguarded == Refuse(Refusal(Reason.STEP_UP_UNGUARDED, {"context": "c1"}))
    daily = replace(POLICY, per_day=1)
    hours = tuple(NOW + timedelta(hours=n) for n in range(1, 4))
    for limit, again in ((3, 1), (2, 2), (1, 3)):  # so many must have ended that one less than the limit is left
        often = decide(replace(POLICY, per_day=limit), replace(GOOD, recent=hours), REQUEST, Moment.ASK, NOW)
        wait = {"limit": str(limit), "again": (NOW + timedelta(hours=again)).isoformat()}
        assert often == Refuse(Refusal(Reason.TOO_MANY, wait))
    shown = decide(daily, replace(GOOD, shown=hours[:2]), REQUEST, Moment.ASK, NOW)
    assert shown == Refuse(Refusal(Reason.TOO_MANY_SHOWN, {"limit": "2", "again": hours[0].isoformat()}))
    assert reason(decide(daily, replace(GOOD, recent=()), REQUEST, Moment.ASK, NOW)) == "StepUpFirst"


def test_every_decision_says_under_which_terms_it_was_made_and_about_what() -> None:
    """A graver case asks for two, and somebody said no: three are missing, and all of it is on record."""
    policy = replace(POLICY, variants={"level:high": {"approvals": 2}})
    case = Case("high", {"risk": "leaked"}, 1)
    facts = replace(GOOD, level="high", levels=("low", "high"), found=case.found, denied={"dee": NOW})
    high = [replace(approval(by=by), level="high") for by in ("ben", "cleo", "eve")]
    three = replace(facts, approvers={"ben": HELPER, "cleo": HELPER, "eve": HELPER})
    terms = ("level:high",)
    expected: list[tuple[Facts, Request, Decision]] = [
        (facts, REQUEST, StepUpFirst("c1", terms)),
        (facts, proved(step_up()), ApprovalFirst(3, terms)),
        (facts, proved(step_up(), high[0]), ApprovalFirst(2, terms)),
        (three, proved(step_up(), *high), Go(terms)),
    ]
    for known, request, decision in expected:
        made = decide(policy, known, request, Moment.WAY, NOW)
        assert (made, made.case) == (decision, case)
    refused = decide(policy, replace(facts, roles=("admin",)), REQUEST, Moment.WAY, NOW)
    assert refused == Refuse(Refusal(Reason.PRIVILEGED), terms)


def test_a_guest_hears_where_their_account_is_where_that_is_known() -> None:
    guest = replace(GOOD, guest=True, home="fabrikam.com")
    assert wall(guest) == Refusal(Reason.GUEST_OF, {"home": "fabrikam.com"})
    assert wall(replace(guest, home="")) == Refusal(Reason.GUEST)


def test_the_daily_limit_holds_when_asking_and_not_on_the_way() -> None:
    facts = replace(GOOD, recent=(NOW,) * 99)
    assert reason(decide(POLICY, facts, REQUEST, Moment.ASK, NOW)) == Reason.TOO_MANY
    assert reason(decide(POLICY, facts, REQUEST, Moment.WAY, NOW)) == "StepUpFirst"


OLD = NOW - POLICY.step_up_age - timedelta(seconds=1)
FORMER = replace(HELPER, groups=frozenset())
PROOFS: list[tuple[str, tuple[Evidence, ...], Moment, Decision]] = [
    ("nothing yet", (), Moment.WAY, StepUpFirst("c1")),
    ("signed in", (step_up(),), Moment.WAY, ApprovalFirst(1)),
    ("weaker context", (step_up(strength="c2"),), Moment.WAY, StepUpFirst("c1")),
    ("somebody else's sign-in", (step_up(by="mallory"),), Moment.WAY, StepUpFirst("c1")),
    ("a sign-in for another request", (step_up(request="r0"),), Moment.WAY, StepUpFirst("c1")),
    ("a sign-in from the future", (step_up(at=NOW + timedelta(hours=1)),), Moment.WAY, StepUpFirst("c1")),
    ("an old sign-in is enough on the way", (step_up(at=OLD), approval()), Moment.WAY, Go()),
    ("an old sign-in is not enough for the act", (step_up(at=OLD), approval()), Moment.ACT, StepUpFirst("c1")),
    ("a fresh one is", (step_up(at=OLD), step_up(), approval()), Moment.ACT, Go()),
    ("approval without the approver's step-up", (step_up(), approval(strength="")), Moment.ACT, ApprovalFirst(1)),
    ("approval of another request", (step_up(), approval(request="r0")), Moment.ACT, ApprovalFirst(1)),
    ("own approval", (step_up(), approval(by="ann")), Moment.ACT, ApprovalFirst(1)),
    ("an approver who may no longer", (step_up(), approval(by="former")), Moment.ACT, ApprovalFirst(1)),
    ("all there", (step_up(), approval()), Moment.ACT, Go()),
]


@pytest.mark.parametrize(("why", "evidence", "moment", "expected"), PROOFS)
def test_proofs(why: str, evidence: tuple[Evidence, ...], moment: Moment, expected: Decision) -> None:
    facts = replace(GOOD, approvers={"ben": HELPER, "cleo": HELPER, "ann": HELPER, "former": FORMER})
    asked = replace(proved(*evidence), created_at=NOW - timedelta(hours=2))
    assert decide(POLICY, facts, asked, moment, NOW) == expected, why


BEFORE = timedelta(minutes=5)  # what Entra allows, and no more


@pytest.mark.parametrize("moment", [Moment.WAY, Moment.ACT])
@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ((step_up(at=NOW - BEFORE), approval(at=NOW - BEFORE)), Go()),
        ((step_up(at=NOW - BEFORE - timedelta(seconds=1)), approval()), StepUpFirst("c1")),
        ((step_up(), approval(at=NOW - BEFORE - timedelta(seconds=1))), ApprovalFirst(1)),
    ],
)
def test_a_proof_is_newer_than_what_it_was_given_for(
    evidence: tuple[Evidence, ...], expected: Decision, moment: Moment
) -> None:
    assert decide(POLICY, GOOD, proved(*evidence), moment, NOW) == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (NOW - POLICY.step_up_age, Go()),
        (NOW + timedelta(minutes=5), Go()),
        (NOW + timedelta(minutes=5, seconds=1), StepUpFirst("c1")),
    ],
)
def test_how_old_a_sign_in_may_be_and_how_far_a_clock_may_go_wrong(at: datetime, expected: Decision) -> None:
    asked = replace(proved(step_up(at=at), approval()), created_at=NOW - timedelta(hours=2))
    assert decide(POLICY, GOOD, asked, Moment.ACT, NOW) == expected


def test_approvals_count_people_not_clicks() -> None:
    policy = replace(POLICY, approvals=2)
    clicks = proved(step_up(), approval(), approval(at=NOW + timedelta(minutes=1)))
    assert decide(policy, GOOD, clicks, Moment.ACT, NOW) == ApprovalFirst(1)
    people = proved(step_up(), approval(), approval(by="cleo"))
    assert decide(policy, GOOD, people, Moment.ACT, NOW) == Go()


def test_a_policy_may_ask_for_no_step_up_or_no_approval() -> None:
    no_step_up = replace(POLICY, step_up="")
    assert decide(no_step_up, replace(GOOD, guarded_contexts=None), proved(approval()), Moment.ACT, NOW) == Go()
    assert decide(replace(POLICY, approvals=0), GOOD, proved(step_up()), Moment.ACT, NOW) == Go()


APPROVERS: list[tuple[str, str, ApproverFacts, Request, str | None]] = [
    ("a member of the group", "ben", HELPER, proved(step_up()), None),
    ("the requester", "ann", HELPER, proved(step_up()), Reason.OWN_REQUEST),
    ("the subject", "dan", HELPER, replace(proved(), subject=replace(ANN, id="dan")), Reason.OWN_REQUEST),
    ("an outsider", "mo", replace(HELPER, groups=frozenset()), proved(), Reason.NOT_APPROVER),
    ("a disabled member", "ben", replace(HELPER, enabled=False), proved(), Reason.NOT_APPROVER),
    ("unknown groups", "ben", replace(HELPER, groups=None), proved(), Reason.UNKNOWN),
    ("unknown account", "ben", replace(HELPER, enabled=None), proved(), Reason.UNKNOWN),
    ("a second click", "ben", HELPER, proved(approval()), Reason.ALREADY_APPROVED),
    ("a guest", "ben", replace(HELPER, guest=True), proved(), Reason.GUEST_APPROVER),
    ("one in a restricted unit", "ben", replace(HELPER, restricted=True), proved(), Reason.APPROVER_IN_DOUBT),
    ("one who is flagged", "ben", replace(HELPER, at_risk=True), proved(), Reason.APPROVER_IN_DOUBT),
    ("a guest, or not", "ben", replace(HELPER, guest=None), proved(), Reason.UNKNOWN),
    ("restricted, or not", "ben", replace(HELPER, restricted=None), proved(), Reason.UNKNOWN),
    ("flagged, or not", "ben", replace(HELPER, at_risk=None), proved(), Reason.UNKNOWN),
    ("nobody knows whose account", "ben", replace(HELPER, human=None), proved(), Reason.UNKNOWN),
    ("another account of who asks", "ben", replace(HELPER, human="7", same_human=True), proved(), Reason.SAME_PERSON),
    ("c1 unguarded", "ben", replace(HELPER, guarded_contexts=frozenset({"c2"})), proved(), Reason.STEP_UP_UNGUARDED),
    ("nobody knows what is guarded", "ben", replace(HELPER, guarded_contexts=None), proved(), Reason.UNKNOWN),
]


@pytest.mark.parametrize(("why", "who", "facts", "request_", "expected"), APPROVERS)
def test_who_may_approve(why: str, who: str, facts: ApproverFacts, request_: Request, expected: str | None) -> None:
    refusal = may_approve(POLICY, facts, request_, who)
    assert (refusal.reason if refusal is not None else None) == expected, why


@pytest.mark.parametrize(("why", "who", "facts", "request_", "expected"), APPROVERS[3:])
def test_who_may_not_approve_does_not_count_either(
    why: str, who: str, facts: ApproverFacts, request_: Request, expected: str | None
) -> None:
    """What a press is refused for is looked at again whenever its approval is to count, last of all at the act."""
    if expected == Reason.ALREADY_APPROVED:
        return
    given = replace(request_, evidence=(step_up(), approval(by=who)))
    decision = decide(POLICY, replace(GOOD, approvers={who: facts}), given, Moment.ACT, NOW)
    assert reason(decision) == (Reason.UNKNOWN if expected == Reason.UNKNOWN else "ApprovalFirst"), why


def test_an_approver_nobody_looked_at_is_unknown_not_absent() -> None:
    given = proved(step_up(), approval(), approval(by="cleo"))
    decision = decide(POLICY, replace(GOOD, approvers={"cleo": HELPER}), given, Moment.ACT, NOW)
    assert reason(decision) == Reason.UNKNOWN


def test_a_policy_may_let_guests_approve_and_may_insist_on_knowing_whose_account_it_is() -> None:
    guest = replace(HELPER, guest=True)
    assert may_approve(replace(POLICY, guest_approvers=True), guest, proved(), "ben") is None
    strict = replace(POLICY, known_approvers=True)
    refusal = may_approve(strict, HELPER, proved(), "ben")
    assert refusal is not None
    assert refusal.reason == Reason.NO_PERSON_ID
    assert may_approve(strict, replace(HELPER, human="7"), proved(), "ben") is None


def test_a_context_that_guards_nothing_matters_only_where_it_is_asked_for() -> None:
    unguarded = replace(HELPER, guarded_contexts=None)
    assert may_approve(replace(POLICY, approver_step_up=""), unguarded, proved(), "ben") is None


def test_two_accounts_of_one_human_are_one_approval() -> None:
    policy = replace(POLICY, approvals=2)
    given = proved(step_up(), approval(), approval(by="cleo"))
    one = replace(GOOD, approvers={"ben": replace(HELPER, human="7"), "cleo": replace(HELPER, human="7")})
    assert decide(policy, one, given, Moment.ACT, NOW) == ApprovalFirst(1)
    two = replace(GOOD, approvers={"ben": replace(HELPER, human="7"), "cleo": replace(HELPER, human="8")})
    assert decide(policy, two, given, Moment.ACT, NOW) == Go()


def test_who_decides_about_others_is_privileged_but_may_lock_their_own_account() -> None:
    decides = replace(GOOD, approves=frozenset({"helpdesk"}))
    assert reason(decide(POLICY, decides, REQUEST, Moment.ASK, NOW)) == Reason.APPROVER
    assert reason(decide(POLICY, replace(decides, harmless=True), REQUEST, Moment.ASK, NOW)) == "StepUpFirst"
    unknown = replace(GOOD, approves=None)
    assert reason(decide(POLICY, unknown, REQUEST, Moment.ASK, NOW)) == Reason.UNKNOWN
    assert reason(decide(POLICY, replace(unknown, harmless=True), REQUEST, Moment.ASK, NOW)) == "StepUpFirst"


def test_no_approvers_group_means_no_approver() -> None:
    refusal = may_approve(replace(POLICY, approvers_group=""), replace(HELPER, groups=frozenset({""})), proved(), "ben")
    assert refusal is not None
    assert refusal.reason == Reason.NOT_APPROVER


def test_a_decision_has_no_truth_value() -> None:
    for value in (Go(), Refuse(Refusal("off")), StepUpFirst("c1"), ApprovalFirst(1), Refusal("off")):
        with pytest.raises(TypeError, match="match on it"):
            bool(value)


def test_the_default_policy_allows_nobody() -> None:
    assert reason(decide(Policy(), GOOD, REQUEST, Moment.ASK, NOW)) == Reason.NOT_ALLOWED


def test_what_nobody_sets_is_as_the_reference_says() -> None:
    minute, hour = timedelta(minutes=1), timedelta(hours=1)
    usual = Policy()
    assert (usual.mode, usual.reveal, usual.several_groups) == (Mode.ENFORCE, "dialog", "stricter")
    assert (usual.step_up, usual.approver_step_up, usual.approvals, usual.per_day) == ("c1", "c1", 1, 3)
    assert (usual.guest_approvers, usual.known_approvers) == (False, False)
    assert (usual.step_up_wait, usual.approval_wait, usual.show_wait) == (15 * minute, 4 * hour, 60 * minute)
    assert (usual.step_up_age, usual.approval_age, usual.evidence_age) == (15 * minute, 4 * hour, 24 * hour)
    assert (usual.after_no, usual.life) == (24 * hour, 24 * hour)


def test_two_accounts_of_one_human_are_told_from_two_humans() -> None:
    one = {
        "ben": replace(HELPER, human="77"),
        "ben-2": replace(HELPER, human="77"),
        "cleo": replace(HELPER, human="78"),
    }
    given = replace(REQUEST, evidence=(step_up(), approval(by="ben")))
    assert repeated(replace(GOOD, approvers=one), given, "ben-2")
    assert not repeated(replace(GOOD, approvers=one), given, "cleo")
    assert not repeated(replace(GOOD, approvers=one), given, "ben")  # that is another refusal
    assert not repeated(replace(GOOD, approvers=one), given, "nobody-knows")
    unnamed = {name: replace(facts, human="") for name, facts in one.items()}
    assert not repeated(replace(GOOD, approvers=unnamed), given, "ben-2")
    assert not repeated(replace(GOOD, approvers=None), given, "ben-2")
    without = {"ben-2": one["ben-2"]}
    assert not repeated(replace(GOOD, approvers=without), given, "ben-2")


def test_who_has_approved_is_told_from_who_has_not() -> None:
    given = replace(REQUEST, evidence=(step_up(), approval(by="ben")))
    assert may_approve(POLICY, HELPER, given, "cleo") is None
    assert may_approve(POLICY, HELPER, given, "ben") == Refusal(Reason.ALREADY_APPROVED)


@pytest.mark.parametrize(
    ("key", "mildest_first"),
    [
        ("mode", [Mode.ENFORCE, Mode.EVALUATE, Mode.OFF]),
        ("evidence", ["", "face_check"]),
        ("reveal", ["message", "dialog"]),
    ],
)
def test_of_two_words_the_stricter_is_the_later_whatever_the_order(key: str, mildest_first: list[str]) -> None:
    for one, other in combinations(mildest_first, 2):
        assert STRICTER[key](one, other) == other
        assert STRICTER[key](other, one) == other
