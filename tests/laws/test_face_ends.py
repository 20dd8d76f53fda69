"""A face that is not shown, or whose request ends meanwhile: nobody waits for ever, and what is over stays over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.core.actions import Prove, Ref, Report, RevokeIt, Withdraw
from bot.core.errors import AnswerLost, Unavailable
from bot.core.model import Status
from bot.core.reasons import Reason
from cards import text
from tests.fakes import Office, at_home
from tests.laws.faced import begun, demanding, faces, lasting, locked, press, queued, shown, status, waits
from tests.laws.seen import why


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Office]:
    """An office where a pass, and a password, are only for who shows their face for it."""
    async with demanding(database_url) as there:
        yield there


@pytest.mark.parametrize("how", ["fails", "runs out", "is stopped"])
async def test_a_proof_that_comes_to_nothing_leaves_the_request_waiting(desk: Office, how: str) -> None:
    await waits(desk)
    proof, wallet = await begun(desk)
    if how == "fails":
        assert await wallet.gives_up()
    elif how == "is stopped":
        await desk.desk.handle(at_home("ann"), RevokeIt(Ref(proof.id, proof.version)))
        await desk.job("revoke", proof.id)
    else:
        desk.clock.advance(minutes=5)
        await desk.job("due", proof.id)
    await desk.job("serve", proof.id)
    assert (await status(desk), await faces(desk)) == (Status.PROOF, 0)
    await shown(desk)
    assert await status(desk) is Status.APPROVAL


async def test_a_request_that_was_withdrawn_stays_so(desk: Office) -> None:
    request = await waits(desk)
    proof, wallet = await begun(desk)
    await desk.desk.handle(at_home("ann"), Withdraw(Ref("r1", request.version)))
    assert await wallet.shows()
    await desk.job("serve", proof.id)
    assert (await status(desk), await faces(desk)) == (Status.WITHDRAWN, 0)


async def test_nobody_waits_for_ever_and_it_is_said_why_it_ended(desk: Office) -> None:
    waiting = await waits(desk)
    proof, wallet = await begun(desk)
    desk.clock.advance(minutes=4)
    await desk.job("due", "r1")
    assert await status(desk) is Status.PROOF
    desk.clock.advance(minutes=11)
    assert waiting.expires_at is not None
    assert desk.clock.now() - waiting.expires_at <= timedelta(seconds=1)
    assert why(await press(desk)) == Reason.CLOSED
    over = await desk.load("r1")
    assert over.status is Status.EXPIRED
    assert over.ending is not None
    assert over.ending.refusal is not None
    assert over.ending.refusal.reason == Reason.EVIDENCE_MISSING
    await wallet.shows()
    await desk.job("serve", proof.id)
    assert (await status(desk), await faces(desk)) == (Status.EXPIRED, 0)


async def test_whose_face_was_shown_in_time_is_not_told_that_it_was_not(desk: Office) -> None:
    await waits(desk)
    desk.clock.advance(minutes=13)
    proof, wallet = await begun(desk)
    assert await wallet.shows(verifiedCredentialsData=[lasting()])
    desk.directory.trouble["account"] = Unavailable("down")
    await desk.job("serve", proof.id)
    assert (await status(desk), await faces(desk)) == (Status.PROOF, 1)
    desk.clock.advance(minutes=3)
    await desk.job("due", "r1")
    await desk.job("cards", "r1")
    over = await desk.load("r1")
    assert over.status is Status.EXPIRED
    assert text("request.expired.text", "en") in desk.messenger.shown("a:ann")
    assert text("refusal.evidence_missing", "en") not in desk.messenger.shown("a:ann")


async def test_what_is_shown_in_time_and_heard_of_too_late_moves_nothing_on(desk: Office) -> None:
    """The process died before the job, and its time went by: past it is over, whoever looks first."""
    await waits(desk)
    desk.clock.advance(minutes=14)
    proof, wallet = await begun(desk)
    assert await wallet.shows(verifiedCredentialsData=[lasting()])
    assert f"serve:{proof.id}" in await queued(desk)
    desk.clock.advance(minutes=1)
    await desk.job("serve", proof.id)
    assert (await status(desk), await faces(desk)) == (Status.EXPIRED, 0)


async def test_a_process_that_dies_after_the_proof_leaves_a_job_that_does_the_rest(desk: Office) -> None:
    await waits(desk)
    proof, wallet = await begun(desk)
    assert await wallet.shows()
    assert (await status(desk), f"serve:{proof.id}" in await queued(desk)) == (Status.PROOF, True)
    await desk.job("serve", proof.id)
    assert await status(desk) is Status.APPROVAL


@pytest.mark.parametrize("when", ["before it is shown", "before it is served", "before the alarm is heard"])
async def test_an_alarm_stops_what_waits_for_a_face(desk: Office, when: str) -> None:
    request = await waits(desk)
    proof, wallet = await begun(desk)
    if when != "before it is shown":
        assert await wallet.shows()
    await desk.ask("ann", "alarm", kind="compromised")
    if when != "before the alarm is heard":
        await locked(desk, "alarm")
    if when == "before it is shown":
        await wallet.shows()
    await desk.job("serve", proof.id)
    ended = {"before the alarm is heard": Status.REFUSED}.get(when, Status.WITHDRAWN)
    assert await status(desk) is ended
    await locked(desk, "alarm")
    assert await status(desk) is ended
    assert why(await desk.desk.handle(at_home("ann"), Prove(Ref("r1", request.version)))) == Reason.CLOSED


async def test_a_proof_its_person_takes_back_stops_what_it_served(desk: Office) -> None:
    await waits(desk)
    proof, wallet = await begun(desk)
    assert await wallet.shows()
    await desk.desk.handle(at_home("ann"), Report(Ref(proof.id, (await desk.load(proof.id)).version)))
    await desk.job("serve", proof.id)
    await locked(desk, proof.id)
    assert (await status(desk), await faces(desk)) == (Status.WITHDRAWN, 0)


async def test_what_cannot_be_found_out_is_looked_at_again_and_the_face_is_not_asked_for_twice(desk: Office) -> None:
    await waits(desk)
    proof, wallet = await begun(desk)
    assert await wallet.shows()
    desk.directory.trouble["standing"] = AnswerLost("entra")
    await desk.job("serve", proof.id)
    kept = await desk.load("r1")
    assert (kept.status, await faces(desk)) == (Status.PROOF, 1)
    assert kept.due_at == desk.clock.now() + timedelta(seconds=30)
    desk.directory.trouble.clear()
    desk.clock.advance(seconds=30)
    await desk.job("due", "r1")
    assert (await status(desk), await faces(desk)) == (Status.APPROVAL, 1)
