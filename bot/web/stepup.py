"""Step-up pages: where a person sees what they are about to allow, goes to Entra, and comes back to Teams."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Final, Protocol

from aiohttp import web

from bot.core.answers import SignInPage, SignInRefused
from bot.core.policy import Reason
from bot.web.middleware import language_of
from bot.web.page import Pages, asset

COOKIE: Final = "__Host-vouchsafe-step-up"
CHECK: Final = "__Host-vouchsafe-start"
_LIFE: Final = 900  # seconds; the transaction itself ends sooner
_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_ANSWER: Final = frozenset({"code", "state", "session_state", "client_info", "error", "error_description", "error_uri"})
_LONGEST: Final = 8192  # an authorization code is about 1.5 KB

_STATUS: Final[Mapping[str, HTTPStatus]] = MappingProxyType(
    {
        Reason.NOT_FOUND: HTTPStatus.NOT_FOUND,
        Reason.SIGN_IN_EXPIRED: HTTPStatus.GONE,
        Reason.UNKNOWN: HTTPStatus.SERVICE_UNAVAILABLE,
    }
)
SAID: Final = frozenset(
    {
        Reason.NOT_FOUND,
        Reason.UNKNOWN,
        Reason.SIGN_IN_FAILED,
        Reason.SIGN_IN_EXPIRED,
        Reason.SIGN_IN_CANCELLED,
        Reason.WRONG_PERSON,
        Reason.WEAK_SIGN_IN,
        Reason.OLD_SIGN_IN,
    }
)


class StepUpDesk(Protocol):
    """The desk's side of a step-up."""

    async def page(self, sign_in_id: str) -> SignInPage | SignInRefused:
        """Return what the start page shows."""

    async def start(self, sign_in_id: str, cookie: str) -> str | SignInRefused:
        """Tie the transaction to the browser that holds `cookie`; return Entra's address."""

    async def returned(self, cookie: str, answer: Mapping[str, str]) -> str | SignInRefused:
        """Take Entra's answer; return the one-time code for Teams."""


def setup(app: web.Application, *, desk: StepUpDesk, pages: Pages) -> None:
    """Add the routes under `/step-up`."""
    routes = StepUpPages(desk, pages)
    app.router.add_get("/step-up/start", routes.shown, allow_head=False)
    app.router.add_post("/step-up/start", routes.started)
    app.router.add_get("/step-up/callback", routes.came_back, allow_head=False)
    app.router.add_get("/step-up/about", routes.about)
    app.router.add_get("/step-up/static/{name}", _static)


@dataclass(frozen=True, slots=True)
class StepUpPages:
    desk: StepUpDesk
    pages: Pages

    async def about(self, request: web.Request) -> web.Response:
        return self.pages.about(language_of(request))

    async def shown(self, request: web.Request) -> web.Response:
        """Show what is being allowed. A prefetch or a link scanner changes nothing by looking."""
        sign_in = request.query.get("t", "")
        page = await self.desk.page(sign_in) if _ID.fullmatch(sign_in) else _no_such(request)
        if isinstance(page, SignInRefused):
            return self._refused(page)
        check = request.cookies.get(CHECK, "")
        check = check if _ID.fullmatch(check) else secrets.token_urlsafe(32)
        response = self.pages.start(page, sign_in=sign_in, check=check)
        _set(response, CHECK, check)
        return response

    async def started(self, request: web.Request) -> web.Response:
        """Go to Entra; only from our own page, in the browser that showed it."""
        form = await request.post()
        sign_in, check = str(form.get("t", "")), str(form.get("check", ""))
        if not _ours(request, check):
            return self._refused(SignInRefused(Reason.SIGN_IN_FAILED, language_of(request)))
        if not _ID.fullmatch(sign_in):
            return self._refused(_no_such(request))
        cookie = request.cookies.get(COOKIE, "")
        if not cookie.startswith(f"{sign_in}."):  # a second try in the same browser keeps its cookie
            cookie = f"{sign_in}.{secrets.token_urlsafe(32)}"
        address = await self.desk.start(sign_in, cookie)
        if isinstance(address, SignInRefused):
            return self._refused(address)
        response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": address, "Cache-Control": "no-store"})
        response.headers["Referrer-Policy"] = "no-referrer"
        _set(response, COOKIE, cookie)
        return response

    async def came_back(self, request: web.Request) -> web.Response:
        """Take Entra's answer and give the one-time code to the Teams client that opened this window."""
        answer = {key: value for key, value in request.query.items() if key in _ANSWER}
        cookie = request.cookies.get(COOKIE, "")
        odd = len(request.query) != len(set(request.query)) or any(len(value) > _LONGEST for value in answer.values())
        if odd or "state" not in answer or not _ID.fullmatch(cookie.partition(".")[0]):
            return self._refused(SignInRefused(Reason.SIGN_IN_FAILED, language_of(request)))
        page = await self.desk.page(cookie.partition(".")[0])  # for the person's language
        language = page.person.language if isinstance(page, SignInPage) else page.language
        code = await self.desk.returned(cookie, answer)
        response = self._refused(code) if isinstance(code, SignInRefused) else self.pages.done(code, language)
        _set(response, COOKIE, "")
        return response

    def _refused(self, refused: SignInRefused) -> web.Response:
        reason = refused.reason if refused.reason in SAID else Reason.SIGN_IN_FAILED
        return self.pages.refused(str(reason), refused.language, status=_STATUS.get(reason, HTTPStatus.FORBIDDEN))


async def _static(request: web.Request) -> web.Response:
    response = asset(request.match_info["name"])
    if response is None:
        raise web.HTTPNotFound
    return response


def _no_such(request: web.Request) -> SignInRefused:
    return SignInRefused(Reason.NOT_FOUND, language_of(request))


def _ours(request: web.Request, check: str) -> bool:
    """The form came from the page we showed this browser: what it holds as a cookie it also sent as a field."""
    held = request.cookies.get(CHECK, "")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    same = bool(held) and hmac.compare_digest(held.encode(), check.encode())
    return same and site == "same-origin"


def _set(response: web.Response, name: str, value: str) -> None:
    """Set a cookie only this host can read, or take it back; `__Host-` makes the browser insist on all of it."""
    life = _LIFE if value else 0
    response.set_cookie(name, value, max_age=life, path="/", secure=True, httponly=True, samesite="Lax")
