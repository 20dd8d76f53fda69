"""The playground's Graph: the routes the desk uses; what is not granted is answered 403."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware

from playground.graph.routes import routes
from playground.graph.routes import setup as serve
from playground.world import World

__all__ = ["routes", "setup", "witnesses"]

# Whoever wants to see the requests and their answers puts something here before a world is set up.
witnesses: Final[list[Callable[[World], Middleware]]] = []


def setup(app: web.Application, world: World) -> None:
    """Serve /graph/v1.0, before the eyes of the witnesses."""
    app.middlewares.extend(witness(world) for witness in witnesses)
    serve(app, world)
