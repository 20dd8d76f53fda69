"""Signed: somebody signs in for what they have begun, as their browser and then their Teams do it."""

from __future__ import annotations

from bot.core.actions import ReturnCode
from bot.core.answers import Answer
from bot.core.ports import Purpose
from tests.fakes import Office, at_home


async def signed(desk: Office, matter: str, by: str, purpose: Purpose) -> Answer:
    """Let them sign in for a matter, a moment after they did for the one before."""
    desk.clock.advance(seconds=1)
    async with desk.store.unit() as unit:
        sign_in = await unit.sign_in_for(matter, by, purpose)
    assert sign_in is not None
    cookie = f"{sign_in.id}.browser"
    await desk.step_up.start(sign_in.id, cookie)
    code = await desk.step_up.returned(cookie, {"code": "x"})
    assert isinstance(code, str), code
    return await desk.desk.handle(at_home(by), ReturnCode(code))
