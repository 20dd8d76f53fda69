"""Policies that vary: by group, by how grave a case is, by a proof of identity, by the moment and by the way."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.decide import ApprovalFirst, Decision, Go, ProofFirst, Refuse, StepUpFirst, decide
from bot.core.events import ActLost, ActWanted, Asked, Looked
from bot.core.facts import Facts, Moment
from bot.core.life.advance import advance
from bot.core.model import Evidence, Mode, Refusal, Status, Way
from bot.core.options import Option, number, yes_or_no
from bot.core.policy import Policy
from bot.core.reasons import Reason
from bot.core.strictness import STRICTER
from tests.core.samples import GOOD, NOW, POLICY, REQUEST, approval, face, proved, step_up

SIGNED_IN = proved(step_up())
SECURE_FIRST = Option("secure_first", usual=False, parse=yes_or_no, stricter=max)
VARIED = replace(
    POLICY,
    options={SECURE_FIRST: False},
    variants={
        "group:pilots": {"approvals": 0, "per_day": 1},
        "group:bosses": {"approvals": 3, "step_up": "c2"},
        "group:trial": {"mode": Mode.EVALUATE},
        "group:shut": {"mode": Mode.OFF},
        "level:low": {"approvals": 0},
        "level:high": {"approvals": 2, "secure_first": True},
    },
)


def about(level: str = "", *groups: str, **more: object) -> Facts:
    return replace(GOOD, level=level, groups=frozenset({"employees", *groups}), **more)  # type: ignore[arg-type]  # as given


def reason(decision: Decision) -> str:
    match decision:
        case Refuse(refusal):
            return refusal.reason
        case _:
            return type(decision).__name__


CASES: list[tuple[str, Facts, Decision]] = [
    ("no variant holds", about(), ApprovalFirst(1)),
    ("a level nobody speaks of", about("medium"), ApprovalFirst(1)),
    ("a member of a group", about("", "pilots"), Go(("group:pilots",))),
    ("a mild case", about("low"), Go(("level:low",))),
    ("a grave case", about("high"), ApprovalFirst(2, ("level:high",))),
    (
        "a grave case outranks a group that is spared",
        about("high", "pilots"),
        ApprovalFirst(2, ("group:pilots", "level:high")),
    ),
    (
        "a group that is asked more outranks a case",
        about("high", "bosses"),
        StepUpFirst("c2", ("group:bosses", "level:high")),
    ),
    ("for a mild one too", about("low", "bosses"), StepUpFirst("c2", ("group:bosses", "level:low"))),
]


@pytest.mark.parametrize(("why", "facts", "expected"), CASES)
@pytest.mark.parametrize("moment", [Moment.ASK, Moment.WAY, Moment.ACT])
def test_variants(why: str, facts: Facts, expected: Decision, moment: Moment) -> None:
    assert decide(VARIED, facts, SIGNED_IN, moment, NOW) == expected, why


def test_of_a_group_and_a_level_the_stricter_holds() -> None:
    """Two approvals for what is grave do not become the answer for a group of which three are demanded."""
    asked: list[tuple[str, str, int]] = [
        ("high", "bosses", 3),
        ("low", "bosses", 3),
        ("high", "pilots", 2),
        ("low", "pilots", 0),
        ("low", "trial", 0),
        ("medium", "bosses", 3),
    ]
    for policy in (VARIED, replace(VARIED, several_groups="last")):
        for level, group, approvals in asked:
            assert policy.under(policy.terms({group}, level)).approvals == approvals, (level, group)
    held = replace(
        POLICY, variants={"group:a": {"per_day": 1, "step_up": "c2"}, "level:high": {"per_day": 2, "step_up": ""}}
    )
    assert (held.under(held.variants).per_day, held.under(held.variants).step_up) == (1, "c2")


def both(policy: Policy, *groups: str) -> Policy:
    facts = about("", *groups)
    return policy.under(policy.terms(facts.groups or (), facts.level))


def test_of_two_groups_the_stricter_holds_whichever_is_written_first() -> None:
    turned = replace(VARIED, variants=dict(reversed(list(VARIED.variants.items()))))
    for policy in (VARIED, turned):
        held = both(policy, "pilots", "bosses")
        assert (held.approvals, held.step_up, held.per_day) == (3, "c2", 1)


def test_what_one_group_is_spared_another_may_still_demand() -> None:
    """A group that does not set a key stands by what everybody has."""
    policy = replace(POLICY, variants={"group:a": {"step_up": ""}, "group:b": {"approvals": 0}, "group:c": {}})
    assert (both(policy, "a").step_up, both(policy, "b").approvals) == ("", 0)
    for groups in (("a", "b"), ("a", "c", "b"), ("b", "a")):
        assert both(policy, *groups) == replace(policy, step_up="c1", approvals=1), groups
    assert both(replace(VARIED, mode=Mode.EVALUATE), "trial", "pilots").mode is Mode.EVALUATE


def test_the_file_may_say_that_the_group_written_last_outranks_the_others() -> None:
    """In the order of the file, whatever the groups are called and in whichever order a request names them."""
    last = replace(VARIED, several_groups="last")
    assert last.terms({"bosses", "pilots"}, "") == ("group:pilots", "group:bosses")
    assert (both(last, "pilots", "bosses").approvals, both(last, "pilots", "bosses").per_day) == (3, 1)
    assert last.under(("group:bosses", "group:pilots")).approvals == 3
    turned = replace(last, variants=dict(reversed(list(last.variants.items()))))
    assert both(turned, "pilots", "bosses").approvals == 0


STRICT: list[tuple[str, Any, Any]] = [
    ("mode", Mode.ENFORCE, Mode.EVALUATE),
    ("mode", Mode.EVALUATE, Mode.OFF),
    ("approvals", 1, 2),
    ("step_up", "", "c1"),
    ("step_up_age", timedelta(minutes=15), timedelta(minutes=5)),
    ("approver_step_up", "", "c2"),
    ("evidence", "", "face_check"),
    ("evidence_age", timedelta(hours=24), timedelta(hours=1)),
    ("step_up_wait", timedelta(minutes=15), timedelta(minutes=5)),
    ("approval_wait", timedelta(hours=4), timedelta(hours=1)),
    ("show_wait", timedelta(hours=4), timedelta(hours=1)),
    ("approval_age", timedelta(hours=4), timedelta(hours=1)),
    ("life", timedelta(hours=24), timedelta(hours=1)),
    ("after_no", timedelta(0), timedelta(hours=24)),
    ("per_day", 3, 1),
    ("reveal", "message", "dialog"),
    ("careful", False, True),
    ("score", 70, 90),
]


# What kinds bring along varies by the same rule.
CARE, SCORE = Option("careful", usual=False, parse=yes_or_no, stricter=max), Option("score", 70, number(0, 100), max)
CAREFUL = replace(POLICY, options={CARE: False, SCORE: 70})


def value(policy: Policy, key: str) -> Any:
    return next((v for option, v in policy.options.items() if option.name == key), None) or getattr(policy, key, False)


@pytest.mark.parametrize(("key", "mild", "strict"), STRICT)
def test_each_key_knows_which_of_two_values_demands_more(key: str, mild: Any, strict: Any) -> None:
    for first, second in ((mild, strict), (strict, mild)):
        policy = replace(CAREFUL, variants={"group:a": {key: first}, "group:b": {key: second}})
        assert value(both(policy, "a", "b"), key) == strict
        silent = replace(CAREFUL.changed({key: first}), variants={"group:a": {key: second}, "group:b": {}})
        assert value(both(silent, "a", "b"), key) == strict


def test_no_key_that_varies_is_without_a_direction() -> None:
    fixed = {"allowed_groups", "deny_list", "approvers_group", "guest_approvers", "known_approvers", "options"}
    fixed |= {"several_groups", "variants"}
    assert (
        set(STRICTER)
        == {f.name for f in fields(Policy)} - fixed
        == {key for key, _, _ in STRICT} - {CARE.name, SCORE.name}
    )


GROUPS = st.dictionaries(
    st.sampled_from(["group:a", "group:b", "group:c", "group:d"]),
    st.fixed_dictionaries(
        {},
        optional={
            "step_up": st.sampled_from(["", "c1"]),
            "approvals": st.integers(0, 2),
            "evidence": st.sampled_from(["", "face_check"]),
            "per_day": st.integers(1, 3),
        },
    ),
)


@settings(deadline=None)  # a busy machine is no fault
@given(GROUPS, st.sampled_from(["", "c1"]), st.integers(0, 2))
def test_nobody_is_asked_less_for_being_in_one_more_group(
    variants: dict[str, dict[str, Any]], step_up: str, approvals: int
) -> None:
    policy = replace(POLICY, step_up=step_up, approvals=approvals, variants=variants)
    for size in range(1, len(variants) + 1):
        for names in combinations(variants, size):
            held = policy.under(names)
            for key, stricter in STRICTER.items():
                for name in names:
                    alone = getattr(policy.under((name,)), key)
                    assert stricter(alone, getattr(held, key)) == getattr(held, key), (key, names)


# A policy that asks for nothing.


@pytest.mark.parametrize("moment", list(Moment))
def test_what_asks_for_no_proof_goes_to_nobody(moment: Moment) -> None:
    """Not even with a face: it says who holds a phone, and nothing of who sits there."""
    bare = replace(POLICY, step_up="", approvals=0)
    for policy in (bare, replace(bare, evidence="face_check")):
        shown = replace(SIGNED_IN, evidence=(step_up(), face()))
        assert reason(decide(policy, GOOD, shown, moment, NOW)) == Reason.NO_PROOF
    assert decide(bare, replace(GOOD, harmless=True), SIGNED_IN, moment, NOW) == Go()
    assert reason(decide(bare, replace(GOOD, roles=("admin",)), SIGNED_IN, moment, NOW)) == Reason.PRIVILEGED


@pytest.mark.parametrize("moment", list(Moment))
def test_a_page_without_a_sign_in_is_opened_to_nobody(moment: Moment) -> None:
    policy = replace(POLICY, step_up="", approvals=1)
    page = replace(SIGNED_IN, way=Way.ENTER)
    for harmless in (False, True):
        assert reason(decide(policy, replace(GOOD, harmless=harmless), page, moment, NOW)) == Reason.NO_PROOF


def test_levels_come_last_whatever_the_groups_are_called() -> None:
    policy = replace(POLICY, variants={"level:a": {"approvals": 2}, "group:z": {"approvals": 0}})
    assert policy.terms(about("a", "z").groups or (), about("a", "z").level) == ("group:z", "level:a")


@pytest.mark.parametrize("moment", list(Moment))
def test_how_grave_it_is_must_be_known(moment: Moment) -> None:
    for policy in (VARIED, POLICY):
        decision = decide(policy, about(level=None), SIGNED_IN, moment, NOW)  # type: ignore[arg-type]  # not found out
        assert reason(decision) == Reason.UNKNOWN


def test_groups_that_cannot_be_found_out_are_no_way_to_a_milder_policy() -> None:
    facts = replace(GOOD, groups=None)
    assert VARIED.terms(facts.groups or (), facts.level) == ()
    assert reason(decide(VARIED, facts, SIGNED_IN, Moment.ACT, NOW)) == Reason.UNKNOWN


def test_a_group_may_be_shut_out_and_a_group_may_be_let_in() -> None:
    assert reason(decide(VARIED, about("", "shut"), SIGNED_IN, Moment.ACT, NOW)) == Reason.OFF
    closed = replace(POLICY, mode=Mode.OFF, variants={"group:trial": {"mode": Mode.EVALUATE}})
    assert reason(decide(closed, about(), SIGNED_IN, Moment.ACT, NOW)) == Reason.OFF
    assert reason(decide(closed, about("", "trial"), SIGNED_IN, Moment.ACT, NOW)) == "ApprovalFirst"
    assert (closed.offered, replace(closed, variants={}).offered) == (True, False)


def test_a_variant_changes_nobody_elses_walls() -> None:
    for wall in ({"guest": True}, {"roles": ("admin",)}, {"restricted": True}, {"enabled": False}):
        assert isinstance(decide(VARIED, about("low", "pilots", **wall), SIGNED_IN, Moment.ACT, NOW), Refuse)


def test_a_refusal_says_under_which_terms_it_was_made() -> None:
    decision = decide(VARIED, about("low", roles=("admin",)), SIGNED_IN, Moment.ASK, NOW)
    assert decision == Refuse(Refusal(Reason.PRIVILEGED), ("level:low",))


def test_every_group_that_makes_a_difference_is_asked_about() -> None:
    assert VARIED.groups == {"employees", "pilots", "bosses", "trial", "shut"}


def test_names_of_variants_that_are_gone_change_nothing() -> None:
    assert VARIED.under(("group:gone", "level:gone")) == VARIED


# What holds only where the policy says so.

WHERE = {"alone": Refusal("risk.not_alone"), "secure_first": Refusal("risk.secure_first")}


@pytest.mark.parametrize("moment", list(Moment))
def test_never_alone_means_that_somebody_else_is_asked(moment: Moment) -> None:
    facts = about("low", where=WHERE)
    assert reason(decide(VARIED, facts, SIGNED_IN, moment, NOW)) == "risk.not_alone"
    asked = replace(VARIED, variants={})
    assert reason(decide(asked, facts, SIGNED_IN, moment, NOW)) == "ApprovalFirst"


def test_secured_first_is_demanded_by_the_level_alone() -> None:
    facts = about("high", where={"secure_first": WHERE["secure_first"]})
    assert reason(decide(VARIED, facts, SIGNED_IN, Moment.ASK, NOW)) == "risk.secure_first"
    mild = about("medium", where={"secure_first": WHERE["secure_first"]})
    assert reason(decide(VARIED, mild, SIGNED_IN, Moment.ASK, NOW)) == "ApprovalFirst"


def test_the_kinds_own_no_comes_before_what_the_policy_adds() -> None:
    facts = about("low", where=WHERE, objection=Refusal("risk.not_flagged"))
    assert reason(decide(VARIED, facts, SIGNED_IN, Moment.ASK, NOW)) == "risk.not_flagged"


# A proof of identity.

FACE = replace(POLICY, evidence="face_check", evidence_age=timedelta(hours=2))
LATER = NOW + timedelta(hours=3)
FACES: list[tuple[str, tuple[Evidence, ...], str]] = [
    ("none", (), "ProofFirst"),
    ("just now", (face(at=LATER),), "ApprovalFirst"),
    ("just in time", (face(at=LATER - timedelta(hours=2)),), "ApprovalFirst"),
    ("too long ago", (face(at=LATER - timedelta(hours=2, seconds=1)),), "ProofFirst"),
    ("an old one and a new one", (face(at=NOW), face(at=LATER)), "ApprovalFirst"),
    ("somebody else's", (face(by="ben", at=LATER),), "ProofFirst"),
    ("for another request", (face(request="r2", at=LATER),), "ProofFirst"),
    ("from a clock that runs ahead", (face(at=LATER + timedelta(hours=1)),), "ProofFirst"),
]


@pytest.mark.parametrize(("why", "faces", "expected"), FACES)
@pytest.mark.parametrize("moment", [Moment.ASK, Moment.WAY, Moment.ACT])
def test_a_proof_of_identity(why: str, faces: tuple[Evidence, ...], expected: str, moment: Moment) -> None:
    request = replace(REQUEST, evidence=(step_up(at=LATER), *faces))
    assert reason(decide(FACE, GOOD, request, moment, LATER)) == expected, why


def test_a_face_from_before_it_was_asked_for_is_none() -> None:
    """Whatever it is bound to: five minutes are what two clocks may differ."""
    for before, expected in ((5, "ApprovalFirst"), (6, "ProofFirst")):
        request = replace(REQUEST, evidence=(step_up(), face(at=NOW - timedelta(minutes=before))))
        assert reason(decide(FACE, GOOD, request, Moment.WAY, NOW)) == expected


def test_what_is_asked_comes_in_its_order() -> None:
    """The walls, the sign-in, the face, and only then somebody else's time."""
    policy = replace(FACE, approvals=1)
    walled = replace(GOOD, objection=Refusal("tap.live_pass"))
    assert reason(decide(policy, walled, REQUEST, Moment.WAY, NOW)) == "tap.live_pass"
    assert decide(policy, GOOD, REQUEST, Moment.WAY, NOW) == StepUpFirst("c1")
    assert decide(policy, GOOD, replace(REQUEST, evidence=(face(),)), Moment.WAY, NOW) == StepUpFirst("c1")
    assert decide(policy, GOOD, replace(REQUEST, evidence=(step_up(), approval())), Moment.WAY, NOW) == ProofFirst()
    assert decide(policy, GOOD, replace(REQUEST, evidence=(step_up(), face())), Moment.WAY, NOW) == ApprovalFirst(1)
    assert decide(policy, GOOD, replace(REQUEST, evidence=(step_up(), face(), approval())), Moment.ACT, NOW) == Go()


