"""Security info: signing in with a pass or a password, changing one, and adding what one signs in with from now on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import async_playwright, expect

from playground.tenant.directory import Revoked
from playground.world import World
from tests.stories.seat import chromium

NEW = "Tulip-Harbour-41"


class Visitor:
    """A browser without a screen: it keeps cookies and follows where it is sent."""

    def __init__(self, world: World, http: aiohttp.ClientSession) -> None:
        self._world = world
        self._http = http

    async def get(self, page: str) -> tuple[str, str]:
        async with self._http.get(f"/entra/{self._world.tenant}/{page}") as answer:
            return answer.url.name, await answer.text()

    async def post(self, page: str, **form: str) -> tuple[str, str]:
        async with self._http.post(f"/entra/{self._world.tenant}/{page}", data=form) as answer:
            assert answer.status == 200
            return answer.url.name, await answer.text()

    async def with_pass(self, key: str) -> str:
        graph, now = self._world.graph, self._world.clock.now()
        made = graph.issue(key, pass_id="p", start=now, lifetime=timedelta(hours=1), one_time=True)
        _, text = await self.post("pass-sign-in", upn=self._world.people[key].upn, **{"pass": made.value})
        return text

    async def with_password(self, key: str, value: str = "") -> tuple[str, str]:
        upn = self._world.people[key].upn
        return await self.post("password-sign-in", upn=upn, password=value or f"correct horse battery {key}")


@pytest.fixture
async def visitor(world: World) -> AsyncIterator[Visitor]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(world.origin, cookie_jar=jar, timeout=aiohttp.ClientTimeout(10)) as http:
        yield Visitor(world, http)


def types(world: World, key: str) -> list[str]:
    return [one.type for one in world.graph.methods[key]]


async def test_with_a_pass_somebody_sees_what_they_have_and_adds_a_passkey(world: World, visitor: Visitor) -> None:
    text = await visitor.with_pass("ann")
    assert "Welcome, Ann" in text
    for word in ("Authenticator app", "Ann&#x27;s iPhone", "Windows Hello", "Password", "default"):
        assert word in text
    where, text = await visitor.post("security-info/passkey", name="Blue key", kind="key")
    assert where == "security-info"
    assert "Blue key" in text
    [key] = world.graph.methods.of("ann", "fido2")
    assert (key.name, key.more["passkeyType"]) == ("Blue key", "deviceBound")
    await visitor.post("security-info/passkey", name="On <b>me</b>", kind="phone")
    _, text = await visitor.get("security-info")
    assert "On &lt;b&gt;me&lt;/b&gt;" in text
    assert world.graph.methods.of("ann", "fido2")[1].more["passkeyType"] == "synced"


async def test_with_a_pass_the_app_moves_to_a_new_phone(world: World, visitor: Visitor) -> None:
    await visitor.with_pass("ann")
    await visitor.post("security-info/authenticator", name="Ann's new phone")
    assert [one.name for one in world.graph.methods.of("ann", "microsoftAuthenticator")][-1] == "Ann's new phone"


@pytest.mark.parametrize("form", [{"name": " "}, {"name": "x" * 31}, {"name": "good", "kind": "stone"}])
async def test_a_passkey_needs_a_name_and_a_place(world: World, visitor: Visitor, form: dict[str, str]) -> None:
    await visitor.with_pass("ann")
    _, text = await visitor.post("security-info/passkey", **form)
    assert "role=alert" in text
    assert "fido2" not in types(world, "ann")


async def test_a_password_shows_the_list_and_adds_no_passkey(world: World, visitor: Visitor) -> None:
    where, text = await visitor.with_password("ann")
    assert where == "security-info"
    assert "Welcome, Ann" in text
    for form in ("passkey", "authenticator"):
        _, text = await visitor.post(f"security-info/{form}", name="Mine")
        assert "Temporary Access Pass" in text
        assert "role=alert" in text
    assert "fido2" not in types(world, "ann")
    assert len(world.graph.methods.of("ann", "microsoftAuthenticator")) == 1


async def test_a_password_is_enough_for_the_first_second_factor(world: World, visitor: Visitor) -> None:
    for one in world.graph.methods["tess"]:
        if one.type != "password":
            world.graph.methods.remove("tess", one.id)
    await visitor.with_password("tess")
    await visitor.post("security-info/authenticator", name="Tess's phone")
    assert types(world, "tess") == ["password", "microsoftAuthenticator"]


async def test_a_pass_from_a_while_ago_adds_nothing_any_more(world: World, visitor: Visitor) -> None:
    await visitor.with_pass("ann")
    world.clock.advance(timedelta(minutes=11))
    _, text = await visitor.post("security-info/passkey", name="Late")
    assert "role=alert" in text
    assert "fido2" not in types(world, "ann")
    world.clock.advance(timedelta(minutes=50))
    assert (await visitor.get("security-info"))[0] == "pass-sign-in"


async def test_nobody_gets_in_without_signing_in(world: World, visitor: Visitor) -> None:
    upn = world.people["ann"].upn
    where, text = await visitor.get(f"security-info?upn={upn}")
    assert (where, upn in text) == ("pass-sign-in", True)
    assert (await visitor.post("security-info/passkey", name="Mine"))[0] == "pass-sign-in"
    for who, value in (("ann", "wrong"), ("dan", "")):
        where, text = await visitor.with_password(who, value)
        assert where == "password-sign-in"
        assert "role=alert" in text
    assert (await visitor.get("security-info"))[0] == "pass-sign-in"


async def test_signing_out_and_ended_sessions_and_disabled_accounts_end_the_visit(
    world: World, visitor: Visitor
) -> None:
    await visitor.with_password("ann")
    assert (await visitor.post("security-info/sign-out"))[0] == "pass-sign-in"
    assert (await visitor.get("security-info"))[0] == "pass-sign-in"
    await visitor.with_password("ann")
    world.clock.advance(timedelta(seconds=1))
    world.graph.revoked.append(Revoked("ann", world.clock.now()))
    assert (await visitor.get("security-info"))[0] == "pass-sign-in"
    world.clock.advance(timedelta(seconds=1))
    await visitor.with_password("ann")
    assert (await visitor.get("security-info"))[0] == "security-info"
    world.people.change("ann", enabled=False)
    assert (await visitor.get("security-info"))[0] == "pass-sign-in"


async def test_a_password_set_by_somebody_else_is_changed_first(world: World, visitor: Visitor) -> None:
    world.graph.passwords.set("ann", "Given-by-the-desk-7", must_change=True)
    where, text = await visitor.with_password("ann", "Given-by-the-desk-7")
    assert where == "password-change"
    assert "Welcome" not in text
    assert (await visitor.get("security-info"))[0] == "password-change"
    assert (await visitor.post("security-info/passkey", name="Mine"))[0] == "password-change"
    for one, two in ((NEW, "another"), ("short", "short"), ("Given-by-the-desk-7", "Given-by-the-desk-7")):
        where, text = await visitor.post("password-change", password=one, again=two)
        assert (where, "role=alert" in text) == ("password-change", True)
    assert world.graph.must_change("ann")
    where, text = await visitor.post("password-change", password=NEW, again=NEW)
    assert (where, "Welcome, Ann" in text) == ("security-info", True)
    assert world.graph.password_ok("ann", NEW)
    assert not world.graph.must_change("ann")


async def test_a_password_is_not_changed_here_by_somebody_who_need_not(world: World, visitor: Visitor) -> None:
    await visitor.with_password("ann")
    assert (await visitor.get("password-change"))[0] == "security-info"
    assert (await visitor.post("password-change", password=NEW, again=NEW))[0] == "security-info"
    assert world.graph.password_ok("ann", "correct horse battery ann")


@pytest.mark.browser
async def test_the_pages_work_in_a_browser_by_keyboard(world: World, tmp_path: Path) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        page = await (await browser.new_context()).new_page()
        trouble: list[str] = []
        page.on("console", lambda said: trouble.append(said.text) if said.type == "error" else None)
        await page.goto(f"{world.origin}/entra/{world.tenant}/security-info?upn={world.people['ann'].upn}")
        await page.get_by_test_id("use-password").click()
        await page.get_by_test_id("password").fill("correct horse battery ann")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Welcome, Ann")).to_be_visible()
        await page.get_by_test_id("sign-out").click()
        now = world.clock.now()
        made = world.graph.issue("ann", pass_id="p", start=now, lifetime=timedelta(hours=1), one_time=True)
        await page.get_by_test_id("upn").fill(world.people["ann"].upn)
        await page.get_by_test_id("pass").fill(made.value)
        await page.keyboard.press("Enter")
        await page.get_by_test_id("passkey-name").fill("Blue key")
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("method-fido2")).to_contain_text("Blue key")
        await page.screenshot(path=tmp_path / "security-info.png", full_page=True)
        await browser.close()
    assert trouble == []
