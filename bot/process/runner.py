"""Runner: what speaks HTTP for an application; how long it waits for whom."""

from __future__ import annotations

import logging
from typing import Final

from aiohttp import web

from bot.process.lifetime import FINISHING
from bot.process.logs import AccessLog, ServerLog

IDLE: Final = 75.0  # seconds a connection may take for a request's head; longer than an ingress keeps an idle one
LINGER: Final = 2.0  # seconds for the rest of a body nobody wants any more


def runner(app: web.Application, *, idle: float = IDLE, linger: float = LINGER) -> web.AppRunner:
    """Return what speaks HTTP for `app`. Packed bodies stay packed: unpacking one is the sender's way to our memory."""
    return web.AppRunner(
        app,
        access_log_class=AccessLog,
        logger=ServerLog(logging.getLogger("aiohttp.server")),
        shutdown_timeout=FINISHING,
        keepalive_timeout=idle,
        lingering_time=linger,
        auto_decompress=False,
    )
