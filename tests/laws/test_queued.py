"""Queued: what a request sets going is written into the queue with it; who dies then lost nothing."""

from __future__ import annotations

from bot.core.actions import Ref, Report
from tests.fakes import Office, at_home
from tests.laws.faced import queued


async def test_who_asks_has_a_card_on_its_way(desk: Office) -> None:
    await desk.ask()
    assert set(await queued(desk)) == {"cards:r1"}


async def test_what_needs_nobody_else_is_to_be_done_at_once(desk: Office) -> None:
    await desk.ask(kind="sessions")
    assert set(await queued(desk)) == {"act:r1", "cards:r1"}


async def test_who_says_it_was_not_them_is_heard_by_security(desk: Office) -> None:
    await desk.ask()
    await desk.sign_in()
    assert "alert:r1" not in await queued(desk)
    await desk.desk.handle(at_home("ann"), Report(Ref("r1", (await desk.load("r1")).version)))
    assert "alert:r1" in await queued(desk)


async def test_an_intruder_is_locked_out_and_security_hears_of_it(desk: Office) -> None:
    await desk.ask(kind="compromised")
    assert set(await queued(desk)) == {"act:r1", "alert:r1", "cards:r1", "lock:r1"}
