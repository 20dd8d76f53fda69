"""What an alarm makes of a request: it freezes, it stops what is on its way, and it is lifted; to the letter."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.audit import Deed
from bot.core.decide import Go, Refuse, decide
from bot.core.events import (
    ActDone,
    Asked,
    Changed,
    Denied,
    Freeze,
    Lifted,
    Looked,
    Reported,
    Revoke,
    RevokeDone,
    Stopped,
)
from bot.core.facts import Facts, Moment
from bot.core.life.advance import advance
from bot.core.life.alarmed import stopped
from bot.core.life.ended import REPORTED_WITHIN, too_late
from bot.core.model import PENDING, Ending, Mode, Receipt, Refusal, Request, Status, Way
from bot.core.reasons import Reason
from bot.core.walls import wall
from tests.core.samples import ANN, BEN, GOOD, NOW, POLICY, REQUEST, step_up

ALARM = replace(REQUEST, id="alarm", kind="compromised", reported=True, way=Way.ALONE)
PASS = Receipt("pass-1", NOW + timedelta(hours=1))
STOP = Stopped(BEN, "alarm")
FROZEN = Refusal(Reason.FROZEN)


def at(status: Status, receipt: Receipt | None = None) -> Request:
    return replace(REQUEST, status=status, receipt=receipt, due_at=NOW, expires_at=NOW + timedelta(hours=1))


@pytest.mark.parametrize("decision", [Go(), Refuse(Refusal(Reason.TOO_MANY))])
def test_an_alarm_freezes_whatever_becomes_of_it(decision: Go | Refuse) -> None:
    step = advance(ALARM, Asked(decision), POLICY, NOW)
    assert (step.request.frozen_at, step.request.alarmed_at) == (NOW, NOW)
    assert Freeze() in step.effects
    assert step.notes[-1].deed is Deed.FROZEN


def test_a_trial_and_an_ordinary_request_freeze_nothing() -> None:
    trial = advance(ALARM, Asked(Go()), replace(POLICY, mode=Mode.EVALUATE), NOW)
    ordinary = advance(REQUEST, Asked(Go()), POLICY, NOW)
    assert [(step.request.frozen_at, Freeze() in step.effects) for step in (trial, ordinary)] == [(None, False)] * 2


def test_a_no_freezes_where_its_verdict_says_that_somebody_is_in() -> None:
    waiting = at(Status.APPROVAL)
    intruder = advance(waiting, Denied(BEN, "not her", "compromised", alarm=True), POLICY, NOW)
    other = advance(waiting, Denied(BEN, "no", "compromised"), POLICY, NOW)
    plain = advance(waiting, Denied(BEN, "no", alarm=True), POLICY, NOW)
    assert [step.request.frozen_at for step in (intruder, other, plain)] == [NOW, None, None]


def test_it_was_not_me_freezes_and_takes_back() -> None:
    step = advance(at(Status.DONE, PASS), Reported(ANN), POLICY, NOW)
    assert (step.request.status, step.request.frozen_at, step.request.reported) == (Status.REVOKING, NOW, True)
    assert step.effects == (Changed(), Revoke(), Freeze())


@pytest.mark.parametrize("status", sorted(PENDING))
def test_what_waits_is_ended_and_says_who_and_why(status: Status) -> None:
    step = advance(at(status), STOP, POLICY, NOW)
    assert step.request.status is Status.WITHDRAWN
    assert step.request.ending == Ending(BEN.id, BEN.name, refusal=FROZEN)
    assert (step.request.due_at, step.effects, stopped(step.request)) == (None, (Changed(),), True)
    [note] = step.notes
    assert (note.deed, note.data) == (Deed.STOPPED, {"by": BEN.id, "name": BEN.name, "alarm": "alarm"})


@pytest.mark.parametrize(
    "request_", [at(Status.ACTING), at(Status.UNKNOWN), at(Status.UNKNOWN, PASS), at(Status.DONE, PASS)]
)
def test_what_works_or_is_under_way_is_taken_back(request_: Request) -> None:
    step = advance(request_, STOP, POLICY, NOW)
    assert step.request.status is Status.REVOKING
    assert step.effects == (Changed(), Revoke())
    over = advance(step.request, RevokeDone(signed_out=True), POLICY, NOW).request
    assert (over.status, stopped(over)) == (Status.REVOKED, True)


OVER = sorted(set(Status) - PENDING - {Status.ACTING, Status.UNKNOWN})


@pytest.mark.parametrize("status", OVER)
def test_what_is_over_is_left_as_it_is(status: Status) -> None:
    request = at(status, Receipt("ann"))
    assert advance(request, STOP, POLICY, NOW).request == request
    hurried = (Revoke(),) if status is Status.REVOKING else ()  # it may wait for its next try
    assert advance(request, STOP, POLICY, NOW).effects == hurried
    assert not stopped(request)


def test_whatever_a_call_that_was_somebody_elses_has_opened_is_taken_back() -> None:
    done = at(Status.DONE, Receipt("ann"))
    step = advance(done, Stopped(ANN, "call", Reason.DISOWNED), POLICY, NOW)
    assert step.request.status is Status.REVOKING
    over = advance(step.request, RevokeDone(signed_out=True), POLICY, NOW).request
    assert (over.status, stopped(over)) == (Status.REVOKED, True)


def test_only_what_an_alarm_ended_counts_as_stopped() -> None:
    refused = replace(at(Status.REFUSED), ending=Ending(refusal=FROZEN))  # it was asked while the account was frozen
    assert not stopped(refused)
    assert not stopped(replace(at(Status.WITHDRAWN), ending=Ending(BEN.id, BEN.name)))
    assert not stopped(replace(at(Status.FAILED), ending=Ending(refusal=Refusal(Reason.UNKNOWN))))


@pytest.mark.parametrize("way", list(Way))
def test_an_act_that_answers_after_an_alarm_is_taken_back(way: Way) -> None:
    acting = replace(at(Status.ACTING), way=way, attempts=1)
    step = advance(acting, ActDone(PASS, 1, frozen=True), POLICY, NOW)
    assert (step.request.status, step.request.receipt, step.request.acted_at) == (Status.REVOKING, PASS, NOW)
    assert [note.deed for note in step.notes] == [Deed.LATE]
    assert advance(acting, ActDone(PASS, 1), POLICY, NOW).request.status is Status.DONE


@pytest.mark.parametrize("found", [None, PASS])
def test_what_is_looked_for_after_an_alarm_is_taken_back_found_or_not(found: Receipt | None) -> None:
    lost = replace(at(Status.UNKNOWN), way=Way.ALONE, expires_at=None)
    step = advance(lost, Looked(found, frozen=True), POLICY, NOW)
    assert (step.request.status, step.request.receipt) == (Status.REVOKING, found)
    assert [note.deed for note in step.notes] == [Deed.LOOKED, Deed.LATE]


def test_it_is_lifted_once_by_name_and_with_its_proof() -> None:
    frozen = replace(ALARM, status=Status.DONE, frozen_at=NOW)
    step = advance(frozen, Lifted(BEN, "she rang back", step_up(by=BEN.id)), POLICY, NOW)
    assert (step.request.frozen_at, step.request.lifted_by, step.effects) == (None, BEN.name, (Changed(),))
    [note] = step.notes
    said = {"by": BEN.id, "name": BEN.name, "reason": "she rang back", "strength": "c1", "at": NOW.isoformat()}
    assert (note.deed, note.data) == (Deed.LIFTED, said)
    assert "strength" not in advance(frozen, Lifted(BEN, ""), POLICY, NOW).notes[0].data
    assert advance(step.request, Lifted(BEN, "again"), POLICY, NOW).refusal == Refusal(Reason.CLOSED)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (replace(GOOD, frozen_at=NOW), Reason.FROZEN),
        (replace(GOOD, frozen_at=None), Reason.UNKNOWN),
        (replace(GOOD, frozen_at=NOW, harmless=True), None),
        (replace(GOOD, frozen_at=None, harmless=True), None),
    ],
)
def test_who_is_frozen_is_refused_but_for_what_locks_or_proves(facts: Facts, reason: Reason | None) -> None:
    decision = decide(POLICY, facts, REQUEST, Moment.ASK, NOW)
    assert (decision.refusal.reason if isinstance(decision, Refuse) else None) == reason


def test_a_lock_passes_every_wall_but_a_guests() -> None:
    behind = replace(GOOD, enabled=False, restricted=True, roles=("admin",), frozen_at=NOW, approves=frozenset({"h"}))
    assert wall(replace(behind, locks=True)) is None
    assert wall(replace(behind, locks=True, guest=True)) == Refusal(Reason.GUEST)
    locking = replace(POLICY, step_up="", approvals=0)
    nothing = Facts(harmless=True, locks=True)
    assert isinstance(decide(locking, nothing, REQUEST, Moment.ACT, NOW), Go)
    outsider = replace(nothing, groups=frozenset({"others"}))
    assert decide(locking, outsider, REQUEST, Moment.ACT, NOW) == Refuse(Refusal(Reason.NOT_ALLOWED))


def test_what_may_still_be_reported_is_what_was_done_within_a_day() -> None:
    done = replace(at(Status.DONE, Receipt("ann")), acted_at=NOW)
    assert not too_late(done, NOW + REPORTED_WITHIN - timedelta(seconds=1))
    assert too_late(done, NOW + REPORTED_WITHIN)
    assert not too_late(replace(done, status=Status.APPROVAL), NOW + REPORTED_WITHIN)
    old = replace(done, acted_at=None, created_at=NOW)
    assert too_late(old, NOW + REPORTED_WITHIN)
