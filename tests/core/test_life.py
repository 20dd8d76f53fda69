"""A machine that looks for a walk that should not be, for each of the three ways an act comes about."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.core.decide import Decision, Go, decide
from bot.core.events import (
    ActDone,
    ActFailed,
    ActLost,
    ActPostponed,
    ActWanted,
    Approved,
    Asked,
    Denied,
    Event,
    FaceProved,
    Followed,
    Hid,
    Looked,
    Progressed,
    Reported,
    RevokeChosen,
    RevokeDone,
    ShowFailed,
    SteppedUp,
    TimePassed,
    Withdrew,
)
from bot.core.facts import Moment
from bot.core.life.acting import TRIES
from bot.core.life.advance import advance
from bot.core.life.step import Step
from bot.core.model import LIVE, PENDING, EvidenceType, Follow, Mode, Progress, Receipt, Refusal, Request, Status, Way
from bot.core.options import REVOKE_SESSIONS
from bot.core.policy import Policy
from bot.core.reasons import Reason
from tests.core.samples import ANN, BEN, GOOD, NOW, POLICY, REQUEST, approval, face, step_up

RECEIPT = Receipt("pass-1", NOW + timedelta(days=9), watch=timedelta(minutes=1), follow=True)
REFUSAL = Refusal(Reason.NOT_PERMITTED)
LATER = timedelta(seconds=20)
CHANGES: list[dict[str, Any]] = [
    {"enabled": False},
    {"roles": None},
    {"roles": ("admin",)},
    {"approvers": frozenset()},
    {"level": None},
    {"level": "high"},
    {"level": "low"},
    {"groups": frozenset({"employees", "pilots"})},
    {"groups": frozenset({"employees", "shown"})},
    {"groups": frozenset({"employees", "shown"}), "face_check": False},
    {"where": {"alone": Refusal("risk.not_alone")}},
]
# Whatever the case, there are policies here under which more, or less, is asked for.
VARIED = replace(
    POLICY,
    options={REVOKE_SESSIONS: False},
    variants={
        "level:low": {"approvals": 0},
        "level:high": {"approvals": 2, "revoke_sessions": True},
        "group:pilots": {"mode": Mode.EVALUATE},
        "group:shown": {"evidence": "face_check", "evidence_age": timedelta(minutes=20)},
    },
)
# Whatever is heard later, a request that is over stays over; but that it was somebody else is always heard.
OVER = set(Status) - LIVE


class Life(RuleBasedStateMachine):
    """Any events in any order: the act never comes without its proofs, never twice, and an end is an end."""

    way: ClassVar[Way] = Way.SHOW
    policy: ClassVar[Policy] = VARIED

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.facts = GOOD
        new = replace(REQUEST, version=0, way=self.way)
        self.request = advance(new, Asked(self.decided(new, Moment.ASK)), self.policy, NOW).request
        self.shown = 0
        self.claims = 0
        self.not_begun = 0

    def decided(self, request: Request, moment: Moment) -> Decision:
        return decide(self.policy, self.facts, request, moment, self.now)

    def apply(self, event: Event) -> Step:
        before = self.request
        step = advance(before, event, self.policy, self.now)
        self.request = replace(step.request, version=before.version + (step.request != before))
        if step.request.status is Status.ACTING and before.status is not Status.ACTING:
            self.claims += 1
            assert isinstance(event, ActWanted)
            assert isinstance(self.decided(before, Moment.ACT), Go)
            if self.policy.evidence or "shown" in (self.facts.groups or ()):
                assert self.faced(before)
            assert before.mode is Mode.ENFORCE
            assert self.policy.under(event.decision.terms).mode is Mode.ENFORCE
        if step.request.status is Status.DONE and before.status is not Status.DONE:
            found = isinstance(event, ActDone | Looked) and self.way is not Way.SHOW
            assert before.status is Status.ACTING or (before.status is Status.UNKNOWN and found)
            self.shown += before.status is Status.ACTING
        if before.status in OVER and isinstance(
            event, Progressed | Looked | ActWanted | Approved | SteppedUp | FaceProved
        ):
            assert step.request == before
        if before.status in OVER and step.request.status is not before.status:
            assert isinstance(event, Reported | ActDone)
            assert step.request.status is Status.REVOKING
        if before.follow in {Follow.DONE, Follow.FAILED} and step.request.follow is not before.follow:
            assert isinstance(event, ActDone | Looked)
        assert step.request.way is self.way
        return step

    @rule(by=st.sampled_from(["ann", "ben"]), strength=st.sampled_from(["c1", "c2", ""]), age=st.integers(0, 60))
    def sign_in(self, by: str, strength: str, age: int) -> None:
        evidence = step_up(by=by, strength=strength, at=self.now - timedelta(minutes=age))
        proved = replace(self.request, evidence=(*self.request.evidence, evidence))
        self.apply(SteppedUp(evidence, self.decided(proved, Moment.WAY)))

    @rule()
    def sign_in_well(self) -> None:
        self.sign_in("ann", "c1", 0)

    def faced(self, request: Request) -> bool:
        """Said another way than the core does: Ann's face, for this request, of the last twenty minutes."""
        mine = [e for e in request.evidence if (e.type, e.by, e.request) == (EvidenceType.FACE, "ann", "r1")]
        return any(self.now - e.at <= timedelta(minutes=20) for e in mine)

    @rule(by=st.sampled_from(["ann", "ben"]), request=st.sampled_from(["r1", "r2"]), age=st.integers(0, 40))
    def show_a_face(self, by: str, request: str, age: int) -> None:
        given = face(by=by, request=request, at=max(NOW, self.now - timedelta(minutes=age)))
        held = replace(self.request, evidence=(*self.request.evidence, given))
        self.apply(FaceProved(given, self.decided(held, Moment.WAY)))

    @rule()
    def show_their_face(self) -> None:
        self.show_a_face("ann", "r1", 0)

    @rule(by=st.sampled_from(["ann", "ben", "cleo", "mo"]), strength=st.sampled_from(["c1", ""]))
    def approve(self, by: str, strength: str) -> None:
        evidence = approval(by=by, strength=strength, at=self.now)
        proved = replace(self.request, evidence=(*self.request.evidence, evidence))
        self.apply(Approved(evidence, self.decided(proved, Moment.WAY)))

    @initialize(far=st.sampled_from(["asked", "ready", "acting", "lost"]))
    def begin(self, far: str) -> None:
        """Most walks would end long before the act."""
        if far != "asked":
            self.prove_all()
        if far in {"acting", "lost"}:
            self.act(again=False)
        if far == "lost":
            self.answer(self.request.attempts, "lost")
            self.look(found=False)

    @rule()
    def prove_all(self) -> None:
        self.sign_in_well()
        self.show_their_face()
        self.approve("ben", "c1")
        self.approve("cleo", "c1")

    @rule()
    def grow_old(self) -> None:
        """A sign-in that was fresh is not any more, and nobody has come to look."""
        self.now += self.policy.step_up_age + timedelta(minutes=1)

    @rule(again=st.booleans())
    def act(self, again: bool) -> None:
        self.apply(ActWanted(self.decided(self.request, Moment.ACT), again=again))

    @rule(attempt=st.integers(0, 3), how=st.sampled_from(["done", "failed", "lost", "postponed"]))
    def answer(self, attempt: int, how: str) -> None:
        match how:
            case "done":
                self.apply(ActDone(RECEIPT, attempt))
            case "failed":
                self.apply(ActFailed(REFUSAL, attempt))
            case "lost":
                self.apply(ActLost(attempt))
            case _:
                acting = self.request.status is Status.ACTING and attempt == self.request.attempts
                self.apply(ActPostponed(REFUSAL, attempt, LATER))
                self.not_begun += acting

    @precondition(lambda self: self.request.status is Status.ACTING)
    @rule(how=st.sampled_from(["done", "lost", "postponed"]))
    def answer_to_this_claim(self, how: str) -> None:
        self.answer(self.request.attempts, how)

    @rule(minutes=st.sampled_from([1, 16, 31, 300]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.apply(TimePassed(self.decided(self.request, Moment.WAY)))

    @rule()
    def wait_for_its_time(self) -> None:
        self.now = max(self.now, self.request.due_at or self.now)
        self.apply(TimePassed(self.decided(self.request, Moment.WAY)))

    @rule(found=st.booleans())
    def look(self, found: bool) -> None:
        self.apply(Looked(RECEIPT if found else None))

    @rule(over=st.booleans(), stage=st.sampled_from(["", "used", "verified"]))
    def progress(self, over: bool, stage: str) -> None:
        self.apply(Progressed(Progress(stage, over=over)))

    @rule(done=st.booleans())
    def follow(self, done: bool) -> None:
        self.apply(Followed(done))

    @rule(
        event=st.sampled_from(
            [
                Denied(BEN, "no"),
                Denied(BEN, "no", "compromised"),
                Withdrew(ANN),
                RevokeChosen(ANN),
                Reported(ANN),
                RevokeDone(signed_out=True),
                ShowFailed(),
                Hid(ANN),
            ]
        )
    )
    def something_else(self, event: Event) -> None:
        self.apply(event)

    @precondition(lambda self: self.facts == GOOD)
    @rule(change=st.sampled_from(CHANGES))
    def facts_change(self, change: dict[str, Any]) -> None:
        self.facts = replace(GOOD, **change)

    @rule()
    def facts_are_good_again(self) -> None:
        self.facts = GOOD

    @invariant()
    def every_claim_was_a_decision_and_acts_at_most_once(self) -> None:
        """Once, and once more by its person after an answer was lost; what was not begun is no act."""
        assert self.shown <= self.claims == self.request.attempts
        acts = self.claims - self.not_begun
        assert acts <= 2
        assert self.request.replaced == (acts == 2)
        if self.way is Way.ALONE:
            assert self.not_begun <= TRIES

    @invariant()
    def nothing_waits_for_ever(self) -> None:
        watched = self.request.receipt is not None and self.request.receipt.watch is not None
        if self.request.status in LIVE and (self.request.status is not Status.DONE or watched):
            assert self.request.due_at is not None
        if self.request.status in PENDING:
            assert self.request.expires_at is not None
        if self.request.status in OVER:
            assert self.request.due_at is None

    @invariant()
    def what_follows_had_something_before_it(self) -> None:
        denied = self.request.ending is not None and bool(self.request.ending.choice)
        if self.request.follow is not Follow.NOTHING and self.way is not Way.SHOW:
            assert self.request.receipt is not None or denied


class Entered(Life):
    way = Way.ENTER
    policy = replace(VARIED, approvals=0, variants={**VARIED.variants, "level:high": {"approvals": 1}})


class ByItself(Life):
    way = Way.ALONE


class Faced(Life):
    """Everybody shows their face, for this request, and soon."""

    policy = replace(VARIED, evidence="face_check", evidence_age=timedelta(minutes=20))


class ForTheAsking(Life):
    """What only locks may need no proof at all; every wall stands all the same."""

    way = Way.ALONE
    policy = replace(POLICY, step_up="", approvals=0, options={REVOKE_SESSIONS: True})


ENOUGH = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestShown, TestEntered, TestByItself, TestFaced, TestForTheAsking = (
    Life.TestCase,
    Entered.TestCase,
    ByItself.TestCase,
    Faced.TestCase,
    ForTheAsking.TestCase,
)
for _case in (TestShown, TestEntered, TestByItself, TestFaced, TestForTheAsking):
    _case.settings = ENOUGH