@pytest.mark.parametrize(
    ("there", "expected"), [(True, "ProofFirst"), (False, Reason.NO_FACE_CHECK), (None, "unknown")]
)
@pytest.mark.parametrize("moment", list(Moment))
def test_where_nobody_can_prove_it_they_are_told_at_once(there: bool | None, expected: str, moment: Moment) -> None:
    facts = replace(GOOD, face_check=there)
    assert reason(decide(FACE, facts, SIGNED_IN, moment, NOW)) == expected
    proved_already = replace(SIGNED_IN, evidence=(step_up(), face()))
    assert reason(decide(FACE, facts, proved_already, moment, NOW)) == "ApprovalFirst"
    assert reason(decide(POLICY, facts, SIGNED_IN, moment, NOW)) == "ApprovalFirst"


def test_a_group_may_need_a_proof() -> None:
    policy = replace(POLICY, variants={"group:bosses": {"evidence": "face_check"}})
    assert reason(decide(policy, about("", "bosses"), SIGNED_IN, Moment.WAY, NOW)) == "ProofFirst"
    assert reason(decide(policy, about(), SIGNED_IN, Moment.WAY, NOW)) == "ApprovalFirst"
    assert (policy.faces, FACE.faces, POLICY.faces) == (True, True, False)
    assert not replace(POLICY, variants={"group:bosses": {"approvals": 2}}).faces


