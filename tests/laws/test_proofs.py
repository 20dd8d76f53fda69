"""A proof of identity: for one person, once, in time, from somebody who knows both secrets; and who may look at it."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.actions import OfferToken, Ref, Report, RevokeIt, SeeProof
from bot.core.answers import Done, ProofShown, Said, SignInRefused, SignInWanted
from bot.core.audit import Entry
from bot.core.errors import AnswerLost, Missing, Rejected, Unavailable
from bot.core.model import VERIFIED, Follow, Status
from bot.core.policy import Policy
from bot.core.ports import Purpose, SignIn, SignInStage
from bot.core.presentations import Doubt
from bot.core.reasons import Reason
from tests.fakes import TENANT, Office, at_home, in_channel, person, private
from tests.laws.seen import at_rest, why
from tests.laws.wallet import Json, asked, credential, proved

EVER = datetime(2020, 1, 1, tzinfo=UTC)


async def trail(desk: Office) -> list[Entry]:
    return [entry async for entry in desk.store.audit_entries(TENANT)]


async def doubts(desk: Office) -> list[str]:
    return [entry.data["why"] for entry in await trail(desk) if entry.deed == "proof_doubted"]


async def last_proof(desk: Office, name: str = "ann") -> datetime | None:
    """When this person last proved who they are, by the requests that are kept."""
    async with desk.store.unit() as unit:
        kept = await unit.history(TENANT, name, EVER, 50)
    at = [r.receipt.params["at"] for r in kept if r.stage == VERIFIED and r.receipt is not None]
    return datetime.fromisoformat(max(at)) if at else None


async def untouched(desk: Office, request_id: str = "v1") -> bool:
    """Nothing has come of it, and nobody has proved anything."""
    request = await desk.load(request_id)
    return (request.status, request.stage) == (Status.DONE, "") and await last_proof(desk) is None


# What the service says is taken once, in time, from somebody who knows both secrets.


async def test_a_proof_from_the_picture_to_the_attribute(desk: Office) -> None:
    wallet = await asked(desk)
    assert (wallet.asked["upn"], wallet.asked["threshold"]) == ("ann@contoso.example", "70")
    assert await wallet.scans()
    assert ((await desk.load("v1")).status, (await desk.load("v1")).stage) == (Status.DONE, "scanned")
    desk.clock.advance(seconds=40)
    assert await wallet.shows()
    over = await desk.load("v1")
    assert (over.status, over.stage, over.follow) == (Status.ENDED, VERIFIED, Follow.DUE)
    assert over.receipt is not None
    assert (over.receipt.params["score"], over.receipt.params["at"]) == ("86", desk.clock.now().isoformat())
    assert {"url", "qr", "upn", "threshold"} & set(over.receipt.params) == set()
    assert await last_proof(desk) == desk.clock.now()
    await desk.job("follow", "v1")
    kept = {"at": desk.clock.now().isoformat(), "score": 86, "request": "v1"}
    assert desk.directory.kept == {"ann": kept}
    assert (await desk.load("v1")).follow is Follow.DONE


async def test_the_secrets_of_a_request_are_kept_nowhere(desk: Office, database_url: str) -> None:
    wallet = await asked(desk)
    await wallet.scans()
    await desk.job("cards", "v1")
    kept = await at_rest(database_url) + "".join(desk.messenger.bodies)
    assert "presentation-1" in kept
    assert wallet.asked["key"] not in kept
    assert wallet.asked["state"] not in kept
    assert wallet.asked["state"].partition(".")[2] not in kept


@pytest.mark.parametrize("key", ["forged", "", "\udc00", "é" * 500])
async def test_a_forged_key_is_nobodys(desk: Office, key: str) -> None:
    wallet = await asked(desk)
    body = {"requestId": wallet.id, "requestStatus": "presentation_verified", "state": wallet.asked["state"]}
    assert not await desk.desk.proofs.called_back(key, {**body, "verifiedCredentialsData": [credential()]})
    assert await untouched(desk)
    assert await doubts(desk) == []


@pytest.mark.parametrize(
    "state", ["v1", "v1.", "v1.forged", ".", "other.x", "v1\x00.x", "\x00", "\ud800.x", "v1.\ud800", "' OR 1=1 --"]
)
async def test_a_forged_state_is_nobodys(desk: Office, state: str) -> None:
    wallet = await asked(desk)
    assert not await wallet.shows(state=state)
    assert await untouched(desk)


async def test_the_hashes_that_are_kept_open_nothing(desk: Office) -> None:
    wallet = await asked(desk)
    receipt = (await desk.load("v1")).receipt
    assert receipt is not None
    assert not await wallet.shows(key=receipt.params["key"])
    assert not await wallet.shows(state=f"v1.{receipt.params['state']}")
    assert not await wallet.shows(key=receipt.params["key"], state=receipt.params["state"])
    assert await untouched(desk)


async def test_the_secrets_of_one_request_say_nothing_of_another(desk: Office) -> None:
    anns, bens = await asked(desk, "ann", "v1"), await asked(desk, "ben", "v2")
    assert not await anns.shows(key=bens.asked["key"])
    assert not await anns.shows(state=bens.asked["state"])
    assert not await anns.shows(state=f"v1.{bens.asked['state'].partition('.')[2]}", key=bens.asked["key"])
    assert await bens.calls("presentation_verified", requestId=anns.id, verifiedCredentialsData=[credential("ben")])
    assert await untouched(desk, "v1")
    assert await untouched(desk, "v2")


@pytest.mark.parametrize("request_id", ["presentation-2", "PRESENTATION-1", "v1", "presentation-1 "])
async def test_another_request_id_changes_nothing(desk: Office, request_id: str) -> None:
    wallet = await asked(desk)
    await wallet.shows(requestId=request_id)
    assert await untouched(desk)


async def test_a_request_of_another_kind_has_no_such_secrets(desk: Office) -> None:
    await desk.ready()
    await desk.show()
    for key in ("", "key"):
        body = {"requestId": "pass-1", "requestStatus": "presentation_verified", "state": "r1.x"}
        assert not await desk.desk.proofs.called_back(key, body)


@pytest.mark.parametrize("body", [None, [], "x", {}, {"requestId": "presentation-1", "state": "v1.x"}, {"state": 7}])
async def test_what_is_no_callback_is_not_taken(desk: Office, body: object) -> None:
    wallet = await asked(desk)
    assert not await desk.desk.proofs.called_back(wallet.asked["key"], body)
    assert await untouched(desk)


async def test_the_same_said_twice_is_said_once(desk: Office) -> None:
    wallet = await asked(desk)
    for _ in range(2):
        assert await wallet.scans()
    scanned = await desk.load("v1")
    assert [e.deed for e in await trail(desk)].count("progressed") == 1
    desk.clock.advance(seconds=10)
    assert await wallet.shows()
    first = await desk.load("v1")
    assert first.version == scanned.version + 1
    desk.clock.advance(seconds=10)
    written = await desk.deeds()
    assert await wallet.shows()
    assert await desk.load("v1") == first
    assert await desk.deeds() == written


async def test_the_same_said_twice_at_once_is_said_once(desk: Office) -> None:
    wallet = await asked(desk)
    assert all(await asyncio.gather(*(wallet.shows() for _ in range(4))))
    deeds = [e.deed for e in await trail(desk)]
    assert (deeds.count("progressed"), deeds.count("ended")) == (1, 1)


async def test_a_doubt_told_twice_at_once_is_written_down_once(desk: Office) -> None:
    wallet = await asked(desk)
    bad = [credential("ben")]
    assert all(await asyncio.gather(*(wallet.shows(verifiedCredentialsData=bad) for _ in range(4))))
    assert await doubts(desk) == [Doubt.WRONG_PERSON]


async def test_what_was_found_out_first_stays(desk: Office) -> None:
    failed = await asked(desk, "ann", "v1")
    assert await failed.gives_up()
    assert await failed.shows()
    assert (await desk.load("v1")).stage == "failed"
    assert await last_proof(desk) is None
    good = await asked(desk, "ann", "v2")
    assert await good.shows()
    assert await good.gives_up()
    assert await good.scans()
    assert (await desk.load("v2")).stage == VERIFIED


async def test_verified_before_it_was_retrieved_counts_all_the_same(desk: Office) -> None:
    wallet = await asked(desk)
    assert await wallet.shows()
    assert await wallet.scans()
    over = await desk.load("v1")
    assert (over.status, over.stage) == (Status.ENDED, VERIFIED)


@pytest.mark.parametrize("scanned", [True, False])
async def test_what_comes_after_its_time_proves_nothing_whether_it_was_closed_or_not(
    desk: Office, scanned: bool
) -> None:
    wallet = await asked(desk)
    if scanned:
        await wallet.scans()
    desk.clock.advance(minutes=5)
    assert await wallet.shows()  # nobody has closed it yet
    assert await wallet.scans()
    assert (await desk.load("v1")).status is Status.DONE
    assert await last_proof(desk) is None
    await desk.job("due", "v1")
    over = await desk.load("v1")
    assert (over.status, over.stage) == (Status.ENDED, "scanned" if scanned else "")
    assert await wallet.shows()
    assert await desk.load("v1") == over
    assert await last_proof(desk) is None


async def test_a_moment_before_its_time_is_over_it_counts(desk: Office) -> None:
    wallet = await asked(desk)
    desk.clock.advance(minutes=4, seconds=59)
    assert await wallet.shows()
    assert (await desk.load("v1")).stage == VERIFIED


async def test_what_was_stopped_proves_nothing(desk: Office) -> None:
    wallet = await asked(desk)
    request = await desk.load("v1")
    await desk.desk.handle(at_home("ann"), RevokeIt(Ref("v1", request.version)))
    assert await wallet.shows()
    assert await desk.desk.proofs.link("v1") == ""
    await desk.job("revoke", "v1")
    assert await wallet.shows()
    assert (await desk.load("v1")).status is Status.REVOKED
    assert await last_proof(desk) is None


async def test_a_lost_answer_can_be_tried_again_and_what_the_first_calls_back_counts_for_nothing(desk: Office) -> None:
    desk.verifier.trouble = AnswerLost("cut")
    await desk.ask("ann", "v1", kind="verify")
    await desk.job("act", "v1")
    assert (await desk.load("v1")).status is Status.UNKNOWN
    await desk.job("look", "v1")
    assert (await desk.load("v1")).receipt is None
    body = {"requestId": "presentation-1", "requestStatus": "presentation_verified", "state": "v1.x"}
    assert not await desk.desk.proofs.called_back("x", {**body, "verifiedCredentialsData": [credential()]})
    assert await last_proof(desk) is None


@pytest.mark.parametrize("code", ["no_billing", "not_permitted", "not_set_up"])
async def test_where_verified_id_is_not_ready_the_person_is_told_so(desk: Office, code: str) -> None:
    desk.verifier.trouble = Rejected("Verified ID: 403", code=code)
    await desk.ask("ann", "v1", kind="verify")
    await desk.job("act", "v1")
    failed = await desk.load("v1")
    assert failed.status is Status.FAILED
    assert failed.ending is not None
    assert failed.ending.refusal is not None
    assert failed.ending.refusal.reason == "verify.not_set_up"


# What is shown is judged again by us.


async def test_a_credential_that_ran_out_while_it_was_asked_for_proves_nothing(desk: Office) -> None:
    wallet = await asked(desk)
    shown = [credential(expirationDate=(desk.clock.now() + timedelta(seconds=30)).isoformat())]
    desk.clock.advance(seconds=30)
    assert await wallet.shows(verifiedCredentialsData=shown)
    assert await doubts(desk) == [Doubt.EXPIRED]
    assert await last_proof(desk) is None


async def test_the_credential_of_who_had_the_name_before_proves_nobody(desk: Office) -> None:
    made = datetime(2026, 5, 4, 9, 0, 1, tzinfo=UTC)  # a second after the credential was issued
    desk.directory.accounts["ann"] = replace(desk.directory.accounts["ann"], created_at=made)
    wallet = await asked(desk)
    assert await wallet.shows(verifiedCredentialsData=[credential()])
    assert await doubts(desk) == [Doubt.WRONG_PERSON]
    assert await last_proof(desk) is None


@pytest.mark.parametrize(
    ("shown", "doubt"),
    [
        ([credential("ben")], Doubt.WRONG_PERSON),
        ([credential(issuer="did:web:elsewhere.example")], Doubt.WRONG_ISSUER),
        ([credential(type=["VerifiableCredential"])], Doubt.WRONG_TYPE),
        ([credential(credentialState={"revocationStatus": "REVOKED"})], Doubt.REVOKED),
        ([credential(expirationDate="2026-11-20T09:59:59Z")], Doubt.EXPIRED),
        ([credential(expirationDate=None)], Doubt.EXPIRED),
        ([credential(domainValidation={})], Doubt.UNLINKED),
        ([credential(faceCheck={"matchConfidenceScore": 69.99})], Doubt.LOW_SCORE),
        ([credential(faceCheck=None)], Doubt.NO_FACE),
        ([credential(), credential()], Doubt.MANY),
        ([], Doubt.NONE),
    ],
)
async def test_what_should_never_have_been_let_through_fails_and_is_written_down(
    desk: Office, shown: list[Json], doubt: Doubt
) -> None:
    wallet = await asked(desk)
    assert await wallet.shows(verifiedCredentialsData=shown)
    over = await desk.load("v1")
    assert (over.status, over.stage, over.follow) == (Status.ENDED, "failed", Follow.NOTHING)
    assert over.receipt is not None
    assert over.receipt.params["why"] == doubt
    assert await doubts(desk) == [doubt]
    await desk.job("follow", "v1")
    assert desk.directory.kept == {}
    assert await last_proof(desk) is None


async def test_a_no_of_the_service_is_no_doubt_of_ours(desk: Office) -> None:
    wallet = await asked(desk)
    assert await wallet.gives_up("Match confidence score failing to meet the threshold.")
    over = await desk.load("v1")
    assert over.receipt is not None
    assert (over.stage, over.receipt.params["why"]) == ("failed", Doubt.LOW_SCORE)
    assert await doubts(desk) == []


async def test_a_desk_without_an_issuer_of_its_own_believes_nobody(desk: Office) -> None:
    wallet = await asked(desk)
    nobody = replace(desk.desk.proofs, issuer="")
    body = {"requestId": wallet.id, "requestStatus": "presentation_verified", "state": wallet.asked["state"]}
    shown = [credential(issuer="")]
    assert await nobody.called_back(wallet.asked["key"], {**body, "verifiedCredentialsData": shown})
    assert await doubts(desk) == [Doubt.WRONG_ISSUER]


# The score is for its owner.


async def test_the_score_is_in_no_channel_and_not_in_the_trail(desk: Office) -> None:
    wallet = await asked(desk)
    shown = credential(faceCheck={"matchConfidenceScore": 73.5})
    assert await wallet.shows(verifiedCredentialsData=[shown])
    await desk.job("follow", "v1")
    request = await desk.load("v1")
    await desk.job("cards", "v1")
    assert "73" in desk.messenger.shown("a:ann")
    await desk.desk.handle(at_home("ann"), Report(Ref("v1", request.version)))
    await desk.job("cards", "v1")
    channels = desk.messenger.shown("19:")
    assert "v1" in channels
    assert re.search(r"\b73\b", channels) is None
    assert [e for e in await trail(desk) if any("73" in value for value in e.data.values())] == []


async def test_it_can_be_no_better_than_it_was(desk: Office) -> None:
    wallet = await asked(desk)
    assert await wallet.shows(verifiedCredentialsData=[credential(faceCheck={"matchConfidenceScore": 89.99})])
    await desk.job("follow", "v1")
    assert desk.directory.kept["ann"]["score"] == 89


async def test_a_proof_taken_back_at_once_is_not_written_down(desk: Office) -> None:
    wallet = await asked(desk)
    assert await wallet.shows()
    request = await desk.load("v1")
    await desk.desk.handle(at_home("ann"), Report(Ref("v1", request.version)))
    await desk.job("follow", "v1")
    assert desk.directory.kept == {}


async def test_writing_it_down_may_fail_and_be_repeated(desk: Office) -> None:
    wallet = await asked(desk)
    assert await wallet.shows()
    desk.directory.trouble["keep_proof"] = AnswerLost("cut")
    with pytest.raises(Unavailable):
        await desk.job("follow", "v1")
    assert (await desk.load("v1")).follow is Follow.DUE
    desk.directory.trouble["keep_proof"] = Rejected("no", code="accessDenied")
    await desk.job("follow", "v1")
    assert (await desk.load("v1")).follow is Follow.FAILED


# Who may look.


async def looking(desk: Office, name: str = "ben", request_id: str = "r1") -> SignIn:
    """An approver presses the button on the channel's card, and their own chat gets a prompt."""
    await desk.desk.installed(person(name), private(name))
    request = await desk.load(request_id)
    answer = await desk.desk.handle(in_channel(name), SeeProof(Ref(request_id, request.version)))
    assert isinstance(answer, Said), answer
    async with desk.store.unit() as unit:
        sign_in = await unit.sign_in_for(request_id, name, Purpose.LOOK)
    assert sign_in is not None
    return sign_in


