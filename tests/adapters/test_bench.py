"""What the bench measures is the product: it is put together as that is, whatever the product has learnt since."""

from __future__ import annotations

import aiohttp
import pytest

from bench.contestants import OUR_SETTINGS
from bench.ours import application
from bot.config import environment
from bot.config.cloud import PUBLIC
from bot.entra.keys import KeyRing
from bot.process.clock import SystemClock


async def test_our_own_process_is_put_together_without_a_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in OUR_SETTINGS.items():
        monkeypatch.setenv(name, value)
    clock = SystemClock()
    async with aiohttp.ClientSession() as session:
        keys = KeyRing(session, PUBLIC.bot_openid, clock)
        app = application(environment.load(), session, keys, clock)
    assert "/api/messages" in {route.resource.canonical for route in app.router.routes() if route.resource is not None}
