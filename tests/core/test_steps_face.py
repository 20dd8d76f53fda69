"""What each step makes of a request that waits for a face, to the letter, and what a proof is worth to a request."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.audit import Deed, Note
from bot.core.decide import ApprovalFirst, Case, Go, ProofFirst, Refuse, StepUpFirst
from bot.core.events import (
    ActWanted,
    Approved,
    Asked,
    AskSignIn,
    Changed,
    Denied,
    Event,
    FaceProved,
    FollowUp,
    Progressed,
    Serve,
    SteppedUp,
    Stopped,
    TimePassed,
    Withdrew,
)
from bot.core.face import FOR, begun_for, evidence, serves, under_way
from bot.core.life.advance import advance, past
from bot.core.life.step import Step
from bot.core.model import (
    OPEN,
    PENDING,
    VERIFIED,
    Ending,
    Evidence,
    EvidenceType,
    Follow,
    Mode,
    Progress,
    Receipt,
    Refusal,
    Request,
    Status,
    Way,
)
from bot.core.reasons import Reason
from tests.core.samples import ANN, BEN, NOW, POLICY, REQUEST, face
from tests.core.steps import (
    AGAIN,
    ANNS,
    ASKED,
    BENS,
    BY_ANN,
    CLOSED,
    HOUR,
    LATER,
    NEVER,
    NEW,
    PRESSED,
    SECOND,
    SOON,
    STEPPED_UP,
    UNKNOWN,
    at,
    no,
    over,
    refused,
    refuses,
    waits,
    wants_approval,
)

ANNS_FACE = face()
PROVED = Note(Deed.FACE_PROVED, {"by": "ann", "name": "Ann", "strength": "", "at": NOW.isoformat(), "source": "v1"})
WANTED, APPROVAL_WANTED = Note(Deed.FACE_WANTED), Note(Deed.APPROVAL_WANTED)
WAITING = at(Status.PROOF)
HELD = replace(WAITING, evidence=(ANNS_FACE,))
SIGNED_IN = replace(at(Status.STEP_UP), evidence=(ANNS,))


def wants_face(request: Request) -> Request:
    return waits(request, Status.PROOF, POLICY.step_up_wait)


READY = at(Status.READY)
ALONE = replace(READY, way=Way.ALONE)
UNSURE = Step(replace(HELD, due_at=SOON), (Changed(),), (PROVED, refused(UNKNOWN)))
STEPS: list[tuple[str, Request, Event, Step]] = [
    ("asked", NEW, Asked(ProofFirst()), Step(wants_face(NEW), (Changed(),), (ASKED, WANTED))),
    (
        "signed in",
        at(Status.STEP_UP),
        SteppedUp(ANNS, ProofFirst()),
        Step(wants_face(SIGNED_IN), (Changed(),), (STEPPED_UP, WANTED)),
    ),
    (
        "proved, and somebody decides",
        WAITING,
        FaceProved(ANNS_FACE, ApprovalFirst(1)),
        Step(wants_approval(HELD), (Changed(),), (PROVED, APPROVAL_WANTED)),
    ),
    (
        "proved, and nobody decides",
        WAITING,
        FaceProved(ANNS_FACE, Go()),
        Step(waits(HELD, Status.READY, POLICY.show_wait), (Changed(),), (PROVED, Note(Deed.READY))),
    ),
    ("proved, and a wall", WAITING, FaceProved(ANNS_FACE, Refuse(NEVER)), refuses(HELD, NEVER, PROVED)),
    ("proved, and nobody knows", WAITING, FaceProved(ANNS_FACE, Refuse(UNKNOWN)), UNSURE),
    ("proved, too old by now", WAITING, FaceProved(ANNS_FACE, ProofFirst()), Step(HELD, (Changed(),), (PROVED,))),
    (
        "proved, and signed in too long ago",
        WAITING,
        FaceProved(ANNS_FACE, StepUpFirst("c1")),
        Step(waits(HELD, Status.STEP_UP, POLICY.step_up_wait), (Changed(), AskSignIn("c1")), (PROVED,)),
    ),
    ("approved out of turn", WAITING, Approved(BENS, Go()), no(WAITING, Reason.CLOSED)),
    ("signed in out of turn", WAITING, SteppedUp(ANNS, Go()), no(WAITING, Reason.CLOSED)),
    ("shown out of turn", WAITING, ActWanted(Go()), no(WAITING, Reason.CLOSED)),
    ("declined out of turn", WAITING, Denied(BEN, "no"), no(WAITING, Reason.CLOSED)),
    (
        "withdrawn",
        WAITING,
        Withdrew(ANN),
        Step(
            over(WAITING, Status.WITHDRAWN, Ending("ann", "Ann Archer", at=LATER)),
            (Changed(),),
            (Note(Deed.WITHDRAWN, {**BY_ANN, "reason": ""}),),
        ),
    ),
    (
        "stopped",
        WAITING,
        Stopped(ANN, "a1"),
        Step(
            over(WAITING, Status.WITHDRAWN, Ending("ann", "Ann Archer", refusal=Refusal(Reason.FROZEN))),
            (Changed(),),
            (Note(Deed.STOPPED, {**BY_ANN, "alarm": "a1"}),),
        ),
    ),
    ("too old to be shown", READY, ActWanted(ProofFirst()), Step(wants_face(READY), (Changed(),), (PRESSED, WANTED))),
    ("too old to be done", ALONE, ActWanted(ProofFirst()), Step(wants_face(ALONE), (Changed(),), (PRESSED, WANTED))),
    (
        "too old for another try",
        at(Status.UNKNOWN),
        ActWanted(ProofFirst(), again=True),
        no(at(Status.UNKNOWN), Reason.OLD_PROOF),
    ),
    (
        "looked at again",
        replace(HELD, due_at=LATER),
        TimePassed(ApprovalFirst(1)),
        Step(wants_approval(HELD), (Changed(),), (AGAIN, APPROVAL_WANTED)),
    ),
    (
        "looked at again and still unknown",
        replace(HELD, due_at=LATER),
        TimePassed(Refuse(UNKNOWN)),
        Step(replace(HELD, due_at=SOON), (Changed(),), (AGAIN, refused(UNKNOWN))),
    ),
    ("nothing to look at", replace(WAITING, due_at=LATER), TimePassed(), Step(WAITING)),
]


@pytest.mark.parametrize(("why", "request_", "event", "step"), STEPS)
def test_each_step_around_a_face(why: str, request_: Request, event: Event, step: Step) -> None:
    assert advance(request_, event, POLICY, LATER) == step, why


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.PROOF])
def test_a_face_that_nobody_waits_for_is_none(status: Status) -> None:
    if status in PENDING | {Status.UNKNOWN}:
        assert advance(at(status), FaceProved(ANNS_FACE, Go()), POLICY, LATER) == no(at(status), Reason.CLOSED)
    after = advance(at(status), FaceProved(ANNS_FACE, Go()), POLICY, LATER).request
    assert (after.status, after.evidence) == (status, ())


def test_past_its_time_no_face_moves_it_and_its_end_says_what_was_missing() -> None:
    late = LATER + HOUR / 2
    assert past(WAITING, POLICY, late)
    assert not past(WAITING, POLICY, late - SECOND)
    ended = over(WAITING, Status.EXPIRED, Ending(refusal=Refusal(Reason.EVIDENCE_MISSING)))
    expired = Note(Deed.EXPIRED)
    assert advance(WAITING, TimePassed(), POLICY, late) == Step(ended, (Changed(),), (expired,))
    shown = over(WAITING, Status.EXPIRED, Ending())  # a face did come, only too late to be heard of
    heard = Step(shown, (Changed(),), (expired, refused(CLOSED)), CLOSED)
    assert advance(WAITING, FaceProved(ANNS_FACE, Go()), POLICY, late) == heard
    assert advance(at(Status.READY), TimePassed(), POLICY, late).request.ending == Ending()


def test_whose_face_is_there_is_not_told_that_none_came() -> None:
    assert advance(HELD, TimePassed(), POLICY, LATER + HOUR / 2).request.ending == Ending()


def test_waiting_for_a_face_again_and_again_outlives_nothing() -> None:
    soon_over = replace(READY, created_at=LATER - POLICY.life + SECOND)
    assert advance(soon_over, ActWanted(ProofFirst()), POLICY, LATER).request.expires_at == LATER + SECOND


def test_what_a_decision_saw_is_kept_with_it() -> None:
    waiting = advance(READY, ActWanted(ProofFirst(("level:high",), Case("high", {"risk": "x"}, 1))), POLICY, LATER)
    kept = waiting.request
    assert (kept.terms, kept.level, kept.more, kept.details["risk"]) == (("level:high",), "high", 1, "x")


# The proof itself.

AT = {"at": NOW.isoformat(), "score": "86"}
ENDED = replace(
    NEW,
    id="v1",
    kind="verify",
    details=dict(begun_for(REQUEST)),
    status=Status.ENDED,
    stage=VERIFIED,
    receipt=Receipt("p-1", None, AT),
)


def test_a_proof_is_worth_one_face_to_its_request() -> None:
    assert evidence(ENDED, REQUEST) == Evidence(EvidenceType.FACE, "ann", "Ann Archer", NOW, "", "r1", source="v1")
    assert (serves(ENDED), serves(REQUEST)) == ("r1", "")


@pytest.mark.parametrize(
    "changes",
    [
        {"details": {FOR: "r2"}},
        {"details": {}},
        {"mode": Mode.EVALUATE},
        {"stage": "failed"},
        {"stage": ""},
        {"status": Status.DONE},
        {"status": Status.REVOKED},
        {"reported": True},
        {"receipt": None},
        {"subject": BEN},
        {"subject": replace(ANN, tenant="elsewhere")},
    ],
)
def test_a_proof_is_worth_nothing_otherwise(changes: dict[str, Any]) -> None:
    assert evidence(replace(ENDED, **changes), REQUEST) is None


def test_a_proof_is_worth_something_once() -> None:
    assert evidence(ENDED, replace(REQUEST, evidence=(face(source="v1"),))) is None
    assert evidence(ENDED, replace(REQUEST, evidence=(face(source="v0"), ANNS))) is not None


@pytest.mark.parametrize("status", list(Status))
def test_a_proof_is_under_way_as_long_as_it_may_come_to_something(status: Status) -> None:
    proof = replace(ENDED, status=status, expires_at=LATER)
    assert under_way(proof, LATER - SECOND) is (status in OPEN | {Status.DONE})
    assert under_way(proof, LATER) is (status in OPEN)
    assert under_way(replace(proof, expires_at=None), LATER) is (status in OPEN | {Status.DONE})


@pytest.mark.parametrize(("details", "served"), [(begun_for(REQUEST), True), ({}, False)])
@pytest.mark.parametrize("stage", [VERIFIED, "failed"])
def test_only_what_was_proved_for_a_request_wakes_one(details: dict[str, str], served: bool, stage: str) -> None:
    shown = replace(ENDED, status=Status.DONE, stage="scanned", details=details, receipt=Receipt("p-1", LATER, {}))
    proof = Receipt("p-1", None, AT, follow=stage == VERIFIED)
    step = advance(shown, Progressed(Progress(stage, over=True, receipt=proof)), POLICY, NOW + timedelta(minutes=1))
    assert (Serve() in step.effects) is (served and stage == VERIFIED)
    assert (FollowUp() in step.effects) is (stage == VERIFIED)
    assert step.request.follow is (Follow.DUE if stage == VERIFIED else Follow.NOTHING)


def test_the_trail_says_what_a_proof_is_for() -> None:
    new = replace(NEW, kind="verify", details=dict(begun_for(REQUEST)))
    assert advance(new, Asked(Go()), POLICY, NOW).notes[0] == Note(Deed.ASKED, {**BY_ANN, "for": "r1"})
