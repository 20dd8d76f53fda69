"""Signing out everywhere, against a directory in memory."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.core.errors import AnswerLost, Rejected, Unavailable
from bot.core.facts import Moment
from bot.core.forms import Fault, check, clean
from bot.core.model import Finding, Receipt, Way
from bot.core.skew import CLOCK_SKEW
from bot.kinds import KINDS
from bot.kinds.sessions import KIND
from tests.kinds.shelf import ANN, NOW, Doors, request, tools


def test_what_it_demands_by_itself() -> None:
    policy = KIND.policy
    assert (policy.step_up, policy.approvals, policy.per_day) == ("", 0, 10)
    assert (KIND.harmless, KIND.alarm, KIND.way(policy)) == (True, False, Way.ALONE)
    assert KIND.permissions == ("User.RevokeSessions.All",)
    assert KINDS["sessions"] is KIND


async def test_it_asks_why_and_nothing_else() -> None:
    sheet = await KIND.sheet(ANN, tools(Doors(), KIND))
    assert [f.name for f in sheet.fields] == ["reason"]
    assert [c.value for c in sheet.fields[0].choices] == ["left_open", "lost_device", "strange", "other"]
    assert not sheet.closed
    assert check(sheet.fields, clean(sheet.fields, {"reason": "strange"})) == {}
    assert check(sheet.fields, clean(sheet.fields, {})) == {"reason": Fault.REQUIRED}


@pytest.mark.parametrize("moment", list(Moment))
async def test_it_objects_to_nothing_and_reads_nothing(moment: Moment) -> None:
    doors = Doors()
    assert await KIND.examine(request(KIND), tools(doors, KIND, moment)) == Finding()
    assert doors.asked == []


async def test_the_act_is_one_call() -> None:
    doors = Doors()
    outcome = await KIND.carry_out(request(KIND), tools(doors, KIND))
    assert doors.asked == ["revoke_sessions"]
    assert outcome.receipt == Receipt(ANN.id)
    assert outcome.secret is None


@pytest.mark.parametrize("fault", [AnswerLost("x"), Unavailable("x"), Rejected("x", code="forbidden")])
async def test_a_fault_goes_through_as_it_is(fault: Exception) -> None:
    with pytest.raises(type(fault)) as caught:
        await KIND.carry_out(request(KIND), tools(Doors(fault=fault), KIND))
    assert caught.value is fault


async def test_a_lost_act_is_found() -> None:
    doors = Doors(loses=True)
    with pytest.raises(AnswerLost):
        await KIND.carry_out(request(KIND), tools(doors, KIND))
    assert await KIND.look(request(KIND), tools(doors, KIND)) == Receipt(ANN.id)


@pytest.mark.parametrize(
    ("since", "found"),
    [
        (None, False),
        (NOW - timedelta(days=1), False),
        (NOW - CLOCK_SKEW - timedelta(seconds=1), False),
        (NOW - CLOCK_SKEW, True),
        (NOW, True),
    ],
)
async def test_only_what_came_since_it_was_asked_is_ours(since: datetime | None, found: bool) -> None:
    doors = Doors(sessions_from=since)
    assert (await KIND.look(request(KIND), tools(doors, KIND)) is not None) is found
