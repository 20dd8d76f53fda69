"""Queued: what a request sets going is written into the queue with it; who dies then lost nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.actions import Deny, Ref, Report, RevokeIt, Withdraw
from bot.core.errors import AnswerLost, Rejected
from bot.core.model import Status
from tests.fakes import EMPLOYEES, Office, at_home, in_channel
from tests.laws.faced import begun, demanding, lasting, queued, status, waits, worked_off


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


async def _withdrawn(desk: Office) -> None:
    await desk.desk.handle(at_home("ann"), Withdraw(Ref("r2", (await desk.load("r2")).version)))


async def _denied(desk: Office) -> None:
    await desk.sign_in(request_id="r2")
    await desk.desk.handle(in_channel("ben"), Deny(Ref("r2", (await desk.load("r2")).version), "knew no floor"))


async def _expired(desk: Office) -> None:
    desk.clock.time = (await desk.load("r2")).expires_at or desk.clock.time
    await desk.job("due", "r2")


async def _refused(desk: Office) -> None:
    await desk.sign_in(request_id="r2")
    desk.directory.members[EMPLOYEES].remove("ann")
    desk.clock.time = (await desk.load("r2")).due_at or desk.clock.time
    await desk.job("due", "r2")


async def _failed(desk: Office) -> None:
    await desk.prove_all("r2")
    desk.directory.trouble["issue_pass"] = Rejected("no", code="forbidden")
    await desk.show(request_id="r2")


async def _revoking(desk: Office) -> None:
    await desk.prove_all("r2")
    await desk.act("r2")
    await desk.desk.handle(at_home("ann"), RevokeIt(Ref("r2", (await desk.load("r2")).version)))


ENDED = {
    Status.WITHDRAWN: _withdrawn,
    Status.DENIED: _denied,
    Status.EXPIRED: _expired,
    Status.REFUSED: _refused,
    Status.FAILED: _failed,
    Status.REVOKING: _revoking,
}


@pytest.mark.parametrize("ended", ENDED)
async def test_who_decides_about_something_else_sees_what_has_just_gone_wrong(desk: Office, ended: Status) -> None:
    """Another request of hers waits for an approver: its card is drawn anew, with how this one ended."""
    await desk.ask(request_id="r2")
    desk.clock.time += timedelta(minutes=5)
    await desk.ask(kind="risk")
    await worked_off(desk)
    assert (await desk.load("r1")).status in {Status.STEP_UP, Status.APPROVAL}
    await ENDED[ended](desk)
    assert (await desk.load("r2")).status is ended
    assert "cards:r1" in await queued(desk)


async def test_who_decides_sees_what_was_refused_at_once_as_well(desk: Office) -> None:
    await desk.ask(kind="risk")
    await worked_off(desk)
    desk.directory.members[EMPLOYEES].remove("ann")
    await desk.ask(request_id="r2")
    assert (await desk.load("r2")).status is Status.REFUSED
    assert "cards:r1" in await queued(desk)


async def test_what_went_as_it_was_asked_for_draws_no_other_card_anew(desk: Office) -> None:
    await desk.ask(request_id="r2")
    await desk.ask(kind="risk")
    await worked_off(desk)
    await desk.prove_all("r2")
    await desk.act("r2")
    assert (await desk.load("r2")).status is Status.DONE
    assert "cards:r1" not in await queued(desk)


async def test_an_act_whose_answer_is_lost_is_looked_for(desk: Office) -> None:
    desk.directory.trouble["revoke_sessions"] = AnswerLost("cut")
    assert (await desk.bring("sessions")).status is Status.UNKNOWN
    assert "look:r1" in await queued(desk)


async def test_a_pass_that_was_shown_is_looked_after_when_its_time_comes(desk: Office) -> None:
    await desk.bring("tap")
    desk.clock.time = (await desk.load("r1")).due_at or desk.clock.time
    await desk.job("due")
    assert "watch:r1" in await queued(desk)


async def test_what_comes_after_an_act_is_to_be_done(desk: Office) -> None:
    await desk.bring("password")
    assert "follow:r1" in await queued(desk)


async def test_a_face_that_was_shown_is_taken_to_what_waits_for_it(database_url: str) -> None:
    async with demanding(database_url) as desk:
        await waits(desk)
        proof, wallet = await begun(desk)
        await worked_off(desk)
        assert await wallet.shows(verifiedCredentialsData=[lasting()])
        assert f"serve:{proof.id}" in await queued(desk)


async def test_what_goes_wrong_is_seen_by_who_waits_for_a_face_as_well(database_url: str) -> None:
    """So is it by who has yet to sign in, and not by who waits for nobody."""
    async with demanding(database_url, own={}) as desk:
        await waits(desk)
        await desk.ask(request_id="r2", kind="risk")
        await worked_off(desk)
        await _withdrawn(desk)
        assert set(await queued(desk)) == {"cards:r1", "cards:r2"}
        assert await status(desk) is Status.PROOF


async def test_what_is_ready_hears_of_nothing_that_goes_wrong(desk: Office) -> None:
    await desk.ready()
    await desk.ask(request_id="r2", kind="risk")
    await worked_off(desk)
    await _withdrawn(desk)
    assert set(await queued(desk)) == {"cards:r2"}
