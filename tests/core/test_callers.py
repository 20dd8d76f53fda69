"""The life of a verification: what is over stays as it ended, what alarms says so, and nobody is asked too often."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.callers import (
    VOUCHING,
    WAIT,
    WAITING,
    CallerSignedIn,
    CallOver,
    CallUsed,
    Disclaimed,
    FaceShown,
    Heard,
    ManagerAsked,
    NotMe,
    NotVouched,
    NumberTyped,
    Stand,
    Verification,
    Vouched,
    asked,
    heard,
)
from bot.core.matters import Turned
from bot.core.model import Person, Refusal
from bot.core.proven import VALID, Proven
from bot.core.reasons import Reason
from tests.core.samples import ANN, BEN, NOW

MAX = Person("tenant", "max", "Max")
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(hours=24)
ONE = Verification(id="caller:f1", by=BEN, about=ANN, created_at=NOW, seed="00" * 16)
VOUCHED = replace(ONE, voucher=MAX, vouching_at=NOW)
BY_MANAGER = replace(
    VOUCHED, status=Stand.VERIFIED, seed="", proven=Proven.MANAGER, proven_at=NOW, vouched=True, due_at=NOW + VALID
)
EVENTS: tuple[Heard, ...] = (
    NumberTyped(str(ONE.number)),
    NotMe(),
    CallerSignedIn(NOW, "c1"),
    FaceShown(NOW, "v1"),
    ManagerAsked(MAX),
    Vouched(NOW, "c1"),
    NotVouched(),
    CallUsed("r1"),
    Disclaimed(),
    CallOver(),
)
# All there is of what is over, with what is heard of it still.
OVER: tuple[tuple[Verification, set[type[Heard]]], ...] = (
    *((replace(ONE, status=over, seed="", ended_at=NOW), set()) for over in (Stand.REFUSED, Stand.MISMATCHED)),
    (replace(ONE, status=Stand.CANCELLED, seed="", ended_at=NOW), set()),
    (replace(ONE, status=Stand.UNREACHED, seed="", reached=False), {ManagerAsked}),
    (replace(ONE, status=Stand.UNANSWERED, seed="", ended_at=NOW), {ManagerAsked}),
    (replace(VOUCHED, status=Stand.UNANSWERED, seed="", ended_at=NOW), set()),
    (replace(VOUCHED, status=Stand.REFUSED, seed="", vouched=False, ended_at=NOW), set()),
    (replace(BY_MANAGER, created_at=NOW - HOUR, vouching_at=NOW - HOUR, proven_at=NOW - VALID), {Disclaimed}),
)


@pytest.mark.parametrize(("one", "still"), OVER, ids=range(len(OVER)))
def test_what_is_over_stays_as_it_ended_whatever_comes(one: Verification, still: set[type[Heard]]) -> None:
    for event in EVENTS:
        if type(event) not in still:
            assert heard(one, event, NOW) == Turned(one, refusal=Refusal(Reason.CLOSED)), event


@pytest.mark.parametrize(("status", "long"), [(Stand.ASKED, WAIT), (Stand.VOUCHING, VOUCHING)])
def test_what_comes_too_late_is_no_answer(status: Stand, long: timedelta) -> None:
    one = replace(VOUCHED if status is Stand.VOUCHING else ONE, status=status)
    for event in EVENTS:
        assert heard(one, event, NOW + long - SECOND).matter.status is not Stand.UNANSWERED, event
        late = heard(one, event, NOW + long)
        assert (late.matter.status, late.refusal) == (Stand.UNANSWERED, Refusal(Reason.CLOSED)), event


def test_each_no_alarms_and_nothing_else_does() -> None:
    noes = {NotMe: {Stand.ASKED, Stand.VOUCHING, Stand.VERIFIED}, Disclaimed: {Stand.VERIFIED}}
    noes[NotVouched] = {Stand.VOUCHING, Stand.VERIFIED}
    alive = (ONE, replace(VOUCHED, status=Stand.VOUCHING, seed=""), BY_MANAGER)
    assert {one.status for one in alive} == {*WAITING, Stand.VERIFIED}
    for one, still in (*((one, set(map(type, EVENTS))) for one in alive), *OVER):
        for event in EVENTS:
            turned = heard(one, event, NOW)
            no = type(event) in still and one.status in noes.get(type(event), set())
            assert (turned.alarms, turned.matter.status is Stand.REFUSED) == (no, no or one.status is Stand.REFUSED)


# -- nobody is worn down: both sides of each limit -------------------------------------------------------------


def before(ago: timedelta, many: int = 1, status: Stand = Stand.UNANSWERED) -> list[Verification]:
    return [replace(ONE, id=f"caller:{n}", status=status, seed="", created_at=NOW - ago) for n in range(many)]


def said(about: list[Verification], by: list[Verification]) -> str:
    refusal = asked(ONE, about, by).refusal
    return refusal.reason if refusal is not None else ""


@pytest.mark.parametrize(
    ("many", "long", "own", "reason"),
    [
        (3, HOUR, False, Reason.CALLER_ASKED_OFTEN),
        (6, DAY, False, Reason.CALLER_ASKED_OFTEN),
        (20, HOUR, True, Reason.AGENT_ASKS_OFTEN),
    ],
)
def test_so_many_within_so_long_and_no_more(many: int, long: timedelta, reason: Reason, *, own: bool) -> None:
    def among(found: list[Verification]) -> str:
        return said([], found) if own else said(found, [])

    within = long - SECOND
    assert among(before(within, many)) == reason
    assert among(before(within, many - 1)) == ""
    assert among([*before(within, many - 1), *before(long)]) == ""


def test_a_no_stands_for_a_day_and_a_wrong_number_for_four_hours() -> None:
    assert said(before(DAY - SECOND, status=Stand.REFUSED), []) == Reason.CALLER_SAID_NO
    assert said(before(DAY, status=Stand.REFUSED), []) == ""
    for ago, by_number in ((timedelta(hours=4) - SECOND, False), (timedelta(hours=4), True)):
        begun = asked(ONE, before(ago, status=Stand.MISMATCHED), []).matter
        assert (begun.by_number, begun.number is not None) == (by_number, by_number)
