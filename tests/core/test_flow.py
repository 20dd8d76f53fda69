"""Walks through the life of a request whose act is shown to its subject; other ways are in test_ways."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.core.audit import Deed
from bot.core.decide import ApprovalFirst, Case, Decision, Go, Refuse, StepUpFirst
from bot.core.events import (
    ActDone,
    ActFailed,
    ActLost,
    ActPostponed,
    ActWanted,
    Approved,
    Asked,
    AskSignIn,
    Changed,
    Denied,
    Effect,
    Event,
    Hid,
    Look,
    Looked,
    Reported,
    Revoke,
    RevokeChosen,
    RevokeDone,
    ShowFailed,
    SteppedUp,
    TimePassed,
    Withdrew,
)
from bot.core.life.acting import ACT_LIMIT
from bot.core.life.advance import advance
from bot.core.life.step import LOOK_AGAIN, Step
from bot.core.model import Mode, Receipt, Refusal, Request, Status
from bot.core.policy import Policy
from bot.core.reasons import Reason
from tests.core.samples import ANN, BEN, NOW, POLICY, REQUEST, approval, step_up

RECEIPT = Receipt("pass-1", NOW + timedelta(hours=1))
UNSURE = Refuse(Refusal(Reason.UNKNOWN))
NEVER = Refuse(Refusal(Reason.PRIVILEGED))


def walk(request: Request, *events: Event, policy: Policy = POLICY, now: datetime = NOW) -> Step:
    step = Step(request)
    for event in events:
        step = advance(step.request, event, policy, now)
    return step


NEW = replace(REQUEST, version=0)
TO_APPROVAL: tuple[Event, ...] = (Asked(StepUpFirst("c1")), SteppedUp(step_up(), ApprovalFirst(1)))
TO_READY: tuple[Event, ...] = (*TO_APPROVAL, Approved(approval(), Go()))
TO_ACTING: tuple[Event, ...] = (*TO_READY, ActWanted(Go()))
TO_DONE: tuple[Event, ...] = (*TO_ACTING, ActDone(RECEIPT, 1))
TO_UNKNOWN: tuple[Event, ...] = (*TO_ACTING, ActLost(1), Looked(RECEIPT))

WALKS: list[tuple[str, Iterable[Event], Status]] = [
    ("asked", [Asked(StepUpFirst("c1"))], Status.STEP_UP),
    ("refused at once", [Asked(NEVER)], Status.REFUSED),
    ("refused at once when nothing is known", [Asked(UNSURE)], Status.REFUSED),
    ("signed in", TO_APPROVAL, Status.APPROVAL),
    ("approved", TO_READY, Status.READY),
    ("one of two approvals", [*TO_APPROVAL, Approved(approval(), ApprovalFirst(1))], Status.APPROVAL),
    ("became privileged meanwhile", [*TO_APPROVAL, Approved(approval(), NEVER)], Status.REFUSED),
    ("shown", TO_DONE, Status.DONE),
    ("sign-in too old at Show", [*TO_READY, ActWanted(StepUpFirst("c1"))], Status.STEP_UP),
    ("approver lost at Show", [*TO_READY, ActWanted(ApprovalFirst(1))], Status.APPROVAL),
    ("nothing known at Show", [*TO_READY, ActWanted(UNSURE)], Status.READY),
    ("refused at Show", [*TO_READY, ActWanted(NEVER)], Status.REFUSED),
    ("shown without approval", [*TO_APPROVAL, ActWanted(Go())], Status.APPROVAL),
    ("denied", [*TO_APPROVAL, Denied(BEN, "no")], Status.DENIED),
    ("denied too late", [*TO_READY, Denied(BEN, "no")], Status.READY),
    ("withdrawn", [*TO_READY, Withdrew(ANN)], Status.WITHDRAWN),
    ("withdrawn too late", [*TO_DONE, Withdrew(ANN)], Status.DONE),
    ("approved after withdrawal", [*TO_APPROVAL, Withdrew(ANN), Approved(approval(), Go())], Status.WITHDRAWN),
    ("pressed twice", [*TO_DONE, ActWanted(Go())], Status.DONE),
    ("pressed while acting", [*TO_ACTING, ActWanted(Go())], Status.ACTING),
    ("answer lost", [*TO_ACTING, ActLost(1)], Status.UNKNOWN),
    ("not begun", [*TO_ACTING, ActPostponed(Refusal(Reason.UNKNOWN), 1)], Status.READY),
    ("rejected", [*TO_ACTING, ActFailed(Refusal(Reason.NOT_PERMITTED), 1)], Status.FAILED),
    ("replaced once", [*TO_UNKNOWN, ActWanted(Go(), again=True)], Status.ACTING),
    ("lost twice", [*TO_UNKNOWN, ActWanted(Go(), again=True), ActLost(2)], Status.UNKNOWN),
    ("could not be shown", [*TO_DONE, ShowFailed()], Status.UNKNOWN),
    ("hidden", [*TO_DONE, Hid(ANN)], Status.DONE),
    ("taken back", [*TO_DONE, RevokeChosen(ANN), RevokeDone(signed_out=True)], Status.REVOKED),
    ("not me, while waiting", [*TO_APPROVAL, Reported(ANN)], Status.REVOKING),
    ("not me, after a denial", [*TO_APPROVAL, Denied(BEN, "no"), Reported(ANN)], Status.REVOKING),
    (
        "answer after the report",
        [*TO_ACTING, Reported(ANN), RevokeDone(signed_out=True), ActDone(RECEIPT, 1)],
        Status.REVOKING,
    ),
    ("answer after it was given up", [*TO_ACTING, ActLost(1), ActDone(RECEIPT, 1)], Status.REVOKING),
]


@pytest.mark.parametrize(("why", "events", "status"), WALKS)
def test_walks(why: str, events: Iterable[Event], status: Status) -> None:
    assert walk(NEW, *events).request.status is status, why


def test_a_third_time_is_the_helpdesks() -> None:
    again = (ActWanted(Go(), again=True), ActLost(2), Looked(None))
    step = walk(REQUEST, *TO_UNKNOWN, *again, ActWanted(Go(), again=True))
    assert step.refusal == Refusal(Reason.REPLACED_ALREADY)
    assert step.request.status is Status.UNKNOWN


def test_a_late_answer_is_taken_back_and_never_shown() -> None:
    step = walk(REQUEST, *TO_ACTING, Reported(ANN), ActDone(RECEIPT, 1))
    assert step.request.receipt == RECEIPT
    assert Revoke() in step.effects
    assert step.request.status is Status.REVOKING


def test_an_answer_to_an_earlier_claim_is_ignored() -> None:
    step = walk(REQUEST, *TO_UNKNOWN, ActWanted(Go(), again=True), ActDone(RECEIPT, 1))
    assert step.refusal == Refusal(Reason.CLOSED)
    assert step.request.status is Status.ACTING


def test_evaluate_stops_before_the_act() -> None:
    step = walk(REQUEST, *TO_READY, ActWanted(Go()), policy=replace(POLICY, mode=Mode.EVALUATE))
    assert step.request.status is Status.EVALUATED
    assert step.request.attempts == 0
    assert [note.deed for note in step.notes] == [Deed.EVALUATED]


def test_time_runs_out() -> None:
    asked = walk(replace(NEW, version=1), Asked(StepUpFirst("c1"))).request
    late = NOW + POLICY.step_up_wait
    assert walk(asked, TimePassed(), now=late).request.status is Status.EXPIRED
    waiting = walk(REQUEST, *TO_APPROVAL).request
    half = advance(waiting, TimePassed(), POLICY, NOW + POLICY.approval_wait / 2)
    assert half.request.reminded
    assert half.effects == (Changed(),)
    assert [note.deed for note in half.notes] == [Deed.REMINDED]
    assert advance(half.request, TimePassed(), POLICY, NOW + POLICY.approval_wait).request.status is Status.EXPIRED


def test_a_reminder_is_a_decision() -> None:
    waiting, half = walk(REQUEST, *TO_APPROVAL).request, NOW + POLICY.approval_wait / 2
    decided = ApprovalFirst(1, ("level:high",), Case("high", more=1))
    told = advance(waiting, TimePassed(decided), POLICY, half)
    assert (told.request.status, told.request.reminded, told.request.level) == (Status.APPROVAL, True, "high")
    assert (told.request.more, told.request.terms, told.request.due_at) == (1, ("level:high",), waiting.expires_at)
    assert (told.effects, [note.deed for note in told.notes]) == ((Changed(),), [Deed.DECIDED_AGAIN, Deed.REMINDED])
    unsure = advance(waiting, TimePassed(UNSURE), POLICY, half)
    assert (unsure.request.reminded, unsure.request.due_at) == (True, half + LOOK_AGAIN)
    assert [note.deed for note in unsure.notes] == [Deed.DECIDED_AGAIN, Deed.REFUSED, Deed.REMINDED]
    again = advance(unsure.request, TimePassed(UNSURE), POLICY, half + LOOK_AGAIN)
    assert Deed.REMINDED not in [note.deed for note in again.notes]
    for decision, status in ((NEVER, Status.REFUSED), (Go(), Status.READY), (StepUpFirst("c1"), Status.STEP_UP)):
        moved = advance(waiting, TimePassed(decision), POLICY, half)
        assert moved.request.status is status
        assert Deed.REMINDED not in [note.deed for note in moved.notes]


def test_nothing_happens_before_its_time() -> None:
    waiting = walk(REQUEST, *TO_APPROVAL).request
    assert advance(waiting, TimePassed(), POLICY, NOW) == Step(waiting)


def test_an_act_without_an_answer_is_looked_after() -> None:
    acting = walk(REQUEST, *TO_ACTING).request
    lost = advance(acting, TimePassed(), POLICY, NOW + ACT_LIMIT)
    assert lost.request.status is Status.UNKNOWN
    assert Look() in lost.effects


def test_unknown_facts_on_the_way_are_looked_at_again_by_themselves() -> None:
    step = walk(REQUEST, Asked(StepUpFirst("c1")), SteppedUp(step_up(), UNSURE))
    assert (step.refusal, step.effects) == (None, (Changed(),))  # their sign-in counts: nothing went wrong for them
    stuck = step.request
    assert stuck.status is Status.STEP_UP
    assert stuck.due_at is not None
    assert stuck.due_at < NOW + POLICY.step_up_wait
    on = advance(stuck, TimePassed(ApprovalFirst(1)), POLICY, stuck.due_at)
    assert on.request.status is Status.APPROVAL


def test_a_fresh_sign_in_may_be_asked_for_before_replacing() -> None:
    step = walk(REQUEST, *TO_UNKNOWN, ActWanted(StepUpFirst("c1"), again=True))
    assert step.effects == (AskSignIn("c1"),)
    assert step.refusal == Refusal(Reason.OLD_SIGN_IN)
    proved = advance(step.request, SteppedUp(step_up(), Go()), POLICY, NOW)
    assert proved.request.status is Status.UNKNOWN
    assert len(proved.request.evidence) == len(step.request.evidence) + 1


@pytest.mark.parametrize(
    ("decision", "effects", "deed", "reason"),
    [
        (Refuse(Refusal(Reason.FROZEN)), (), Deed.REFUSED, Reason.FROZEN),
        (StepUpFirst("c1"), (AskSignIn("c1"),), Deed.SHOW_PRESSED, Reason.OLD_SIGN_IN),
        (ApprovalFirst(1), (), Deed.REFUSED, Reason.CHANGED),
    ],
)
def test_what_may_not_be_replaced_now_stays_as_it_is(
    decision: Decision, effects: tuple[Effect, ...], deed: Deed, reason: Reason
) -> None:
    lost = walk(REQUEST, *TO_UNKNOWN).request
    step = advance(lost, ActWanted(decision, again=True), POLICY, NOW)
    assert (step.request, step.effects, step.refusal) == (lost, effects, Refusal(reason))
    [note] = step.notes
    assert (note.deed, note.data.get("reason", reason)) == (deed, reason)
