"""What an approver pressed waits for their sign-in: one prompt for one wish, as long as it holds, in their own chat."""

from __future__ import annotations

import pytest

from bot.core.actions import Approve, Deny, Lift, NotNow, Ref, ReturnCode
from bot.core.answers import Done, Refused, RequestCard, SignInRefused
from bot.core.model import EvidenceType, Status
from bot.core.ports import SignInStage
from bot.core.reasons import Reason
from bot.desk.ledger import PROMPT_LIFE
from cards import text
from cards.words import when
from tests.fakes import Office, at_home, in_channel
from tests.laws.faced import queued
from tests.laws.raised import alarm, flagged
from tests.laws.seen import why
from tests.laws.test_approvers import becomes
from tests.laws.test_record import told
from tests.laws.test_unproved import nothing_waits

CHANNEL = "19:helpdesk@thread.tacv2"


async def pressed(desk: Office, ref: Ref, choice: str = "safe") -> str:
    """Ben says yes; the id of the prompt that waits for him then."""
    await desk.desk.handle(in_channel("ben"), Approve(ref, choice))
    return (await desk.waiting("ben", "r1")).id


async def wished(desk: Office, wish: str) -> str:
    """Ben wishes for something that wants his sign-in; the id of the request."""
    ref = await flagged(desk)
    match wish:
        case "yes":
            await desk.desk.handle(in_channel("ben"), Approve(ref, "safe"))
        case "no":
            await desk.desk.handle(in_channel("ben"), Deny(ref, "Not her", "compromised"))
        case _:
            first = await alarm(desk)
            await desk.desk.handle(in_channel("ben"), Lift(Ref(first.id, first.version), "She rang back"))
            return first.id
    return ref.request


async def intended(desk: Office) -> int:
    return len(await told(desk, "approval_intended"))


async def test_the_same_pressed_again_is_the_same_prompt(desk: Office) -> None:
    ref = await flagged(desk)
    await nothing_waits(desk)
    first = await pressed(desk, ref)
    assert "cards:r1" in await queued(desk)  # the prompt is sent
    await nothing_waits(desk)
    desk.clock.time += PROMPT_LIFE / 2
    assert await pressed(desk, ref) == first
    assert await intended(desk) == 1
    assert "cards:r1" in await queued(desk)


async def test_what_ran_out_is_another_prompt(desk: Office) -> None:
    ref = await flagged(desk)
    first = await pressed(desk, ref)
    desk.clock.time += PROMPT_LIFE
    second = await pressed(desk, ref)
    assert second != first
    assert await intended(desk) == 2
    async with desk.store.unit() as unit:
        over = await unit.sign_in(first)
    assert over is not None
    assert over.stage is SignInStage.FINISHED


async def test_once_a_window_is_open_for_it_the_next_press_wants_another(desk: Office) -> None:
    ref = await flagged(desk)
    first = await pressed(desk, ref)
    assert isinstance(await desk.step_up.start(first, f"{first}.browser"), str)
    desk.clock.advance(seconds=1)
    assert await pressed(desk, ref) != first
    assert isinstance(await desk.step_up.returned(f"{first}.browser", {"code": "x"}), SignInRefused)


async def test_another_wish_is_another_prompt(desk: Office) -> None:
    ref = await flagged(desk)
    first = await pressed(desk, ref)
    desk.clock.advance(seconds=1)
    assert await pressed(desk, ref, "dismissed") != first
    assert [e.data["choice"] for e in await told(desk, "approval_intended")] == ["safe", "dismissed"]


@pytest.mark.parametrize("verdict", ["yes", "no"])
async def test_who_cannot_be_written_to_in_private_is_told_so_and_nothing_waits(desk: Office, verdict: str) -> None:
    ref = await flagged(desk)
    await desk.desk.removed(at_home("ben").person)
    desk.messenger.strangers.add("ben")
    press = Approve(ref, "safe") if verdict == "yes" else Deny(ref, "Not her", "compromised")
    answer = await desk.desk.handle(in_channel("ben"), press)
    assert isinstance(answer, Refused)
    assert (answer.refusal.reason, answer.request) == (Reason.NO_PRIVATE_CHAT, await desk.load("r1"))
    assert await told(desk, "approval_intended", "denial_intended") == []


async def test_the_card_of_a_lock_stays_for_security_where_its_approver_cannot_be_written_to(desk: Office) -> None:
    first = await alarm(desk)
    desk.messenger.strangers.add("ben")
    answer = await desk.desk.handle(in_channel("ben"), Lift(Ref(first.id, first.version), "She rang back"))
    assert isinstance(answer, Refused)
    assert (answer.refusal.reason, answer.request) == (Reason.NO_PRIVATE_CHAT, None)
    assert (await desk.load(first.id)).frozen_at is not None


