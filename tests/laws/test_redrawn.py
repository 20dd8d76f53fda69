"""Who decides sees what happens to their person's other requests, without a press; a reminder looks anew."""

from __future__ import annotations

import json
from datetime import timedelta

from bot.core.actions import Begin, Deny, Ref, Withdraw
from bot.core.audit import Deed
from bot.core.errors import Unavailable
from bot.core.model import Status
from bot.core.ports import Slot
from bot.core.reasons import Reason
from bot.core.risk import Risk
from cards import text
from tests.entra import TENANT
from tests.fakes import LONG_AGO, POLICY, Office, at_home, in_channel
from tests.laws.seen import why

WORDS = "could not say her manager's name"
HALF = POLICY.approval_wait / 2 + timedelta(seconds=1)


async def worked_off(desk: Office) -> set[str]:
    """Do the jobs that bring cards up to date, as the worker would; say of which requests there were any."""
    async with desk.store.connections("look", 1) as pool, pool.connection() as connection:
        rows = await connection.execute(
            "DELETE FROM procrastinate_jobs WHERE args ->> 'name' = 'cards' RETURNING args ->> 'request' AS id"
        )
        found = {row["id"] for row in await rows.fetchall()}
    for request in sorted(found):
        await desk.job("cards", request)
    return found


async def helpdesk(desk: Office, request_id: str, slot: Slot = Slot.APPROVERS) -> str:
    """What one request's own message in the helpdesk's channel says."""
    async with desk.store.unit() as unit:
        [posted] = [p for p in await unit.posted(request_id) if p.slot is slot and not p.deleted]
    assert posted.chat is not None
    return json.dumps(desk.messenger.messages[(posted.chat.id, posted.activity)], ensure_ascii=False)


async def two(desk: Office) -> None:
    """Ann waits for somebody's yes for a pass and for her flag; the cards stand there, and nothing is left to do."""
    await desk.ask(request_id="pass")
    await desk.sign_in(request_id="pass")
    await desk.ask(request_id="flag", kind="risk")
    await desk.sign_in(request_id="flag")
    await desk.ask("kim", request_id="kims")
    await desk.sign_in("kim", "kims")
    await worked_off(desk)
    assert await worked_off(desk) == set()
    for name in ("pass", "flag", "kims"):
        assert (await desk.load(name)).status is Status.APPROVAL


async def test_a_no_is_on_the_cards_of_what_else_its_person_asks(desk: Office) -> None:
    await two(desk)
    ref = Ref("pass", (await desk.load("pass")).version)
    await desk.desk.handle(in_channel("ben"), Deny(ref, WORDS))
    assert await worked_off(desk) == {"pass", "flag"}  # and nobody else's
    assert f"“{WORDS}”" in await helpdesk(desk, "flag")
    assert WORDS not in await helpdesk(desk, "kims")


async def test_so_is_a_refusal(desk: Office) -> None:
    await two(desk)
    desk.directory.members["employees"].discard("ann")
    assert why(await desk.ask(request_id="more", kind="methods")) == Reason.NOT_ALLOWED
    await worked_off(desk)
    assert text("status.refused", "en") in await helpdesk(desk, "flag")
    assert text("methods.theirs", "en") in await helpdesk(desk, "pass")


async def test_so_is_what_its_person_withdrew(desk: Office) -> None:
    await two(desk)
    await desk.desk.handle(at_home("ann"), Withdraw(Ref("pass", (await desk.load("pass")).version)))
    assert text("status.withdrawn", "en") not in await helpdesk(desk, "flag")
    await worked_off(desk)
    assert text("status.withdrawn", "en") in await helpdesk(desk, "flag")


async def test_so_is_an_alarm_before_anything_else_comes_of_it(desk: Office) -> None:
    await two(desk)
    await desk.desk.handle(at_home("ann"), Begin("compromised"))
    assert {"pass", "flag"} <= await worked_off(desk)
    for name in ("pass", "flag"):
        assert "reported as an alarm" in await helpdesk(desk, name)


async def test_what_goes_as_it_should_redraws_nothing_else(desk: Office) -> None:
    await two(desk)
    await desk.approve(request_id="pass")
    await desk.show(request_id="pass")
    assert "flag" not in await worked_off(desk)


# Half the time is over, and nobody has decided.


async def test_a_reminder_shows_the_case_as_it_is_today(desk: Office) -> None:
    await two(desk)
    desk.directory.risks["ann"] = Risk("atRisk", "hidden", "none", LONG_AGO)
    desk.clock.advance(seconds=HALF.total_seconds())
    await desk.job("due", "flag")
    request = await desk.load("flag")
    assert (request.reminded, request.level) == (True, "hidden")
    await worked_off(desk)
    assert text("risk.level.hidden", "en") in await helpdesk(desk, "flag")
    assert text("reminder.title", "en") in await helpdesk(desk, "flag", Slot.REMINDER)
    last = [e.deed async for e in desk.store.audit_entries(TENANT) if e.request == "flag"][-1]
    assert last == Deed.REMINDED


async def test_nobody_is_reminded_of_what_may_not_be_done_any_more(desk: Office) -> None:
    await two(desk)
    desk.directory.members["employees"].discard("ann")
    desk.clock.advance(seconds=HALF.total_seconds())
    await desk.job("due", "pass")
    request = await desk.load("pass")
    assert (request.status, request.ending and request.ending.refusal) != (Status.APPROVAL, None)
    assert Deed.REMINDED not in await desk.deeds()


async def test_what_cannot_be_found_out_just_then_is_reminded_of_and_looked_at_again(desk: Office) -> None:
    await two(desk)
    desk.directory.trouble["account"] = Unavailable("no answer")
    desk.clock.advance(seconds=HALF.total_seconds())
    await desk.job("due", "pass")
    request = await desk.load("pass")
    assert (request.status, request.reminded) == (Status.APPROVAL, True)
    assert request.due_at is not None
    assert request.due_at < desk.clock.now() + timedelta(minutes=1)
    desk.directory.trouble.clear()
    desk.directory.members["employees"].discard("ann")
    desk.clock.advance(minutes=1)
    await desk.job("due", "pass")
    assert (await desk.load("pass")).status is Status.REFUSED
