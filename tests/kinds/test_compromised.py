"""Somebody is in my account, against a directory in memory: sign out first, then delete what still works."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.errors import NO_PREMIUM, AnswerLost, Missing, NotGranted, Rejected, Unavailable
from bot.core.facts import Moment
from bot.core.forms import Sheet
from bot.core.model import Finding, Receipt, Way
from bot.kinds import KINDS
from bot.kinds.compromised import CONFIRM, KIND
from tests.kinds.shelf import ANN, NOW, Doors, a_pass, request, tools


def test_what_it_demands_by_itself() -> None:
    policy = KIND.policy
    assert (policy.step_up, policy.approvals, policy.per_day) == ("", 0, 10)
    assert (KIND.harmless, KIND.alarm, KIND.way(policy)) == (True, True, Way.ALONE)
    assert KINDS["compromised"] is KIND


@pytest.mark.parametrize("moment", list(Moment))
async def test_nothing_is_asked_and_nothing_is_objected_to(moment: Moment) -> None:
    doors = Doors()
    assert await KIND.sheet(ANN, tools(doors, KIND, moment)) == Sheet()
    assert await KIND.examine(request(KIND), tools(doors, KIND, moment)) == Finding()
    assert doors.asked == []


async def test_the_act_signs_out_and_leaves_the_rest_for_after() -> None:
    """One write, so that whatever becomes of the rest, whoever is in is out."""
    doors = Doors(found=[a_pass("intruders")])
    outcome = await KIND.carry_out(request(KIND), tools(doors, KIND))
    assert doors.asked == ["revoke_sessions"]
    assert outcome.receipt == Receipt(ANN.id, follow=True)
    assert outcome.secret is None


async def test_every_pass_that_may_still_work_is_deleted() -> None:
    doors = Doors(
        found=[a_pass("one"), a_pass("two", "NotYetValid"), a_pass("new", "SomethingNew"), a_pass("gone", "Expired")]
    )
    for _ in range(2):  # it may be repeated
        assert await KIND.follow(request(KIND), tools(doors, KIND)) == "told"
    assert doors.asked == ["delete one", "delete two", "delete new", *["confirm_compromised"] * 2]
    assert [p.id for p in doors.found] == ["gone"]


@pytest.mark.parametrize(
    ("deaf", "came"),
    [
        (NotGranted("no licence", code=NO_PREMIUM), ""),
        (NotGranted("no permission", code="no_permission"), "untold"),
        (Missing("nobody"), "untold"),
    ],
)
async def test_what_id_protection_says_holds_up_no_part_of_the_lock(deaf: Exception, came: str) -> None:
    doors = Doors(found=[a_pass("one")], deaf=deaf)
    assert (await KIND.carry_out(request(KIND), tools(doors, KIND))).receipt.follow
    assert await KIND.follow(request(KIND), tools(doors, KIND)) == came
    assert doors.asked == ["revoke_sessions", "delete one"]


async def test_a_turn_that_is_not_now_is_waited_for_after_everything_else() -> None:
    doors = Doors(found=[a_pass("one")], deaf=Unavailable("no turn", retry_after=2))
    with pytest.raises(Unavailable):
        await KIND.follow(request(KIND), tools(doors, KIND))
    assert doors.asked == ["delete one"]


async def test_a_pass_that_stays_is_told_at_once_whatever_id_protection_does() -> None:
    doors = Doors(found=[a_pass("one")], fault=Rejected("no", code="forbidden"), deaf=Unavailable("no turn"))
    with pytest.raises(Rejected):
        await KIND.follow(request(KIND), tools(doors, KIND))


async def test_it_is_told_nothing_where_the_policy_says_so() -> None:
    doors, quiet = Doors(), replace(KIND, policy=replace(KIND.policy, options={CONFIRM: False}))
    assert await KIND.follow(request(KIND), tools(doors, quiet)) == ""
    assert doors.asked == []


async def test_it_never_unlocks_and_takes_nothing_back() -> None:
    doors = Doors(found=[a_pass("one")], sessions_from=NOW)
    await KIND.undo(request(KIND), tools(doors, KIND))
    assert await KIND.watch(request(KIND), tools(doors, KIND)) is None
    assert doors.asked == []


@pytest.mark.parametrize("fault", [AnswerLost("x"), Unavailable("x"), Rejected("x", code="forbidden")])
async def test_a_fault_goes_through_as_it_is(fault: Exception) -> None:
    doors = Doors(found=[a_pass("one")], fault=fault)
    for step in (KIND.carry_out, KIND.follow):
        with pytest.raises(type(fault)) as caught:
            await step(request(KIND), tools(doors, KIND))
        assert caught.value is fault


async def test_a_lost_act_is_found_and_the_rest_still_follows() -> None:
    doors = Doors(loses=True)
    assert await KIND.look(request(KIND), tools(doors, KIND)) is None
    with pytest.raises(AnswerLost):
        await KIND.carry_out(request(KIND), tools(doors, KIND))
    assert await KIND.look(request(KIND), tools(doors, KIND)) == Receipt(ANN.id, follow=True)
