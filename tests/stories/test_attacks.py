"""Attacks on the desk by way of the helpdesk, with several people at once: each gets nothing, and is seen.

Others stand by themselves: `test_impostor`, `test_wrong_hands`, `test_worn_down`, `test_consent`, `test_second`.
What needs no browser is among the laws: `test_any_order`, `test_behalf`, `test_callers`.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from playwright.async_api import expect

from playground.people import HELPDESK
from playground.server import Play
from tests.stories.conftest import Take
from tests.stories.seat import PATIENCE, Seat, words
from tests.stories.test_call import ANN, asks, number
from tests.stories.test_verify import policies

EMMA = "Emma Emmett"


async def guesses(ann: Seat, right: str) -> None:
    """Whoever sits at Ann's Teams does not hear Ben, and types any number."""
    card = await ann.sees(words("call.caller.title"))
    await card.get_by_label(words("call.number")).fill("10" if right != "10" else "11")
    await ann.press(words("call.button.confirm"), on=words("call.caller.title"))


async def names(ben: Seat, who: str) -> None:
    """Ben, or whoever has talked him into it, says who is calling."""
    await ben.say("verify a caller")
    await ben.press(words("call.button.begin"), on=words("call.door"))
    await ben.dialog.get_by_label(words("call.typed")).fill(who)
    await ben.dialog.get_by_role("button", name=words("call.button.find"), exact=True).click()
    await ben.dialog.get_by_role("button", name=words("call.button.ask"), exact=True).first.click(timeout=PATIENCE)


@pytest.mark.browser
async def test_an_agent_names_an_emergency_account_and_security_hears_who(play: Play, take: Take) -> None:
    ben, sofia = await take("ben"), await take("sofia")
    await names(ben, EMMA)
    await expect(ben.dialog.get_by_text(words("refusal.caller_walled"))).to_be_visible(timeout=PATIENCE)
    await ben.picture("attack-3-walled")
    await sofia.open("security")
    await sofia.sees(words("finding.about_named", name="Ben Bishop"))
    await sofia.picture("attack-4-named")
    assert words("call.caller.title") not in str([m.activity for m in play.teams.chat("emma").messages])


class TestOnBehalf:
    """The helpdesk may open a pass for whom it has verified."""

    @pytest.fixture
    def setting(self, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
        return policies(tmp_path_factory, "[tap]\nassisted = true\n")

    @pytest.mark.browser
    async def test_who_sits_at_anns_teams_has_one_guess_and_no_sign_in(self, take: Take) -> None:
        ann, ben = await take("ann"), await take("ben")
        await asks(ben)
        await guesses(ann, await number(ben))
        await ann.sees("That was not the number")
        await ben.sees("Another number than yours was typed")
        await asks(ben)
        await ben.sees("so only a sign-in counts now")
        again = await ann.sees("If you are, prove it with a sign-in")
        await expect(again.get_by_label(words("call.number"))).to_have_count(0)
        await ann.picture("attack-1-no-second-guess")
        popup = await ann.popup(words("call.button.prove"))
        await ann.at_entra(popup, who="mo")
        await expect(popup.get_by_text(words("web.refused.wrong_person"))).to_be_visible(timeout=PATIENCE)
        await popup.close()
        await ann.sees(words("refusal.wrong_person"))
        await ann.picture("attack-2-not-ann")
        await ben.never_sees("has signed in to prove it")
        asks_still = await ben.sees("so only a sign-in counts now")
        await expect(asks_still.get_by_role("button", name=words("tap.title"), exact=True)).to_have_count(0)

    @pytest.mark.browser
    async def test_ben_approves_nothing_of_what_he_opened_and_loses_it_with_his_place(
        self, play: Play, take: Take
    ) -> None:
        ann, ben, cleo = await take("ann"), await take("ben"), await take("cleo")
        await asks(ben)
        await ann.sees(words("call.caller.title"))
        await ann.sign_in(words("call.button.prove"))
        await ben.press(words("tap.title"), on="has signed in to prove it")
        told = ann.page.get_by_test_id("message").filter(has_text=words("call.caller.title"))
        await expect(told).to_have_count(1)  # no copy of it stays behind, whose buttons nothing would follow
        await ben.fill_form()
        await expect(ben.dialog.get_by_text(words("call.opened", name=ANN))).to_be_visible(timeout=PATIENCE)
        await ben.close()
        await ann.press(words("button.consent"), on=words("request.consent.title"))
        await ann.sign_in()

        title = words("tap.approvers.title", name=ANN)
        await ben.open("helpdesk")
        await ben.press(words("button.approve"), on=title)
        await ben.sees(words("refusal.own_request"))
        await ben.picture("attack-5-own")

        await cleo.open("helpdesk")
        await cleo.press(words("button.approve"), on=title)
        await cleo.open("vouchsafe")
        await cleo.sees(title)
        play.world.people.leave(HELPDESK, "ben")  # between her press and her sign-in
        await cleo.sign_in(words("button.sign_in_and_approve"))
        await ann.sees(words("request.refused.title"))
        await ann.sees("is not one of the helpdesk at the moment")
        await ann.picture("attack-6-refused")
        await ann.never_sees(words("tap.button.show"))
        assert play.world.graph.issued == []
        assert play.world.graph.mails.taken == []
