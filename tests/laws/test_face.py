"""A face is shown for one request: it moves that one on, once, and no other; whoever holds a session moves nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.core.actions import Prove, Ref, Replace, Submit, Withdraw
from bot.core.answers import Refused, Said
from bot.core.errors import AnswerLost
from bot.core.face import FOR
from bot.core.model import VERIFIED, EvidenceType, Mode, Person, Receipt, Request, Status
from bot.core.ports import Job
from bot.core.reasons import Reason
from tests.fakes import TENANT, FakeClock, Office, at_home, in_channel, person, private
from tests.laws.faced import FACE, begun, demanding, faces, press, proofs, queued, shown, status, waits
from tests.laws.seen import why
from tests.laws.wallet import Wallet, credential, proved


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Office]:
    """An office where a pass, and a password, are only for who shows their face for it."""
    async with demanding(database_url) as there:
        yield there


async def test_from_the_wish_to_the_pass(desk: Office) -> None:
    waiting = await waits(desk)
    assert waiting.expires_at == desk.clock.now() + FACE.step_up_wait
    proof = await shown(desk)
    assert (proof.kind, proof.details) == ("verify", {FOR: "r1", "needed_by": "tap"})
    request = await desk.load("r1")
    assert request.status is Status.APPROVAL
    (given,) = request.evidence_of(EvidenceType.FACE)
    assert (given.by, given.request, given.source, given.at) == ("ann", "r1", proof.id, desk.clock.now())
    await desk.approve()
    await desk.show()
    assert await status(desk) is Status.DONE
    deeds = [e.deed async for e in desk.store.audit_entries(TENANT) if e.request == "r1"]
    assert deeds[:5] == ["asked", "step_up_begun", "stepped_up", "face_wanted", "face_proved"]


async def test_the_trail_says_which_proof_served_which_request(desk: Office) -> None:
    await waits(desk)
    proof = await shown(desk)
    entries = [e async for e in desk.store.audit_entries(TENANT)]
    assert [e.data["source"] for e in entries if e.deed == "face_proved"] == [proof.id]
    assert [e.data["for"] for e in entries if e.request == proof.id and e.deed == "asked"] == ["r1"]


async def test_where_nobody_else_decides_it_goes_on_at_once(database_url: str) -> None:
    async with demanding(database_url, replace(FACE, approvals=0)) as desk:
        await waits(desk)
        await shown(desk)
        assert await status(desk) is Status.READY


async def test_the_page_for_a_password_opens_after_the_face(desk: Office) -> None:
    await waits(desk, kind="password")
    await shown(desk)
    assert await status(desk) is Status.READY
    assert (await desk.act("r1")).status is Status.DONE


async def test_at_home_it_is_offered_and_nothing_is_begun_by_itself(desk: Office) -> None:
    home = await desk.desk.reception.home(person("ann"))
    assert {offer.kind: offer.refusal for offer in home.offers}["tap"] is None
    await waits(desk)
    assert desk.verifier.asked == []
    assert await proofs(desk) == []


async def test_approvers_are_not_asked_before_the_face(desk: Office) -> None:
    await waits(desk)
    await desk.job("cards", "r1")
    assert "Ann Archer" not in desk.messenger.shown("19:helpdesk")
    await shown(desk)
    await desk.job("cards", "r1")
    assert "r1" in desk.messenger.shown("19:helpdesk")


async def test_a_proof_that_somebody_asked_for_by_itself_moves_nothing_on(desk: Office) -> None:
    await proved(desk, request_id="v0")
    await waits(desk)
    await proved(desk, request_id="v1")
    for proof in ("v0", "v1"):
        assert f"serve:{proof}" not in await queued(desk)
        await desk.job("serve", proof)
    assert (await status(desk), await faces(desk)) == (Status.PROOF, 0)


async def test_of_two_that_wait_the_one_it_was_begun_for_goes_on(desk: Office) -> None:
    await waits(desk)
    await waits(desk, request_id="r2", kind="password")
    await shown(desk, "r2")
    assert (await status(desk, "r1"), await faces(desk, "r1")) == (Status.PROOF, 0)
    assert (await status(desk, "r2"), await faces(desk, "r2")) == (Status.READY, 1)
    await shown(desk, "r1")
    assert await status(desk, "r1") is Status.APPROVAL


async def test_whoever_has_anns_session_after_she_proved_herself_gets_nothing_by_it(desk: Office) -> None:
    """Mallory sits at Ann's Teams a minute later, and even passes the sign-in."""
    await waits(desk)
    proof = await shown(desk)
    await waits(desk, request_id="r2", kind="password")
    await desk.job("serve", proof.id)
    assert (await status(desk, "r2"), await faces(desk, "r2")) == (Status.PROOF, 0)
    desk.clock.advance(minutes=16)
    await desk.job("due", "r2")
    assert await status(desk, "r2") is Status.EXPIRED


