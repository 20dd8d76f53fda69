"""Seat: a person at a browser. What it can do is what a person can: read, type, press, sign in."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest
from playwright.async_api import Locator, Page, expect

from cards import text
from cards.texts import known
from cards.words import own
from playground.server import Play

PATIENCE = 30_000  # milliseconds until something must be seen
PICTURES = os.environ.get("STORY_PICTURES", "")  # a folder to keep pictures of the stories in


def chromium() -> str:
    """Return where the system's Chromium is. Without one the browser stories cannot run; in CI that is a failure.

    Where it is looked for is the same as in `.ci/browser`.
    """
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if found := shutil.which(name):
            return found
    for app in ("Google Chrome", "Chromium"):
        if (program := Path(f"/Applications/{app}.app/Contents/MacOS/{app}")).is_file():
            return str(program)
    message = "NO CHROMIUM: the browser stories did not run. Install it, e.g. `apt-get install chromium`."
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def words(key: str, **params: object) -> str:
    """What a text of the catalogue reads like on the screen, in English."""
    said = re.sub(r"\*\*|\[([^]]*)\]\([^)]*\)", r"\1", text(key, "en", **params))
    return said.replace("https://", "") if key.startswith("refusal.") else said  # an address becomes a link


@dataclass
class Seat:
    page: Page
    play: Play
    key: str
    trouble: list[str] = field(default_factory=list)

    @classmethod
    async def take(cls, page: Page, play: Play, key: str, *, theme: str = "light") -> Self:
        seat = cls(page, play, key)
        page.on("pageerror", lambda error: seat.trouble.append(str(error)))
        await page.goto(f"{play.url}/?as={key}&theme={theme}")
        await seat.open("vouchsafe")
        return seat

    async def open(self, chat: str) -> None:
        await self.page.get_by_test_id(f"chat-item-{chat}").click(timeout=PATIENCE)

    async def say(self, line: str) -> None:
        await self.page.get_by_test_id("compose").fill(line)
        await self.page.get_by_test_id("compose").press("Enter")

    def message(self, holding: str) -> Locator:
        """The newest message with these words."""
        return self.page.get_by_test_id("message").filter(has_text=holding).last

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_test_id("dialog")

    async def sees(self, holding: str) -> Locator:
        found = self.message(holding)
        await expect(found).to_be_visible(timeout=PATIENCE)
        return found

    async def never_sees(self, holding: str) -> None:
        await expect(self.page.get_by_text(holding)).to_have_count(0)

    async def press(self, button: str, *, on: str = "") -> None:
        """Press the button with this title, on the newest message with the words `on`."""
        where = await self.sees(on) if on else self.page
        await where.get_by_role("button", name=button, exact=True).last.click(timeout=PATIENCE)

    async def fill_form(self, *, reason: str = "new_phone", details: str = "", ticket: str = "") -> None:
        await self.dialog.get_by_label(words("tap.field.reason")).select_option(label=words(f"tap.reason.{reason}"))
        if details:
            await self.dialog.get_by_label(words("tap.field.text")).fill(details)
        if ticket:
            await self.dialog.get_by_label(words("tap.field.ticket")).fill(ticket)
        await self.dialog.get_by_role("button", name=words("button.send")).click()

    async def ask(self, **form: str) -> None:
        """Ask for a pass: write, open the form, fill it in, send it."""
        await self.say("I need a TAP")
        await self.press(words("tap.button.ask"), on=words("tap.summary"))
        await expect(self.dialog).to_be_visible(timeout=PATIENCE)
        await self.fill_form(**form)
        await expect(self.dialog).to_be_hidden(timeout=PATIENCE)

    async def want(self, kind: str, **form: str) -> None:
        """Ask for anything: open its form from the newest card that offers it, fill it in, send it."""
        await self.look(kind)
        await self.fill(kind, **form)

    async def look(self, kind: str) -> None:
        """Open the form, or what stands in its place, from the newest card that offers this kind."""
        await self.press(words(f"{kind}.button.ask"), on=words(f"{kind}.summary"))
        await expect(self.dialog).to_be_visible(timeout=PATIENCE)

    async def reads(self, *lines: str) -> None:
        """Find each of these in the open dialog."""
        for line in lines:
            await expect(self.dialog.get_by_text(line).first).to_be_visible(timeout=PATIENCE)

    async def choose(self, kind: str, line: str) -> None:
        """Press the button beside this line of the open form, and see it alone."""
        await self.dialog.get_by_title(words(own(kind, "button.choose_hint"), what=line)).click(timeout=PATIENCE)
        await self.reads(words(own(kind, "form.chosen")))

    async def fill(self, kind: str, **form: str) -> None:
        """Fill in the open form and send it; what is no choice of the catalogue is a choice as it stands."""
        for name, value in form.items():
            field = self.dialog.get_by_label(words(f"{kind}.field.{name}"))
            if await field.evaluate("one => one.tagName") == "SELECT":
                choice = f"{kind}.{name}.{value}"
                await field.select_option(label=words(choice) if known(choice) else value)
            else:
                await field.fill(value)
        await self.dialog.get_by_role("button", name=words(own(kind, "button.send"))).click()
        await expect(self.dialog).to_be_hidden(timeout=PATIENCE)

    async def sign_in(self, button: str = "", *, who: str = "", method: str = "passkey") -> None:
        """Sign in again in the popup: our page, then Entra's, and back to Teams."""
        popup = await self.popup(button or words("button.sign_in"))
        await self.at_entra(popup, who=who or self.key, method=method)

    async def popup(self, button: str) -> Page:
        async with self.page.expect_popup(timeout=PATIENCE) as opened:
            await self.press(button)
        popup = await opened.value
        await popup.wait_for_load_state()
        return popup

    async def at_entra(self, popup: Page, *, who: str, method: str = "passkey") -> None:
        await popup.locator("#continue").click()
        await popup.locator(f"input[name=person][value={who}]").check(timeout=PATIENCE)
        await popup.locator(f"input[name=method][value={method}]").check()
        await popup.locator("#continue").click()

    async def approve(self, name: str, *, kind: str = "tap", verdict: str = "") -> None:
        """Press Approve in the helpdesk channel and confirm it in the private chat with a sign-in.

        With a `verdict`, choose it first: a yes can mean several things then.
        """
        await self.open("helpdesk")
        title = words(f"{kind}.approvers.title", name=name)
        await self.press(words("button.approve"), on=title)
        if verdict:
            await self.page.get_by_label(words(f"{kind}.verdict.{verdict}"), exact=True).check(timeout=PATIENCE)
            await self.picture(f"{kind}-verdict-{verdict}")
            await self.press(words("button.approve_send"))
        await self.open("vouchsafe")
        await self.sees(title)
        await self.sign_in(words("button.sign_in_and_approve"))
        await self.sees(words("confirm.counted"))

    async def read_pass(self) -> str:
        """Press *Show my pass* and read what the dialog shows."""
        await self.press(words("tap.button.show"), on=words("tap.request.ready.title"))
        await expect(self.dialog.get_by_text(words("tap.secret.title"))).to_be_visible(timeout=PATIENCE)
        issued = self.play.world.graph.issued[-1].value
        await expect(self.dialog.get_by_text(issued, exact=True)).to_be_visible()
        return issued

    async def close(self) -> None:
        await self.page.get_by_test_id("dialog-close").click()
        await expect(self.dialog).to_be_hidden()

    async def picture(self, name: str, page: Page | None = None) -> None:
        """Keep what this person sees, or what a window of theirs shows."""
        if PICTURES:
            await (page or self.page).screenshot(path=Path(PICTURES) / f"{name}.png")
