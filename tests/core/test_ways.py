"""Walks of requests that come about by themselves or on our page, and of what becomes of an act and follows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.core.audit import Deed
from bot.core.decide import ApprovalFirst, Go, Refuse, StepUpFirst
from bot.core.events import (
    ActDone,
    ActFailed,
    ActLost,
    ActPostponed,
    ActWanted,
    Approved,
    Asked,
    AskSignIn,
    CarryOut,
    Changed,
    Denied,
    Event,
    Followed,
    FollowUp,
    Hid,
    Look,
    Looked,
    Progressed,
    Reported,
    Revoke,
    RevokeDone,
    ShowFailed,
    SteppedUp,
    TimePassed,
    Watch,
    Withdrew,
)
from bot.core.life.acting import TRIES
from bot.core.life.advance import advance
from bot.core.life.ended import REPORTED_WITHIN
from bot.core.life.step import AFTERWARDS, LOOK_AGAIN, PAGE_LIFE, Step, on_a_page
from bot.core.model import Follow, Mode, Progress, Receipt, Refusal, Request, Status, Way
from bot.core.options import REVOKE_SESSIONS
from bot.core.policy import Policy
from bot.core.reasons import Reason
from tests.core.samples import ANN, BEN, NOW, POLICY, REQUEST, approval, step_up

MINUTE = timedelta(minutes=1)
NEW = replace(REQUEST, version=0)
ALONE, ENTER = replace(NEW, way=Way.ALONE), replace(NEW, way=Way.ENTER)
BUSY = Refusal(Reason.BUSY, {"seconds": "20"})
UNSURE = Refuse(Refusal(Reason.UNKNOWN))
NEVER = Refuse(Refusal(Reason.PRIVILEGED))
RECEIPT = Receipt("ann")


def walk(request: Request, *events: Event, policy: Policy = POLICY, now: datetime = NOW) -> Step:
    step = Step(request)
    for event in events:
        step = advance(step.request, event, policy, now)
    return step


PROVED: tuple[Event, ...] = (Asked(StepUpFirst("c1")), SteppedUp(step_up(), Go()))
ACTING: tuple[Event, ...] = (*PROVED, ActWanted(Go()))
DONE: tuple[Event, ...] = (*ACTING, ActDone(RECEIPT, 1))
LOST: tuple[Event, ...] = (*ACTING, ActLost(1))
ON_THE_PAGE: tuple[Event, ...] = (Asked(Go()), SteppedUp(step_up(), Go()))

WALKS: list[tuple[str, Request, Iterable[Event], Status]] = [
    ("nothing in the way", ALONE, [Asked(Go())], Status.READY),
    ("signed in", ALONE, PROVED, Status.READY),
    ("done by itself", ALONE, DONE, Status.DONE),
    ("by itself, without Go", ALONE, [Asked(StepUpFirst("c1")), ActWanted(Go())], Status.STEP_UP),
    ("sign-in too old at the act", ALONE, [*PROVED, ActWanted(StepUpFirst("c1"))], Status.STEP_UP),
    ("an approval has gone at the act", ALONE, [*PROVED, ActWanted(ApprovalFirst(1))], Status.APPROVAL),
    ("nothing known at the act", ALONE, [*PROVED, ActWanted(UNSURE)], Status.READY),
    ("privileged at the act", ALONE, [*PROVED, ActWanted(NEVER)], Status.REFUSED),
    ("not begun", ALONE, [*ACTING, ActPostponed(BUSY, 1)], Status.READY),
    ("refused by Entra", ALONE, [*ACTING, ActFailed(Refusal("tap.unusable"), 1)], Status.FAILED),
    ("begun twice at once", ALONE, [*ACTING, ActWanted(Go())], Status.ACTING),
    ("lost", ALONE, LOST, Status.UNKNOWN),
    ("lost and found", ALONE, [*LOST, Looked(RECEIPT)], Status.DONE),
    ("lost and nothing there", ALONE, [*LOST, Looked(None)], Status.UNKNOWN),
    ("tried once more", ALONE, [*LOST, Looked(None), ActWanted(Go(), again=True)], Status.ACTING),
    ("not begun by itself again", ALONE, [*LOST, Looked(None), ActWanted(Go())], Status.UNKNOWN),
    ("withdrawn before it began", ALONE, [*PROVED, Withdrew(ANN)], Status.WITHDRAWN),
    ("withdrawn too late", ALONE, [*ACTING, Withdrew(ANN)], Status.ACTING),
    ("not me, before it began", ALONE, [*PROVED, Reported(ANN)], Status.REVOKING),
    ("the page waits", ENTER, [Asked(Go())], Status.READY),
    ("signed in on the page", ENTER, ON_THE_PAGE, Status.READY),
    ("entered", ENTER, [*ON_THE_PAGE, ActWanted(Go()), ActDone(RECEIPT, 1)], Status.DONE),
    ("entered without a sign-in", ENTER, [Asked(Go()), ActWanted(StepUpFirst("c1"))], Status.STEP_UP),
    ("what was entered is not taken", ENTER, [*ON_THE_PAGE, ActWanted(Go()), ActPostponed(BUSY, 1)], Status.READY),
    ("entered, lost and found", ENTER, [*LOST, Looked(RECEIPT)], Status.DONE),
    ("entered, lost, nothing there", ENTER, [*LOST, Looked(None)], Status.UNKNOWN),
    ("entered once more", ENTER, [*LOST, Looked(None), ActWanted(Go(), again=True)], Status.ACTING),
]


@pytest.mark.parametrize(("why", "request_", "events", "status"), WALKS)
def test_walks(why: str, request_: Request, events: Iterable[Event], status: Status) -> None:
    assert walk(request_, *events).request.status is status, why


def test_what_goes_on_by_itself_is_told_to_and_is_looked_after() -> None:
    """The job may be lost or late: the desk looks by itself, not only when time is up."""
    step = walk(ALONE, Asked(Go()))
    assert CarryOut() in step.effects
    assert step.request.due_at == NOW + LOOK_AGAIN
    again = advance(step.request, TimePassed(), POLICY, NOW + LOOK_AGAIN)
    assert again.effects == (CarryOut(),)
    assert again.request.due_at == NOW + 2 * LOOK_AGAIN
    assert again.request.status is Status.READY


def test_what_its_person_must_press_or_enter_is_not_carried_out_by_itself() -> None:
    for request in (NEW, ENTER):
        step = walk(request, Asked(Go()))
        assert CarryOut() not in step.effects
        due = step.request.due_at
        assert due is not None
        assert CarryOut() not in advance(step.request, TimePassed(), POLICY, due).effects


def test_the_turn_that_was_told_is_waited_for() -> None:
    step = walk(ALONE, *ACTING, ActPostponed(BUSY, 1, timedelta(seconds=20)))
    due = step.request.due_at
    assert due is not None
    assert NOW + timedelta(seconds=20) <= due <= NOW + timedelta(seconds=21)
    assert [note.deed for note in step.notes] == [Deed.POSTPONED]
    assert step.refusal is None
    early = advance(step.request, TimePassed(), POLICY, NOW + timedelta(seconds=19))
    assert early == Step(step.request)
    assert advance(step.request, TimePassed(), POLICY, due).effects == (CarryOut(),)


def test_its_person_is_told_that_it_was_not_begun_where_they_pressed() -> None:
    for request in (NEW, ENTER):
        assert walk(request, *ACTING, ActPostponed(BUSY, 1, timedelta(seconds=20))).refusal == BUSY


def test_it_is_not_tried_for_ever() -> None:
    request = walk(ALONE, *PROVED).request
    for attempt in range(1, TRIES):
        request = walk(request, ActWanted(Go()), ActPostponed(BUSY, attempt)).request
        assert request.status is Status.READY, attempt
    last = walk(request, ActWanted(Go()), ActPostponed(BUSY, TRIES))
    assert last.request.status is Status.FAILED
    assert last.request.ending is not None
    assert last.request.ending.refusal == BUSY


def test_unknown_facts_at_the_act_are_looked_at_again_until_time_is_up() -> None:
    waiting = walk(ALONE, *PROVED).request
    stuck = advance(waiting, ActWanted(UNSURE), POLICY, NOW + MINUTE).request
    assert stuck.status is Status.READY
    assert stuck.due_at == NOW + MINUTE + LOOK_AGAIN
    assert stuck.expires_at == waiting.expires_at  # it does not wait longer for being unknown
    assert waiting.expires_at is not None
    assert advance(stuck, TimePassed(), POLICY, waiting.expires_at).request.status is Status.EXPIRED


def test_an_old_sign_in_is_asked_for_again_and_then_it_goes_on() -> None:
    step = walk(ALONE, *PROVED, ActWanted(StepUpFirst("c1")))
    assert AskSignIn("c1") in step.effects
    on = advance(step.request, SteppedUp(step_up(), Go()), POLICY, NOW)
    assert on.request.status is Status.READY
    assert CarryOut() in on.effects


def test_lost_and_found_is_done_without_a_person() -> None:
    for request in (ALONE, ENTER):
        step = walk(request, *LOST, Looked(RECEIPT))
        assert (step.request.status, step.request.receipt) == (Status.DONE, RECEIPT)
        assert [note.deed for note in step.notes] == [Deed.LOOKED, Deed.SHOWN]


def test_lost_and_gone_is_tried_once_more_by_its_person_and_no_more() -> None:
    for request in (ALONE, ENTER):
        nothing = walk(request, *LOST, Looked(None))
        assert CarryOut() not in nothing.effects
        assert nothing.request.expires_at == NOW + POLICY.show_wait
        again = walk(nothing.request, ActWanted(Go(), again=True), ActLost(2), Looked(None))
        assert AskSignIn("c1", enter=True) not in again.effects  # no page opens a second time
        third = advance(again.request, ActWanted(Go(), again=True), POLICY, NOW)
        assert third.refusal == Refusal(Reason.REPLACED_ALREADY)


def test_the_page_opens_again_once_when_nothing_was_found() -> None:
    step = walk(ENTER, *LOST, Looked(None))
    assert AskSignIn("c1", enter=True) in step.effects
    proved = advance(step.request, SteppedUp(step_up(), Go()), POLICY, NOW)
    assert proved.request.status is Status.UNKNOWN
    assert len(proved.request.evidence) == len(step.request.evidence) + 1


def test_a_sign_in_on_the_page_is_kept_and_decides_nothing() -> None:
    waiting = walk(ENTER, Asked(Go()))
    assert waiting.effects == (Changed(), AskSignIn("c1", enter=True))
    proved = advance(waiting.request, SteppedUp(step_up(), NEVER), POLICY, NOW + MINUTE)
    over = NOW + MINUTE + PAGE_LIFE + AFTERWARDS
    assert proved.request == replace(waiting.request, evidence=(step_up(),), due_at=over)
    assert [note.deed for note in proved.notes] == [Deed.STEPPED_UP]


def test_when_a_page_has_run_out_its_card_is_brought_up_to_date() -> None:
    opened = walk(ENTER, Asked(Go()), SteppedUp(step_up(), Go())).request
    refused = walk(opened, ActWanted(Go()), ActPostponed(Refusal("password.rule"), 1), now=NOW + MINUTE).request
    again = walk(ENTER, *LOST, Looked(None), SteppedUp(step_up(), Go())).request
    for request in (opened, refused, again):
        assert request.due_at is not None
        assert request.expires_at is not None
        passed = advance(request, TimePassed(None), POLICY, request.due_at)
        assert (passed.request.status, passed.request.due_at) == (request.status, request.expires_at)
        assert passed.effects == (Changed(),)
        assert request.due_at < request.expires_at
    late = walk(NEW, *LOST, Looked(None), SteppedUp(step_up(), Go())).request
    assert late.due_at == late.expires_at  # what is shown here has no page


@pytest.mark.parametrize("request_", [NEW, ALONE])
def test_only_the_page_takes_a_sign_in_when_all_is_ready(request_: Request) -> None:
    step = walk(request_, Asked(Go()), SteppedUp(step_up(), Go()))
    assert step.refusal == Refusal(Reason.CLOSED)
    assert step.request.evidence == ()


def test_the_trial_of_a_group_ends_before_the_act() -> None:
    """Everybody else is in earnest: the variant decides, at the asking or at the act."""
    policy = replace(POLICY, variants={"group:g": {"mode": Mode.EVALUATE}})
    terms = ("group:g",)
    asked = walk(ALONE, Asked(Go(terms)), policy=policy).request
    assert (asked.mode, asked.terms) == (Mode.EVALUATE, terms)
    assert walk(asked, ActWanted(Go(terms)), policy=policy).request.status is Status.EVALUATED
    assert walk(asked, ActWanted(Go()), policy=policy).request.status is Status.EVALUATED  # they left it meanwhile
    joined = walk(ALONE, Asked(Go()), ActWanted(Go(terms)), policy=policy).request
    assert (joined.status, joined.mode, joined.attempts) == (Status.EVALUATED, Mode.EVALUATE, 0)
    assert walk(ALONE, Asked(Go()), ActWanted(Go()), policy=policy).request.status is Status.ACTING


def test_a_request_waits_as_long_as_the_terms_it_was_decided_by_say() -> None:
    policy = replace(POLICY, variants={"level:high": {"approval_wait": timedelta(hours=1), "show_wait": MINUTE * 2}})
    high = ("level:high",)
    waiting = walk(ALONE, Asked(ApprovalFirst(2, high)), policy=policy).request
    assert (waiting.expires_at, waiting.terms) == (NOW + timedelta(hours=1), high)
    ready = walk(waiting, Approved(approval(), Go(high)), policy=policy).request
    assert ready.expires_at == NOW + MINUTE * 2
    graver = walk(ALONE, Asked(ApprovalFirst(1)), Approved(approval(), ApprovalFirst(1, high)), policy=policy).request
    assert graver.terms == high  # what it became on the way counts


def test_a_refusal_keeps_the_terms_it_was_made_under() -> None:
    refused = walk(ALONE, Asked(Refuse(Refusal("risk.not_alone"), ("level:hidden",)))).request
    assert (refused.status, refused.terms) == (Status.REFUSED, ("level:hidden",))


# What becomes of it.

WATCHED = Receipt("pass-1", NOW + timedelta(hours=1), watch=MINUTE)


def shown(receipt: Receipt = WATCHED) -> Request:
    return walk(NEW, *ACTING, ActDone(receipt, 1)).request


def test_what_an_act_left_behind_is_looked_at_until_its_end() -> None:
    done = shown()
    assert done.due_at == NOW + MINUTE
    looked = advance(done, TimePassed(), POLICY, NOW + MINUTE)
    assert looked.effects == (Watch(),)
    assert looked.request.due_at == NOW + 2 * MINUTE
    late = advance(done, TimePassed(), POLICY, NOW + timedelta(minutes=59, seconds=30))
    assert late.request.due_at == NOW + timedelta(hours=1)
    assert advance(late.request, TimePassed(), POLICY, NOW + timedelta(hours=1)).request.status is Status.ENDED


def test_what_nobody_watches_only_runs_out() -> None:
    done = shown(replace(WATCHED, watch=None))
    assert done.due_at == WATCHED.expires_at
    done = walk(NEW, *DONE).request
    assert done.due_at == NOW + REPORTED_WITHIN  # a button goes from its card


def test_when_nobody_can_report_it_any_more_its_card_says_so_once() -> None:
    done = walk(NEW, *DONE).request
    step = advance(done, TimePassed(), POLICY, NOW + REPORTED_WITHIN)
    assert (step.request.status, step.request.due_at, step.effects) == (Status.DONE, None, (Changed(),))


def test_a_stage_is_news_once() -> None:
    used = Progress("used", receipt=replace(WATCHED, expires_at=NOW + timedelta(hours=24)))
    on = advance(shown(), Progressed(used), POLICY, NOW + MINUTE)
    assert (on.request.stage, on.request.expires_at) == ("used", NOW + timedelta(hours=24))
    assert on.request.due_at == NOW + 2 * MINUTE
    assert on.effects == (Changed(),)
    assert [note.deed for note in on.notes] == [Deed.PROGRESSED]
    assert advance(on.request, Progressed(used), POLICY, NOW + 2 * MINUTE) == Step(on.request)


def test_once_it_is_over_nothing_becomes_of_it_any_more() -> None:
    over = advance(shown(), Progressed(Progress("registered", over=True)), POLICY, NOW)
    assert (over.request.status, over.request.stage) == (Status.ENDED, "registered")
    assert (over.request.due_at, over.request.receipt) == (None, WATCHED)
    for late in (Progress("used"), Progress("verified", over=True, receipt=replace(RECEIPT, follow=True))):
        step = advance(over.request, Progressed(late), POLICY, NOW)
        assert step.request == over.request
        assert step.refusal == Refusal(Reason.CLOSED)


@pytest.mark.parametrize(
    "events", [PROVED, ACTING, LOST, [*DONE, Reported(ANN)], [*DONE, Reported(ANN), RevokeDone(signed_out=True)]]
)
def test_nothing_becomes_of_what_is_not_done_or_is_taken_back(events: Iterable[Event]) -> None:
    before = walk(NEW, *events).request
    step = advance(before, Progressed(Progress("verified", over=True, receipt=RECEIPT)), POLICY, NOW)
    assert step.request == before
    assert step.refusal == Refusal(Reason.CLOSED)


# What follows it.


def test_what_follows_an_act_is_due_where_the_kind_or_the_policy_says_so() -> None:
    revoking = replace(POLICY, options={REVOKE_SESSIONS: True})
    assert walk(ALONE, *DONE).request.follow is Follow.NOTHING
    for policy, receipt in ((revoking, RECEIPT), (POLICY, replace(RECEIPT, follow=True))):
        step = walk(ALONE, *ACTING, ActDone(receipt, 1), policy=policy)
        assert step.request.follow is Follow.DUE
        assert FollowUp() in step.effects
    found = walk(ALONE, *LOST, Looked(RECEIPT), policy=revoking)
    assert found.request.follow is Follow.DUE


def test_what_follows_under_a_variant() -> None:
    policy = replace(POLICY, options={REVOKE_SESSIONS: False}, variants={"level:high": {"revoke_sessions": True}})
    high = ("level:high",)
    asked = walk(ALONE, Asked(Go(high)), ActWanted(Go(high)), policy=policy).request
    assert advance(asked, ActDone(RECEIPT, 1), policy, NOW).request.follow is Follow.DUE


def test_what_follows_is_done_or_refused_for_good_once() -> None:
    due = walk(ALONE, *DONE, policy=replace(POLICY, options={REVOKE_SESSIONS: True})).request
    for done, end in ((True, Follow.DONE), (False, Follow.FAILED)):
        step = advance(due, Followed(done), POLICY, NOW)
        assert (step.request.follow, step.request.status) == (end, Status.DONE)
        assert advance(step.request, Followed(not done), POLICY, NOW).refusal == Refusal(Reason.CLOSED)
    assert advance(walk(ALONE, *DONE).request, Followed(done=True), POLICY, NOW).refusal == Refusal(Reason.CLOSED)


def test_a_no_with_a_verdict_has_something_to_follow() -> None:
    waiting = walk(ALONE, Asked(ApprovalFirst(1))).request
    denied = advance(waiting, Denied(BEN, "no", "compromised"), POLICY, NOW)
    assert (denied.request.status, denied.request.follow) == (Status.DENIED, Follow.DUE)
    assert FollowUp() in denied.effects
    assert denied.request.ending is not None
    assert denied.request.ending.choice == "compromised"
    plain = advance(waiting, Denied(BEN, "no"), POLICY, NOW)
    assert (plain.request.follow, FollowUp() in plain.effects) == (Follow.NOTHING, False)


def test_a_verdict_is_still_followed_when_its_person_says_that_it_was_not_them() -> None:
    denied = walk(NEW, Asked(ApprovalFirst(1)), Denied(BEN, "I know it", "compromised"))
    revoked = walk(denied.request, Reported(ANN), RevokeDone(signed_out=True)).request
    assert (revoked.status, revoked.follow) == (Status.REVOKED, Follow.DUE)
    assert revoked.ending is not None
    assert revoked.ending.choice == "compromised"


def test_a_verdict_that_comes_too_late_has_nothing_to_follow() -> None:
    step = walk(ALONE, *PROVED, Denied(BEN, "no", "compromised"))
    assert step.refusal == Refusal(Reason.CLOSED)
    assert (step.request.follow, step.effects) == (Follow.NOTHING, ())


def test_a_proof_that_ends_it_is_followed() -> None:
    proof = Progress("verified", over=True, receipt=replace(RECEIPT, follow=True))
    step = walk(ALONE, *ACTING, ActDone(WATCHED, 1), Progressed(proof))
    assert (step.request.status, step.request.follow) == (Status.ENDED, Follow.DUE)
    assert FollowUp() in step.effects


def test_what_followed_the_act_does_not_follow_its_end_again() -> None:
    due = walk(ALONE, *ACTING, ActDone(replace(WATCHED, follow=True), 1)).request
    over = walk(due, Followed(done=True), Progressed(Progress("registered", over=True)))
    assert (over.request.follow, FollowUp() in over.effects) == (Follow.DONE, False)


# Taking back, where nobody has seen anything.


def test_it_was_not_me_is_heard_whatever_the_way() -> None:
    for request in (ALONE, ENTER):
        for events in (PROVED, ACTING, LOST, DONE):
            step = walk(request, *events, Reported(ANN))
            assert (step.request.status, step.request.reported) == (Status.REVOKING, True)
            assert Revoke() in step.effects


def test_a_late_answer_says_that_it_was_done_where_nothing_is_shown() -> None:
    """Taking back what its person chose and waits for would lock them out."""
    for request in (ALONE, ENTER):
        found = walk(request, *LOST, Looked(RECEIPT))
        assert advance(found.request, ActDone(RECEIPT, 1), POLICY, NOW) == Step(found.request)
        for events in (LOST, (*LOST, Looked(None))):
            late = walk(request, *events, ActDone(RECEIPT, 1)).request
            assert (late.status, late.receipt) == (Status.DONE, RECEIPT)
        again = walk(request, *LOST, Looked(None), ActWanted(Go(), again=True), ActDone(RECEIPT, 1))
        assert again.refusal == Refusal(Reason.CLOSED)


def test_what_was_reported_is_taken_back_even_when_it_comes_late() -> None:
    for request in (ALONE, ENTER):
        late = walk(request, *ACTING, Reported(ANN), RevokeDone(signed_out=True), ActDone(RECEIPT, 1))
        assert (late.request.status, late.request.receipt) == (Status.REVOKING, RECEIPT)


def test_a_second_try_that_was_not_begun_leaves_all_as_the_first_one_did() -> None:
    for request, found in ((NEW, WATCHED), (ALONE, None), (ENTER, None)):
        before = walk(request, *LOST, Looked(found)).request
        step = walk(before, ActWanted(Go(), again=True), ActPostponed(BUSY, 2))
        assert step.request == on_a_page(replace(before, attempts=2), NOW)
        assert step.refusal == BUSY
        assert walk(step.request, ActWanted(Go(), again=True)).request.status is Status.ACTING


def test_an_act_without_an_answer_is_looked_after_whatever_the_way() -> None:
    for request in (ALONE, ENTER):
        acting = walk(request, *ACTING).request
        assert acting.due_at is not None
        lost = advance(acting, TimePassed(), POLICY, acting.due_at)
        assert lost.request.status is Status.UNKNOWN
        assert Look() in lost.effects
        assert CarryOut() not in lost.effects


def test_hiding_and_not_being_seen_are_for_what_was_shown() -> None:
    for event in (Hid(ANN), ShowFailed()):
        assert walk(NEW, *DONE, event).refusal is None
        assert walk(ALONE, *DONE, event).refusal == walk(ENTER, *DONE, event).refusal == Refusal(Reason.CLOSED)


@pytest.mark.parametrize(
    ("before", "attempt", "status"),
    [
        (walk(ALONE, *ACTING).request, 1, Status.READY),
        (replace(walk(ALONE, *ACTING).request, attempts=TRIES), TRIES, Status.FAILED),
        (replace(walk(ALONE, *ACTING).request, replaced=True), 1, Status.UNKNOWN),
        (walk(ENTER, *ON_THE_PAGE, ActWanted(Go())).request, 1, Status.READY),
    ],
)
def test_what_was_not_begun_is_on_its_card_and_in_the_trail(before: Request, attempt: int, status: Status) -> None:
    step = advance(before, ActPostponed(BUSY, attempt), POLICY, NOW)
    assert (step.request.status, step.effects) == (status, (Changed(),))
    [note] = step.notes
    assert note.deed is (Deed.POSTPONED if step.refusal is None and status is Status.READY else Deed.REFUSED)


@pytest.mark.parametrize("status", [Status.STEP_UP, Status.PROOF, Status.APPROVAL])
def test_what_goes_on_by_itself_is_carried_out_only_when_nothing_is_in_its_way(status: Status) -> None:
    waits = replace(ALONE, status=status, expires_at=NOW + timedelta(hours=2), due_at=NOW)
    for decision in (None, ApprovalFirst(1)):
        step = advance(waits, TimePassed(decision), POLICY, NOW + timedelta(minutes=1))
        assert CarryOut() not in step.effects
