"""How long a face counts for its request, and for whom it can be asked at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.actions import Ref, Replace
from bot.core.answers import RequestCard
from bot.core.errors import AnswerLost, Unavailable
from bot.core.model import Mode, Status
from bot.core.reasons import Reason
from tests.fakes import Office, at_home, person
from tests.laws.faced import FACE, begun, demanding, faces, press, proofs, shown, status, waits
from tests.laws.seen import why


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Office]:
    """An office where a pass, and a password, are only for who shows their face for it."""
    async with demanding(database_url) as there:
        yield there


async def test_a_face_too_old_for_the_act_is_asked_for_again(database_url: str) -> None:
    async with demanding(database_url, replace(FACE, evidence_age=timedelta(minutes=10))) as desk:
        await waits(desk)
        await shown(desk)
        await desk.approve()
        desk.clock.advance(minutes=10, seconds=1)
        assert isinstance(await desk.show(), RequestCard)
        assert await status(desk) is Status.PROOF
        assert desk.directory.secrets == []
        await shown(desk)
        assert (await status(desk), await faces(desk)) == (Status.READY, 2)
        await desk.show()
        assert await status(desk) is Status.DONE


async def test_the_job_of_an_old_proof_that_runs_once_more_adds_nothing(database_url: str) -> None:
    async with demanding(database_url, replace(FACE, evidence_age=timedelta(minutes=10))) as desk:
        await waits(desk)
        proof = await shown(desk)
        await desk.approve()
        desk.clock.advance(minutes=10, seconds=1)
        await desk.show()
        await desk.job("serve", proof.id)
        assert (await status(desk), await faces(desk)) == (Status.PROOF, 1)


async def test_a_lost_act_is_not_done_again_with_a_face_too_old(database_url: str) -> None:
    async with demanding(database_url, replace(FACE, evidence_age=timedelta(minutes=10))) as desk:
        await waits(desk)
        await shown(desk)
        await desk.approve()
        desk.directory.trouble["issue_pass"] = AnswerLost("cut")
        await desk.show()
        desk.directory.trouble.clear()
        await desk.job("look", "r1")
        desk.clock.advance(minutes=10, seconds=1)
        lost = await desk.load("r1")
        assert lost.status is Status.UNKNOWN
        assert why(await desk.desk.handle(at_home("ann"), Replace(Ref("r1", lost.version)))) == Reason.OLD_PROOF
        assert await status(desk) is Status.UNKNOWN


@pytest.mark.parametrize("trial", [{"mode": Mode.EVALUATE}, {"mode": Mode.OFF}, {"allowed_groups": frozenset({"few"})}])
async def test_where_this_person_cannot_prove_it_they_hear_so_before_they_ask(
    database_url: str, trial: dict[str, Any]
) -> None:
    async with demanding(database_url, own={"verify": trial}) as desk:
        home = await desk.desk.reception.home(person("ann"))
        refusal = {offer.kind: offer.refusal for offer in home.offers}["tap"]
        assert refusal is not None
        assert refusal.reason == Reason.NO_FACE_CHECK
        assert why(await desk.ask()) == Reason.NO_FACE_CHECK


async def test_where_verified_id_is_not_there_nothing_is_begun(desk: Office) -> None:
    await waits(desk)
    desk.verifier.missing = "no_billing"
    assert why(await press(desk)) == Reason.UNAVAILABLE
    assert why(await desk.ask("mo", "r2")) == Reason.NOT_ALLOWED
    assert why(await desk.ask("kim", "r3")) == Reason.NO_FACE_CHECK
    assert await proofs(desk) == []


@pytest.mark.parametrize("silent", ["groups", "Verified ID"])
async def test_where_nobody_can_say_whether_a_face_can_be_shown_nothing_is_asked_for(
    desk: Office, monkeypatch: pytest.MonkeyPatch, silent: str
) -> None:
    async def away() -> str:
        raise Unavailable("away")

    if silent == "groups":
        desk.directory.trouble["groups"] = Unavailable("away")
    else:
        monkeypatch.setattr(desk.verifier, "unavailable", away)
    assert why(await desk.ask()) == Reason.UNKNOWN


async def test_who_has_shown_it_goes_on_when_verified_id_is_gone_by_then(desk: Office) -> None:
    await waits(desk)
    await shown(desk)
    desk.verifier.missing = "no_billing"
    await desk.approve()
    await desk.show()
    assert await status(desk) is Status.DONE


async def test_a_person_may_prove_it_only_so_often(desk: Office) -> None:
    await waits(desk)
    for _ in range(5):
        _, wallet = await begun(desk)
        assert await wallet.gives_up()
    assert why(await press(desk)) == Reason.TOO_MANY
    assert await status(desk) is Status.PROOF


async def test_a_trial_of_the_request_asks_for_the_face_in_earnest_and_acts_in_nothing(database_url: str) -> None:
    async with demanding(database_url, mode=Mode.EVALUATE, own={"verify": {"mode": Mode.ENFORCE}}) as desk:
        await waits(desk)
        await shown(desk)
        await desk.approve()
        await desk.show()
        assert await status(desk) is Status.EVALUATED
        assert desk.directory.secrets == []