@pytest.mark.parametrize("wish", ["yes", "no", "lift"])
async def test_a_sign_in_is_over_with_the_answer_to_it_be_that_a_refusal(desk: Office, wish: str) -> None:
    """Who might not when it came does not keep it for a day on which they may."""
    request = await wished(desk, wish)
    waiting = await desk.waiting("ben", request)
    await desk.step_up.start(waiting.id, cookie := f"{waiting.id}.browser")
    code = await desk.step_up.returned(cookie, {"code": "x"})
    assert isinstance(code, str)
    before, ben = await desk.load(request), desk.directory.accounts["ben"]
    becomes(desk, "guest")
    assert why(await desk.desk.handle(at_home("ben"), ReturnCode(code))) == Reason.GUEST_APPROVER
    desk.directory.accounts["ben"] = ben
    assert await desk.desk.handle(at_home("ben"), ReturnCode(code)) == Done()
    assert await desk.load(request) == before


@pytest.mark.parametrize("press", [Approve, Deny])
async def test_what_waits_for_no_verdict_wants_nobodys_sign_in(desk: Office, press: type[Approve | Deny]) -> None:
    """A card that is drawn too late, or a button that is made up, sends an approver to no sign-in for nothing."""
    await desk.ask(kind="risk")
    await desk.desk.installed(at_home("ben").person, at_home("ben").chat)
    ref = Ref("r1", (await desk.load("r1")).version)
    pressed = Approve(ref, "safe") if press is Approve else Deny(ref, "Not her", "compromised")
    assert why(await desk.desk.handle(in_channel("ben"), pressed)) == Reason.CLOSED
    assert await told(desk, "approval_intended", "denial_intended") == []


# Put off.


async def brought(desk: Office, chat: str) -> str:
    """What stands in a chat once the cards were brought."""
    await desk.job("cards")
    return desk.messenger.shown(chat)


async def test_the_channel_reads_who_is_about_to_confirm_and_until_when(desk: Office) -> None:
    ref = await flagged(desk)
    await pressed(desk, ref)
    until = when((await desk.waiting("ben", "r1")).expires_at)
    line = text("approvers.confirming", "en", name="Ben", until=until)
    assert line in await brought(desk, CHANNEL)
    assert text("confirm.text", "en", name="Ann", before=until) in await brought(desk, "a:ben")
    desk.clock.time += PROMPT_LIFE
    assert line not in await brought(desk, CHANNEL)


@pytest.mark.parametrize("verdict", ["yes", "no"])
async def test_what_is_put_off_counts_for_nothing_and_may_be_pressed_again(desk: Office, verdict: str) -> None:
    ref = await flagged(desk)
    press = Approve(ref, "safe") if verdict == "yes" else Deny(ref, "Not her", "compromised")
    await desk.desk.handle(in_channel("ben"), press)
    first = (await desk.waiting("ben", "r1")).id
    assert text("button.not_now", "en") in await brought(desk, "a:ben")
    code = await desk.step_up.start(first, f"{first}.browser")
    assert isinstance(code, str)
    answer = await desk.desk.handle(at_home("ben"), NotNow(ref))
    assert isinstance(answer, RequestCard)
    assert isinstance(await desk.step_up.returned(f"{first}.browser", {"code": "x"}), SignInRefused)
    assert isinstance(await desk.step_up.start(first, "another.browser"), SignInRefused)
    assert (await desk.load("r1")).status is Status.APPROVAL
    assert [e.data["by"] for e in await told(desk, "put_off")] == ["ben"]
    card = await brought(desk, "a:ben")
    assert text("button.approve", "en") in card
    assert text("button.deny", "en") in card
    assert text("button.not_now", "en") not in card
    assert "Ben" not in await brought(desk, CHANNEL)
    await desk.approve("ben")
    assert (await desk.load("r1")).status is not Status.APPROVAL


async def test_nobody_puts_off_what_another_pressed(desk: Office) -> None:
    ref = await flagged(desk)
    await pressed(desk, ref)
    for name in ("ann", "mo", "cleo"):
        await desk.desk.installed(at_home(name).person, at_home(name).chat)
        assert isinstance(await desk.desk.handle(at_home(name), NotNow(ref)), Refused)
    assert isinstance(await desk.desk.handle(in_channel("ben"), NotNow(ref)), Refused)
    assert await told(desk, "put_off") == []
    assert (await desk.waiting("ben", "r1")).stage is SignInStage.BEGUN


async def test_putting_off_nothing_is_nothing(desk: Office) -> None:
    ref = await flagged(desk)
    await desk.approve("ben")
    await desk.desk.handle(at_home("ben"), NotNow(ref))
    assert await told(desk, "put_off") == []
    assert [e.by for e in (await desk.load("r1")).evidence_of(EvidenceType.APPROVAL)] == ["ben"]


async def test_no_window_opens_for_what_was_put_off(desk: Office) -> None:
    ref = await flagged(desk)
    first = await pressed(desk, ref)
    await desk.job("cards")
    await desk.desk.handle(at_home("ben"), NotNow(ref))
    assert isinstance(await desk.step_up.start(first, "a.browser"), SignInRefused)
