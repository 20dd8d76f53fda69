"""The phone: in a browser as a person holds it, by its forms as a mischief-maker does, and beside the bot's pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, async_playwright, expect

from playground import verified
from playground.entra import app_token
from playground.proxy import Proxy
from playground.server import application, environment
from playground.world import VERIFIED_ID
from tests.playground.verifier import KEY, Verifier, verifying
from tests.stories.seat import chromium

if TYPE_CHECKING:
    from tests.playground.stage import Stage

pytest_plugins = ["tests.playground.stage"]


@pytest.fixture
async def verifier(tmp_path: Path) -> AsyncIterator[Verifier]:
    async with verifying(tmp_path) as made:
        yield made


@pytest.fixture
async def page(verifier: Verifier) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        page = await (await browser.new_context(base_url=verifier.world.origin)).new_page()
        trouble: list[str] = []
        page.on("console", lambda said: trouble.append(said.text) if said.type == "error" else None)
        yield page
        await browser.close()
        assert trouble == []


def link(verifier: Verifier, request: str) -> str:
    return f"openid-vc://?request_uri={verifier.world.origin}/verified-id/requests/{request}"


async def get(verifier: Verifier, **query: str) -> str:
    async with verifier.http.get(f"{verifier.world.origin}/wallet", params=query) as answer:
        assert answer.status == 200
        return await answer.text()


async def post(verifier: Verifier, what: str, **form: str) -> str:
    async with verifier.http.post(f"{verifier.world.origin}/wallet/{what}", data=form) as answer:
        assert answer.status == 200
        return await answer.text()


@pytest.mark.browser
async def test_ann_scans_the_newest_request_and_shares_by_keyboard(verifier: Verifier, page: Page) -> None:
    await verifier.begun()
    await page.goto("/wallet?as=ann")
    await expect(page.get_by_test_id("credential-own")).to_contain_text("Ann Archer")
    await expect(page.get_by_test_id("credential-fabrikam")).to_contain_text("did:web:fabrikam.example")
    await page.get_by_test_id("request-newest").press("Enter")
    await expect(page.get_by_test_id("client")).to_have_text("Vouchsafe")
    await expect(page.get_by_test_id("purpose")).to_have_text("To know that it is you")
    assert verifier.told() == ["request_retrieved"]
    await expect(page.get_by_test_id("choose-own").locator("input")).to_be_checked()
    for other in ("fabrikam", "ben"):
        await expect(page.get_by_test_id(f"choose-{other}").locator("input")).to_be_disabled()
    await page.get_by_test_id("score").fill("93.5")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("result")).to_contain_text("Shared")
    await page.reload()
    await expect(page.get_by_test_id("result")).to_contain_text("Vouchsafe has received your Verified ID.")
    assert verifier.told() == ["request_retrieved", "presentation_verified"]
    assert verifier.heard[-1]["verifiedCredentialsData"][0]["faceCheck"]["matchConfidenceScore"] == 93.5
    await page.get_by_test_id("done").click()
    await expect(page.get_by_test_id("request-newest")).to_have_count(0)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("press", "words", "told"),
    [
        ("face-low", "Match confidence score failing to meet the threshold.", "claimValidationError"),
        ("face-spoof", "Liveness check failed", "claimValidationError"),
        ("decline", "declined", "access_denied"),
    ],
)
async def test_a_bad_face_or_a_no_is_told_to_both_sides(
    verifier: Verifier, page: Page, press: str, words: str, told: str
) -> None:
    request = await verifier.begun()
    await page.goto(f"/wallet?as=ann&request_uri={verifier.world.origin}/verified-id/requests/{request}")
    await page.get_by_test_id(press).click()
    if press != "decline":
        await page.get_by_test_id("present").click()
    await expect(page.get_by_test_id("result")).to_contain_text("Not shared")
    await expect(page.get_by_test_id("result")).to_contain_text(words)
    assert verifier.heard[-1]["error"]["code"] == told


@pytest.mark.browser
async def test_what_a_code_says_may_be_pasted_and_the_phone_put_away(verifier: Verifier, page: Page) -> None:
    request = await verifier.begun()
    await page.goto("/wallet?as=ann")
    await page.get_by_test_id("request-input").fill("https://fabrikam.example/verified-id/requests/x")
    await page.get_by_test_id("request-open").click()
    await expect(page.get_by_test_id("problem")).to_contain_text("openid-vc://")
    await page.get_by_test_id("request-input").fill(link(verifier, request))
    await page.get_by_test_id("request-open").click()
    await page.get_by_test_id("leave").click()
    await expect(page.get_by_test_id("credential-own")).to_be_visible()
    assert verifier.told() == ["request_retrieved"]


async def test_each_phone_tells_once_that_it_has_the_request(verifier: Verifier) -> None:
    request = await verifier.begun()
    for _ in range(2):
        assert "Share your Verified ID" in await get(verifier, **{"as": "ann", "request_uri": link(verifier, request)})
        assert "Share your Verified ID" in await get(verifier, **{"as": "ann", "request": request})
    assert verifier.told() == ["request_retrieved"]
    text = await get(verifier, **{"as": "mo", "request_uri": link(verifier, request)})
    assert verifier.told() == ["request_retrieved"] * 2
    assert 'data-testid="present" disabled' in text


async def test_a_phone_that_is_not_named_is_asked_for_and_keeps_the_request(verifier: Verifier) -> None:
    text = await get(verifier, request_uri=link(verifier, "r"))
    assert "Whose phone is this?" in text
    assert link(verifier, "r") in text
    assert "Whose phone is this?" in await get(verifier, **{"as": "nobody"})
    assert "Whose phone is this?" in await post(verifier, "open", **{"as": "nobody", "link": "x"})


async def test_a_form_that_was_tampered_with_answers_nothing(verifier: Verifier) -> None:
    request = await verifier.begun()
    form = {"as": "ann", "request": request, "action": "present", "credential": "own", "face": "good"}
    assert "Open the request on this phone first" in await post(verifier, "answer", **form)
    await verifier.world.verified.scan(request, "ann")
    assert "no such credential" in await post(verifier, "answer", **form | {"credential": "made-up"})
    for score in ("much", "101", "-1", "nan", "inf"):
        assert "a number from 0 to 100" in await post(verifier, "answer", **form, score=score)
    without = {name: value for name, value in form.items() if name != "credential"}
    assert "Choose a credential" in await post(verifier, "answer", **without)
    assert verifier.told() == ["request_retrieved"]
    assert "Shared" in await post(verifier, "answer", **form, score="80")
    assert "answered already" in await post(verifier, "answer", **form)
    assert len(verifier.heard) == 2


async def test_old_requests_and_news_that_was_not_taken_are_told(verifier: Verifier) -> None:
    late = await verifier.begun()
    await verifier.world.verified.scan(late, "ann")
    verifier.world.clock.advance(timedelta(minutes=6))
    for query in ({"request": late}, {"request_uri": link(verifier, late)}):
        assert "has expired" in await get(verifier, **{"as": "ann", **query})
    request = await verifier.begun()
    await verifier.world.verified.scan(request, "ann")
    verifier.answers = [500]
    await verifier.world.verified.present(request, "ann")
    assert "did not take the news (500)" in await get(verifier, **{"as": "ann", "request": request})


async def test_the_knobs_let_everything_through(verifier: Verifier) -> None:
    await post(verifier, "knobs", **{"as": "ann", "billing": "on"})
    assert (verifier.world.verified.billing, verifier.world.verified.honest) == (True, False)
    text = await get(verifier, **{"as": "ann", "request_uri": link(verifier, await verifier.begun())})
    assert " disabled" not in text
    await post(verifier, "knobs", **{"as": "ann", "honest": "on"})
    assert (verifier.world.verified.billing, verifier.world.verified.honest) == (False, True)


@pytest.mark.browser
async def test_a_credential_its_issuer_revoked_proves_nothing(verifier: Verifier, page: Page) -> None:
    await page.goto("/wallet?as=ann")
    await page.get_by_text("For whoever plays").click()
    await page.get_by_test_id("revoke-own").click()
    await expect(page.get_by_test_id("credential-own").get_by_test_id("revoked")).to_be_visible()
    await expect(page.get_by_test_id("credential-fabrikam").get_by_test_id("revoked")).to_have_count(0)
    await expect(page.get_by_test_id("revoke-own")).to_have_count(0)
    assert 'data-testid="revoked"' in await get(verifier, **{"as": "rita"})  # who holds Ann's as well
    await verifier.begun()
    await page.reload()
    await page.get_by_test_id("request-newest").click()
    await page.get_by_test_id("present").click()
    await expect(page.get_by_test_id("result")).to_contain_text("revoked")
    assert verifier.heard[-1]["error"]["code"] == "claimValidationError"


async def test_what_is_on_no_phone_cannot_be_revoked(verifier: Verifier) -> None:
    assert "no such credential" in await post(verifier, "revoke", **{"as": "ann", "credential": "made-up"})
    assert "Whose phone is this?" in await post(verifier, "revoke", **{"as": "nobody", "credential": "own"})
    assert 'data-testid="revoked"' not in await get(verifier, **{"as": "ann"})


async def test_what_a_verifier_writes_is_only_words(verifier: Verifier) -> None:
    body = verifier.body(registration={"clientName": "<script>alert(1)</script>", "purpose": '"><b>'})
    _, made = await verifier.ask(body)
    for query in ({}, {"request_uri": made["url"]}):
        text = await get(verifier, **{"as": "ann", **query})
        assert "&lt;script&gt;" in text
        assert "<script" not in text
    async with verifier.http.get(f"{verifier.world.origin}/wallet?as=ann") as answer:
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_on_the_one_origin_callbacks_reach_the_bot_and_foreign_pages_nothing(stage: Stage) -> None:
    heard: list[str] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append(request.headers["api-key"] + (await request.json())["requestStatus"])
        return web.Response(status=204)

    async with AsyncExitStack() as stack:
        bot = web.Application()
        bot.router.add_post("/verified-id/callback", hear)
        server = await stack.enter_async_context(TestServer(bot))
        proxy = Proxy(session=stage.session, replicas=lambda: [str(server.make_url("")).rstrip("/")])
        app, api = application(stage.play, proxy)
        stack.callback(api.stream.close)
        front = await stack.enter_async_context(TestServer(app, host="127.0.0.1"))
        origin = str(front.make_url("")).rstrip("/")
        verifier = Verifier(stage.world, stage.session, f"{origin}/verified-id/callback")
        status, made = await _ask(verifier, origin)
        assert status == 201
        assert (await stage.world.verified.scan(made)).id == made
        assert heard == [f"{KEY}request_retrieved"]
        headers = {"Origin": "http://fabrikam.example"}
        form = {"as": "ann", "link": f"/verified-id/requests/{made}"}
        async with stage.session.post(f"{origin}/wallet/open", data=form, headers=headers) as answer:
            assert answer.status == 403
    assert environment(stage.world, "")["VOUCHSAFE_VERIFIED_ID_AUTHORITY"] == verified.AUTHORITY


async def _ask(verifier: Verifier, origin: str) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {app_token(verifier.world, VERIFIED_ID)}"}
    url = f"{origin}/verified-id/v1.0/verifiableCredentials/createPresentationRequest"
    async with aiohttp.ClientSession() as http, http.post(url, json=verifier.body(), headers=headers) as answer:
        return answer.status, (await answer.json()).get("requestId", "")