async def test_asking_anew_needs_another_face(desk: Office) -> None:
    await waits(desk)
    proof = await shown(desk)
    request = await desk.load("r1")
    await desk.desk.handle(at_home("ann"), Withdraw(Ref("r1", request.version)))
    await waits(desk, request_id="r2")
    await desk.job("serve", proof.id)
    assert await status(desk, "r2") is Status.PROOF


@pytest.mark.parametrize("values", [{"for": "r1"}, {"for": "r1", "needed_by": "tap"}])
async def test_no_form_says_what_a_proof_is_for(desk: Office, values: dict[str, str]) -> None:
    await waits(desk)
    await desk.desk.handle(at_home("ann"), Submit("verify", "v1", values))
    assert (await desk.load("v1")).details == {}
    await desk.job("act", "v1")
    assert await Wallet(desk).shows()
    await desk.job("serve", "v1")
    assert await status(desk) is Status.PROOF


def fake(**changes: Any) -> Request:
    """A proof as the rows would hold it, if somebody had got it in there."""
    ann = person("ann")
    now = FakeClock().now()
    good = Request("v9", "verify", ann, ann, {FOR: "r1"}, Mode.ENFORCE, Status.ENDED, 0, now, stage=VERIFIED)
    return replace(good, **{"receipt": Receipt("p-9", None, {"at": now.isoformat(), "score": "86"}), **changes})


ELSEWHERE = Person("other-tenant", "ann", "Ann Archer")
OTHERS: list[tuple[str, dict[str, Any], Status]] = [
    ("as it should be", {}, Status.APPROVAL),
    ("of another tenant", {"subject": ELSEWHERE, "requester": ELSEWHERE}, Status.PROOF),
    ("of somebody else", {"subject": person("ben"), "requester": person("ben")}, Status.PROOF),
    ("for another request", {"details": {FOR: "r2"}}, Status.PROOF),
    ("for none", {"details": {}}, Status.PROOF),
    ("of a trial", {"mode": Mode.EVALUATE}, Status.PROOF),
    ("that failed", {"stage": "failed"}, Status.PROOF),
    ("that ran out while it was scanned", {"stage": "scanned"}, Status.PROOF),
    ("that is still shown", {"status": Status.DONE}, Status.PROOF),
    ("that was taken back", {"status": Status.REVOKED}, Status.PROOF),
    ("that is being taken back", {"status": Status.REVOKING, "reported": True}, Status.PROOF),
    ("that was reported", {"reported": True}, Status.PROOF),
    ("of another kind", {"kind": "sessions"}, Status.PROOF),
]


@pytest.mark.parametrize(("what", "changes", "then"), OTHERS)
async def test_only_a_proof_of_this_person_for_this_request_counts(
    desk: Office, what: str, changes: dict[str, Any], then: Status
) -> None:
    await waits(desk)
    async with desk.store.unit() as unit:
        await unit.add(fake(**changes))
    await desk.job("serve", "v9")
    assert await status(desk) is then, what


async def test_the_wallet_of_somebody_else_moves_nothing_on_and_they_may_try_again(desk: Office) -> None:
    await waits(desk)
    proof, wallet = await begun(desk)
    assert await wallet.shows(verifiedCredentialsData=[credential("ben")])
    assert f"serve:{proof.id}" not in await queued(desk)
    await desk.job("serve", proof.id)
    assert (await status(desk), await faces(desk)) == (Status.PROOF, 0)
    await shown(desk)
    assert await status(desk) is Status.APPROVAL


async def test_a_callback_that_comes_again_is_one_proof(desk: Office) -> None:
    await waits(desk)
    proof, wallet = await begun(desk)
    assert all(await asyncio.gather(*(wallet.shows() for _ in range(4))))
    for _ in range(3):
        await desk.job("serve", proof.id)
    assert (await status(desk), await faces(desk)) == (Status.APPROVAL, 1)
    written = await desk.deeds()
    assert await wallet.shows()
    await desk.job("serve", proof.id)
    assert await desk.deeds() == written
    assert written.count("face_proved") == 1


async def test_both_at_once_are_one(desk: Office) -> None:
    await waits(desk)
    proof, wallet = await begun(desk)
    assert await wallet.shows()
    await asyncio.gather(*(desk.job("serve", proof.id) for _ in range(4)))
    assert (await status(desk), await faces(desk)) == (Status.APPROVAL, 1)


