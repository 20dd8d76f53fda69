"""Step-up pages: where a person sees what they are about to allow, goes to Entra, and comes back to Teams."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import Final, Protocol

from aiohttp import web

from bot.core.answers import EntryWanted, SignInPage, SignInRefused
from bot.core.model import Person
from bot.core.reasons import Reason
from bot.web.body import filled
from bot.web.browser import CHECK, COOKIE, ID, check_for, held, keep, ours
from bot.web.headers import NO_SCRIPT, origin
from bot.web.limit import Limit
from bot.web.middleware import language_of
from bot.web.page import TOLD, Pages, asset

ENTER: Final = "/step-up/enter"
_ANSWER: Final = frozenset({"code", "state", "session_state", "client_info", "error", "error_description", "error_uri"})
_FORM: Final = 4096  # bytes

STATUS: Final[Mapping[str, HTTPStatus]] = MappingProxyType(
    {
        Reason.NOT_FOUND: HTTPStatus.NOT_FOUND,
        Reason.SIGN_IN_EXPIRED: HTTPStatus.GONE,
        Reason.CLOSED: HTTPStatus.GONE,
        Reason.UNKNOWN: HTTPStatus.SERVICE_UNAVAILABLE,
    }
)
_REASON: Final = re.compile(r"[a-z_]{1,40}(\.[a-z_]{1,40})?")


class StepUpDesk(Protocol):
    """The desk's side of a step-up."""

    async def page(self, sign_in_id: str) -> SignInPage | SignInRefused:
        """Return what the start page shows."""

    async def start(self, sign_in_id: str, cookie: str) -> str | SignInRefused:
        """Tie the transaction to the browser that holds `cookie`; return Entra's address."""

    async def returned(self, cookie: str, answer: Mapping[str, str]) -> str | EntryWanted | SignInRefused:
        """Take Entra's answer; return the one-time code for Teams, or that something is to be entered first."""


def setup(app: web.Application, *, desk: StepUpDesk, pages: Pages, limit: Limit | None = None) -> None:
    """Add the routes under `/step-up`."""
    routes = StepUpPages(desk, pages, limit or Limit(burst=40, rate=0.5))
    app.router.add_get("/step-up/start", routes.shown, allow_head=False)
    app.router.add_post("/step-up/start", routes.started)
    app.router.add_get("/step-up/callback", routes.came_back, allow_head=False)
    for page in TOLD:
        app.router.add_get(f"/step-up/{page}", partial(routes.told, page))
    app.router.add_get("/step-up/static/{name}", _static)


@dataclass(frozen=True, slots=True)
class StepUpPages:
    """`limit` is for one person's pages, from however many addresses they are asked for."""

    desk: StepUpDesk
    pages: Pages
    limit: Limit

    async def told(self, page: str, request: web.Request) -> web.Response:
        return self.pages.told(page, language_of(request))

    async def shown(self, request: web.Request) -> web.Response:
        """Show what is being allowed. A prefetch or a link scanner changes nothing by looking."""
        sign_in = request.query.get("t", "")
        page = await self.desk.page(sign_in) if ID.fullmatch(sign_in) else _no_such(request)
        if isinstance(page, SignInRefused):
            return self._refused(page)
        if wait := self._wait(page.person):
            return self.pages.too_often(page.person.language, wait)
        check = check_for(request)
        response = self.pages.start(page, sign_in=sign_in, check=check)
        keep(response, CHECK, check)
        return response

    async def started(self, request: web.Request) -> web.Response:
        """Go to Entra; only from our own page, in the browser that showed it."""
        form = await filled(request, _FORM)
        sign_in, check = form.get("t", ""), form.get("check", "")
        if not ours(request, check):
            return self._refused(SignInRefused(Reason.SIGN_IN_FAILED, language_of(request)))
        if not ID.fullmatch(sign_in):
            return self._refused(_no_such(request))
        page = await self.desk.page(sign_in)
        if isinstance(page, SignInRefused):
            return self._refused(page)
        if wait := self._wait(page.person):
            return self.pages.too_often(page.person.language, wait)
        cookie = held(request)
        if not cookie.startswith(f"{sign_in}."):  # a second try in the same browser keeps its cookie
            cookie = f"{sign_in}.{secrets.token_urlsafe(32)}"
        address = await self.desk.start(sign_in, cookie)
        if isinstance(address, SignInRefused):
            return self._refused(address)
        if origin(address) != origin(self.pages.cloud.login):  # whatever Entra's metadata named: no open redirect
            return self._refused(SignInRefused(Reason.UNKNOWN, page.person.language))
        return _on(address, cookie)

    async def came_back(self, request: web.Request) -> web.Response:
        """Take Entra's answer and give the one-time code to the Teams client that opened this window."""
        answer = {key: value for key, value in request.query.items() if key in _ANSWER}
        cookie = held(request)
        twice = len(request.query) != len(set(request.query))
        if twice or "state" not in answer or not cookie:
            return self._refused(SignInRefused(Reason.SIGN_IN_FAILED, language_of(request)))
        page = await self.desk.page(cookie.partition(".")[0])  # for the person's language
        language = page.person.language if isinstance(page, SignInPage) else page.language
        code = await self.desk.returned(cookie, answer)
        if isinstance(code, EntryWanted):  # the page that follows asks for the same browser
            return _on(ENTER, cookie)
        response = self._refused(code) if isinstance(code, SignInRefused) else self.pages.done(code, language)
        keep(response, COOKIE, "")
        return response

    def _wait(self, person: Person) -> float:
        return self.limit.wait(f"{person.tenant} {person.id}")

    def _refused(self, refused: SignInRefused) -> web.Response:
        reason = refused.reason if _REASON.fullmatch(refused.reason) else str(Reason.SIGN_IN_FAILED)
        return self.pages.refused(reason, refused.language, status=STATUS.get(reason, HTTPStatus.FORBIDDEN))


async def _static(request: web.Request) -> web.Response:
    response = asset(request.match_info["name"])
    if response is None:
        raise web.HTTPNotFound
    return response


def _no_such(request: web.Request) -> SignInRefused:
    return SignInRefused(Reason.NOT_FOUND, language_of(request))


def _on(address: str, cookie: str) -> web.Response:
    """Send the browser on, with the cookie that ties it."""
    response = web.Response(status=HTTPStatus.SEE_OTHER, headers={**NO_SCRIPT, "Location": address})
    keep(response, COOKIE, cookie)
    return response
