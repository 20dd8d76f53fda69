"""Raised: an alarm as people raise it, and what was on its way by then; for the laws of the freeze."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from bot.core.actions import Begin, Ref
from bot.core.answers import Answer, RequestCard
from bot.core.errors import Unavailable
from bot.core.model import Request
from tests.fakes import Office, at_home, person, private


async def alarm(desk: Office, name: str = "ann") -> Request:
    """Somebody is in my account."""
    await desk.desk.installed(person(name), private(name))
    answer = await desk.desk.handle(at_home(name), Begin("compromised"))
    assert isinstance(answer, RequestCard), answer
    return answer.request


async def flagged(desk: Office) -> Ref:
    """Somebody's flag waits for an approver, whom the desk can write to."""
    await desk.ask(kind="risk")
    await desk.sign_in()
    await desk.desk.installed(person("ben"), private("ben"))
    return Ref("r1", (await desk.load("r1")).version)


async def lock(desk: Office, alarm_id: str) -> None:
    """Do what follows an alarm, as the worker does: it comes again."""
    with suppress(Unavailable):
        await desk.job("lock", alarm_id)


async def under_way(desk: Office) -> tuple[asyncio.Task[Answer], asyncio.Event]:
    """A pass that is claimed and on the wire; its answer comes when the event is set."""
    made_there, go_on = asyncio.Event(), asyncio.Event()
    issue = desk.directory.issue_pass

    async def slow(*args: object, **kwargs: object) -> object:
        made = await issue(*args, **kwargs)  # type: ignore[arg-type]  # as given
        made_there.set()
        await go_on.wait()
        return made

    desk.directory.issue_pass = slow  # type: ignore[method-assign,assignment]  # the wire is slow
    showing = asyncio.create_task(desk.show())
    await made_there.wait()
    return showing, go_on
