"""Authorize: the sign-in page; a code is only for who signed in and as they did."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, get_args
from urllib.parse import urlencode

from aiohttp import web

from playground.entra import views
from playground.entra.demand import Demand, demand
from playground.entra.metadata import known
from playground.entra.refusals import RefusedByEntra, unknown_app
from playground.people import Person
from playground.tenant.access import Code, Method, Policy, Session
from playground.world import World

METHODS: Final[tuple[Method, ...]] = get_args(Method)


@dataclass(frozen=True, slots=True)
class Authorization:
    """An authorization request that is in order."""

    redirect: str
    scope: str
    state: str
    nonce: str
    challenge: str
    demand: Demand
    hint: str
    anew: bool


class Authorize:
    def __init__(self, world: World) -> None:
        self._world = world

    async def show(self, request: web.Request) -> web.Response:
        """GET: the page, or the reason why there is none; who is signed in well enough passes without one.

        Not where `prompt=login` asks for it: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
        """
        asked = self._read(request)
        if isinstance(asked, web.Response):
            return asked
        return self._passed(asked) or self._page(request, asked)

    async def answer(self, request: web.Request) -> web.Response:
        """POST: somebody signed in, or did not want to."""
        asked = self._read(request)
        if isinstance(asked, web.Response):
            return asked
        form = await request.post()
        if form.get("action") == "cancel":
            gone = {"error": "access_denied", "error_subcode": "cancel"}
            return self._back(asked.state, gone | {"error_description": "AADSTS65004: User declined to sign in."})
        return self._signed(request, asked, person=str(form.get("person", "")), chosen=str(form.get("method", "")))

    def _signed(self, request: web.Request, asked: Authorization, *, person: str, chosen: str) -> web.Response:
        method = next((method for method in METHODS if method == chosen), None)
        if person not in self._world.people or method is None:
            return self._page(request, asked, problem="Choose who signs in and how.")
        who = self._world.people[person]
        if not who.enabled:
            problem = "Your account has been locked. Contact your support person to unlock it. (AADSTS50057)"
            return self._page(request, asked, problem=problem, person=who)
        session = self._world.entra.fresh(person, method)
        wanted = asked.demand.contexts
        unmet = self._world.entra.unmet(wanted, person, session)
        if unmet is not None and asked.demand.essential:
            return self._page(request, asked, problem=_short(unmet), person=who)
        self._world.entra.signed_in(person, session.at)
        code = self._code(asked, who, session, contexts=wanted if unmet is None else ())
        return self._back(asked.state, {"code": code, "session_state": secrets.token_hex(16)})

    def _passed(self, asked: Authorization) -> web.Response | None:
        """Answer for somebody whose session of before is enough."""
        who = self._world.people.find(asked.hint)
        if asked.anew or who is None or not self._world.entra.silent.get(who.key):
            return None
        session, wanted = self._world.entra.session(who.key), asked.demand.contexts
        if self._world.entra.unmet(wanted, who.key, session) is not None:
            return None
        return self._back(asked.state, {"code": self._code(asked, who, session, contexts=wanted)})

    def _code(self, asked: Authorization, person: Person, session: Session, *, contexts: tuple[str, ...]) -> str:
        value = f"1.{secrets.token_urlsafe(48)}"
        self._world.entra.codes[value] = Code(
            person=person.key,
            redirect=asked.redirect,
            scope=asked.scope,
            nonce=asked.nonce,
            challenge=asked.challenge,
            contexts=contexts,
            session=session,
            at=self._world.clock.now(),
        )
        return value

    def _read(self, request: web.Request) -> Authorization | web.Response:
        """Return the request if it is in order; else tell the person, or the app once it is known which one asks."""
        try:
            redirect = self._addressed(request)
        except RefusedByEntra as refused:
            return views.failure(self._world, refused)
        try:
            return _asked(request.query, redirect)
        except RefusedByEntra as refused:
            told = {"error": refused.error, "error_description": str(refused)}
            return self._back(request.query.get("state", ""), told)

    def _addressed(self, request: web.Request) -> str:
        known(self._world, request)
        if (client := request.query.get("client_id", "")) != self._world.bot_id:
            raise unknown_app(client)
        if (redirect := request.query.get("redirect_uri", "")) != self._world.redirect:
            text = f"The redirect URI '{redirect}' specified in the request does not match those of the application."
            raise RefusedByEntra("invalid_request", 50011, text)
        return redirect

    def _page(
        self, request: web.Request, asked: Authorization, *, problem: str = "", person: Person | None = None
    ) -> web.Response:
        chosen = person or self._world.people.find(asked.hint)
        return views.sign_in(
            self._world, action=request.path_qs, contexts=asked.demand.contexts, chosen=chosen, problem=problem
        )

    def _back(self, state: str, answer: Mapping[str, str]) -> web.Response:
        query = dict(answer) | ({"state": state} if state else {})
        location = f"{self._world.redirect}?{urlencode(query)}"
        return web.Response(status=302, headers={"Location": location, "Cache-Control": "no-store"})


def _asked(query: Mapping[str, str], redirect: str) -> Authorization:
    if query.get("response_type") != "code":
        raise RefusedByEntra("unsupported_response_type", 700054, "response_type must be 'code' for this application.")
    if query.get("response_mode", "query") != "query":
        raise RefusedByEntra("invalid_request", 70007, "The response_mode is not one this tenant supports.")
    scope = query.get("scope", "")
    if "openid" not in scope.split():
        raise RefusedByEntra("invalid_scope", 70011, "The scope must include 'openid'.")
    challenge = query.get("code_challenge", "")
    if not challenge or query.get("code_challenge_method") != "S256":
        raise RefusedByEntra("invalid_request", 9002325, "Proof Key for Code Exchange (S256) is required.")
    if query.get("prompt") == "none":
        raise RefusedByEntra("login_required", 50058, "A silent sign-in request was sent but no user is signed in.")
    return Authorization(
        redirect=redirect,
        scope=scope,
        state=query.get("state", ""),
        nonce=query.get("nonce", ""),
        challenge=challenge,
        demand=demand(query.get("claims", "")),
        hint=query.get("login_hint", ""),
        anew=query.get("prompt") == "login",
    )


def _short(policy: Policy) -> str:
    match policy.strength:
        case "none" | "mfa":
            return "Your organization asks for more than a password here: use a passkey or the app. (AADSTS50076)"
        case "phishing_resistant":
            return "Your organization asks for a passkey here: sign in with your passkey. (AADSTS50076)"
