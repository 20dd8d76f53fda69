"""The page that a mail leads to, asked by HTTP: looking does nothing, pressing locks, and it names nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from html import escape

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

import cards
from bot.config.cloud import PUBLIC
from bot.process import metrics
from bot.web import report
from bot.web.browser import CHECK
from bot.web.limit import Limit
from bot.web.middleware import surfacing
from bot.web.page import Pages

LINK = "0123456789abcdef0123456789abcdef." + "A" * 43
Browser = TestClient[web.Request, web.Application]


@dataclass(slots=True)
class Desk:
    """Locks by one link."""

    heard: list[str] = field(default_factory=list)

    async def disowned(self, link: str) -> bool:
        self.heard.append(link)
        return link == LINK


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def browser(desk: Desk) -> AsyncIterator[Browser]:
    pages = Pages(PUBLIC, cards.text, "the helpdesk")
    app = web.Application(middlewares=[surfacing(pages, metrics.failed, Limit(burst=30, rate=0.01))])
    report.setup(app, desk=desk, pages=pages, limit=Limit(burst=3, rate=0.01))
    async with TestClient(TestServer(app)) as client:
        yield client


async def pressed(browser: Browser, link: str, **headers: str) -> tuple[int, str]:
    check = "a-check-of-this-browser"
    kept = {"Cookie": f"{CHECK}={check}", **headers}
    answer = await browser.post("/desk/report", data={"t": link, "check": check}, headers=kept)
    return answer.status, await answer.text()


async def test_it_asks_in_the_browsers_language_and_does_nothing(desk: Desk, browser: Browser) -> None:
    answer = await browser.get(f"/desk/report?t={LINK}", headers={"Accept-Language": "de-DE,de;q=0.9"})
    page = await answer.text()
    assert answer.status == 200
    assert escape(cards.text("web.report.button", "de")) in page
    assert f'value="{LINK}"' in page
    assert "<script" not in page
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert (await browser.head(f"/desk/report?t={LINK}")).status == 405
    assert desk.heard == []


@pytest.mark.parametrize("link", ["", "x", LINK + "A", '"><script>', "../.." + LINK, LINK.replace(".", "%00")])
async def test_what_is_no_link_is_not_on_the_page(browser: Browser, link: str) -> None:
    page = await (await browser.get("/desk/report", params={"t": link})).text()
    assert 'name="t" value=""' in page


async def test_a_press_locks_and_any_other_reads_the_same(desk: Desk, browser: Browser) -> None:
    status, page = await pressed(browser, LINK)
    assert (status, escape(cards.text("web.report.done_title", "en")) in page) == (200, True)
    others = [await pressed(browser, link) for link in ("nothing of the kind", LINK.replace("A", "B"))]
    assert others[0] == others[1]
    assert others[0][0] == 410
    assert desk.heard == [LINK, "", LINK.replace("A", "B")]


async def test_what_did_not_come_from_our_page_asks_once_more(desk: Desk, browser: Browser) -> None:
    answer = await browser.post("/desk/report", data={"t": LINK, "check": "made-up-by-them"})
    assert answer.status == 403
    assert f'value="{LINK}"' in await answer.text()
    assert (await pressed(browser, LINK, **{"Sec-Fetch-Site": "cross-site"}))[0] == 403
    assert desk.heard == []


async def test_pressing_has_an_end(desk: Desk, browser: Browser) -> None:
    answers = [(await pressed(browser, LINK))[0] for _ in range(5)]
    assert answers == [200, 200, 200, 429, 429]
    assert len(desk.heard) == 3