async def waits_for_a_yes(desk: Office) -> None:
    await proved(desk)
    await desk.ask()
    await desk.sign_in()
    assert (await desk.load("r1")).status is Status.APPROVAL


async def seen(desk: Office) -> list[tuple[str, str]]:
    return [(e.data["by"], e.data["shown"]) for e in await trail(desk) if e.deed == "proof_seen"]


async def test_an_approver_with_the_right_sees_it_and_that_is_written_down(desk: Office) -> None:
    await waits_for_a_yes(desk)
    desk.directory.readers = frozenset({"ben"})
    sign_in = await looking(desk)
    answer = await desk.desk.handle(at_home("ben"), OfferToken(sign_in.id, "ben"))
    assert isinstance(answer, ProofShown)
    assert (answer.subject.id, answer.proof) == ("ann", desk.directory.kept["ann"])
    assert await seen(desk) == [("ben", "yes")]
    again = await desk.desk.handle(at_home("ben"), OfferToken(sign_in.id, "ben"))
    assert isinstance(again, Done)
    assert await seen(desk) == [("ben", "yes")]


async def test_an_approver_without_the_right_does_not(desk: Office) -> None:
    await waits_for_a_yes(desk)
    sign_in = await looking(desk)
    assert why(await desk.desk.handle(at_home("ben"), OfferToken(sign_in.id, "ben"))) == Reason.MAY_NOT_LOOK
    assert await seen(desk) == [("ben", "no")]


