"""Report: the page that *It wasn't me* in a mail leads to. Looking at it does nothing; its button locks.

It names nobody, and asks nobody to sign in: whoever presses can only lock. Programs that open what is in a mail only
look. A link that is unknown, was used or is too old gets the same answer as any other such.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from typing import Final, Protocol

from aiohttp import web

from bot.web.body import filled
from bot.web.browser import CHECK, check_for, keep, ours
from bot.web.headers import Reach
from bot.web.limit import Limit, address_of
from bot.web.middleware import REPORT, language_of
from bot.web.page import Pages, fill

LINK: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\.[A-Za-z0-9_-]{43}")
MOST: Final = 4096  # bytes of the form


class ReportDesk(Protocol):
    """The desk's side of a link in a mail."""

    async def disowned(self, link: str) -> bool:
        """Lock the account it is about; False where the link does nothing, or not any more."""


def setup(app: web.Application, *, desk: ReportDesk, pages: Pages, limit: Limit | None = None) -> None:
    """Add the routes of `/desk/report`."""
    routes = ReportPages(desk, pages, limit or Limit(burst=20, rate=0.2))
    app.router.add_get(REPORT, routes.shown, allow_head=False)
    app.router.add_post(REPORT, routes.pressed)


@dataclass(frozen=True, slots=True)
class ReportPages:
    """`limit` is for presses, by address: nobody is known here."""

    desk: ReportDesk
    pages: Pages
    limit: Limit

    async def shown(self, request: web.Request) -> web.Response:
        return self._asked(request, request.query.get("t", ""))

    async def pressed(self, request: web.Request) -> web.Response:
        """Lock; only from our own page, in the browser that showed it."""
        language = language_of(request)
        if wait := self.limit.wait(address_of(request)):
            return self.pages.too_often(language, wait)
        form = await filled(request, MOST)
        link = form.get("t", "")
        if not ours(request, form.get("check", "")):
            return self._asked(request, link, HTTPStatus.FORBIDDEN)
        locked = await self.desk.disowned(link if LINK.fullmatch(link) else "")
        return self._told(language, "done") if locked else self._told(language, "over", HTTPStatus.GONE)

    def _asked(self, request: web.Request, link: str, status: int = HTTPStatus.OK) -> web.Response:
        say, check = self.pages.sayer(language_of(request)), check_for(request)
        words = {key: say(f"web.report.{key}") for key in ("lead", "does", "button", "warning")}
        link = link if LINK.fullmatch(link) else ""
        body = fill("report.html", {**words, "link": escape(link), "check": escape(check)})
        response = self._page(language_of(request), "web.report.title", body, status)
        keep(response, CHECK, check)
        return response

    def _told(self, language: str, what: str, status: int = HTTPStatus.OK) -> web.Response:
        say = self.pages.sayer(language)
        said = {key: say(f"web.report.{what}_{key}", contact=self.pages.contact) for key in ("lead", "next")}
        return self._page(language, f"web.report.{what}_title", fill("reported.html", said), status)

    def _page(self, language: str, title: str, body: str, status: int) -> web.Response:
        return self.pages.render(language, title, body, look="report", reach=Reach.SELF, scripts=(), status=status)
