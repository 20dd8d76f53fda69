"""Pauses: how long what failed is tried again, in true hours; nothing comes back all at once, or for ever as fast."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.decide import Go
from bot.core.errors import AnswerLost, NotGranted, Rejected, Unavailable
from bot.core.events import ActPostponed, ActWanted
from bot.core.life.acting import TRIES as ACTS
from bot.core.life.advance import advance
from bot.core.model import Request, Status
from bot.process.jobs import CAP, MENDED, TRIES, again_in
from tests.core.samples import NOW, POLICY
from tests.core.test_ways import ALONE, BUSY, PROVED, walk

EIGHT_HOURS, SEVENTEEN = 8 * 3600, 17 * 3600
OUTAGES = [Unavailable("away"), Unavailable("two seconds", retry_after=2), AnswerLost("gone"), TimeoutError()]


def request(name: str) -> Request:
    return replace(walk(ALONE, *PROVED).request, id=name)


def total(error: BaseException, spread: float) -> float:
    return sum(again_in(error, attempts, spread) for attempts in range(TRIES - 1))


@pytest.mark.parametrize("error", OUTAGES, ids=str)
@pytest.mark.parametrize("spread", [0.0, 0.5, 1.0])
def test_an_outage_is_outlasted_for_as_many_hours_as_we_say(error: Exception, spread: float) -> None:
    told = (TRIES - 1) * (error.retry_after or 0) if isinstance(error, Unavailable) else 0
    assert EIGHT_HOURS <= total(error, spread) <= SEVENTEEN + told


@pytest.mark.parametrize("error", OUTAGES, ids=str)
def test_pauses_grow_to_a_minute_beyond_what_was_told(error: Exception) -> None:
    waits = [again_in(error, attempts, 1.0) for attempts in range(20)]
    assert waits == sorted(waits)
    assert waits[0] < 3
    told = (error.retry_after or 0) if isinstance(error, Unavailable) else 0
    assert waits[-1] == told + CAP


@pytest.mark.parametrize("error", [NotGranted("403"), Rejected("400"), ValueError("ours")], ids=repr)
def test_what_locks_is_tried_again_soon_though_it_was_refused(error: Exception) -> None:
    """One passing 403 left an intruder's pass working for up to ten minutes."""
    waits = [again_in(error, attempts, 1.0, forever=True) for attempts in range(50)]
    assert waits[0] < 1
    assert max(waits) == CAP


@pytest.mark.parametrize("spread", [0.0, 0.5, 1.0])
def test_what_an_administrator_has_to_grant_is_asked_for_seldom_and_as_long(spread: float) -> None:
    waits = [again_in(NotGranted("403"), attempts, spread) for attempts in range(MENDED - 1)]
    assert 300 <= min(waits) <= max(waits) <= 600
    assert EIGHT_HOURS <= sum(waits) + 600 <= SEVENTEEN


def test_what_failed_together_does_not_come_back_together() -> None:
    assert len({again_in(Unavailable("turn", retry_after=2), 5, place / 10) for place in range(11)}) == 11
    together = [walk(request(f"r{n}"), ActWanted(Go()), ActPostponed(BUSY, 1)).request.due_at for n in range(20)]
    assert len(set(together)) == 20


@pytest.mark.parametrize("told", [timedelta(), timedelta(seconds=3)])
def test_an_act_that_cannot_be_begun_is_tried_for_an_hour_with_growing_pauses(told: timedelta) -> None:
    """Twenty tries a second apart ended a request, an alarm too, before an outage of a minute was over."""
    at, tried, pauses = NOW, request("r1"), list[timedelta]()
    for attempt in range(1, ACTS):
        claimed = advance(tried, ActWanted(Go()), POLICY, at).request
        tried = advance(claimed, ActPostponed(BUSY, attempt, told), POLICY, at).request
        assert tried.status is Status.READY
        assert tried.due_at is not None
        pauses.append(tried.due_at - at - told)
        at = tried.due_at
    assert timedelta(hours=1) <= at - NOW
    assert all(later > earlier for earlier, later in zip(pauses[:8], pauses[2:10], strict=True))
    assert max(pauses) <= timedelta(minutes=5)
