"""What is Ann's to answer is answered by nobody else; and who is no agent asks nobody, nor an agent after themself."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from playground.server import Play
from tests.stories.conftest import Take
from tests.stories.hand import CONTACT, Hand
from tests.stories.seat import PATIENCE, words
from tests.stories.test_attacks import names
from tests.stories.test_call import ANN, asks, number
from tests.stories.wire import OPENING, SENDING, Wire, data

FAILED, REFUSED = 5, 3  # so often within an hour, and security hears of it


@pytest.mark.browser
async def test_ben_answers_for_ann_in_his_own_chat_and_security_hears(play: Play, take: Take) -> None:
    ann, ben, sofia = await take("ann"), await take("ben"), await take("sofia")
    await ann.page.set_viewport_size({"width": 390, "height": 844})
    await sofia.open("security")
    wire = Wire(play)
    await asks(ben)
    heard = await number(ben)
    card = await ann.sees(words("call.caller.title"))
    call = data(wire.press("call-ask"))["id"]
    right = {"verb": "call-type", "id": call, "v": 1, "number": heard}
    for _ in range(FAILED):
        assert words("refusal.not_yours") in await wire.sends("ben", right)
    assert words("refusal.not_yours") in await wire.sends("mo", right)
    assert words("refusal.not_private") in await wire.sends("ann", right, chat="falcon")  # where Ben and Mo look on
    seen = await wire.sends("ben", right | {"verb": "call-see"}, chat="helpdesk")
    assert words("refusal.not_private") in seen
    assert heard not in seen
    await sofia.sees(words("finding.about_proof_by", name="Ben Bishop"))
    await sofia.picture("hands-1-security")
    assert heard == await number(ben)  # nobody has answered it
    await expect(card.get_by_role("button", name=words("call.button.confirm"))).to_be_visible(timeout=PATIENCE)
    await card.get_by_label(words("call.number")).fill(heard)
    await ann.press(words("call.button.confirm"), on=words("call.caller.title"))
    await ben.sees("typed the number: somebody at their Teams hears you")
    for key, chat in (("ann", "falcon"), ("ben", "helpdesk"), ("mo", "vouchsafe")):
        assert ANN not in str([seen.words for seen in play.teams.messages(key, chat)])


@pytest.mark.browser
async def test_vera_is_a_guest_and_ben_has_a_second_account(play: Play, take: Take) -> None:
    vera, ben, sofia = await take("vera"), await take("ben"), await take("sofia")
    await sofia.open("security")
    wire = Wire(play)
    for who in ("ben.bishop@contoso.example", "ben.bishop.second@contoso.example"):
        await names(ben, who)
        await expect(ben.dialog.get_by_text(words("refusal.own_call"))).to_be_visible(timeout=PATIENCE)
        await ben.close()
    await vera.say("verify a caller")
    await vera.sees(words("doubt.form"))  # she is one whom the helpdesk may call
    await vera.never_sees(words("call.button.begin"))
    await vera.picture("hands-2-vera")
    asking = data(wire.press("call-ask")) | {"id": "a" * 32, "picked": play.world.people["ann"].id}
    no = words("refusal.not_agent", contact=CONTACT)
    for name, said in ((OPENING, {"verb": "call"}), (SENDING, asking)):
        assert no in await wire.sends("vera", said, name=name)
    ann = Hand(play, "ann")
    await ann.ask()
    await ann.sign_in()
    title = words("tap.approvers.title", name=ANN)
    await vera.open("helpdesk")
    for _ in range(REFUSED):
        await vera.press(words("button.approve"), on=title)
        await vera.sees(words("refusal.guest_approver"))
    await vera.picture("hands-3-guest")
    await sofia.sees(words("finding.about_refused", name="Vera Vogel"))
    await sofia.picture("hands-4-security")
    for key in ("ann", "ben", "bens"):
        assert words("call.caller.title") not in str([seen.words for seen in play.teams.messages(key)])
    assert play.world.graph.issued == []
