"""How a pass is shown: in place or by a message, and in time; what could not be shown is not made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.actions import Ref, Replace, Show
from bot.core.answers import Done
from bot.core.errors import AnswerLost, DeskError, Rejected, Unavailable, Unfit
from bot.core.model import Mode, Status
from bot.core.reasons import Reason
from bot.desk import acts
from tests.entra import FakeClock
from tests.fakes import POLICY, Office, at_home, office
from tests.laws.seen import touched, why
from tests.stores import patient


@pytest.fixture
def mode() -> Mode:
    return Mode.ENFORCE


@pytest.fixture
async def by_message(database_url: str, mode: Mode) -> AsyncIterator[Office]:
    """An office that shows a pass in a message, and whose policy says so of what shows nothing, too."""
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        yield office(
            store, clock, replace(POLICY, reveal="message"), mode=mode, own={"sessions": {"reveal": "message"}}
        )


@pytest.mark.parametrize("trouble", [Unavailable("away"), Rejected("403")], ids=repr)
async def test_where_no_message_can_be_prepared_nothing_is_made(by_message: Office, trouble: DeskError) -> None:
    before = await by_message.ready()
    by_message.messenger.trouble.append(trouble)
    assert why(await by_message.show()) == Reason.UNKNOWN
    assert await by_message.load("r1") == before
    assert touched(by_message) == []


async def test_a_press_that_cannot_be_answered_in_place_is_answered_by_the_message(by_message: Office) -> None:
    before = await by_message.ready()
    pressed = Show(Ref("r1", before.version), in_place=False)
    assert await by_message.desk.handle(at_home("ann"), pressed) == Done()
    (secret,) = by_message.directory.secrets
    assert secret in by_message.messenger.shown("a:ann")


async def test_a_press_that_comes_too_soon_or_too_late_prepares_no_message(by_message: Office) -> None:
    await by_message.ask()
    await by_message.show()
    assert by_message.messenger.messages == {}
    await by_message.prove_all()
    await by_message.show()
    assert len(by_message.messenger.messages) == 1
    await by_message.show()
    assert len(by_message.messenger.messages) == 1


@pytest.mark.parametrize("mode", [Mode.EVALUATE])
async def test_a_trial_prepares_no_message(by_message: Office) -> None:
    await by_message.ready()
    await by_message.show()
    assert (await by_message.load("r1")).status is Status.EVALUATED
    assert by_message.messenger.messages == {}


@pytest.mark.parametrize(("kind", "call"), [("tap", "issue_pass"), ("password", "set_password")])
@pytest.mark.parametrize("short", ["IN_TIME", "PATIENCE"])
async def test_what_somebody_waits_for_is_given_up_in_time(
    desk: Office, monkeypatch: pytest.MonkeyPatch, kind: str, call: str, short: str
) -> None:
    """An act may take as long as an act may, and no longer than is left of what a press may."""
    await desk.ask(kind=kind)
    await desk.prove_all()
    act = getattr(desk.directory, call)

    async def slow(*args: Any, **kwargs: Any) -> object:
        await asyncio.sleep(0.2)
        return await act(*args, **kwargs)

    monkeypatch.setattr(desk.directory, call, slow)
    monkeypatch.setattr(acts, "ENOUGH", -60.0)
    monkeypatch.setattr(acts, short, 0.0)
    lost = await desk.act()
    assert (lost.status, lost.receipt, touched(desk)) == (Status.UNKNOWN, None, [])


async def test_what_acts_alone_is_not_shown_and_is_begun_again_by_its_person_alone(by_message: Office) -> None:
    """Show begins nothing of it; the button that does when its answer was lost is another one, on any client."""
    desk = by_message
    await desk.ask(kind="sessions")
    assert why(await desk.show()) == Reason.CLOSED
    assert touched(desk) == []
    desk.directory.trouble["revoke_sessions"] = AnswerLost("cut before it arrived")
    for _ in range(2):
        await desk.job("act")
        await desk.job("look")
    desk.directory.trouble.clear()
    lost, told = await desk.load("r1"), await desk.deeds()
    await desk.job("act")
    assert (await desk.load("r1"), await desk.deeds()) == (lost, told)
    assert why(await desk.show()) == Reason.CLOSED
    await desk.desk.handle(at_home("ann"), Replace(Ref("r1", lost.version), in_place=False))
    assert (await desk.load("r1")).status is Status.DONE
    assert desk.messenger.messages == {}


async def test_what_was_entered_and_lost_is_not_made_up_by_a_button(desk: Office) -> None:
    await desk.ask(kind="password")
    desk.directory.trouble["set_password"] = AnswerLost("cut before it arrived")
    assert (await desk.prove_all()).status is Status.READY
    assert (await desk.act()).status is Status.UNKNOWN
    await desk.job("look")
    desk.directory.trouble.clear()
    lost = await desk.load("r1")
    assert why(await desk.desk.handle(at_home("ann"), Replace(Ref("r1", lost.version)))) == Reason.CLOSED
    assert await desk.load("r1") == lost
    assert touched(desk) == []


async def test_what_no_longer_fits_is_told_as_that_and_may_be_pressed_again(desk: Office) -> None:
    before = await desk.ready()
    desk.directory.trouble["issue_pass"] = Unfit("the policy wants a longer one", code=Reason.CHANGED)
    assert why(await desk.show()) == Reason.CHANGED
    assert (await desk.load("r1")).status is before.status


async def test_what_goes_on_by_itself_waits_as_long_as_it_is_told_to(desk: Office) -> None:
    await desk.ask(kind="sessions")
    desk.directory.trouble["revoke_sessions"] = Unavailable("busy", retry_after=900)
    await desk.job("act")
    waiting = await desk.load("r1")
    assert waiting.status is Status.READY
    assert waiting.due_at is not None
    assert waiting.due_at >= desk.clock.now() + timedelta(seconds=900)
