"""Of several things that must be done none is left out because another went wrong, and what may pass is tried on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.core.each import each
from bot.core.errors import NotGranted, Unavailable

AWAY, NEVER, OURS = Unavailable("away"), NotGranted("403"), ValueError("ours")


def deeds(done: list[int], *faults: Exception | None) -> list[Callable[[], Awaitable[object]]]:
    """Deeds that write down that they were tried, and then go wrong or not."""

    def deed(number: int, fault: Exception | None) -> Callable[[], Awaitable[object]]:
        async def tried() -> None:
            done.append(number)
            if fault is not None:
                raise fault

        return tried

    return [deed(number, fault) for number, fault in enumerate(faults)]


@pytest.mark.parametrize(
    ("faults", "raised"),
    [
        ((AWAY, None, None), AWAY),
        ((None, NEVER, None), NEVER),
        ((OURS, None, None), OURS),
        ((NEVER, AWAY, None), AWAY),
        ((NEVER, None, OURS), OURS),
        ((NEVER, NEVER, NEVER), NEVER),
    ],
    ids=repr,
)
async def test_all_are_tried_in_turn_and_what_may_pass_is_told_first(
    faults: tuple[Exception | None, ...], raised: Exception
) -> None:
    done: list[int] = []
    with pytest.raises(type(raised)) as told:
        await each(*deeds(done, *faults))
    assert told.value is raised
    assert done == [0, 1, 2]


async def test_where_nothing_went_wrong_nothing_is_raised() -> None:
    done: list[int] = []
    await each(*deeds(done, None, None))
    assert done == [0, 1]


async def test_who_is_told_to_stop_goes_on_with_none() -> None:
    done: list[int] = []

    async def stopped() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await each(stopped, *deeds(done, None))
    assert done == []
