"""Security info: what people sign in with, seen and added; a passkey wants more than a password, and a moment ago.

https://learn.microsoft.com/entra/identity/authentication/how-to-register-passkey
"""

from __future__ import annotations

from html import escape
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from playground.entra import views
from playground.entra.metadata import known
from playground.entra.visits import Visits
from playground.tenant.access import Visit
from playground.tenant.factors import ICLOUD, SECOND, YUBIKEY, Factor, Type
from playground.world import World

_LONGEST: Final = 30  # characters of a passkey's name
_KINDS: Final = {"key": (YUBIKEY, "deviceBound"), "phone": (ICLOUD, "synced")}
_WEAK: Final = (
    "Adding this needs more than a password, and no longer than ten minutes ago. Ask for a Temporary Access Pass, "
    "and sign in with it."
)
_NAMES: Final[dict[Type, str]] = {
    "email": "Email",
    "external": "External method",
    "fido2": "Passkey",
    "microsoftAuthenticator": "Authenticator app",
    "password": "Password",
    "phone": "Phone",
    "platformCredential": "Platform credential",
    "softwareOath": "Code generator",
    "windowsHelloForBusiness": "Windows Hello",
}


class Security:
    def __init__(self, world: World) -> None:
        self._world = world
        self._visits = Visits(world)

    async def show(self, request: web.Request) -> web.Response:
        """GET: the list, or the way to the sign-in."""
        known(self._world, request)
        visit = self._signed_in(request)
        return self.page(visit) if isinstance(visit, Visit) else visit

    async def passkey(self, request: web.Request) -> web.Response:
        """POST: a passkey of a name and a kind."""
        known(self._world, request)
        visit = self._signed_in(request)
        if not isinstance(visit, Visit):
            return visit
        form = await request.post()
        name, kind = str(form.get("name", "")).strip(), _KINDS.get(str(form.get("kind", "key")))
        if not name or len(name) > _LONGEST or kind is None:
            return self.page(visit, problem=f"Give the passkey a name of 1 to {_LONGEST} characters.")
        if not self._visits.fresh(visit):
            return self.page(visit, problem=_WEAK)
        self._world.graph.register_passkey(visit.person, name, model=kind[0], kind=kind[1])
        return self._back()

    async def authenticator(self, request: web.Request) -> web.Response:
        """POST: the app on a phone; for whoever has no second factor yet a password is enough, as in Entra."""
        known(self._world, request)
        visit = self._signed_in(request)
        if not isinstance(visit, Visit):
            return visit
        name = str((await request.post()).get("name", "")).strip()
        if not name or len(name) > _LONGEST:
            return self.page(visit, problem=f"Give the phone a name of 1 to {_LONGEST} characters.")
        held = self._world.graph.methods[visit.person]
        if not self._visits.fresh(visit) and any(one.type in SECOND or one.type == "fido2" for one in held):
            return self.page(visit, problem=_WEAK)
        self._world.graph.register_authenticator(visit.person, name)
        return self._back()

    async def sign_out(self, request: web.Request) -> web.Response:
        known(self._world, request)
        answer = web.Response(status=303, headers={"Location": self._at("pass-sign-in")})
        self._visits.end(request, answer)
        return answer

    def page(self, visit: Visit, *, problem: str = "") -> web.Response:
        """Fill the page for somebody who is signed in."""
        person = self._world.people[visit.person]
        given = person.name.split()[0]
        return views.page(
            self._world,
            "security",
            person=escape(person.key),
            given=escape(given),
            upn=escape(person.upn),
            how="a Temporary Access Pass" if visit.strong else "your password",
            next=views.fragment("next") if visit.strong else "",
            problem=views.alert(problem),
            methods="".join(self._method(person.key, one) for one in self._world.graph.methods[person.key]),
            base=self._at("security-info"),
            phone=escape(f"{given}'s new phone", quote=True),
        )

    def _signed_in(self, request: web.Request) -> Visit | web.Response:
        visit = self._visits.of(request)
        if visit is not None and not visit.unchanged:
            return visit
        upn = request.query.get("upn", "")
        where = self._at("pass-sign-in" if visit is None else "password-change")
        query = f"?{urlencode({'upn': upn})}" if upn and visit is None else ""
        return web.Response(status=303, headers={"Location": where + query})

    def _method(self, key: str, one: Factor) -> str:
        default = ' <em class=default data-testid="default">default</em>' if self._default(key, one) else ""
        added = one.created.strftime("%d %B %Y").lstrip("0")
        return (
            f'<li data-testid="method-{escape(one.type)}"><span class=words><b>{_NAMES[one.type]}{default}</b>'
            f"<small>{escape(one.name)}{' · ' if one.name else ''}since {added}</small></span></li>"
        )

    def _default(self, key: str, one: Factor) -> bool:
        return self._world.graph.methods.default.get(key) == one.id

    def _back(self) -> web.Response:
        return web.Response(status=303, headers={"Location": self._at("security-info")})

    def _at(self, page: str) -> str:
        return f"/entra/{self._world.tenant}/{page}"