async def test_where_nothing_is_kept_there_is_nothing_to_see(desk: Office) -> None:
    await desk.ask()
    await desk.sign_in()
    desk.directory.readers = frozenset({"ben"})
    sign_in = await looking(desk)
    answer = await desk.desk.handle(at_home("ben"), OfferToken(sign_in.id, "ben"))
    assert isinstance(answer, ProofShown)
    assert answer.proof == {}
    desk.directory.trouble["proof_of"] = Missing("nobody")
    gone = await desk.desk.handle(at_home("ben"), OfferToken((await looking(desk)).id, "ben"))
    assert isinstance(gone, ProofShown)


async def test_another_persons_token_shows_nothing(desk: Office) -> None:
    await waits_for_a_yes(desk)
    desk.directory.readers = frozenset({"cleo"})
    sign_in = await looking(desk)
    assert why(await desk.desk.handle(at_home("ben"), OfferToken(sign_in.id, "cleo"))) == Reason.MAY_NOT_LOOK
    assert await seen(desk) == [("ben", "no")]


@pytest.mark.parametrize("name", ["cleo", "ann"])
async def test_the_prompt_of_one_approver_is_no_use_to_another(desk: Office, name: str) -> None:
    await waits_for_a_yes(desk)
    desk.directory.readers = frozenset({"ben", name})
    sign_in = await looking(desk)
    assert isinstance(await desk.desk.handle(at_home(name), OfferToken(sign_in.id, name)), SignInWanted)
    assert isinstance(await desk.desk.handle(in_channel("ben"), OfferToken(sign_in.id, "ben")), SignInWanted)
    assert await seen(desk) == []


