"""The page for a new password in a real browser: its script, its policy and its way back to Teams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, Route, async_playwright, expect

import cards
from bot.config.cloud import PUBLIC
from bot.core.answers import Entered, EntryWanted, PasswordCheck, SignInRefused
from bot.core.model import Status
from bot.core.passwords import Rule
from bot.core.reasons import Reason
from bot.desk.passwords import check
from bot.process import metrics
from bot.web import entry, stepup, wallet
from bot.web.limit import Limit
from bot.web.middleware import surfacing
from bot.web.page import Pages
from tests.adapters.test_web import ID
from tests.adapters.test_web import Desk as StepUpDesk
from tests.adapters.test_web_entry import CODE, DONE
from tests.adapters.test_web_entry import Desk as EntryDesk
from tests.adapters.test_web_wallet import Desk as ProofDesk
from tests.stories.seat import chromium

pytestmark = pytest.mark.browser

GOOD = "seven wet Otters 42 sleep"
# Plays Teams' script: it keeps what it was told where a test can look.
TEAMS = """window.told = [];
window.microsoftTeams = {
  app: { initialize: () => Promise.resolve() },
  authentication: {
    notifySuccess: (code) => window.told.push(["success", code]),
    notifyFailure: (why) => window.told.push(["failure", why]),
  },
};"""


class Desk(EntryDesk):
    """Checks as the desk does; `slow` is how long the next check takes, `busy` how many are not answered."""

    slow = 0.0
    busy = 0

    async def checked(self, cookie: str, text: str) -> PasswordCheck | SignInRefused:
        await super().checked(cookie, text)
        wait, self.slow = self.slow, 0.0
        await asyncio.sleep(wait)
        if self.busy:
            self.busy -= 1
            raise RuntimeError("away")
        return self.found if isinstance(self.found, SignInRefused) else check(text, ("Ann", "Archer"), "password")


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def origin(desk: Desk) -> AsyncIterator[str]:
    async def script(_: web.Request) -> web.Response:
        return web.Response(text=TEAMS, content_type="text/javascript")

    async def signed_in(request: web.Request) -> web.Response:
        """Plays Entra to somebody whose sign-in it remembers: it sends them back."""
        return web.Response(status=303, headers={"Location": request.query["redirect_uri"] + "?code=c&state=s"})

    elsewhere = web.Application()
    elsewhere.router.add_get("/teams.js", script)
    elsewhere.router.add_get("/authorize", signed_in)
    async with TestServer(elsewhere) as there:
        login = str(there.make_url("")).rstrip("/")
        cloud = replace(PUBLIC, login=login, teams_js=f"{login}/teams.js", teams_js_integrity="")
        pages = Pages(cloud, cards.text, "the helpdesk")
        outermost = [surfacing(pages, metrics.failed, Limit(burst=1000, rate=1))]
        app = web.Application(middlewares=outermost)
        signing_in = StepUpDesk(code=EntryWanted())
        stepup.setup(app, desk=signing_in, pages=pages)
        entry.setup(app, desk=desk, pages=pages)
        wallet.setup(app, desk=ProofDesk(), pages=pages)
        async with TestServer(app) as server:
            ours = str(server.make_url("")).rstrip("/")
            signing_in.address = f"{login}/authorize?redirect_uri={ours}/step-up/callback"
            yield ours


@pytest.fixture
async def page(origin: str) -> AsyncIterator[Page]:
    """The page of somebody who has signed in for it, by the start page's own button."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(locale="en-GB", timezone_id="UTC")
        trouble: list[str] = []
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("console", lambda line: trouble.append(line.text) if "Security Policy" in line.text else None)
        await page.goto(f"{origin}/step-up/start?t={ID}")
        await page.locator("#continue").click()
        await page.wait_for_url("**/step-up/enter")
        yield page
        await browser.close()
        assert trouble == []


async def kept(page: Page) -> dict[str, str]:
    """Each rule and its mark."""
    return dict(await page.locator("[data-rule]").evaluate_all("all => all.map(i => [i.dataset.rule, i.className])"))


async def _filled(page: Page) -> list[str]:
    """The colours of the pieces of the meter that are filled; an empty one has the colour of the lines."""
    script = "all => all.map((one) => getComputedStyle(one).backgroundColor)"
    line = await page.locator("dl").first.evaluate("one => getComputedStyle(one).borderTopColor")
    return [one for one in await page.locator("#meter span").evaluate_all(script) if one != line]


async def test_marks_and_strength_follow_what_is_typed(desk: Desk, page: Page) -> None:
    field = page.get_by_label("New password", exact=True)
    await expect(field).to_be_focused()
    assert set((await kept(page)).values()) == {""}
    await expect(page.locator("#strength")).to_be_hidden()
    await field.press_sequentially("archer", delay=5)
    await expect(page.locator("#word")).to_have_text(cards.text("password.page.strength_0", "en"))
    assert await _filled(page) == []
    assert await kept(page) == {rule: "met" if rule is Rule.CHARACTERS else "unmet" for rule in Rule}
    await expect(page.locator('[data-rule="name"] .word')).to_have_text(cards.text("web.enter.unmet", "en"))
    await field.fill(GOOD)
    await expect(page.locator("[data-rule].met")).to_have_count(len(Rule))
    await expect(page.locator("#meter")).to_have_attribute("data-strength", "4")
    assert len(await _filled(page)) == 4
    await field.fill("")
    await expect(page.locator("#strength")).to_be_hidden()
    assert set((await kept(page)).values()) == {""}
    assert len(desk.heard) < 6, "every key was asked about"


