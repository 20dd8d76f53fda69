"""Routes: Entra's and the Bot Framework's addresses; a refusal becomes an answer here and nowhere else."""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from playground.entra import views
from playground.entra.authorize import Authorize
from playground.entra.grants import Grants
from playground.entra.metadata import Metadata
from playground.entra.passes import PassSignIn
from playground.entra.passwords import PasswordSignIn
from playground.entra.refusals import RefusedByEntra
from playground.entra.security import Security
from playground.faults import faulty
from playground.journal import recorded
from playground.world import World


def setup(app: web.Application, world: World) -> None:
    """Serve /entra and /botframework."""
    app.add_subapp("/entra", _entra(world))
    app.add_subapp("/botframework", _bot_framework(world))


def _entra(world: World) -> web.Application:
    app = _app(world)
    metadata, authorize, passes = Metadata(world), Authorize(world), PassSignIn(world)
    app.router.add_get("/pages/entra.css", views.stylesheet)
    app.router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", metadata.tenant)
    app.router.add_get("/{tenant}/discovery/v2.0/keys", metadata.keys)
    app.router.add_get("/{tenant}/oauth2/v2.0/authorize", authorize.show)
    app.router.add_post("/{tenant}/oauth2/v2.0/authorize", authorize.answer)
    app.router.add_post("/{tenant}/oauth2/v2.0/token", Grants(world).token)
    app.router.add_get("/{tenant}/pass-sign-in", passes.show)
    app.router.add_post("/{tenant}/pass-sign-in", passes.answer)
    _own_pages(app, world)
    return app


def _own_pages(app: web.Application, world: World) -> None:
    """Where aka.ms/mysecurityinfo leads, and what is on the way."""
    passwords, security = PasswordSignIn(world), Security(world)
    app.router.add_get("/{tenant}/password-sign-in", passwords.show)
    app.router.add_post("/{tenant}/password-sign-in", passwords.answer)
    app.router.add_get("/{tenant}/password-change", passwords.ask)
    app.router.add_post("/{tenant}/password-change", passwords.change)
    app.router.add_get("/{tenant}/security-info", security.show)
    app.router.add_post("/{tenant}/security-info/passkey", security.passkey)
    app.router.add_post("/{tenant}/security-info/authenticator", security.authenticator)
    app.router.add_post("/{tenant}/security-info/sign-out", security.sign_out)


def _bot_framework(world: World) -> web.Application:
    app = _app(world)
    metadata = Metadata(world)
    app.router.add_get("/v1/.well-known/openidconfiguration", metadata.bot)
    app.router.add_get("/v1/.well-known/keys", metadata.bot_keys)
    return app


def _app(world: World) -> web.Application:
    journal = recorded(world.journal, world.clock, "entra", only=_from_the_bot)
    return web.Application(middlewares=[journal, faulty(world.faults, world.clock, "entra"), _refused(world)])


def _from_the_bot(request: web.Request) -> bool:
    return request.path.endswith(("/token", "/keys", "/openid-configuration", "/openidconfiguration"))


def _refused(world: World) -> Middleware:
    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except RefusedByEntra as refused:
            return web.json_response(refused.body(world), status=refused.status, headers={"Cache-Control": "no-store"})

    return middleware
