"""The page in a real browser: the official renderer, the official Teams script, and the wire behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from playwright.async_api import Page, async_playwright, expect

from playground.teams.chats import mri
from playground.teams.views import ADAPTIVE, OAUTH
from tests.stories.seat import chromium

if TYPE_CHECKING:
    from tests.playground.stage import Stage

pytest_plugins = ["tests.playground.stage"]
pytestmark = pytest.mark.browser

Json = dict[str, Any]
FORM = {
    "type": "AdaptiveCard",
    "version": "1.5",
    "body": [{"type": "Input.Text", "id": "why", "label": "Why", "isRequired": True, "errorMessage": "Please say why"}],
    "actions": [{"type": "Action.Submit", "title": "Ask"}],
}
POPUP = """<!doctype html><title>popup</title><script src="/npm/teams-js/MicrosoftTeams.min.js"></script>
<p id="context"></p><button id="yes">Yes</button><button id="no">No</button>
<script src="/step-up/popup.js"></script>"""
SCRIPT = """const teams = window.microsoftTeams;
const ready = teams.app.initialize();
ready.then(() => teams.app.getContext()).then((context) => {
  document.getElementById('context').textContent = `${context.page.frameContext} ${context.user.id}`;
});
document.getElementById('yes').onclick = () => ready.then(() => teams.authentication.notifySuccess('code-1'));
document.getElementById('no').onclick = () => ready.then(() => teams.authentication.notifyFailure('not today'));"""


@pytest.fixture
async def page(stage: Stage) -> AsyncIterator[Page]:
    stage.bot.pages = {"/step-up/popup": ("text/html", POPUP), "/step-up/popup.js": ("text/javascript", SCRIPT)}
    await stage.play.scripts.ready()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        context = await browser.new_context()
        page = await context.new_page()
        trouble: list[str] = []
        page.on("pageerror", lambda error: trouble.append(str(error)))
        await page.goto(f"{stage.world.origin}/?as=ann")
        await expect(page.get_by_test_id("compose")).to_be_focused()
        yield page
        await browser.close()
        assert trouble == []


def put(stage: Stage, content: Json, *, kind: str = ADAPTIVE) -> None:
    activity = {"type": "message", "attachments": [{"contentType": kind, "content": content}]}
    stage.teams.chats.post(chat=stage.teams.chat("ann"), sender="bot", activity=activity)


def card(*actions: Json, **more: Any) -> Json:
    body = [{"type": "TextBlock", "text": "A **card** with <b>no</b> markup", "wrap": True}]
    return {"type": "AdaptiveCard", "version": "1.5", "body": body, "actions": list(actions), **more}


async def test_what_is_said_arrives_and_what_comes_is_seen_at_once(stage: Stage, page: Page) -> None:
    await page.keyboard.type("hello")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("message")).to_contain_text("hello")
    await stage.teams.delivery.settled()
    assert stage.bot.heard[0]["text"] == "hello"
    put(stage, card())
    message = page.get_by_test_id("message").last
    await expect(message).to_contain_text("A card with <b>no</b> markup")
    await expect(message.locator("strong")).to_have_text("card")


async def test_a_press_shows_the_answer_or_says_what_is_wrong(stage: Stage, page: Page) -> None:
    put(stage, card({"type": "Action.Execute", "title": "Go", "verb": "go", "data": {"r": 1}}))
    button = page.get_by_role("button", name="Go")
    wrong = {
        "statusCode": 400,
        "type": "application/vnd.microsoft.error",
        "value": {"code": "x", "message": "Too late"},
    }
    stage.bot.answers["adaptiveCard/action"] = lambda _: (200, wrong)
    await button.click()
    await expect(page.get_by_role("alert")).to_have_text("Too late")
    assert stage.bot.heard[0]["value"]["action"] == {
        "type": "Action.Execute",
        "id": "",
        "verb": "go",
        "data": {"r": 1},
    }
    done = {"statusCode": 200, "type": ADAPTIVE, "value": card(body=[{"type": "TextBlock", "text": "Done"}])}
    stage.bot.answers["adaptiveCard/action"] = lambda _: (200, done)
    await button.click()
    await expect(page.get_by_test_id("message")).to_contain_text("Done")
    await expect(button).to_have_count(0)


async def test_a_dialog_keeps_what_was_typed_until_it_is_taken(stage: Stage, page: Page) -> None:
    dialog = {"title": "Ask for a pass", "card": {"contentType": ADAPTIVE, "content": FORM}}
    stage.bot.answers["task/fetch"] = lambda _: (200, {"task": {"type": "continue", "value": dialog}})
    stage.bot.answers["task/submit"] = lambda _: (500, None)
    put(stage, card({"type": "Action.Submit", "title": "Open", "data": {"msteams": {"type": "task/fetch"}}}))
    await page.get_by_role("button", name="Open").click()
    shown = page.get_by_test_id("dialog")
    await expect(shown.get_by_role("heading")).to_have_text("Ask for a pass")
    send = shown.get_by_role("button", name="Ask", exact=True)
    await send.click()
    await expect(shown).to_contain_text("Please say why")
    await shown.get_by_role("textbox").fill("a new phone")
    await send.click()
    await expect(shown.get_by_role("alert")).to_contain_text("Something went wrong")
    await expect(shown.get_by_role("textbox")).to_have_value("a new phone")
    stage.bot.answers["task/submit"] = lambda _: (200, {"task": {"type": "message", "value": "Thank you"}})
    await send.click()
    await expect(page.get_by_test_id("toast")).to_have_text("Thank you")
    await expect(shown).to_have_count(0)
    assert [a["value"]["data"] for a in stage.bot.of("task/submit")] == [{"why": "a new phone"}] * 2
    await page.get_by_role("button", name="Open").click()
    await expect(shown.get_by_role("textbox")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(shown).to_have_count(0)


async def test_the_popup_speaks_the_protocol_of_the_official_script(stage: Stage, page: Page) -> None:
    host = stage.world.origin.removeprefix("http://")
    resource = {"id": "x1", "uri": f"api://{host}/botid-{stage.world.bot_id}"}
    button = {"type": "signin", "title": "Sign in", "value": f"{stage.world.origin}/step-up/popup"}
    stage.bot.answers["signin/tokenExchange"] = lambda _: (412, {"id": "x1"})
    content = {"text": "It is you?", "connectionName": "c", "tokenExchangeResource": resource, "buttons": [button]}
    put(stage, content, kind=OAUTH)
    for press, seen in (("No", "not today"), ("Yes", "You are signed in.")):
        async with page.expect_popup() as opened:
            await page.get_by_role("button", name="Sign in").click()
        popup = await opened.value
        await expect(popup.locator("#context")).to_have_text(f"authentication {stage.world.people['ann'].id}")
        await popup.get_by_role("button", name=press).click()
        await expect(page.get_by_test_id("signin-card")).to_contain_text(seen)
    assert len(stage.bot.of("signin/tokenExchange")) == 1
    assert [a["value"] for a in stage.bot.of("signin/verifyState")] == [{"state": "code-1"}]


async def test_a_card_that_comes_into_sight_asks_for_this_persons_view(stage: Stage, page: Page) -> None:
    mine = {"statusCode": 200, "type": ADAPTIVE, "value": card(body=[{"type": "TextBlock", "text": "For Ann"}])}
    stage.bot.answers["adaptiveCard/action"] = lambda _: (200, mine)
    action = {"type": "Action.Execute", "verb": "look"}
    put(stage, card(refresh={"action": action, "userIds": [mri(stage.world.people["ann"])]}))
    await expect(page.get_by_test_id("message")).to_contain_text("For Ann")
    assert [a["value"]["trigger"] for a in stage.bot.heard] == ["automatic"]


async def test_nothing_is_fetched_from_elsewhere(stage: Stage, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.reload()
    await expect(page.get_by_test_id("compose")).to_be_focused()
    await page.goto(f"{stage.world.origin}/panel")
    await expect(page.get_by_role("heading", name="People")).to_be_visible()
    host = stage.world.origin.removeprefix("http://")
    assert [url for url in asked if host not in url] == []


async def test_another_sites_page_cannot_ask(stage: Stage) -> None:
    async with aiohttp.ClientSession(headers={"Origin": "http://evil.example"}) as session:
        for path in ("/teams/api/say", "/panel/api/clock"):
            async with session.post(f"{stage.world.origin}{path}", json={}) as answer:
                assert answer.status == 403
