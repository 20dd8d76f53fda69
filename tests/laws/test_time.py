"""14. Past its time is over, whoever looks first: ages and deadlines are decided in the core."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.answers import RequestCard
from bot.core.decide import ApprovalFirst, Go, StepUpFirst
from bot.core.events import (
    ActWanted,
    Approved,
    Denied,
    Event,
    Reported,
    RevokeChosen,
    SteppedUp,
    TimePassed,
    Withdrew,
)
from bot.core.life.advance import advance
from bot.core.model import Evidence, EvidenceType, Receipt, Request, Status
from bot.core.policy import Policy
from bot.core.reasons import Reason
from tests.core.samples import ANN, BEN, NOW, REQUEST
from tests.fakes import Office
from tests.laws.seen import why

POLICY = Policy(life=timedelta(hours=24))
GIVEN = Evidence(EvidenceType.APPROVAL, "ben", "Ben", NOW, "c1", "r1")
ONWARD: tuple[Event, ...] = (
    SteppedUp(replace(GIVEN, type=EvidenceType.STEP_UP), Go()),
    Approved(GIVEN, Go()),
    ActWanted(Go()),
    ActWanted(Go(), again=True),
    Denied(BEN, "no"),
    Withdrew(ANN),
    TimePassed(Go()),
)
WAITING = (Status.STEP_UP, Status.APPROVAL, Status.READY, Status.UNKNOWN)


def request(status: Status) -> Request:
    return replace(REQUEST, status=status)


def late(status: Status) -> Request:
    """A request whose deadline has come, and nobody has looked."""
    return replace(request(status), expires_at=NOW, due_at=NOW)


@pytest.mark.parametrize("status", WAITING)
@pytest.mark.parametrize(
    "event", ONWARD, ids=lambda event: f"{type(event).__name__}{getattr(event, 'again', False) or ''}"
)
def test_nothing_brings_on_what_is_past_its_deadline(status: Status, event: Event) -> None:
    step = advance(late(status), event, POLICY, NOW)
    assert step.request.status is Status.EXPIRED
    assert not any(type(effect).__name__ in {"CarryOut", "AskSignIn"} for effect in step.effects)


@pytest.mark.parametrize("status", WAITING)
@pytest.mark.parametrize(
    "event", ONWARD, ids=lambda event: f"{type(event).__name__}{getattr(event, 'again', False) or ''}"
)
def test_nothing_brings_on_what_was_asked_too_long_ago(status: Status, event: Event) -> None:
    """However its deadline was put off meanwhile."""
    old = replace(request(status), expires_at=NOW + timedelta(days=3), due_at=NOW, created_at=NOW - POLICY.life)
    assert advance(old, event, POLICY, NOW).request.status is Status.EXPIRED


@pytest.mark.parametrize(
    "event",
    [Reported(ANN), RevokeChosen(ANN)],
    ids=lambda event: f"{type(event).__name__}{getattr(event, 'again', False) or ''}",
)
def test_it_is_never_too_late_to_lock(event: Event) -> None:
    live = replace(late(Status.UNKNOWN), receipt=Receipt("pass-1", NOW + timedelta(hours=1)))
    assert advance(live, event, POLICY, NOW).request.status is Status.REVOKING


@pytest.mark.parametrize("decision", [Go(), StepUpFirst("c1"), ApprovalFirst(1)])
def test_no_state_outlives_the_request(decision: Go | StepUpFirst | ApprovalFirst) -> None:
    """Show at the last minute, sign in again, and so on: each state begins anew, and the request ends all the same."""
    old = replace(
        request(Status.READY),
        created_at=NOW - POLICY.life + timedelta(minutes=1),
        expires_at=NOW + timedelta(minutes=1),
        due_at=NOW + timedelta(minutes=1),
    )
    after = advance(old, ActWanted(decision), POLICY, NOW).request
    if after.status is not Status.ACTING:
        assert after.expires_at == old.created_at + POLICY.life
        assert after.due_at is not None
        assert after.due_at <= after.expires_at


async def test_show_at_the_last_minute_again_and_again_comes_to_an_end(desk: Office) -> None:
    await desk.ready()
    for _ in range(40):
        desk.clock.advance(minutes=59)
        await desk.show()
        request = await desk.load("r1")
        if request.status is Status.STEP_UP:
            await desk.sign_in()
        elif request.status is Status.APPROVAL:
            await desk.approve("cleo")
        else:
            break
    assert (await desk.load("r1")).status is Status.EXPIRED
    assert desk.directory.secrets == []


async def test_a_yes_after_the_deadline_counts_for_nobody(desk: Office) -> None:
    """The sweep is late: whoever looks first closes it."""
    await desk.ask()
    await desk.sign_in()
    desk.clock.advance(hours=5)
    assert why(await desk.approve()) == Reason.CLOSED
    assert (await desk.load("r1")).status is Status.EXPIRED


async def test_a_yes_of_yesterday_is_none(desk: Office) -> None:
    """Approvals age, whatever else is fresh."""
    await desk.ready()
    for minutes in (55, 55, 55, 55, 55):
        desk.clock.advance(minutes=minutes)
        await desk.show()
        if (await desk.load("r1")).status is Status.STEP_UP:
            await desk.sign_in()
    request = await desk.load("r1")
    assert request.status is Status.APPROVAL
    assert desk.directory.secrets == []
    assert isinstance(await desk.approve(), RequestCard)
    assert (await desk.load("r1")).status is Status.READY
