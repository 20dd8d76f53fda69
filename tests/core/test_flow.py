"""Walks through the life of a request, and a machine that looks for a walk that should not be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.core.aftermath import ACT_LIMIT
from bot.core.audit import Deed
from bot.core.events import (
    ActDone,
    ActFailed,
    ActLost,
    ActPostponed,
    Approved,
    Asked,
    AskSignIn,
    Denied,
    Event,
    Hid,
    Look,
    Looked,
    Reported,
    Revoke,
    RevokeChosen,
    RevokeDone,
    ShowFailed,
    ShowPressed,
    SteppedUp,
    TimePassed,
    UpdateCards,
    Withdrew,
)
from bot.core.flow import advance
from bot.core.model import LIVE, PENDING, Mode, Receipt, Refusal, Request, Status
from bot.core.policy import ApprovalFirst, Decision, Go, Moment, Reason, Refuse, StepUpFirst, decide
from bot.core.steps import Step
from tests.core.samples import ANN, BEN, GOOD, NOW, POLICY, REQUEST, approval, step_up

RECEIPT = Receipt("pass-1", NOW + timedelta(hours=1))
UNSURE = Refuse(Refusal(Reason.UNKNOWN))
NEVER = Refuse(Refusal(Reason.PRIVILEGED))


def walk(request: Request, *events: Event, now: datetime = NOW) -> Step:
    step = Step(request)
    for event in events:
        step = advance(step.request, event, POLICY, now)
    return step


NEW = replace(REQUEST, version=0)
TO_APPROVAL: tuple[Event, ...] = (Asked(StepUpFirst("c1")), SteppedUp(step_up(), ApprovalFirst(1)))
TO_READY: tuple[Event, ...] = (*TO_APPROVAL, Approved(approval(), Go()))
TO_ACTING: tuple[Event, ...] = (*TO_READY, ShowPressed(Go()))
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
    ("sign-in too old at Show", [*TO_READY, ShowPressed(StepUpFirst("c1"))], Status.STEP_UP),
    ("approver lost at Show", [*TO_READY, ShowPressed(ApprovalFirst(1))], Status.APPROVAL),
    ("nothing known at Show", [*TO_READY, ShowPressed(UNSURE)], Status.READY),
    ("refused at Show", [*TO_READY, ShowPressed(NEVER)], Status.REFUSED),
    ("shown without approval", [*TO_APPROVAL, ShowPressed(Go())], Status.APPROVAL),
    ("denied", [*TO_APPROVAL, Denied(BEN, "no")], Status.DENIED),
    ("denied too late", [*TO_READY, Denied(BEN, "no")], Status.READY),
    ("withdrawn", [*TO_READY, Withdrew(ANN)], Status.WITHDRAWN),
    ("withdrawn too late", [*TO_DONE, Withdrew(ANN)], Status.DONE),
    ("approved after withdrawal", [*TO_APPROVAL, Withdrew(ANN), Approved(approval(), Go())], Status.WITHDRAWN),
    ("pressed twice", [*TO_DONE, ShowPressed(Go())], Status.DONE),
    ("pressed while acting", [*TO_ACTING, ShowPressed(Go())], Status.ACTING),
    ("answer lost", [*TO_ACTING, ActLost(1)], Status.UNKNOWN),
    ("not begun", [*TO_ACTING, ActPostponed(Refusal(Reason.UNKNOWN), 1)], Status.READY),
    ("rejected", [*TO_ACTING, ActFailed(Refusal(Reason.NOT_PERMITTED), 1)], Status.FAILED),
    ("replaced once", [*TO_UNKNOWN, ShowPressed(Go(), again=True)], Status.ACTING),
    ("lost twice", [*TO_UNKNOWN, ShowPressed(Go(), again=True), ActLost(2)], Status.UNKNOWN),
    ("could not be shown", [*TO_DONE, ShowFailed()], Status.UNKNOWN),
    ("hidden", [*TO_DONE, Hid(ANN)], Status.DONE),
    ("taken back", [*TO_DONE, RevokeChosen(ANN), RevokeDone()], Status.REVOKED),
    ("not me, while waiting", [*TO_APPROVAL, Reported(ANN)], Status.REVOKING),
    ("not me, after a denial", [*TO_APPROVAL, Denied(BEN, "no"), Reported(ANN)], Status.REVOKING),
    ("answer after the report", [*TO_ACTING, Reported(ANN), RevokeDone(), ActDone(RECEIPT, 1)], Status.REVOKING),
    ("answer after it was given up", [*TO_ACTING, ActLost(1), ActDone(RECEIPT, 1)], Status.REVOKING),
]


@pytest.mark.parametrize(("why", "events", "status"), WALKS)
def test_walks(why: str, events: Iterable[Event], status: Status) -> None:
    assert walk(NEW, *events).request.status is status, why


def test_a_third_time_is_the_helpdesks() -> None:
    again = (ShowPressed(Go(), again=True), ActLost(2), Looked(None))
    step = walk(REQUEST, *TO_UNKNOWN, *again, ShowPressed(Go(), again=True))
    assert step.refusal == Refusal(Reason.REPLACED_ALREADY)
    assert step.request.status is Status.UNKNOWN


def test_a_late_answer_is_taken_back_and_never_shown() -> None:
    step = walk(REQUEST, *TO_ACTING, Reported(ANN), ActDone(RECEIPT, 1))
    assert step.request.receipt == RECEIPT
    assert Revoke(sessions=True) in step.effects
    assert step.request.status is Status.REVOKING


def test_an_answer_to_an_earlier_claim_is_ignored() -> None:
    step = walk(REQUEST, *TO_UNKNOWN, ShowPressed(Go(), again=True), ActDone(RECEIPT, 1))
    assert step.refusal == Refusal(Reason.CLOSED)
    assert step.request.status is Status.ACTING


def test_evaluate_stops_before_the_act() -> None:
    step = walk(replace(REQUEST, mode=Mode.EVALUATE), *TO_READY, ShowPressed(Go()))
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
    assert half.effects == (UpdateCards(),)
    assert advance(half.request, TimePassed(), POLICY, NOW + POLICY.approval_wait).request.status is Status.EXPIRED


def test_nothing_happens_before_its_time() -> None:
    waiting = walk(REQUEST, *TO_APPROVAL).request
    assert advance(waiting, TimePassed(), POLICY, NOW) == Step(waiting)


def test_an_act_without_an_answer_is_looked_after() -> None:
    acting = walk(REQUEST, *TO_ACTING).request
    lost = advance(acting, TimePassed(), POLICY, NOW + ACT_LIMIT)
    assert lost.request.status is Status.UNKNOWN
    assert Look() in lost.effects


def test_unknown_facts_on_the_way_are_looked_at_again_by_themselves() -> None:
    stuck = walk(REQUEST, Asked(StepUpFirst("c1")), SteppedUp(step_up(), UNSURE)).request
    assert stuck.status is Status.STEP_UP
    assert stuck.due_at is not None
    assert stuck.due_at < NOW + POLICY.step_up_wait
    on = advance(stuck, TimePassed(ApprovalFirst(1)), POLICY, stuck.due_at)
    assert on.request.status is Status.APPROVAL


def test_a_fresh_sign_in_may_be_asked_for_before_replacing() -> None:
    step = walk(REQUEST, *TO_UNKNOWN, ShowPressed(StepUpFirst("c1"), again=True))
    assert step.effects == (AskSignIn(),)
    assert step.refusal == Refusal(Reason.OLD_SIGN_IN)
    proved = advance(step.request, SteppedUp(step_up(), Go()), POLICY, NOW)
    assert proved.request.status is Status.UNKNOWN
    assert len(proved.request.evidence) == len(step.request.evidence) + 1


CHANGES: list[dict[str, Any]] = [{"enabled": False}, {"roles": None}, {"roles": ("x",)}, {"approvers": frozenset()}]


class Life(RuleBasedStateMachine):
    """Any events in any order: the act never comes without its proofs, and never twice for one claim."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.facts = GOOD
        self.request = advance(NEW, Asked(self.decided(NEW, Moment.ASK)), POLICY, NOW).request
        self.shown = 0
        self.claims = 0

    def decided(self, request: Request, moment: Moment) -> Decision:
        return decide(POLICY, self.facts, request, moment, self.now)

    def apply(self, event: Event) -> Step:
        before = self.request
        step = advance(before, event, POLICY, self.now)
        self.request = replace(step.request, version=before.version + (step.request != before))
        if step.request.status is Status.ACTING and before.status is not Status.ACTING:
            self.claims += 1
            assert decide(POLICY, self.facts, before, Moment.ACT, self.now) == Go()
        if step.request.status is Status.DONE and before.status is not Status.DONE:
            assert before.status is Status.ACTING
            self.shown += 1
        return step

    @rule(by=st.sampled_from(["ann", "ben"]), strength=st.sampled_from(["c1", "c2", ""]), age=st.integers(0, 60))
    def sign_in(self, by: str, strength: str, age: int) -> None:
        evidence = step_up(by=by, strength=strength, at=self.now - timedelta(minutes=age))
        proved = replace(self.request, evidence=(*self.request.evidence, evidence))
        self.apply(SteppedUp(evidence, self.decided(proved, Moment.WAY)))

    @rule(by=st.sampled_from(["ann", "ben", "cleo", "mo"]), strength=st.sampled_from(["c1", ""]))
    def approve(self, by: str, strength: str) -> None:
        evidence = approval(by=by, strength=strength, at=self.now)
        proved = replace(self.request, evidence=(*self.request.evidence, evidence))
        self.apply(Approved(evidence, self.decided(proved, Moment.WAY)))

    @rule(again=st.booleans())
    def show(self, again: bool) -> None:
        self.apply(ShowPressed(self.decided(self.request, Moment.ACT), again=again))

    @rule(attempt=st.integers(0, 3), how=st.sampled_from(["done", "failed", "lost", "postponed"]))
    def answer(self, attempt: int, how: str) -> None:
        refusal = Refusal(Reason.NOT_PERMITTED)
        match how:
            case "done":
                self.apply(ActDone(RECEIPT, attempt))
            case "failed":
                self.apply(ActFailed(refusal, attempt))
            case "lost":
                self.apply(ActLost(attempt))
            case _:
                self.apply(ActPostponed(refusal, attempt))

    @rule(minutes=st.integers(1, 600))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        decision = self.decided(self.request, Moment.WAY)
        self.apply(TimePassed(decision))

    @rule(found=st.booleans())
    def look(self, found: bool) -> None:
        self.apply(Looked(RECEIPT if found else None))

    @rule(
        event=st.sampled_from(
            [Denied(BEN, "no"), Withdrew(ANN), RevokeChosen(ANN), Reported(ANN), RevokeDone(), ShowFailed(), Hid(ANN)]
        )
    )
    def something_else(self, event: Event) -> None:
        self.apply(event)

    @precondition(lambda self: self.facts == GOOD)
    @rule(
        change=st.sampled_from([{"enabled": False}, {"roles": None}, {"roles": ("admin",)}, {"approvers": frozenset()}])
    )
    def facts_change(self, change: dict[str, Any]) -> None:
        self.facts = replace(GOOD, **change)

    @rule()
    def facts_are_good_again(self) -> None:
        self.facts = GOOD

    @invariant()
    def every_claim_was_a_decision_and_shows_at_most_once(self) -> None:
        assert self.shown <= self.claims == self.request.attempts

    @invariant()
    def nothing_waits_for_ever(self) -> None:
        if self.request.status in LIVE and self.request.status is not Status.DONE:
            assert self.request.due_at is not None
        if self.request.status in PENDING:
            assert self.request.expires_at is not None


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
