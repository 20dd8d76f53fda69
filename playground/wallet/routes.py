"""Routes: the Request Service's addresses and the phone's; a refusal becomes an answer here and nowhere else."""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from playground.faults import faulty
from playground.journal import recorded
from playground.verified.refusals import RefusedByVerifier
from playground.wallet import views
from playground.wallet.phone import Wallet
from playground.wallet.service import CREATE_PATH, Service
from playground.world import World


def setup(app: web.Application, world: World) -> None:
    """Serve /verified-id and /wallet."""
    app.add_subapp("/verified-id", _service(world))
    app.add_subapp("/wallet", _wallet(world))

    async def close(_app: web.Application) -> None:
        await world.verified.callbacks.close()

    app.on_shutdown.append(close)


def _service(world: World) -> web.Application:
    journal = recorded(world.journal, world.clock, "verified", only=lambda request: request.path.endswith(CREATE_PATH))
    app = web.Application(middlewares=[journal, _refused(world), faulty(world.faults, world.clock, "verified")])
    service = Service(world)
    app.router.add_post(CREATE_PATH, service.create)
    app.router.add_get("/requests/{request}", service.described)
    return app


def _wallet(world: World) -> web.Application:
    app = web.Application()
    wallet = Wallet(world)
    app.router.add_get("", wallet.show)
    app.router.add_post("/open", wallet.open)
    app.router.add_post("/answer", wallet.answer)
    app.router.add_post("/knobs", wallet.knobs)
    app.router.add_post("/revoke", wallet.revoke)
    app.router.add_get("/wallet.css", views.stylesheet)
    return app


def _refused(world: World) -> Middleware:
    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except RefusedByVerifier as refused:
            return web.json_response(refused.body(world.clock.now()), status=refused.status)
        except web.HTTPException as error:
            told = RefusedByVerifier(error.status, "notFound", error.reason, target=request.path)
            return web.json_response(told.body(world.clock.now()), status=told.status)

    return middleware
