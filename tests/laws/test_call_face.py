"""Whoever is asked whether they are on the telephone may prove it with their face: for that one call, in its time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.core.answers import Answer, Refused, Said
from bot.core.callers import WAIT, Stand, Verification
from bot.core.calling import EndCall, OpenForm, ProveCall
from bot.core.model import Actor, Request
from bot.core.options import ASSISTED
from bot.core.proven import Proven
from bot.core.reasons import Reason
from tests.fakes import Office, at_home, in_channel
from tests.laws.faced import BOTH, FACE, demanding, faces, lasting, proofs, shown, waits
from tests.laws.seen import why
from tests.laws.test_callers import CALL, asked, types, verification
from tests.laws.wallet import Wallet


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Office]:
    assisted = replace(FACE, options={ASSISTED: True})
    async with demanding(database_url, assisted, own={**BOTH, "tap": {"assisted": True}}) as found:
        yield found


async def press(desk: Office, actor: Actor | None = None, form: str = "f1") -> Answer:
    return await desk.desk.handle(actor or at_home("ann"), ProveCall(form, 1))


async def begun(desk: Office, form: str = "f1") -> tuple[Request, Wallet]:
    desk.clock.advance(seconds=1)
    assert await press(desk, form=form) == Said("proof.begun")
    (proof,) = await proofs(desk, Verification.named(form))
    await desk.job("act", proof.id)
    return proof, Wallet(desk, len(desk.verifier.asked))


async def shows(desk: Office, proof: Request, wallet: Wallet) -> None:
    assert await wallet.shows(verifiedCredentialsData=[lasting()])
    await desk.job("serve", proof.id)


async def test_a_face_proves_who_rings_and_opens_what_gives_access(desk: Office) -> None:
    await asked(desk)
    await shows(desk, *await begun(desk))
    one = await verification(desk)
    assert (one.status, one.proven) == (Stand.VERIFIED, Proven.FACE)
    assert not isinstance(await desk.desk.handle(at_home("ben"), OpenForm("f1", one.version, "tap")), Refused)


async def test_also_after_the_number(desk: Office) -> None:
    one = await asked(desk)
    await types(desk, str(one.number))
    await shows(desk, *await begun(desk))
    assert (await verification(desk)).proven is Proven.FACE


async def test_a_proof_of_a_request_is_none_of_a_call(desk: Office) -> None:
    await waits(desk)
    await asked(desk, form="r1")
    await shown(desk)
    assert (await verification(desk, "r1")).status is Stand.ASKED


async def test_nor_the_other_way_round(desk: Office) -> None:
    await waits(desk)
    await asked(desk, form="r1")
    await shows(desk, *await begun(desk, "r1"))
    assert await faces(desk) == 0


@pytest.mark.parametrize(
    ("actor", "reason"),
    [
        (at_home("ben"), Reason.NOT_YOURS),
        (at_home("cleo"), Reason.NOT_YOURS),
        (in_channel("ann"), Reason.NOT_PRIVATE),
    ],
)
async def test_nobody_begins_it_for_them_and_not_elsewhere(desk: Office, actor: Actor, reason: Reason) -> None:
    await asked(desk)
    assert why(await press(desk, actor)) == reason
    assert await proofs(desk, CALL) == []


async def test_pressed_twice_it_is_one_proof(desk: Office) -> None:
    await asked(desk)
    proof, _ = await begun(desk)
    assert await press(desk) == Said("proof.begun")
    assert [one.id for one in await proofs(desk, CALL)] == [proof.id]


async def test_past_its_time_a_face_is_too_late(desk: Office) -> None:
    await asked(desk)
    proof, wallet = await begun(desk)
    assert await wallet.shows(verifiedCredentialsData=[lasting()])
    desk.clock.advance(seconds=WAIT.total_seconds())
    await desk.job("serve", proof.id)
    assert (await verification(desk)).status is Stand.UNANSWERED
    assert why(await press(desk)) == Reason.CLOSED


async def test_a_face_for_a_call_that_is_over_by_then_proves_nothing(desk: Office) -> None:
    await asked(desk)
    proof, wallet = await begun(desk)
    assert await wallet.shows(verifiedCredentialsData=[lasting()])
    await desk.desk.handle(at_home("ben"), EndCall("f1", 1))
    await desk.job("serve", proof.id)
    one = await verification(desk)
    assert (one.status, one.proven) == (Stand.CANCELLED, None)
    assert why(await press(desk)) == Reason.CLOSED


async def test_once_proved_there_is_nothing_more_to_prove(desk: Office) -> None:
    await asked(desk)
    await shows(desk, *await begun(desk))
    assert why(await press(desk)) == Reason.CLOSED
