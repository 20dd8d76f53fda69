"""Stories of notices: what was done stands in somebody's inbox, and what was not them is locked from there."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from playground.faults import Fault
from playground.server import Play
from playground.tenant.mails import DESK, Mail
from tests.stories.conftest import Take
from tests.stories.hand import Hand, come_true
from tests.stories.seat import PATIENCE, PICTURES, Seat, words


def mails(play: Play, key: str = "ann") -> list[Mail]:
    return [*play.world.graph.mails.of(play.world.people[key])]


async def inbox(seat: Seat) -> Page:
    """Open the inbox from Teams' rail, as a person does."""
    async with seat.page.context.expect_page(timeout=PATIENCE) as opened:
        await seat.page.get_by_test_id("inbox").click()
    page = await opened.value
    await page.wait_for_load_state()
    return page


async def follow(page: Page, mail: int) -> Page:
    """Press the link in a mail; it opens a page of its own."""
    async with page.context.expect_page(timeout=PATIENCE) as opened:
        await page.get_by_test_id("mail").nth(mail).get_by_role("link").click()
    led = await opened.value
    await led.wait_for_load_state()
    return led


async def picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


@pytest.mark.browser
async def test_ann_locks_her_account_from_a_mail_about_a_pass_she_did_not_ask_for(play: Play, take: Take) -> None:
    """Somebody sits at Ann's Teams and gets a pass. She reads it at home, and presses one button, signed in nowhere."""
    ann, cleo = await take("ann"), await take("cleo")
    hand = Hand(play, "ann")
    await hand.to_ready(Hand(play, "ben"))
    await hand.show()
    await come_true(lambda: len(mails(play)) == 2)
    assert {to for mail in mails(play) for to in mail.to} == set(play.world.people["ann"].mails)
    assert {mail.sender for mail in mails(play)} == {DESK}
    box = await inbox(ann)
    await expect(box.get_by_role("heading", name=words("tap.notice.subject")).first).to_be_visible()
    await picture(box, "notice-1-inbox")
    page = await follow(box, 0)
    await expect(page.get_by_role("heading", name=words("web.report.title"))).to_be_visible()
    await expect(page.get_by_text("Ann")).to_have_count(0)
    await picture(page, "notice-2-page")
    assert "ann" in play.world.graph.passes  # looking has done nothing
    await page.get_by_role("button", name=words("web.report.button")).click()
    await expect(page.get_by_role("heading", name=words("web.report.done_title"))).to_be_visible()
    await picture(page, "notice-3-locked")
    await come_true(lambda: "ann" not in play.world.graph.passes and bool(play.world.graph.revoked))
    assert [one.person for one in play.world.graph.revoked] == ["ann"]
    await cleo.open("security")
    await cleo.sees(words("alert.title", name="Ann Archer"))
    await Hand(play, "cleo").sees(words("tap.notice.line", name="Ann Archer"), "security")
    await cleo.picture("notice-4-security")
    again = await follow(box, 1)
    await again.get_by_role("button", name=words("web.report.button")).click()
    await expect(again.get_by_role("heading", name=words("web.report.over_title"))).to_be_visible()
    await picture(again, "notice-5-used")


@pytest.mark.slow
async def test_a_mailbox_that_is_busy_is_waited_for_and_a_lost_answer_sends_another(play: Play) -> None:
    play.world.faults.add(Fault(where="graph", match="sendMail", kind="throttle", seconds=1, times=1))
    play.world.faults.add(Fault(where="graph", match="sendMail", kind="lost", times=1))
    ann = Hand(play, "ann")
    await ann.to_ready(Hand(play, "ben"))
    await ann.show()
    await come_true(lambda: len(mails(play)) == 3)


@pytest.mark.slow
async def test_security_hears_that_nobody_may_send_from_the_mailbox(play: Play) -> None:
    play.world.graph.granted.discard("Mail.Send")
    ann = Hand(play, "ann")
    await ann.to_ready(Hand(play, "ben"))
    assert "ann" not in play.world.graph.passes
    await ann.show()
    assert "ann" in play.world.graph.passes  # the notice was queued; that it cannot be sent stops nothing
    await Hand(play, "cleo").sees(words("finding.about_unsent"), "security")
    assert mails(play) == []