async def test_what_was_typed_before_the_script_came_is_marked_as_well(page: Page) -> None:
    typed = asyncio.Event()

    async def late(route: Route) -> None:
        await typed.wait()
        await route.continue_()

    await page.route("**/static/enter.js", late)
    await page.reload(wait_until="commit")
    await page.locator("#password").fill(GOOD)
    assert set((await kept(page)).values()) == {""}
    typed.set()
    await expect(page.locator("[data-rule].met")).to_have_count(len(Rule))


async def test_an_answer_that_comes_late_does_not_overwrite_a_newer_one(desk: Desk, page: Page) -> None:
    desk.slow = 1.5
    field = page.locator("#password")
    await field.fill("a")
    await page.wait_for_timeout(500)  # that it was asked about
    await field.fill(GOOD)
    await expect(page.locator("[data-rule].met")).to_have_count(len(Rule))
    await page.wait_for_timeout(1500)  # that its answer is here as well
    await expect(page.locator("[data-rule].met")).to_have_count(len(Rule))


async def test_what_was_typed_can_be_looked_at_and_is_hidden_again_when_sent(page: Page) -> None:
    field, toggle = page.locator("#password"), page.locator("#toggle")
    await field.fill(GOOD)
    await toggle.click()
    await expect(field).to_have_attribute("type", "text")
    await expect(toggle).to_have_text(cards.text("password.page.hide", "en"))
    await expect(toggle).to_have_attribute("aria-pressed", "true")
    await expect(field).to_be_focused()
    await page.evaluate("() => document.getElementById('form').addEventListener('submit', (e) => e.preventDefault())")
    await page.locator("#send").click()
    await expect(field).to_have_attribute("type", "password")
    await expect(page.locator("#send")).to_be_disabled()


async def test_sent_it_reaches_the_desk_once_and_teams_hears(desk: Desk, page: Page) -> None:
    await page.locator("#password").fill(GOOD)
    await page.locator("#password").press("Enter")
    await expect(page.locator("h1")).to_have_text(cards.text("password.page.done_title", "en"))
    assert await page.evaluate("() => window.told") == [["success", CODE]]
    assert [text for what, _, text in desk.heard if what == "entered"] == [GOOD]
    assert CODE not in await page.content()
    assert GOOD not in page.url


async def test_faults_are_all_there_with_the_field_empty(desk: Desk, page: Page) -> None:
    desk.came = check("archer", ("Archer",), "password")
    await page.locator("#password").fill("archer")
    await page.locator("#send").click()
    await expect(page.get_by_role("alert").first).to_contain_text(cards.text("password.rule.name", "en"))
    await expect(page.locator("#password")).to_have_value("")
    await expect(page.locator("#password")).to_have_attribute("aria-invalid", "true")
    await page.locator("#password").fill(GOOD)
    await expect(page.locator("#password")).not_to_have_attribute("aria-invalid", "true")


async def test_a_page_that_has_run_out_says_so_while_typing(desk: Desk, page: Page) -> None:
    desk.found = SignInRefused(Reason.SIGN_IN_EXPIRED, "en")
    await page.locator("#password").fill("a")
    await expect(page.locator("#over")).to_have_text(cards.text("web.refused.sign_in_expired", "en"))
    await expect(page.locator("#send")).to_be_disabled()


async def test_a_check_that_fails_keeps_nobody_from_sending(desk: Desk, page: Page) -> None:
    desk.busy = 1
    await page.locator("#password").fill("a")
    await expect(page.locator("#unsure")).to_be_visible()
    await expect(page.locator("#send")).to_be_enabled()
    await page.locator("#password").fill(GOOD)
    await expect(page.locator("[data-rule].met")).to_have_count(len(Rule))
    await expect(page.locator("#unsure")).to_be_hidden()


async def test_what_must_be_read_closes_when_its_reader_says_so(desk: Desk, page: Page) -> None:
    desk.came = Entered(replace(DONE, status=Status.UNKNOWN), None, again=False, code=CODE)
    await page.locator("#password").fill(GOOD)
    await page.locator("#send").click()
    await expect(page.locator("h1")).to_have_text(cards.text("web.entered.lost_title", "en"))
    assert await page.evaluate("() => window.told") == []
    await page.locator("#close").click()
    assert await page.evaluate("() => window.told") == [["success", CODE]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 480])
async def test_nothing_is_wider_than_the_window(page: Page, origin: str, scheme: str, width: int) -> None:
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await page.set_viewport_size({"width": width, "height": 800})
    await page.locator("#password").fill("archer")
    await expect(page.locator("#strength")).to_be_visible()
    for address in ("", f"{origin}/verified-id/open?r={ID}"):
        if address:
            await page.goto(address)
        wide = await page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0