@pytest.mark.parametrize(("name", "reason"), [("mo", Reason.NOT_APPROVER), ("ann", Reason.OWN_REQUEST)])
async def test_who_does_not_decide_has_nothing_to_look_at(desk: Office, name: str, reason: str) -> None:
    await waits_for_a_yes(desk)
    desk.directory.readers = frozenset({name})
    await desk.desk.installed(person(name), private(name))
    request = await desk.load("r1")
    assert why(await desk.desk.handle(in_channel(name), SeeProof(Ref("r1", request.version)))) == reason
    async with desk.store.unit() as unit:
        assert await unit.sign_in_for("r1", name, Purpose.LOOK) is None


async def test_an_approver_may_look_after_their_own_yes_too(desk: Office) -> None:
    await waits_for_a_yes(desk)
    await desk.approve()
    assert "approved" in [e.deed for e in await trail(desk)]
    assert (await looking(desk)).purpose is Purpose.LOOK


async def test_a_prompt_to_look_runs_out(desk: Office) -> None:
    await waits_for_a_yes(desk)
    desk.directory.readers = frozenset({"ben"})
    sign_in = await looking(desk)
    desk.clock.advance(minutes=6)
    assert isinstance(await desk.desk.handle(at_home("ben"), OfferToken(sign_in.id, "ben")), SignInWanted)
    assert await seen(desk) == []


