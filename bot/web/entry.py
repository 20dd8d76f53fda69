"""Entry: where a new password is typed, by the browser that signed in for it; it goes to the desk and never back."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from typing import Final, Protocol, assert_never

from aiohttp import web

from bot.core.answers import Entered, EntryPage, PasswordCheck, SignInRefused
from bot.core.reasons import Reason
from bot.web import form
from bot.web.body import filled
from bot.web.browser import CHECK, check_for, held, keep, ours
from bot.web.headers import NO_SCRIPT
from bot.web.limit import Limit, address_of
from bot.web.middleware import language_of
from bot.web.page import TOO_OFTEN, Pages
from bot.web.stepup import ENTER, STATUS

MOST: Final = 8 * 1024  # bytes of a form: 256 characters, each written as long as can be, and more


class EntryDesk(Protocol):
    """The desk's side of entering a new password."""

    async def page(self, cookie: str) -> EntryPage | SignInRefused:
        """Say what the page shows, to the browser that signed in."""

    async def checked(self, cookie: str, text: str) -> PasswordCheck | SignInRefused:
        """Say what is wrong with what was typed so far, all of it at once."""

    async def entered(self, cookie: str, text: str) -> Entered | PasswordCheck | SignInRefused:
        """Act with what was entered, if every rule is kept."""


def setup(app: web.Application, *, desk: EntryDesk, pages: Pages) -> None:
    """Add the routes under `/step-up/enter`."""
    routes = EntryPages(
        desk,
        pages,
        asks=(Limit(burst=120, rate=4), Limit(burst=40, rate=1)),
        sends=Limit(burst=8, rate=0.1),
    )
    app.router.add_get(ENTER, routes.shown, allow_head=False)
    app.router.add_post(ENTER, routes.sent)
    app.router.add_post(f"{ENTER}/check", routes.checked)


@dataclass(frozen=True, slots=True)
class EntryPages:
    """`asks` hold back who checks too often, by address and by browser; `sends` who tries too many, by person."""

    desk: EntryDesk
    pages: Pages
    asks: tuple[Limit, Limit]
    sends: Limit

    async def shown(self, request: web.Request) -> web.Response:
        cookie = held(request)
        page = await self.desk.page(cookie) if cookie else _not_ours(request)
        if isinstance(page, SignInRefused):
            return self._refused(page)
        check = check_for(request)
        response = form.enter(self.pages, page, check=check)
        keep(response, CHECK, check)
        return response

    async def sent(self, request: web.Request) -> web.Response:
        """Take a new password, from our own page in the browser that signed in."""
        fields, cookie = await filled(request, MOST), held(request)
        check = fields.get("check", "")
        if not cookie or not ours(request, check):
            return self._refused(_not_ours(request))
        page = await self.desk.page(cookie)
        if isinstance(page, SignInRefused):
            return self._refused(page)
        if wait := self.sends.wait(f"{page.person.tenant} {page.person.id}"):
            return self.pages.too_often(page.person.language, wait, over=True)
        came = await self.desk.entered(cookie, fields.get("password", ""))
        match came:
            case SignInRefused():
                return self._refused(came)
            case PasswordCheck():
                return form.enter(self.pages, page, check=check, checked=came)
            case Entered(refusal=refusal, again=True):
                return form.enter(self.pages, page, check=check, refusal=refusal)
            case Entered():
                return form.entered(self.pages, came)
            case _:
                assert_never(came)

    async def checked(self, request: web.Request) -> web.Response:
        """Tell the page's script what is wrong with what was typed so far."""
        cookie, (by_address, by_browser) = held(request), self.asks
        if wait := by_address.wait(address_of(request)):
            return self._not_now(request, wait)
        fields = await filled(request, MOST)
        if not cookie or not ours(request, fields.get("check", "")):
            return self._refused_as_json(_not_ours(request))
        if wait := by_browser.wait(cookie):
            return self._not_now(request, wait)
        found = await self.desk.checked(cookie, fields.get("password", ""))
        if isinstance(found, SignInRefused):
            return self._refused_as_json(found)
        return web.json_response(form.findings(self.pages, found, language_of(request)), headers=NO_SCRIPT)

    def _refused(self, refused: SignInRefused) -> web.Response:
        return self.pages.refused(refused.reason, refused.language, status=_status(refused), over=True)

    def _refused_as_json(self, refused: SignInRefused) -> web.Response:
        told = {"error": refused.reason, "text": self.pages.sentence(refused.reason, refused.language)}
        return web.json_response(told, status=_status(refused), headers=NO_SCRIPT)

    def _not_now(self, request: web.Request, wait: float) -> web.Response:
        told = {"error": TOO_OFTEN, "text": self.pages.sentence(TOO_OFTEN, language_of(request))}
        headers = {**NO_SCRIPT, "Retry-After": str(ceil(wait))}
        return web.json_response(told, status=HTTPStatus.TOO_MANY_REQUESTS, headers=headers)


def _not_ours(request: web.Request) -> SignInRefused:
    return SignInRefused(Reason.SIGN_IN_FAILED, language_of(request))


def _status(refused: SignInRefused) -> HTTPStatus:
    return STATUS.get(refused.reason, HTTPStatus.FORBIDDEN)
