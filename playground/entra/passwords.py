"""Passwords: where somebody signs in with one; who has to change it does so first, and sees nothing else before."""

from __future__ import annotations

from html import escape
from typing import Final

from aiohttp import web

from playground.entra import views
from playground.entra.metadata import known
from playground.entra.visits import Visits
from playground.tenant.passwords import Weak
from playground.world import World

_WRONG: Final = "Your account or password is incorrect. (AADSTS50126)"
_LOCKED: Final = "Your account has been locked. Contact your support person. (AADSTS50057)"
_DIFFERENT: Final = "The two new passwords are not the same."


class PasswordSignIn:
    def __init__(self, world: World) -> None:
        self._world = world
        self._visits = Visits(world)

    async def show(self, request: web.Request) -> web.Response:
        known(self._world, request)
        return self._form(request, upn=request.query.get("upn", ""))

    async def answer(self, request: web.Request) -> web.Response:
        """POST: account and password."""
        known(self._world, request)
        form = await request.post()
        upn, value = str(form.get("upn", "")).strip(), str(form.get("password", ""))
        person = self._world.people.find(upn)
        if person is None or not self._world.graph.password_ok(person.key, value):
            return self._form(request, upn=upn, problem=_WRONG)
        if not person.enabled:
            return self._form(request, upn=upn, problem=_LOCKED)
        unchanged = self._world.graph.must_change(person.key)
        answer = self._go("password-change" if unchanged else "security-info")
        self._visits.begin(answer, person, strong=False, unchanged=unchanged)
        return answer

    async def ask(self, request: web.Request) -> web.Response:
        """GET: the page for a new password, for somebody who has to choose one."""
        known(self._world, request)
        return self._change(request)

    async def change(self, request: web.Request) -> web.Response:
        """POST: the new password, twice."""
        known(self._world, request)
        visit = self._visits.of(request)
        if visit is None or not visit.unchanged:
            return self._go("security-info")
        form = await request.post()
        value = str(form.get("password", ""))
        if value != str(form.get("again", "")):
            return self._change(request, problem=_DIFFERENT)
        try:
            self._world.graph.change_password(visit.person, value)
        except Weak as weak:
            return self._change(request, problem=str(weak))
        self._visits.changed(request)
        return self._go("security-info")

    def _change(self, request: web.Request, *, problem: str = "") -> web.Response:
        visit = self._visits.of(request)
        if visit is None or not visit.unchanged:
            return self._go("security-info")
        upn = escape(self._world.people[visit.person].upn)
        return views.page(self._world, "change", action=escape(request.path), upn=upn, problem=views.alert(problem))

    def _form(self, request: web.Request, *, upn: str, problem: str = "") -> web.Response:
        return views.page(
            self._world,
            "password",
            action=escape(request.path),
            other=escape(views.beside(self._world, "pass-sign-in", upn)),
            upn=escape(upn, quote=True),
            problem=views.alert(problem),
        )

    def _go(self, page: str) -> web.Response:
        return web.Response(status=303, headers={"Location": f"/entra/{self._world.tenant}/{page}"})
