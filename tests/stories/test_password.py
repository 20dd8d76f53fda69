"""Stories of a new password: typed on our own page by the one it is for, set once, and nowhere to be found."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from cards import text
from playground.faults import Fault
from playground.server import Play
from playground.teams.popup import Page as Leaf
from playground.teams.popup import Popup
from playground.teams.presses import choose
from playground.teams.views import Seen
from tests.stories.conftest import Take
from tests.stories.hand import Hand
from tests.stories.seat import PATIENCE, words

GOOD = "seven wet Otters 42 sleep"
BETTER = "nine dry Herons 17 wade"
BAD = "contoso1"
SETTING = "PATCH .*users/[^/]*$"  # how a password reaches Graph


def old(key: str) -> str:
    return f"correct horse battery {key}"


async def until(said: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not said():
            await asyncio.sleep(0.05)


def typed(play: Play, value: str) -> str:
    """Let the canary know of it, whether it gets as far as Entra or not."""
    play.world.graph.passwords.told.append(value)
    return value


async def at_sign_in(page: Page, play: Play, key: str, value: str) -> None:
    """Sign in at Entra's own page, where people use their passwords."""
    await page.goto(f"{play.url}/entra/{play.world.tenant}/password-sign-in")
    await page.locator("#upn").fill(play.world.people[key].upn)
    await page.locator("#password").fill(value)
    await page.locator("#continue").click()


@pytest.mark.browser
async def test_ann_chooses_a_new_password_and_signs_in_with_it(play: Play, take: Take) -> None:
    ann, cleo = await take("ann"), await take("cleo")
    await ann.say("I forgot my password")
    await ann.press(words("password.button.ask"), on=words("password.summary"))
    await expect(ann.dialog).to_be_visible(timeout=PATIENCE)
    await ann.picture("password-1-form")
    await ann.dialog.get_by_label(words("password.field.reason")).select_option(value="forgotten")
    await ann.dialog.get_by_role("button", name=words("button.send")).click()
    await ann.sees(words("password.request.ready.title"))
    await ann.picture("password-2-asked")

    page = await ann.popup(words("password.button.enter"))
    await ann.picture("password-3-start", page)
    await ann.at_entra(page, who="ann")
    field = page.get_by_label(words("password.page.field"), exact=True)
    await field.press_sequentially(typed(play, BAD))
    await expect(page.locator('[data-rule="length"].met')).to_be_visible(timeout=PATIENCE)
    await expect(page.locator('[data-rule="name"].unmet')).to_be_visible()
    await ann.picture("password-4-typing", page)
    await page.locator("#send").click()
    for rule in ("classes", "name", "guessable"):  # all that is wrong with it, at once
        await expect(page.locator("#told")).to_contain_text(words(f"password.rule.{rule}"), timeout=PATIENCE)
    await ann.picture("password-5-all-that-is-wrong", page)
    await expect(page.locator("#password")).to_have_value("")

    play.world.graph.passwords.banned.add("otter")
    await page.locator("#password").fill(GOOD)
    await page.locator("#send").click()
    await expect(page.locator("#told")).to_contain_text(words("refusal.password.rule"), timeout=PATIENCE)
    await ann.picture("password-6-banned", page)
    assert play.world.graph.password_ok("ann", old("ann"))

    await page.locator("#password").fill(BETTER)
    await expect(page.locator("[data-rule].met")).to_have_count(5, timeout=PATIENCE)
    await ann.picture("password-7-good", page)
    closed = asyncio.create_task(page.wait_for_event("close"))
    await page.locator("#send").click()
    await ann.sees(words("password.request.done.title"))
    await asyncio.wait_for(closed, 10)
    await until(lambda: [one.person for one in play.world.graph.revoked] == ["ann"])
    await ann.picture("password-8-done")

    elsewhere = await ann.page.context.new_page()
    await at_sign_in(elsewhere, play, "ann", old("ann"))
    await expect(elsewhere.get_by_test_id("problem")).to_be_visible()
    await at_sign_in(elsewhere, play, "ann", BETTER)
    await expect(elsewhere.get_by_text("Welcome, Ann")).to_be_visible()

    await ann.press(words("button.report"), on=words("password.request.done.title"))
    await ann.sees(words("password.request.revoked.title"))
    await ann.picture("password-9-not-me")
    await cleo.open("security")
    await cleo.sees(words("alert.title", name="Ann Archer"))
    await cleo.picture("password-10-security")
    await at_sign_in(elsewhere, play, "ann", BETTER)
    await expect(elsewhere.get_by_test_id("problem")).to_be_visible()
    assert [one.person for one in play.world.graph.revoked] == ["ann", "ann"]


