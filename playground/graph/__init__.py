"""The playground's Graph: the routes the desk uses; what is not granted is answered 403."""

from playground.graph.routes import routes, setup

__all__ = ["routes", "setup"]
