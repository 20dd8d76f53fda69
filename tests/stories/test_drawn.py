"""Every card of the gallery, drawn as the playground's Teams draws it: nothing is cut off, all of it can be read."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Route

from playground import npm
from playground.gallery.cards import every
from tests.stories.conftest import SCRIPTS

HERE: Final = "http://cards.test"
CLIENT: Final = Path(npm.__file__).parent / "teams" / "client"
CARDS: Final = dict(every())
DESK, PHONE = 560, 328  # pixels that a card has at a desk, and on a phone
READABLE: Final = 4.5  # https://www.w3.org/TR/WCAG21/#contrast-minimum
PAGE: Final = """<!doctype html><html lang="{language}" data-theme="{theme}"><meta charset="utf-8">
<link rel="stylesheet" href="/teams/client/css/theme.css">
<link rel="stylesheet" href="/npm/adaptivecards/adaptivecards.css">
<link rel="stylesheet" href="/teams/client/css/cards.css">
<style>html, body {{ height: auto; }} main {{ width: {width}px; }} main .card {{ max-width: none; }}</style>
<script src="/npm/adaptivecards/adaptivecards.min.js"></script><main></main></html>"""
# Draws one card after the other, all it unfolds too, and says of each what cannot be read on it.
DRAW: Final = r"""async ([cards, theme, readable]) => {
  const { state } = await import('/teams/client/js/state.js');
  state.theme = theme;
  state.me = { language: document.documentElement.lang };
  const { adaptive } = await import('/teams/client/js/cards.js');
  const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map((x) => (x / 255 <= 0.03928 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4))
    .reduce((sum, x, n) => sum + x * [0.2126, 0.7152, 0.0722][n], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, opaque = 1] = numbers(getComputedStyle(at).backgroundColor);
      if (opaque > 0.5) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const contrast = (element) => {
    const pair = [light(numbers(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
    return (pair[0] + 0.05) / (pair[1] + 0.05);
  };
  const faults = [];
  const look = (name, frame) => {
    const right = frame.getBoundingClientRect().right + 1;
    for (const element of frame.querySelectorAll('*')) {
      const style = getComputedStyle(element);
      const words = [...element.childNodes].filter((node) => node.nodeType === 3 && node.textContent.trim());
      const said = element.textContent.trim().slice(0, 60);
      const cut = style.overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1;
      if (cut && element.clientWidth) faults.push([name, 'cut off', said]);
      if (!words.length || !element.getClientRects().length) continue;
      if (!element.disabled && contrast(element) < readable) faults.push([name, 'pale', said]);
      const range = document.createRange();
      range.selectNodeContents(element);
      if ([...range.getClientRects()].some((box) => box.right > right)) faults.push([name, 'outside', said]);
    }
  };
  for (const [name, content] of cards) {
    const frame = adaptive(content, () => {});
    document.querySelector('main').replaceChildren(frame);
    if (frame.querySelector('.unknown')) faults.push([name, 'not drawn', '']);
    look(name, frame);
    for (const button of frame.querySelectorAll('.ac-pushButton.expandable')) {
      button.click();
      look(`${name}, ${button.textContent}`, frame);
    }
  }
  return faults;
}"""


@pytest.mark.parametrize(
    ("language", "theme", "width"),
    [("en", "light", DESK), ("en", "contrast", PHONE), ("de", "dark", PHONE), ("de", "light", DESK)],
)
async def test_every_card_can_be_read(browser: Browser, language: str, theme: str, width: int) -> None:
    folder = npm.install(SCRIPTS)

    async def serve(route: Route) -> None:
        path = route.request.url.removeprefix(f"{HERE}/")
        if not path:
            page = PAGE.format(language=language, theme=theme, width=width)
            await route.fulfill(body=page, content_type="text/html")
            return
        file = folder / "adaptivecards" / "dist" / path.rpartition("/")[2]
        file = CLIENT / path.removeprefix("teams/client/") if path.startswith("teams/") else file
        await route.fulfill(body=file.read_bytes(), content_type=mimetypes.guess_type(file.name)[0])

    cards: list[list[Any]] = [[name, card] for name, card in CARDS.items() if name.startswith(f"{language}/")]
    page = await browser.new_page()
    await page.route(f"{HERE}/**", serve)
    await page.goto(f"{HERE}/")
    assert await page.evaluate(DRAW, [cards, theme, READABLE]) == []
    await page.close()
