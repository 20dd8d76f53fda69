"""An approver who wants to look at a proof: who is refused is on record, in time and in their own chat it is shown."""

from __future__ import annotations

import pytest

from bot.core.actions import OfferToken, Ref, Refresh, SeeProof
from bot.core.answers import Refused, SignInWanted
from bot.core.errors import DeskError, Rejected, Unavailable
from bot.core.reasons import Reason
from bot.core.watch import USUAL
from bot.desk.ledger import PROMPT_LIFE
from tests.fakes import Office, at_home, in_channel
from tests.laws.faced import queued
from tests.laws.seen import why
from tests.laws.test_proofs import looking, seen, waits_for_a_yes
from tests.laws.test_record import heard, told
from tests.laws.test_unproved import nothing_waits
from tests.laws.wallet import asked


async def test_who_may_not_look_and_tries_again_and_again_is_told(desk: Office) -> None:
    await waits_for_a_yes(desk)
    wanted = SeeProof(Ref("r1", (await desk.load("r1")).version))
    for _ in range(USUAL.refused):
        assert why(await desk.desk.handle(in_channel("kim"), wanted)) == Reason.NOT_APPROVER
    assert [e.data["by"] for e in await told(desk, "refused")] == ["kim"] * USUAL.refused
    assert await heard(desk) == 1


async def test_who_cannot_be_written_to_in_private_is_told_so(desk: Office) -> None:
    await waits_for_a_yes(desk)
    desk.messenger.strangers.add("ben")
    answer = await desk.desk.handle(in_channel("ben"), SeeProof(Ref("r1", (await desk.load("r1")).version)))
    assert isinstance(answer, Refused)
    assert (answer.refusal.reason, answer.request) == (Reason.NO_PRIVATE_CHAT, await desk.load("r1"))


async def test_the_prompt_is_sent_and_goes_again_when_it_is_answered(desk: Office) -> None:
    await waits_for_a_yes(desk)
    desk.directory.readers = frozenset({"ben"})
    await nothing_waits(desk)
    sign_in = await looking(desk)
    assert "cards:r1" in await queued(desk)
    await nothing_waits(desk)
    await desk.desk.handle(at_home("ben"), OfferToken(sign_in.id, "ben"))
    assert "cards:r1" in await queued(desk)


async def test_at_the_end_of_its_time_nothing_is_shown(desk: Office) -> None:
    await waits_for_a_yes(desk)
    desk.directory.readers = frozenset({"ben"})
    sign_in = await looking(desk)
    desk.clock.time += PROMPT_LIFE
    assert isinstance(await desk.desk.handle(at_home("ben"), OfferToken(sign_in.id, "ben")), SignInWanted)
    assert await seen(desk) == []


@pytest.mark.parametrize(
    ("said", "reason"),
    [(Unavailable("busy"), Reason.UNKNOWN), (Rejected("no", code="consent_required"), Reason.MAY_NOT_LOOK)],
)
async def test_a_no_of_entras_is_held_against_nobody(desk: Office, said: DeskError, reason: Reason) -> None:
    await waits_for_a_yes(desk)
    sign_in = await looking(desk)
    desk.entra.trouble["delegated"] = said
    assert why(await desk.desk.handle(at_home("ben"), OfferToken(sign_in.id, "ben"))) == reason
    assert await told(desk, "proof_failed") == []


async def test_the_service_that_knows_the_key_is_expected_and_nobody_else(desk: Office) -> None:
    wallet = await asked(desk)
    assert await desk.desk.proofs.expects(wallet.asked["key"])
    assert await told(desk) == []
    assert not await desk.desk.proofs.expects("v1.made-up")
    assert [(e.request, e.data["reason"], e.data["door"]) for e in await told(desk)] == [
        ("v1", "wrong_secret", "wallet")
    ]


async def test_a_key_for_what_is_no_proof_is_nobodys(desk: Office) -> None:
    await desk.ask()
    assert not await desk.desk.proofs.expects("r1.made-up")
    assert [(e.request, e.data["reason"]) for e in await told(desk)] == [("r1", "wrong_secret")]


async def test_who_only_looks_has_no_card_of_a_yes(desk: Office) -> None:
    """Their prompt is a message of theirs too, and no card that would confirm anything is drawn in its place."""
    await waits_for_a_yes(desk)
    await looking(desk)
    await desk.job("cards")
    wanted = Refresh(Ref("r1", (await desk.load("r1")).version))
    assert why(await desk.desk.handle(at_home("ben"), wanted)) == Reason.NOT_FOUND