def test_the_page_waits_for_the_face_too() -> None:
    policy = replace(FACE, approvals=0)
    page = replace(REQUEST, way=Way.ENTER)
    assert decide(policy, GOOD, page, Moment.ASK, NOW) == ProofFirst()
    assert decide(policy, GOOD, replace(page, evidence=(face(),)), Moment.WAY, NOW) == Go()


# The page.

PAGE = replace(REQUEST, way=Way.ENTER)


@pytest.mark.parametrize("moment", [Moment.HOME, Moment.ASK, Moment.WAY])
def test_the_sign_in_is_asked_for_on_the_page_when_nobody_else_decides(moment: Moment) -> None:
    alone = replace(POLICY, approvals=0)
    assert decide(alone, GOOD, PAGE, moment, NOW) == Go()
    assert decide(POLICY, GOOD, PAGE, moment, NOW) == StepUpFirst("c1")  # nobody is asked in a stranger's name
    for way in (Way.SHOW, Way.ALONE):
        assert decide(alone, GOOD, replace(REQUEST, way=way), moment, NOW) == StepUpFirst("c1")


def test_at_the_act_the_page_has_asked_for_it() -> None:
    alone = replace(POLICY, approvals=0)
    assert decide(alone, GOOD, PAGE, Moment.ACT, NOW) == StepUpFirst("c1")
    assert decide(alone, GOOD, replace(PAGE, evidence=(step_up(),)), Moment.ACT, NOW) == Go()
    old = step_up(at=NOW - POLICY.step_up_age - timedelta(seconds=1))
    assert decide(alone, GOOD, replace(PAGE, evidence=(old,)), Moment.ACT, NOW) == StepUpFirst("c1")