@dataclass
class Window:
    """A browser window of somebody's, walked through without a browser."""

    hand: Hand
    popup: Popup

    async def open(self, link: str) -> Leaf:
        return await self.popup.open(link)

    async def signed_in(self, link: str, *, who: str = "") -> Leaf:
        """Go on from the start page to Entra, sign in, and come to whatever is next."""
        start = await self.open(link)
        entra = await self.popup.submit(start, {}, button="continue")
        return await self.popup.submit(entra, {"person": who or self.hand.key, "method": "passkey"}, button="continue")

    async def enter(self, page: Leaf, value: str) -> Leaf:
        return await self.popup.submit(page, {"password": typed(self.hand.play, value)}, button="send")

    async def back(self, page: Leaf, card: Seen) -> None:
        """Teams takes what the last page hands it, and brings it to the bot."""
        assert page.result is not None, page.text
        await self.hand.play.teams.verify(self.hand.key, card, page.result)


@asynccontextmanager
async def window(hand: Hand) -> AsyncIterator[Window]:
    async with Popup(hand.play.world.origin) as popup:
        yield Window(hand, popup)


def link(card: Seen) -> str:
    """The address behind the card's button."""
    action = choose(card.cards, words("password.button.enter"), {})
    return str(action["data"]["msteams"]["value"])


async def ready(hand: Hand) -> Seen:
    await hand.want("password", reason="forgotten")
    return await hand.sees(words("password.request.ready.title"))


@pytest.mark.slow
async def test_whose_password_is_kept_elsewhere_reads_where_to_go(play: Play) -> None:
    wanted = {
        "sam": words("refusal.password.synced", contact="the helpdesk on extension 4357"),
        "fed": words("refusal.password.federated", contact="the helpdesk on extension 4357"),
        "gus": words("refusal.guest_of", home="fabrikam.example", contact="the helpdesk on extension 4357"),
        "dora": words("refusal.privileged", contact="the helpdesk on extension 4357"),
    }
    for key, sentence in wanted.items():
        hand = Hand(play, key)
        await play.teams.say(key, "I forgot my password")
        if key == "fed":  # where a domain's passwords are kept is asked when it comes to it
            await hand.sees(words("home.begin"))
            outcome = await hand.want("password", reason="forgotten")
            assert sentence in str(outcome.dialog)
        else:
            await hand.sees(sentence)
    assert play.world.journal.of("graph", "PATCH") == []


@pytest.mark.slow
async def test_the_page_is_for_the_person_and_the_browser_that_signed_in(play: Play) -> None:
    ann = Hand(play, "ann")
    card = await ready(ann)
    address = link(card)
    async with window(ann) as hers, window(Hand(play, "mo")) as his:
        page = await his.signed_in(address)
        assert words("web.refused.wrong_person") in page.text

        card = await renewed(ann, card)
        page = await hers.signed_in(link(card))
        assert words("password.page.lead") in page.text
        start = await his.open(link(card))
        other = await his.popup.submit(start, {}, button="continue")
        assert words("web.refused.sign_in_failed") in other.text
        other = await his.open(page.url)
        assert words("web.refused.sign_in_failed") in other.text

        play.world.clock.advance(timedelta(minutes=11))
        await asyncio.sleep(0.2)  # the bot looks at the clock every now and then
        over = await hers.enter(page, GOOD)
        assert words("web.refused.sign_in_expired") in over.text

        card = await renewed(ann, card)
        page = await hers.signed_in(link(card))
        await ann.press(words("button.withdraw"), on=words("password.request.ready.title"))
        await ann.sees(words("password.request.withdrawn.title"))
        over = await hers.enter(page, GOOD)
        assert words("web.refused.closed") in over.text
    assert play.world.graph.password_ok("ann", old("ann"))


async def renewed(hand: Hand, before: Seen) -> Seen:
    """Take the new link where the old one is spent: it is on the card already, or is made at a press on it."""
    again, title = words("password.button.enter_again"), words("password.request.ready.title")
    enter, dead = words("password.button.enter"), link(before)

    def other(seen: Seen) -> bool:
        return enter in seen.words and again not in seen.words and link(seen) != dead

    card = await hand.play.teams.wait(hand.key, has=title, test=lambda seen: again in seen.words or other(seen))
    if not other(card):
        await hand.play.teams.press(hand.key, card, again)
        card = await hand.play.teams.wait(hand.key, has=title, test=other)
    return card


