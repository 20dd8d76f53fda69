"""A card that was posted twice, because Teams' answer was lost, goes once it is seen: also where it is no request's."""

from __future__ import annotations

import pytest

from bot.core.actions import Matters
from bot.core.calling import DenyCall, EndCall, SeeCaller
from bot.core.doubting import SaySame, SeeDoubt
from bot.core.ports import Job, Posted
from tests.fakes import Office, at_home, private
from tests.laws.faced import queued
from tests.laws.test_callers import CALL, asked
from tests.laws.test_mutual import came

TWIN = "twin"


async def posted(desk: Office, about: str) -> list[Posted]:
    async with desk.store.unit() as unit:
        return list(await unit.posted(about))


async def seen(desk: Office, about: str, name: str, action: Matters, card: str) -> list[str]:
    """Say what is queued about strays once somebody sees or presses this card of theirs."""
    await desk.desk.handle(at_home(name), action, card=card)
    return [job for job in await queued(desk) if job == f"stray:{about}"]


@pytest.mark.parametrize(
    ("name", "action"),
    [("ben", SeeCaller("f1", 1)), ("ann", SeeCaller("f1", 1)), ("ben", EndCall("f1", 1)), ("ann", DenyCall("f1", 1))],
)
async def test_a_second_card_of_a_call_goes_and_its_own_stays(desk: Office, name: str, action: Matters) -> None:
    await asked(desk)
    place = private(name).id
    (own,) = (one.activity for one in await posted(desk, CALL) if one.chat is not None and one.chat.id == place)
    if isinstance(action, SeeCaller):
        assert await seen(desk, CALL, name, action, own) == []
    desk.messenger.messages[place, TWIN] = {"text": "Is it really Ann?"}
    assert await seen(desk, CALL, name, action, TWIN) == [f"stray:{CALL}"]
    await desk.delivery.stray(Job("stray", CALL, slot=TWIN, person=place))
    assert (place, TWIN) not in desk.messenger.messages
    assert (place, own) in desk.messenger.messages


@pytest.mark.parametrize("pressed", [False, True])
async def test_nor_does_one_of_a_doubt_stay(desk: Office, *, pressed: bool) -> None:
    one = await came(desk)
    place = private("ann").id
    desk.messenger.messages[place, TWIN] = {"text": "Is it really the helpdesk?"}
    action = SaySame(one.key, 1) if pressed else SeeDoubt(one.key)
    assert await seen(desk, one.id, "ann", action, TWIN) == [f"stray:{one.id}"]
    await desk.delivery.stray(Job("stray", one.id, slot=TWIN, person=place))
    assert (place, TWIN) not in desk.messenger.messages


async def test_whose_call_it_is_not_takes_nothing_away(desk: Office) -> None:
    await asked(desk)
    desk.messenger.messages[private("cleo").id, "theirs"] = {"text": "something else"}
    assert await seen(desk, CALL, "cleo", SeeCaller("f1", 1), "theirs") == []