async def test_no_sign_in_in_a_window_lets_anybody_look(desk: Office) -> None:
    await waits_for_a_yes(desk)
    sign_in = await looking(desk)
    refused = SignInRefused(Reason.ONLY_BY_TEAMS, "en")
    assert await desk.desk.step_up.page(sign_in.id) == refused
    assert await desk.desk.step_up.start(sign_in.id, f"{sign_in.id}.cookie") == refused


async def test_looking_shows_nothing_while_entra_does_not_answer(desk: Office) -> None:
    await waits_for_a_yes(desk)
    desk.directory.trouble["proof_of"] = Unavailable("graph")
    sign_in = await looking(desk)
    assert why(await desk.desk.handle(at_home("ben"), OfferToken(sign_in.id, "ben"))) == Reason.UNKNOWN
    async with desk.store.unit() as unit:
        closed = await unit.sign_in(sign_in.id)
    assert closed is not None
    assert closed.stage is SignInStage.FINISHED


async def test_what_is_shown_to_an_approver_is_kept_nowhere(desk: Office) -> None:
    await waits_for_a_yes(desk)
    desk.directory.kept["ann"]["score"] = 7331
    desk.directory.readers = frozenset({"ben"})
    sign_in = await looking(desk)
    assert isinstance(await desk.desk.handle(at_home("ben"), OfferToken(sign_in.id, "ben")), ProofShown)
    await desk.job("cards", "r1")
    assert "7331" not in json.dumps(desk.messenger.bodies)
    assert all("7331" not in value for e in await trail(desk) for value in e.data.values())


# The wallet's address.


async def test_the_wallets_address_is_there_as_long_as_it_may_be_opened(desk: Office) -> None:
    wallet = await asked(desk)
    link = await desk.desk.proofs.link("v1")
    assert link.startswith("openid-vc://")
    assert [await desk.desk.proofs.link(other) for other in ("v2", "", "\x00", "\ud800")] == ["", "", "", ""]
    await wallet.shows()
    assert await desk.desk.proofs.link("v1") == ""
    await asked(desk, "ann", "v2")
    desk.clock.advance(minutes=5)
    assert await desk.desk.proofs.link("v2") == ""


def test_a_proof_is_asked_for_nowhere_by_itself() -> None:
    assert (Policy().evidence, Policy().evidence_age) == ("", timedelta(hours=24))
