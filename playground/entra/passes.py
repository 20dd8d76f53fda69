"""Passes: where somebody signs in with a Temporary Access Pass; it says exactly why one does not work."""

from __future__ import annotations

from html import escape

from aiohttp import web

from playground.entra import views
from playground.entra.metadata import known
from playground.entra.security import Security
from playground.entra.visits import Visits
from playground.people import Person
from playground.tenant.access import Visit
from playground.tenant.directory import Reason
from playground.world import World

_WHY: dict[Reason, str] = {
    "DisabledByPolicy": "Sign-in was blocked: your organization does not allow a Temporary Access Pass for you.",
    "Expired": "Your Temporary Access Pass has expired. Ask for a new one.",
    "NotYetValid": "Your Temporary Access Pass is not valid yet.",
    "OneTimeUsed": "Your Temporary Access Pass was used already. It works once; ask for a new one.",
}
_WRONG = "Your account or Temporary Access Pass is incorrect."


class PassSignIn:
    def __init__(self, world: World) -> None:
        self._world = world
        self._visits = Visits(world)
        self._security = Security(world)

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
        return self._welcome(person)

    def _welcome(self, person: Person) -> web.Response:
        """Show the security info at once: sending the browser on would cost whoever has no cookies their pass."""
        now = Visit(person.key, self._world.clock.now(), strong=True)
        answer = self._security.page(now)
        self._visits.begin(answer, person, strong=True)
        return answer

    def _form(self, request: web.Request, *, upn: str, problem: str = "") -> web.Response:
        return views.page(
            self._world,
            "pass",
            action=escape(request.path),
            other=escape(views.beside(self._world, "password-sign-in", upn)),
            upn=escape(upn, quote=True),
            problem=views.alert(problem),
        )