@pytest.mark.slow
async def test_an_answer_that_got_lost_is_looked_for_and_tried_again_once(play: Play) -> None:
    ann = Hand(play, "ann")
    card = await ready(ann)
    async with window(ann) as hers:
        play.world.faults.add(Fault(where="graph", match=SETTING, kind="error", status=504, times=1))  # not done
        page = await hers.enter(await hers.signed_in(link(card)), GOOD)
        assert words("web.entered.lost") in page.text
        await hers.back(page, card)
        unsure = await ann.sees("as far as I can see your old password still holds")
        assert play.world.graph.password_ok("ann", old("ann"))
        play.world.faults.add(Fault(where="graph", match=SETTING, kind="lost", times=1))  # done, and not heard of
        page = await hers.enter(await hers.signed_in(link(unsure)), GOOD)
        assert words("web.entered.lost") in page.text
        await hers.back(page, unsure)
        await ann.sees(words("password.request.done.title"))
    assert play.world.graph.password_ok("ann", GOOD)
    await until(lambda: play.world.graph.revoked)
    assert len(play.world.journal.of("graph", "PATCH")) == 2


class TestMade:
    """A policy that makes the password up."""

    @pytest.fixture
    def setting(self, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
        return policies(tmp_path_factory, "[password]\ngenerate = true\n")

    @pytest.mark.browser
    async def test_it_is_shown_once_and_changed_at_the_next_sign_in(self, play: Play, take: Take) -> None:
        ann = await take("ann")
        await ann.say("new password")
        await ann.want("password", reason="known")
        await ann.sign_in()
        await ann.sees(words("password.request.ready.title"))
        await ann.picture("made-1-ready")
        await ann.press(words("password.button.show"), on=words("password.request.ready.title"))
        await expect(ann.dialog.get_by_text(words("password.secret.title"))).to_be_visible(timeout=PATIENCE)
        made = play.world.graph.passwords["ann"].value
        await expect(ann.dialog.get_by_text(made, exact=True)).to_be_visible()
        await ann.picture("made-2-shown")
        await ann.close()
        await ann.sees(words("password.request.done.title"))
        await ann.picture("made-3-done")
        await ann.never_sees(made)

        page = await ann.page.context.new_page()
        await at_sign_in(page, play, "ann", made)
        await page.locator("#password").fill(GOOD)
        await page.locator("#again").fill(GOOD)
        await page.locator("#continue").click()
        await expect(page.get_by_text("Welcome, Ann")).to_be_visible()


class TestTrial:
    """A policy that only tries, and somebody who is spoken to in German."""

    @pytest.fixture
    def setting(self, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
        return policies(tmp_path_factory, '[password]\nmode = "evaluate"\n')

    @pytest.mark.browser
    async def test_greta_reads_that_nothing_was_set(self, play: Play, take: Take) -> None:
        greta = await take("greta")

        def say(key: str) -> str:
            return text(key, "de").replace("**", "")

        await greta.say("Passwort vergessen")
        await greta.press(say("password.button.ask"), on=say("password.summary"))
        await greta.dialog.get_by_label(say("password.field.reason")).select_option(value="forgotten")
        await greta.picture("trial-1-form")
        await greta.dialog.get_by_role("button", name=say("button.send")).click()
        await greta.sees(say("password.request.ready.title"))
        await greta.picture("trial-2-ready")
        page = await greta.popup(say("password.button.enter"))
        await greta.at_entra(page, who="greta")
        await page.locator("#password").fill(typed(play, GOOD))
        await expect(page.locator("[data-rule].met")).to_have_count(5, timeout=PATIENCE)
        await greta.picture("trial-3-page", page)
        await page.locator("#send").click()
        await expect(page.get_by_text(say("password.page.trial"))).to_be_visible(timeout=PATIENCE)
        await greta.picture("trial-4-over", page)
        await page.locator("#close").click()
        await greta.sees(say("password.request.evaluated.title"))
        await greta.picture("trial-5-card")
        assert play.world.graph.password_ok("greta", old("greta"))
        assert play.world.graph.revoked == []


def policies(factory: pytest.TempPathFactory, held: str) -> Mapping[str, object]:
    file: Path = factory.mktemp("policies") / "policies.toml"
    file.write_text(held)
    return {"env": {"VOUCHSAFE_POLICIES": str(file)}}
