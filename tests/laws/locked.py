"""Locked: what an agent or security does to have somebody else's account locked, step by step."""

from __future__ import annotations

from bot.core.answers import Answer, Done, Said
from bot.core.interventions import Intervention
from bot.core.locking import SendLock
from bot.core.model import Actor, Request
from bot.core.ports import Purpose
from tests.fakes import (
    Office,
    at_home,
    person,
    private,
)
from tests.laws.signed import signed

WHY = "Her phone rings with prompts she did not start"
ALARM, SESSIONS = "compromised", "sessions"


async def sends(
    desk: Office,
    about: str = "ann",
    kind: str = ALARM,
    *,
    by: str = "ben",
    form: str = "f1",
    actor: Actor | None = None,
) -> Answer:
    await desk.desk.installed(person(by), private(by))
    return await desk.desk.handle(actor or at_home(by), SendLock(form, about, kind, WHY))


async def signs(desk: Office, form: str = "f1", by: str = "ben") -> Answer:
    return await signed(desk, Intervention.named(form), by, Purpose.LOCK)


async def intervention(desk: Office, form: str = "f1") -> Intervention:
    async with desk.store.unit() as unit:
        found = await unit.matter(Intervention, Intervention.named(form))
    assert found is not None
    return found


async def opened(desk: Office, form: str = "f1") -> Request:
    return await desk.load((await intervention(desk, form)).request)


async def locks(desk: Office, about: str = "ann", kind: str = ALARM, *, by: str = "ben", form: str = "f1") -> Request:
    """Press, sign in, and let it be carried out, as the worker does."""
    assert isinstance(await sends(desk, about, kind, by=by, form=form), Said)
    assert isinstance(await signs(desk, form, by), Done)
    request = await opened(desk, form)
    await desk.job("act", request.id)
    return await desk.load(request.id)


async def requests(desk: Office, about: str = "ann") -> list[Request]:
    async with desk.store.unit() as unit:
        return list(await unit.latest(person(about).tenant, about, 20))
