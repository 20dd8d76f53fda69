"""Stories of the Temporary Access Pass, in a real browser: what people do, and what they see come of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import expect

from playground.faults import Fault
from playground.people import HELPDESK
from playground.server import Play
from tests.stories.conftest import Take
from tests.stories.seat import PATIENCE, words

REFUSED = {
    "dora": "privileged",
    "eli": "privileged",
    "olga": "privileged",
    "ben": "approver",
    "uma": "restricted",
    "gus": "guest_of",
    "mo": "not_allowed",
    "emma": "deny_list",
    "ann": "disabled",
}

pytestmark = pytest.mark.browser


async def test_ann_gets_a_pass_and_signs_in_with_it(take: Take) -> None:
    ann, ben = await take("ann"), await take("ben")
    await ann.ask(ticket="INC0012345")
    await ann.picture("1-asked")
    await ann.sign_in()
    await ann.sees(words("request.approval.title"))
    await ben.open("helpdesk")
    await ben.sees("INC0012345")
    await ben.picture("2-helpdesk")
    await ben.approve("Ann Archer")
    await ben.picture("3-approved")
    value = await ann.read_pass()
    await ann.picture("4-shown")
    async with ann.page.expect_popup() as opened:
        await ann.dialog.get_by_role("link", name="aka.ms/mysecurityinfo").click()
    await ann.close()
    await ann.sees(words("tap.request.done.title"))
    await ann.never_sees(value)
    await ben.open("helpdesk")
    await ben.sees("Approved and shown to Ann Archer")

    page = await opened.value
    await page.locator("input[name=pass]").fill(value)
    await page.locator("#continue").click()
    await expect(page.get_by_text("Welcome, Ann")).to_be_visible()


async def test_ben_declines_and_ann_reads_why(play: Play, take: Take) -> None:
    ann, ben = await take("ann"), await take("ben")
    await ann.ask()
    await ann.sign_in()
    await ben.open("helpdesk")
    await ben.press(words("button.deny"), on=words("tap.approvers.title", name="Ann Archer"))
    await ben.page.get_by_label(words("approvers.reason", name="Ann Archer")).fill("Please call me first")
    await ben.press(words("button.deny_send"))
    await ben.sees(words("approvers.denied", by="Ben Bishop"))
    await ann.sees("Please call me first")
    assert play.world.graph.issued == []


async def test_ann_withdraws(take: Take) -> None:
    ann, ben = await take("ann"), await take("ben")
    await ann.ask()
    await ann.sign_in()
    await ben.open("helpdesk")
    await ben.sees(words("tap.approvers.title", name="Ann Archer"))
    await ann.press(words("button.withdraw"), on=words("request.approval.title"))
    await ann.sees(words("request.withdrawn.title"))
    await ben.sees(words("approvers.withdrawn", name="Ann Archer"))
    await expect(ben.page.get_by_role("button", name=words("button.approve"), exact=True)).to_have_count(0)


async def test_nobody_decides_in_time(play: Play, take: Take) -> None:
    ann, ben = await take("ann"), await take("ben")
    await ann.ask()
    await ann.sign_in()
    await ben.open("helpdesk")
    await ben.sees(words("tap.approvers.title", name="Ann Archer"))
    play.world.clock.advance(timedelta(hours=2, minutes=1))
    await ben.sees(words("reminder.title"))
    play.world.clock.advance(timedelta(hours=2))
    await ann.sees(words("request.expired.title"))
    await ben.sees("Nobody decided or used it in time")


async def test_who_joins_the_approvers_cannot_approve_their_own_request(play: Play, take: Take) -> None:
    rita = await take("rita")
    await rita.ask()
    await rita.sign_in()
    await rita.sees(words("request.approval.title"))
    play.world.people.join(HELPDESK, "rita")
    play.teams.chats.join("helpdesk", "rita")
    await rita.open("helpdesk")
    await rita.press(words("button.approve"), on=words("tap.approvers.title", name="Rita Reyes"))
    await expect(rita.page.get_by_text(words("refusal.own_request"))).to_be_visible(timeout=PATIENCE)
    assert play.world.graph.issued == []


async def test_the_yes_of_a_guest_counts_nothing(play: Play, take: Take) -> None:
    ann, vera = await take("ann"), await take("vera")
    await ann.ask()
    await ann.sign_in()
    await ann.sees(words("request.approval.title"))
    await vera.open("helpdesk")
    await vera.press(words("button.approve"), on=words("tap.approvers.title", name="Ann Archer"))
    await expect(vera.page.get_by_text(words("refusal.guest_approver"))).to_be_visible(timeout=PATIENCE)
    assert play.world.graph.issued == []


async def test_an_outsider_in_the_channel_counts_nothing(play: Play, take: Take) -> None:
    play.teams.chats.join("helpdesk", "mo")
    ann, mo = await take("ann"), await take("mo")
    await ann.ask()
    await ann.sign_in()
    await mo.open("helpdesk")
    await mo.press(words("button.approve"), on=words("tap.approvers.title", name="Ann Archer"))
    await expect(mo.page.get_by_text("You are not one of the approvers")).to_be_visible(timeout=PATIENCE)


async def test_somebody_else_signs_in_at_anns_prompt(take: Take) -> None:
    ann = await take("ann")
    await ann.ask()
    popup = await ann.popup(words("button.sign_in"))
    await ann.at_entra(popup, who="mo")
    await expect(popup.get_by_text(words("web.refused.wrong_person"))).to_be_visible(timeout=PATIENCE)
    await ann.sees(words("refusal.wrong_person"))
    await popup.close()
    await ann.sign_in()  # the same button, a new link
    await ann.sees(words("request.approval.title"))


async def test_a_forwarded_link_proves_nothing(take: Take) -> None:
    """Mallory sends her link to Ann; Ann signs in as herself; nobody is any further."""
    ann, mo = await take("ann"), await take("mo")
    await ann.ask()
    popup = await ann.popup(words("button.sign_in"))
    link = popup.url
    await popup.close()
    elsewhere = await mo.page.context.new_page()
    await elsewhere.goto(link)
    await mo.at_entra(elsewhere, who="ann")
    await expect(elsewhere.get_by_text(words("web.done.elsewhere"))).to_be_visible(timeout=PATIENCE)
    await ann.sees(words("request.step_up.title"))


async def test_a_password_alone_is_not_enough(take: Take) -> None:
    ann = await take("ann")
    await ann.ask()
    popup = await ann.popup(words("button.sign_in"))
    await ann.at_entra(popup, who="ann", method="password")
    await expect(popup.locator("#continue")).to_be_visible()  # Entra asks again, stronger
    await popup.locator("#cancel").click()
    await expect(popup.get_by_text(words("web.refused.sign_in_cancelled"))).to_be_visible(timeout=PATIENCE)


async def test_a_sign_in_that_is_too_old_is_asked_for_again(play: Play, take: Take) -> None:
    ann, ben = await take("ann"), await take("ben")
    await ann.ask()
    await ann.sign_in()
    await ben.approve("Ann Archer")
    await ann.sees(words("tap.request.ready.title"))
    play.world.clock.advance(timedelta(minutes=20))
    await ann.press(words("tap.button.show"), on=words("tap.request.ready.title"))
    await expect(ann.dialog.get_by_text(words("request.step_up.title"))).to_be_visible(timeout=PATIENCE)
    await ann.close()
    assert play.world.graph.issued == []
    await ann.sign_in()
    await ann.read_pass()


async def test_people_who_may_not_ask_read_why(play: Play) -> None:
    for who, reason in REFUSED.items():
        if who == "ann":  # nobody sits in Teams with a disabled account: it is switched off while they do
            play.world.people.change(who, enabled=False)
        why = words(f"refusal.{reason}", home="fabrikam.example", contact="the helpdesk on extension 4357")[:60]
        await play.teams.say(who, "tap: my phone is broken")
        await play.teams.wait(who, has=why, seconds=20)
    assert play.world.graph.issued == []


async def test_a_lost_answer_is_looked_for_and_replaced_once(play: Play, take: Take) -> None:
    ann, ben = await take("ann"), await take("ben")
    await ann.ask()
    await ann.sign_in()
    await ben.approve("Ann Archer")
    play.world.faults.add(Fault(where="graph", match="POST .*temporaryAccessPassMethods", kind="lost", times=1))
    await ann.press(words("tap.button.show"), on=words("tap.request.ready.title"))
    await ann.sees(words("tap.request.unknown.title"))
    await ann.sees("nobody has seen it")
    if await ann.dialog.is_visible():
        await ann.close()
    assert len(play.world.graph.issued) == 1
    await ann.press(words("tap.button.replace"), on=words("tap.request.unknown.title"))
    await expect(ann.dialog.get_by_text(words("tap.secret.title"))).to_be_visible(timeout=PATIENCE)
    assert len(play.world.graph.issued) == 2
    await expect(ann.dialog.get_by_text(play.world.graph.issued[1].value, exact=True)).to_be_visible()


async def test_it_was_not_me(play: Play, take: Take) -> None:
    ann, ben, cleo = await take("ann"), await take("ben"), await take("cleo")
    await ann.ask()
    await ann.sign_in()
    await ben.approve("Ann Archer")
    await ann.read_pass()
    await ann.close()
    await ann.press(words("button.report"), on=words("tap.request.done.title"))
    await ann.sees(words("tap.request.revoked.title"))
    await cleo.open("security")
    await cleo.sees(words("alert.title", name="Ann Archer"))
    assert play.world.graph.revoked
    assert "ann" not in play.world.graph.passes


async def test_asked_in_the_channel_answered_in_private(take: Take) -> None:
    ann = await take("ann")
    await ann.open("general")
    await ann.say("@Vouchsafe I need a TAP")
    await ann.sees(words("said.in_private"))
    await ann.open("vouchsafe")
    await ann.sees(words("tap.summary"))


async def test_the_form_says_all_that_is_wrong_and_keeps_what_was_typed(take: Take) -> None:
    ann = await take("ann")
    await ann.say("tap")
    await ann.press(words("tap.button.ask"), on=words("tap.summary"))
    await ann.fill_form(reason="other", ticket="nonsense!")
    for field in ("text.required", "ticket.pattern"):
        await expect(ann.dialog.get_by_text(words(f"tap.error.{field}"))).to_be_visible(timeout=PATIENCE)
    await expect(ann.dialog.get_by_label(words("tap.field.ticket"))).to_have_value("nonsense!")
    await ann.dialog.get_by_label(words("tap.field.text")).fill("It drowned")
    await ann.dialog.get_by_label(words("tap.field.ticket")).fill("inc 0012345")
    await ann.dialog.get_by_role("button", name=words("button.send")).click()
    await ann.sees("INC0012345")


async def test_greta_is_spoken_to_in_german(take: Take) -> None:
    greta = await take("greta")
    await greta.say("neues Handy")
    await greta.sees("Pass anfragen")