async def test_only_who_asked_begins_it_and_only_in_private(desk: Office) -> None:
    request = await waits(desk)
    await desk.desk.installed(person("mo"), private("mo"))
    wanted = Prove(Ref("r1", request.version))
    assert why(await desk.desk.handle(at_home("mo"), wanted)) == Reason.NOT_YOURS
    assert why(await desk.desk.handle(in_channel("ann"), wanted)) == Reason.NOT_PRIVATE
    elsewhere = replace(at_home("ann"), person=replace(person("ann"), tenant="elsewhere"))
    assert why(await desk.desk.handle(elsewhere, wanted)) == Reason.NOT_FOUND
    assert await proofs(desk) == []


async def test_a_proof_before_the_sign_in_is_not_begun(desk: Office) -> None:
    await desk.ask()
    assert await status(desk) is Status.STEP_UP
    assert why(await press(desk)) == Reason.CLOSED
    assert await proofs(desk) == []


async def test_nothing_is_begun_for_what_waits_for_no_face(desk: Office) -> None:
    await waits(desk)
    await shown(desk)
    assert why(await press(desk)) == Reason.CLOSED
    assert len(await proofs(desk)) == 1


async def test_pressed_twice_one_is_asked_for(desk: Office) -> None:
    await waits(desk)
    assert set(map(str, await asyncio.gather(press(desk), press(desk), press(desk)))) == {str(Said("proof.begun"))}
    assert len(await proofs(desk)) == 1
    await desk.job("act", (await proofs(desk))[0].id)
    assert await press(desk) == Said("proof.begun")
    assert (len(await proofs(desk)), len(desk.verifier.asked)) == (1, 1)
    desk.clock.advance(minutes=5)  # the picture is over, whether somebody closed it yet or not
    assert await press(desk) == Said("proof.begun")
    assert len(await proofs(desk)) == 2


async def test_two_that_are_shown_are_one_too_many_and_nothing_comes_of_the_second(desk: Office) -> None:
    await waits(desk)
    first, wallet = await begun(desk)
    async with desk.store.unit() as unit:  # the press that knew nothing of the first
        await unit.add(replace(first, id="v2", version=0))
    assert await wallet.shows()
    await desk.job("serve", first.id)
    async with desk.store.unit() as unit:
        second = await unit.load("v2")
        assert second is not None
        ended = replace(second, status=Status.ENDED, stage=VERIFIED, expires_at=None)
        await unit.save(replace(ended, receipt=Receipt("p-2", None, {"at": desk.clock.now().isoformat()})))
    await desk.job("serve", "v2")
    assert (await status(desk), await faces(desk)) == (Status.APPROVAL, 1)


async def test_one_that_is_under_way_for_something_else_is_told(desk: Office) -> None:
    await waits(desk)
    await desk.ask("ann", "v1", kind="verify")
    answer = await press(desk)
    assert why(answer) == Reason.ALREADY_OPEN
    assert isinstance(answer, Refused)
    assert answer.request is not None
    assert answer.request.id == "v1"
    await desk.job("act", "v1")
    assert await press(desk) == Said("proof.begun")


async def test_what_is_under_way_is_a_proof_and_nothing_else(desk: Office) -> None:
    await waits(desk)
    async with desk.store.unit() as unit:
        await unit.add(fake(kind="sessions", status=Status.DONE, receipt=None))
    assert await press(desk) == Said("proof.begun")
    assert [one.kind for one in await proofs(desk)] == ["verify", "sessions"]


async def test_a_lost_answer_is_tried_again_for_the_same_request(desk: Office) -> None:
    await waits(desk)
    desk.verifier.trouble = AnswerLost("cut")
    assert await press(desk) == Said("proof.begun")
    proof = (await proofs(desk))[0]
    await desk.job("act", proof.id)
    await desk.job("look", proof.id)
    assert await press(desk) == Said("proof.lost")  # there is nothing to scan, and it is not over
    assert await proofs(desk) == [await desk.load(proof.id)]
    desk.verifier.trouble = None
    await desk.desk.handle(at_home("ann"), Replace(Ref(proof.id, (await desk.load(proof.id)).version)))
    assert await Wallet(desk).shows()
    await desk.job("serve", proof.id)
    assert await status(desk) is Status.APPROVAL


async def test_a_job_for_what_is_gone_does_nothing(desk: Office) -> None:
    await desk.desk.proving.served(Job("serve", "nobody"))
    async with desk.store.unit() as unit:
        await unit.add(fake(details={FOR: "nobody"}))
    await desk.desk.proving.served(Job("serve", "v9"))
