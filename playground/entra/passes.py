"""Passes: where somebody signs in with a Temporary Access Pass; it says exactly why one does not work."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from aiohttp import web

from playground.entra import views
from playground.entra.metadata import known
from playground.graph.state import Reason

if TYPE_CHECKING:
    from playground.world import World

_WHY: dict[Reason, str] = {
    "DisabledByPolicy": "Sign-in was blocked: your organization does not allow a Temporary Access Pass for you.",
    "Expired": "Your Temporary Access Pass has expired. Ask for a new one.",
    "NotYetValid": "Your Temporary Access Pass is not valid yet.",
    "OneTimeUsed": "Your Temporary Access Pass was used already. It works once; ask for a new one.",
}
_WRONG = "Your account or Temporary Access Pass is incorrect."


class Passes:
    def __init__(self, world: World) -> None:
        self._world = world

    async def show(self, request: web.Request) -> web.Response:
        known(self._world, request)
        return self._form(request, upn=request.query.get("upn", ""))

    async def answer(self, request: web.Request) -> web.Response:
        known(self._world, request)
        form = await request.post()
        upn, value = str(form.get("upn", "")).strip(), str(form.get("pass", "")).strip()
        person = self._world.people.find(upn)
        if person is None:
            return self._form(request, upn=upn, problem=_WRONG)
        if not person.enabled:
            return self._form(request, upn=upn, problem="Your account has been locked. Contact your support person.")
        reason = self._world.graph.use(person.key, value)
        if reason != "EnabledByPolicy":
            return self._form(request, upn=upn, problem=_WRONG if reason is None else _WHY[reason])
        return views.page(
            self._world, "welcome", given=escape(person.name.split()[0]), upn=escape(person.upn), person=person.key
        )

    def _form(self, request: web.Request, *, upn: str, problem: str = "") -> web.Response:
        return views.page(
            self._world, "pass", action=escape(request.path), upn=escape(upn, quote=True), problem=views.alert(problem)
        )