def test_the_context_of_the_page_must_be_guarded_all_the_same() -> None:
    alone, facts = replace(POLICY, approvals=0), replace(GOOD, guarded_contexts=frozenset({"c2"}))
    assert reason(decide(alone, facts, PAGE, Moment.ASK, NOW)) == Reason.STEP_UP_UNGUARDED


# What might be asked for.


def test_home_tells_of_the_daily_limit() -> None:
    facts = replace(GOOD, recent=(NOW,) * POLICY.per_day)
    assert reason(decide(POLICY, facts, REQUEST, Moment.HOME, NOW)) == Reason.TOO_MANY
    assert reason(decide(POLICY, facts, REQUEST, Moment.ACT, NOW)) == "StepUpFirst"


def test_what_only_locks_needs_no_proof_but_has_its_walls() -> None:
    policy = Policy(step_up="", approvals=0, allowed_groups=frozenset({"employees"}))
    locks = replace(GOOD, harmless=True)
    assert decide(policy, replace(locks, guarded_contexts=None), REQUEST, Moment.ACT, NOW) == Go()
    assert reason(decide(policy, replace(locks, guest=True), REQUEST, Moment.ACT, NOW)) == Reason.GUEST


def test_an_act_is_carried_out_under_the_terms_it_was_decided_by() -> None:
    """What is graver now than when it was asked for is followed by what the policy says of the graver case."""
    low, high = Go(("level:low",)), Go(("level:high",))
    ready = advance(REQUEST, Asked(low), POLICY, NOW).request
    assert ready.terms == ("level:low",)
    claimed = advance(ready, ActWanted(high), POLICY, NOW).request
    assert (claimed.status, claimed.terms) == (Status.ACTING, ("level:high",))


def test_nothing_is_tried_again_while_the_first_try_is_still_looked_for() -> None:
    go = Go()
    acting = advance(advance(REQUEST, Asked(go), POLICY, NOW).request, ActWanted(go), POLICY, NOW).request
    looking = advance(acting, ActLost(1), POLICY, NOW).request
    step = advance(looking, ActWanted(go, again=True), POLICY, NOW)
    assert (step.request.status, step.refusal) == (Status.UNKNOWN, Refusal(Reason.CHANGED))
    found_nothing = advance(looking, Looked(None), POLICY, NOW).request
    assert advance(found_nothing, ActWanted(go, again=True), POLICY, NOW).request.status is Status.ACTING
