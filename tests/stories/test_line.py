"""More wait for an approver than the channel has threads for: one reads her place, another takes her from the line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.model import Mode, Person, Request, Status
from bot.core.queue import FEW
from bot.store.postgres import PostgresStore
from playground.people import TENANT
from playground.server import Play
from tests.adapters.rows import Stopped
from tests.stories.conftest import Take
from tests.stories.seat import words

BEFORE = FEW + 3

pytestmark = pytest.mark.browser


async def crowd(play: Play) -> None:
    """So many asked a while ago, and nobody has decided."""
    begun = datetime.now(UTC) - timedelta(minutes=20)
    async with PostgresStore(play.database_url, clock=Stopped(begun), size=1) as store, store.unit() as unit:
        for number in range(BEFORE):
            somebody, at = Person(TENANT, f"p{number}", f"Person {number}"), begun + timedelta(seconds=number)
            details, until = {"reason": "new_phone", "minutes": "60"}, begun + timedelta(hours=4)
            asked = Request(f"r{number}", "tap", somebody, somebody, details, Mode.ENFORCE, Status.APPROVAL, 1, at)
            await unit.add(replace(asked, expires_at=until, due_at=until))


async def test_she_reads_her_place_and_is_taken_from_the_line(play: Play, take: Take) -> None:
    await crowd(play)
    ann, ben = await take("ann"), await take("ben")
    await ann.ask()
    await ann.sign_in()
    await ann.sees(f"you were number {BEFORE + 1} in the line")
    await ann.picture("line-ann")
    await ben.open("helpdesk")
    await ben.sees(words("queue.title", count=BEFORE + 1))
    await ben.picture("line-channel")
    await ben.press(words("button.whole_line"))
    await ben.open("vouchsafe")
    await ben.press(words("button.open"), on=words("queue.mine"))
    title = words("tap.approvers.title", name="Ann Archer")
    await ben.sees(title)
    await ben.picture("line-opened")
    await ben.press(words("button.approve"), on=title)
    await ben.sign_in(words("button.sign_in_and_approve"))
    await ben.sees(words("confirm.counted"))
    await ben.picture("line-counted")
    await ann.read_pass()
