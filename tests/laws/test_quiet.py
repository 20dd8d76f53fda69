"""Whoever was asked may have peace for a day: nobody asks them then, security hears of it, and they take it back."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest

from bot.core.actions import ShowStatus
from bot.core.answers import Said
from bot.core.callcards import CallerCard
from bot.core.callers import Verification
from bot.core.calling import DenyCall, MuteCalls, ResumeCalls
from bot.core.listed import StatusCard
from bot.core.model import Actor
from bot.core.reasons import Reason
from tests.fakes import Office, at_home, in_channel, person
from tests.laws.locked import ALARM, locks
from tests.laws.seen import why
from tests.laws.test_callers import ANN, asked, asks, number, types, verification
from tests.laws.test_record import heard, told

MUTE, RESUME = MuteCalls("f1", 1), ResumeCalls()


async def found(desk: Office) -> list[tuple[str, str]]:
    return [(entry.data["sort"], entry.data["person"]) for entry in await told(desk, "found")]


async def test_nobody_asks_them_for_a_day_whoever_it_is_and_what_was_asked_goes_on(desk: Office) -> None:
    await asked(desk)
    said = await desk.desk.handle(at_home(ANN), MUTE)
    assert isinstance(said, CallerCard)
    await types(desk, number(desk))
    assert (await verification(desk)).proven is not None
    words = set()
    for hours in (0, 1, 22):
        desk.clock.advance(hours=hours)
        for by in ("ben", "cleo"):
            answer = await asks(desk, by=by, form=f"{by}{hours}")
            assert why(answer) == Reason.CALLER_QUIET
            words.add(str(answer))
    assert len(words) == 1  # of whom, since when and until when it says nothing
    desk.clock.advance(hours=1, minutes=1)
    assert isinstance(await asks(desk, form="later"), Said)


async def test_security_hears_of_it_once_however_often_they_press(desk: Office) -> None:
    await asked(desk)
    for action in (MUTE, MUTE, RESUME, MUTE):
        await desk.desk.handle(at_home(ANN), action)
        desk.clock.advance(hours=2)
    assert await found(desk) == [("quiet", ANN)]
    assert await heard(desk) == 1
    assert "Ann" in desk.messenger.shown("19:security@thread.tacv2")
    assert len(await told(desk, "calls_quiet", "calls_resumed")) == 3


async def test_they_take_it_back_on_their_card_or_in_their_list_and_are_asked_again(desk: Office) -> None:
    await asked(desk)
    await desk.desk.handle(at_home(ANN), MUTE)
    listed = await desk.desk.handle(at_home(ANN), ShowStatus())
    assert isinstance(listed, StatusCard)
    assert listed.quiet is not None
    await desk.desk.handle(at_home(ANN), RESUME)
    desk.clock.advance(minutes=6)
    assert isinstance(await asks(desk, by="cleo", form="f2"), Said)
    listed = await desk.desk.handle(at_home(ANN), ShowStatus())
    assert isinstance(listed, StatusCard)
    assert listed.quiet is None


async def test_by_whichever_card_it_is_taken_back_it_is(desk: Office) -> None:
    await asked(desk)
    desk.clock.advance(minutes=6)
    await asked(desk, form="f2")
    for form in ("f1", "f2"):
        await desk.desk.handle(at_home(ANN), MuteCalls(form, 1))
    await desk.desk.handle(at_home(ANN), RESUME)
    desk.clock.advance(minutes=6)
    assert isinstance(await asks(desk, form="f3"), Said)


async def test_it_is_told_on_the_card_that_stands(desk: Office) -> None:
    await asked(desk)
    await desk.desk.handle(at_home(ANN), MUTE)
    await desk.job("matter", (await verification(desk)).id)
    assert "Let the helpdesk ask me again" in desk.messenger.shown(at_home(ANN).chat.id)


@pytest.mark.parametrize(
    ("actor", "reason"),
    [
        (at_home("ben"), Reason.NOT_YOURS),
        (at_home("kim"), Reason.NOT_YOURS),
        (in_channel(ANN), Reason.NOT_PRIVATE),
    ],
)
async def test_it_is_theirs_alone_to_say_and_to_take_back(desk: Office, actor: Actor, reason: Reason) -> None:
    await asked(desk)
    assert why(await desk.desk.handle(actor, MUTE)) == reason
    desk.clock.advance(minutes=6)
    await asked(desk, form="f2")
    await desk.desk.handle(at_home(ANN), MuteCalls("f2", 1))
    await desk.desk.handle(actor, RESUME)
    desk.clock.advance(minutes=6)
    assert why(await asks(desk, form="f3")) == Reason.CALLER_QUIET


async def test_an_old_card_says_nothing_any_more(desk: Office) -> None:
    await asked(desk)
    desk.clock.advance(hours=25)
    assert why(await desk.desk.handle(at_home(ANN), MUTE)) == Reason.CLOSED
    assert await found(desk) == []


async def test_they_are_still_locked_and_their_no_still_counts(desk: Office) -> None:
    await asked(desk)
    await desk.desk.handle(at_home(ANN), MUTE)
    await desk.desk.handle(at_home(ANN), DenyCall("f1", 1))
    assert why(await asks(desk, by="cleo", form="f2")) == Reason.CALLER_SAID_NO
    assert (await locks(desk, kind=ALARM, form="l1")).frozen_at is not None


class _NeverMindError(Exception):
    """What was begun is undone."""


async def test_whoever_reads_that_nobody_asks_is_asked_by_nobody_from_then_on(desk: Office) -> None:
    """Whose question is on its way by then has asked: it cannot begin after they have read that nobody does."""
    one = await asked(desk)
    desk.clock.advance(minutes=6)
    await desk.job("matter", one.id)  # nobody answered: the other question has nothing to do with this one

    async def quiet() -> int:
        await desk.desk.handle(at_home(ANN), MUTE)
        return len(await told(desk, "caller_asked"))

    with suppress(_NeverMindError):
        async with desk.store.unit() as unit:  # holds the other question up, just before it is written
            await unit.begin(replace(one, id=Verification.named("f2"), about=person("kim")))
            asking = asyncio.create_task(asks(desk, by="cleo", form="f2"))
            await asyncio.sleep(0.3)
            saying = asyncio.create_task(quiet())
            await asyncio.sleep(0.3)
            raise _NeverMindError
    answer, then = await asyncio.gather(asking, saying)
    assert isinstance(answer, Said)
    assert len(await told(desk, "caller_asked")) == then
