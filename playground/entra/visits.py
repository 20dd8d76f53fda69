"""Visits: who is signed in to Entra's own pages; a cookie nobody can guess, good for an hour and until sessions end."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Final

from aiohttp import web

from playground.people import Person
from playground.tenant.access import Visit
from playground.world import World

COOKIE: Final = "signed-in"
LIFE: Final = timedelta(hours=1)
FRESH: Final = timedelta(minutes=10)  # a one-time pass is good for registering something for as long as that


class Visits:
    def __init__(self, world: World) -> None:
        self._world = world

    def begin(self, answer: web.Response, person: Person, *, strong: bool, unchanged: bool = False) -> Visit:
        """Sign somebody in; while their password is `unchanged` nothing else is open to them."""
        value = secrets.token_urlsafe(32)
        visit = Visit(person.key, self._world.clock.now(), strong, unchanged)
        self._world.entra.visits[value] = visit
        if not unchanged:
            self._world.entra.signed_in(person.key)
        answer.set_cookie(COOKIE, value, path="/entra", httponly=True, samesite="Lax")
        return visit

    def of(self, request: web.Request) -> Visit | None:
        """Return the visit that still holds."""
        visit = self._world.entra.visits.get(request.cookies.get(COOKIE, ""))
        if visit is None or not self._world.people[visit.person].enabled:
            return None
        ended = visit.at < self._world.graph.sessions_from(visit.person)
        return None if ended or self._world.clock.now() >= visit.at + LIFE else visit

    def changed(self, request: web.Request) -> None:
        """The password is a new one: the visit is like any other from now on."""
        value = request.cookies.get(COOKIE, "")
        visit = self._world.entra.visits[value]
        self._world.entra.visits[value] = replace(visit, at=self._world.clock.now(), unchanged=False)
        self._world.entra.signed_in(visit.person)

    def end(self, request: web.Request, answer: web.Response) -> None:
        self._world.entra.visits.pop(request.cookies.get(COOKIE, ""), None)
        answer.del_cookie(COOKIE, path="/entra")

    def fresh(self, visit: Visit) -> bool:
        """Say whether this was more than a password, a moment ago."""
        return visit.strong and self._world.clock.now() < visit.at + FRESH
