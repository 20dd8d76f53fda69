"""One thing to press: the sign-in stands on the request's own card, and one that came to nothing is told there."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from bot.core.actions import Approve, Deny, Ref, ReturnCode
from bot.core.answers import RequestCard
from bot.core.model import Status
from bot.core.ports import Purpose, SignInStage
from bot.core.reasons import Reason
from cards import text
from tests.fakes import Office, at_home, in_channel, person, private

HOME, BEN, CHANNEL = private("ann").id, private("ben").id, "19:helpdesk@thread.tacv2"
CONTACT = "the helpdesk"


def stands(desk: Office, chat: str) -> list[dict[str, Any]]:
    """The cards that stand in a chat, oldest first."""
    said: list[Any] = [message for (place, _), message in desk.messenger.messages.items() if place == chat]
    return [content["content"] for message in said for content in message["attachments"]]


def links(card: dict[str, Any]) -> list[str]:
    """Where the buttons of a card lead that open a window to sign in."""
    given = [action.get("data", {}).get("msteams", {}) for action in card.get("actions", ())]
    return [one["value"].partition("?t=")[2] for one in given if one.get("type") == "signin"]


async def tried(desk: Office, name: str = "ann") -> str:
    """Sign in as far as Entra's answer; return the transaction's id."""
    waiting = await desk.waiting(name, "r1")
    cookie = f"{waiting.id}.browser"
    await desk.step_up.start(waiting.id, cookie)
    await desk.step_up.returned(cookie, {"code": "x"})
    return waiting.id


async def test_the_way_to_sign_in_is_on_the_requests_own_card_and_nowhere_else(desk: Office) -> None:
    await desk.ask()
    await desk.job("cards")
    [card] = stands(desk, HOME)
    assert links(card) == [(await desk.waiting("ann", "r1")).id]
    await desk.sign_in()
    await desk.job("cards")
    [card] = stands(desk, HOME)
    assert links(card) == []
    assert text("request.approval.title", "en") in desk.messenger.shown(HOME)


async def test_a_sign_in_that_came_to_nothing_is_told_on_the_card_with_another_link(desk: Office) -> None:
    await desk.ask()
    await desk.job("cards")
    desk.entra.who = "mo"
    first = await tried(desk)
    await desk.job("cards")
    [card] = stands(desk, HOME)
    assert text("refusal.wrong_person", "en") in desk.messenger.shown(HOME)
    [second] = links(card)
    assert second != first
    desk.entra.who = ""
    assert isinstance(await desk.sign_in(), RequestCard)
    await desk.job("cards")
    assert text("refusal.wrong_person", "en") not in desk.messenger.shown(HOME)


async def test_what_failed_is_over_and_lengthens_nothing(desk: Office) -> None:
    await desk.ask()
    desk.entra.contexts = frozenset()
    desk.clock.advance(minutes=10)
    async with desk.store.unit() as unit:
        before = await unit.sign_in(await tried(desk))
    now = await desk.waiting("ann", "r1")
    assert before is not None
    assert before.stage is SignInStage.FINISHED
    assert (now.expires_at, now.created_at) == (before.expires_at, desk.clock.now())
    assert (now.cookie, now.code, now.tries, now.flow, now.failed) == ("", "", 0, None, Reason.WEAK_SIGN_IN)


async def test_an_approver_whose_sign_in_failed_presses_the_same_button(desk: Office) -> None:
    await desk.ask()
    await desk.sign_in()
    await desk.desk.installed(person("ben"), private("ben"))
    await desk.desk.handle(in_channel("ben"), Approve(Ref("r1", (await desk.load("r1")).version)))
    desk.clock.advance(minutes=4)
    desk.entra.contexts = frozenset()
    await tried(desk, "ben")
    await desk.job("cards")
    [card] = stands(desk, BEN)
    assert text("refusal.weak_sign_in", "en", contact=CONTACT)[:40] in desk.messenger.shown(BEN)
    assert links(card) == [(await desk.waiting("ben", "r1")).id]
    desk.clock.advance(minutes=2)  # five minutes after the press it is over, however often it was tried
    desk.entra.contexts = frozenset({"c1"})
    await tried(desk, "ben")
    assert (await desk.waiting("ben", "r1")).stage is SignInStage.BEGUN
    assert (await desk.load("r1")).status is Status.APPROVAL


async def test_what_failed_brings_back_nothing_that_was_pressed_before(desk: Office) -> None:
    """Ben said yes and his window stands open; he says no instead, and then the window fails."""
    await desk.ask(kind="risk")
    await desk.sign_in()
    await desk.desk.installed(person("ben"), private("ben"))
    ref = Ref("r1", (await desk.load("r1")).version)
    await desk.desk.handle(in_channel("ben"), Approve(ref, "safe"))
    yes = await desk.waiting("ben", "r1")
    await desk.step_up.start(yes.id, f"{yes.id}.browser")
    await desk.desk.handle(in_channel("ben"), Deny(ref, "somebody else is in it", "compromised"))
    desk.entra.contexts = frozenset()
    await desk.step_up.returned(f"{yes.id}.browser", {"code": "x"})
    async with desk.store.unit() as unit:
        assert await unit.sign_in_for("r1", "ben", Purpose.APPROVE) is None
        assert await unit.sign_in_for("r1", "ben", Purpose.DENY) is not None


async def test_a_window_that_has_run_out_is_on_no_card(desk: Office) -> None:
    await desk.ask()
    await desk.sign_in()
    await desk.desk.installed(person("ben"), private("ben"))
    await desk.desk.handle(in_channel("ben"), Approve(Ref("r1", (await desk.load("r1")).version)))
    await desk.job("cards")
    desk.clock.advance(minutes=5)  # to the second: what begins then is refused
    await desk.job("cards")
    [card] = stands(desk, BEN)
    assert links(card) == []
    assert text("confirm.expired", "en") in desk.messenger.shown(BEN)


async def test_a_window_that_has_served_is_on_no_card(desk: Office) -> None:
    """What is unsure afterwards offers the second try, and not the sign-in that led to the first."""
    await desk.ready()
    desk.directory.lose_answers = True
    await desk.show()
    await desk.job("look")
    await desk.job("cards")
    card = stands(desk, HOME)[-1]
    assert links(card) == []
    assert text("tap.button.replace", "en") in [action["title"] for action in card.get("actions", ())]


@pytest.mark.parametrize("late", [timedelta(minutes=14), timedelta(minutes=16)])
async def test_the_button_works_as_long_as_the_card_says(desk: Office, late: timedelta) -> None:
    await desk.ask()
    waiting = await desk.waiting("ann", "r1")
    desk.clock.time += late
    cookie = f"{waiting.id}.browser"
    await desk.step_up.start(waiting.id, cookie)
    code = await desk.step_up.returned(cookie, {"code": "x"})
    if isinstance(code, str):
        await desk.desk.handle(at_home("ann"), ReturnCode(code))
    assert ((await desk.load("r1")).status is Status.APPROVAL) == (late < timedelta(minutes=15))


# No trail of what was taken away.


async def test_in_a_whole_errand_no_message_is_taken_away(desk: Office) -> None:
    there: set[tuple[str, str]] = set()
    for step in (desk.ask, desk.sign_in, desk.approve, desk.show):
        await step()
        await desk.job("cards")
        assert there <= set(desk.messenger.messages)
        there = set(desk.messenger.messages)
    old, card = stands(desk, HOME)
    assert text("request.moved", "en", kind=text("tap.title", "en")) in json.dumps(old)
    assert "actions" not in old
    assert text("tap.request.done.title", "en") in json.dumps(card)


async def test_a_reminder_that_is_over_says_so(desk: Office) -> None:
    await desk.ask()
    await desk.sign_in()
    await desk.job("cards")
    desk.clock.time = (await desk.load("r1")).due_at or desk.clock.time
    await desk.job("due")
    await desk.job("cards")
    before = set(desk.messenger.messages)
    await desk.approve()
    await desk.job("cards")
    assert before <= set(desk.messenger.messages)
    assert text("request.over", "en", kind=text("tap.title", "en")) in desk.messenger.shown(CHANNEL)
    assert text("reminder.title", "en") not in desk.messenger.shown(CHANNEL)


# Asked for again while it is open.


async def test_what_is_asked_for_again_is_the_same_request_as_its_newest_message(desk: Office) -> None:
    await desk.ask()
    await desk.job("cards")
    answer = await desk.ask(request_id="r2", reason="other", text="It was stolen")
    assert isinstance(answer, RequestCard)
    assert answer.request.id == "r1"
    await desk.job("cards")
    old, card = stands(desk, HOME)
    assert "actions" not in old
    assert links(card) == [(await desk.waiting("ann", "r1")).id]
    assert all(said in json.dumps(card) for said in ("It was stolen", text("request.again", "en")))
    await desk.sign_in()
    await desk.job("cards")
    assert len(stands(desk, HOME)) == 2
    assert "It was stolen" in desk.messenger.shown(CHANNEL)


async def test_what_its_person_has_just_done_is_no_news_after_it_was_asked_for_again(desk: Office) -> None:
    await desk.ready()
    await desk.ask(request_id="r2")
    await desk.job("cards")
    stood = len(stands(desk, HOME))
    await desk.show()
    await desk.job("cards")
    assert len(stands(desk, HOME)) == stood
    assert text("tap.request.done.title", "en") in desk.messenger.shown(HOME)


async def test_what_was_asked_for_stays_and_what_an_approver_read_too(desk: Office) -> None:
    await desk.ask()
    before = (await desk.load("r1")).details
    await desk.ask(request_id="r2", reason="lost_phone", minutes="10")
    after = (await desk.load("r1")).details
    assert after == {**before, "again.reason": "lost_phone"}
    assert "asked_again" in await desk.deeds()


async def test_once_it_was_decided_nothing_is_added(desk: Office) -> None:
    before = await desk.ready()
    await desk.ask(request_id="r2", reason="other", text="It was stolen")
    after = await desk.load("r1")
    assert (after.details, after.status, after.repeated) == (before.details, Status.READY, 1)


async def test_a_reason_for_another_method_is_not_taken_for_this_ones(desk: Office) -> None:
    await desk.ask(kind="methods")
    before = (await desk.load("r1")).details
    await desk.ask(request_id="r2", kind="methods", why="old")
    assert (await desk.load("r1")).details == before
