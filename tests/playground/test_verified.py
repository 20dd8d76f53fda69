"""The Request Service as a verifier meets it: what it takes, what it refuses, and what it calls back with."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from playground import entra, verified
from playground.faults import Fault
from playground.verified.photo import portrait
from playground.world import GRAPH, VERIFIED_ID, create
from tests.playground.verifier import KEY, Json, Verifier, verifying

Change = Callable[[Json], Any]


@pytest.fixture
async def verifier(tmp_path: Path) -> AsyncIterator[Verifier]:
    async with verifying(tmp_path) as made:
        yield made


def _one(body: Json) -> Json:
    one: Json = body["requestedCredentials"][0]
    return one


def _checks(body: Json) -> Json:
    checks: Json = _one(body)["configuration"]["validation"]
    return checks


async def test_a_request_is_answered_with_a_link_a_code_and_a_time(verifier: Verifier) -> None:
    status, made = await verifier.ask(verifier.body())
    assert status == 201
    assert made["url"] == f"openid-vc://?request_uri={verifier.world.origin}/verified-id/requests/{made['requestId']}"
    assert made["expiry"] - verifier.world.clock.now().timestamp() == pytest.approx(300, abs=3)
    kind, _, picture = made["qrCode"].partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(picture).startswith(b"\x89PNG\r\n\x1a\n")
    _, plain = await verifier.ask(verifier.body(includeQRCode=False))
    assert set(plain) == {"requestId", "url", "expiry"}


async def test_what_a_wallet_reads_of_a_request_holds_nothing_of_the_verifiers_own(verifier: Verifier) -> None:
    request = await verifier.begun()
    async with verifier.http.get(f"{verifier.world.origin}/verified-id/requests/{request}") as answer:
        text = await answer.text()
    told = json.loads(text)
    assert told["registration"]["clientName"] == "Vouchsafe"
    assert told["requestedCredentials"][0]["faceCheck"]["matchConfidenceThreshold"] == 70
    assert KEY not in text
    assert "made up" not in text
    assert verifier.heard == []
    async with verifier.http.get(f"{verifier.world.origin}/verified-id/requests/nothing") as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (404, "notFound")


async def test_a_presentation_is_told_whole(verifier: Verifier) -> None:
    world, request = verifier.world, await verifier.begun()
    await world.verified.scan(request, "ann")
    assert verifier.heard == [{"requestId": request, "requestStatus": "request_retrieved", "state": "made up"}]
    answer = await world.verified.present(request, "ann", score=91.25)
    assert (answer.status, answer.heard) == ("presentation_verified", 204)
    said = verifier.heard[1]
    assert (said["requestId"], said["requestStatus"], said["state"]) == (request, "presentation_verified", "made up")
    assert said["subject"].startswith("did:")
    assert "receipt" not in said
    [shown] = said["verifiedCredentialsData"]
    assert shown["issuer"] == verified.AUTHORITY
    assert shown["type"] == ["VerifiableCredential", "VerifiedEmployee"]
    assert shown["claims"]["revocationId"] == world.people["ann"].upn
    names = {"displayName", "givenName", "surname", "mail", "preferredLanguage", "jobTitle", "revocationId", "photo"}
    assert set(shown["claims"]) == names
    assert shown["credentialState"] == {"revocationStatus": "VALID"}
    assert shown["domainValidation"] == {"url": "https://contoso.example/"}
    assert shown["issuanceDate"] < world.clock.now().isoformat() < shown["expirationDate"]
    assert shown["faceCheck"] == {"matchConfidenceScore": 91.25, "sourcePhotoQuality": "HIGH"}
    assert verifier.keys == [KEY, KEY]


async def test_a_document_may_name_somebody_otherwise_than_the_directory_does(verifier: Verifier) -> None:
    world, request = verifier.world, await verifier.begun("brian")
    await world.verified.present(request, "brian", score=90)
    claims = verifier.heard[-1]["verifiedCredentialsData"][0]["claims"]
    brian = world.people["brian"]
    assert (brian.name, brian.upn) == ("Brian", claims["revocationId"])
    assert (claims["displayName"], claims["surname"]) == ("Brian James", "James")


async def test_without_a_face_check_there_is_no_score_and_may_be_a_receipt(verifier: Verifier) -> None:
    body = verifier.body(includeReceipt=True)
    del _checks(body)["faceCheck"]
    _, made = await verifier.ask(body)
    await verifier.world.verified.present(made["requestId"], "ann", score=1)
    said = verifier.heard[-1]
    assert "faceCheck" not in said["verifiedCredentialsData"][0]
    assert said["receipt"]["id_token"].count(".") == 2


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [("", 401, "unauthorized"), ("made.up.token", 401, "unauthorized"), (GRAPH, 401, "unauthorized")],
)
async def test_only_a_token_made_for_the_service_is_believed(
    verifier: Verifier, token: str, status: int, code: str
) -> None:
    held = entra.app_token(verifier.world, GRAPH) if token == GRAPH else token
    got, body = await verifier.ask(verifier.body(), token=held)
    assert (got, body["error"]["code"], body["error"]["innererror"]["code"]) == (status, code, "tokenError")


async def test_the_token_needs_the_role_and_its_time(verifier: Verifier) -> None:
    token = entra.app_token(verifier.world, VERIFIED_ID)
    verifier.world.clock.advance(timedelta(hours=2))
    assert (await verifier.ask(verifier.body(), token=token))[0] == 401
    verifier.world.verified.granted = {"VerifiableCredential.Create.IssueRequest"}
    status, body = await verifier.ask(verifier.body())
    assert (status, body["error"]["code"], body["error"]["innererror"]["target"]) == (403, "forbidden", "roles")
    verifier.world.verified.granted = {"VerifiableCredential.Create.All"}
    assert (await verifier.ask(verifier.body()))[0] == 201


async def test_the_token_endpoint_sells_tokens_for_the_service(verifier: Verifier) -> None:
    world = verifier.world
    form = {
        "grant_type": "client_credentials",
        "client_id": world.bot_id,
        "client_secret": world.bot_secret,
        "scope": world.cloud()["verified_id_scope"],
    }
    async with verifier.http.post(f"{world.origin}/entra/{world.tenant}/oauth2/v2.0/token", data=form) as answer:
        token = (await answer.json())["access_token"]
    claims = entra.bearer(world, f"Bearer {token}", VERIFIED_ID)
    assert claims is not None
    assert claims["roles"] == ["VerifiableCredential.Create.PresentRequest"]
    assert (await verifier.ask(verifier.body(), token=token))[0] == 201


WRONG: list[tuple[Change, str]] = [
    (lambda b: b.update(authority="did:web:fabrikam.example"), "authority"),
    (lambda b: b.pop("authority"), "authority"),
    (lambda b: b.update(includeQRCode="yes"), "includeQRCode"),
    (lambda b: b.update(includeReceipt=True), "includeReceipt"),
    (lambda b: b.update(surprise=1), "surprise"),
    (lambda b: b.update(registration=[]), "registration"),
    (lambda b: b["registration"].pop("clientName"), "registration.clientName"),
    (lambda b: b.pop("callback"), "callback"),
    (lambda b: b["callback"].update(url="/verified-id/callback"), "callback.url"),
    (lambda b: b["callback"].update(url="https://desk.example/callback"), "callback.url"),
    (lambda b: b["callback"].update(state=" "), "callback.state"),
    (lambda b: b["callback"].update(headers={"X-Key": "1"}), "callback.headers"),
    (lambda b: b["callback"].update(headers={"api-key": 1}), "callback.headers"),
    (lambda b: b.update(requestedCredentials=[]), "requestedCredentials"),
    (lambda b: b.update(requestedCredentials={}), "requestedCredentials"),
    (lambda b: _one(b).pop("type"), "requestedCredentials[0].type"),
    (lambda b: _one(b).update(acceptedIssuers="me"), "requestedCredentials[0].acceptedIssuers"),
    (lambda b: _one(b)["constraints"][0].pop("values"), "requestedCredentials[0].constraints[0]"),
    (lambda b: _one(b)["constraints"][0].update(contains="a"), "requestedCredentials[0].constraints[0]"),
    (lambda b: _one(b)["constraints"][0].update(values=[]), "requestedCredentials[0].constraints[0].values"),
    (lambda b: _one(b)["constraints"][0].pop("claimName"), "requestedCredentials[0].constraints[0].claimName"),
    (lambda b: _checks(b).update(allowRevoked="no"), "requestedCredentials[0].configuration.validation.allowRevoked"),
]
FACE = "requestedCredentials[0].configuration.validation.faceCheck"


def _threshold(value: Any) -> Change:
    return lambda body: _checks(body)["faceCheck"].update(matchConfidenceThreshold=value)


WRONG.extend((_threshold(value), f"{FACE}.matchConfidenceThreshold") for value in (49, 101, 70.5, "70", True))
WRONG.append((lambda b: _checks(b)["faceCheck"].pop("sourcePhotoClaimName"), f"{FACE}.sourcePhotoClaimName"))


@pytest.mark.parametrize(("change", "target"), WRONG, ids=[f"{n}-{target}" for n, (_, target) in enumerate(WRONG)])
async def test_a_wrong_field_is_named(verifier: Verifier, change: Change, target: str) -> None:
    body = verifier.body()
    change(body)
    status, told = await verifier.ask(body)
    assert (status, set(told)) == (400, {"requestId", "date", "mscv", "error"})
    assert (told["error"]["code"], told["error"]["message"]) == ("badRequest", "The request is invalid.")
    inner = told["error"]["innererror"]
    assert (inner["code"], inner["target"]) == ("badOrMissingField", target)
    assert verifier.world.verified.requests == {}


@pytest.mark.parametrize("body", [[], "text", 1])
async def test_a_body_that_is_no_object_is_refused(verifier: Verifier, body: Any) -> None:
    assert (await verifier.ask(body))[0] == 400


async def test_a_face_is_checked_only_when_it_is_paid_for(verifier: Verifier) -> None:
    verifier.world.verified.billing = False
    status, told = await verifier.ask(verifier.body())
    inner = told["error"]["innererror"]
    assert (status, told["error"]["code"], inner["code"], inner["target"]) == (
        400,
        "badRequest",
        "badOrMissingField",
        "authority",
    )
    words = "Premium features cannot be used until billing is enabled by the admin. See https://aka.ms/fcbilling"
    assert inner["message"] == words
    body = verifier.body()
    del _checks(body)["faceCheck"]
    assert (await verifier.ask(body))[0] == 201


async def test_too_little_likeness_and_a_spoof_are_errors_without_a_score(verifier: Verifier) -> None:
    world, low = verifier.world, await verifier.begun()
    answer = await world.verified.present(low, "ann", score=69.9)
    assert answer.status == "presentation_error"
    message = "Match confidence score failing to meet the threshold."
    assert verifier.heard[-1] == {
        "requestId": low,
        "requestStatus": "presentation_error",
        "state": "made up",
        "error": {"code": "claimValidationError", "message": message},
    }
    await world.verified.present(await verifier.begun(), "ann", fail="spoof")
    assert "spoof" in verifier.heard[-1]["error"]["message"]
    await world.verified.present(await verifier.begun(), "ann", fail="declined")
    assert "declined" in verifier.heard[-1]["error"]["message"]
    exact = await world.verified.present(await verifier.begun(), "ann", score=70)
    assert exact.status == "presentation_verified"


@pytest.mark.parametrize(("credential", "part"), [("fabrikam", "issuer"), ("ben", "revocationId"), ("own", "revoked")])
async def test_what_was_not_asked_for_is_an_error_unless_the_service_is_made_to_lie(
    verifier: Verifier, credential: str, part: str
) -> None:
    world = verifier.world
    if part == "revoked":
        world.verified.revoke("ann")
    await world.verified.present(await verifier.begun(), "ann", credential=credential)
    assert verifier.heard[-1]["error"]["code"] == "claimValidationError"
    assert part in verifier.heard[-1]["error"]["message"]
    world.verified.honest = False
    await world.verified.present(await verifier.begun(), "ann", credential=credential, score=12.5)
    [shown] = verifier.heard[-1]["verifiedCredentialsData"]
    assert shown["faceCheck"]["matchConfidenceScore"] == 12.5
    told = (shown["issuer"], shown["claims"]["revocationId"], shown["credentialState"]["revocationStatus"])
    ann, ben = world.people["ann"].upn, world.people["ben"].upn
    assert (
        told
        == {
            "fabrikam": (verified.FABRIKAM, ann, "VALID"),
            "ben": (verified.AUTHORITY, ben, "VALID"),
            "own": (verified.AUTHORITY, ann, "REVOKED"),
        }[credential]
    )


async def test_an_expired_or_unlinked_credential_is_an_error(verifier: Verifier) -> None:
    phone = verifier.world.verified.phones["ann"]
    phone[0] = replace(phone[0], domain="")
    await verifier.world.verified.present(await verifier.begun(), "ann", credential="own")
    assert "linked domain" in verifier.heard[-1]["error"]["message"]
    phone[0] = replace(phone[0], domain="https://contoso.example/", expires=verifier.world.clock.now())
    await verifier.world.verified.present(await verifier.begun(), "ann", credential="own")
    assert "expired" in verifier.heard[-1]["error"]["message"]


@pytest.mark.parametrize(
    ("constraint", "meets"),
    [
        ({"values": ["x", "ANN ARCHER"]}, True),
        ({"values": ["Ann"]}, False),
        ({"contains": "n aRc"}, True),
        ({"contains": "ben"}, False),
        ({"startsWith": "ann"}, True),
        ({"startsWith": "archer"}, False),
    ],
)
async def test_constraints_are_met_without_case_and_without_patterns(
    verifier: Verifier, constraint: Json, meets: bool
) -> None:
    body = verifier.body()
    _one(body)["constraints"].append({"claimName": "displayName", **constraint})
    _, made = await verifier.ask(body)
    answer = await verifier.world.verified.present(made["requestId"], "ann", credential="own")
    assert (answer.status == "presentation_verified") is meets


async def test_anybodys_credential_is_taken_when_no_issuer_is_named(verifier: Verifier) -> None:
    body = verifier.body()
    _one(body)["acceptedIssuers"] = []
    _, made = await verifier.ask(body)
    await verifier.world.verified.present(made["requestId"], "ann", credential="fabrikam")
    assert verifier.heard[-1]["verifiedCredentialsData"][0]["issuer"] == verified.FABRIKAM


async def test_a_request_is_answered_once_and_in_time(verifier: Verifier) -> None:
    world, request = verifier.world, await verifier.begun()
    await world.verified.present(request, "ann")
    for again in (world.verified.scan(request), world.verified.present(request, "ann")):
        with pytest.raises(verified.Unusable, match="already"):
            await again
    late = await verifier.begun()
    world.clock.advance(timedelta(minutes=5, seconds=1))
    with pytest.raises(verified.Unusable, match="expired"):
        await world.verified.present(late, "ann")
    with pytest.raises(verified.Unusable, match="no such request"):
        await world.verified.scan("nothing")
    assert verifier.told() == ["presentation_verified"]


async def test_the_newest_request_is_the_one_that_names_the_person(verifier: Verifier) -> None:
    first, second = await verifier.begun(), await verifier.begun()
    await verifier.begun("ben")
    newest = verifier.world.verified.newest("ann")
    assert newest is not None
    assert newest.id == second
    await verifier.world.verified.present(second, "ann")
    left = verifier.world.verified.newest("ann")
    assert left is not None
    assert left.id == first
    assert verifier.world.verified.newest("greta") is None


async def test_news_may_come_twice_in_the_wrong_order_late_or_never(verifier: Verifier) -> None:
    world, habits = verifier.world, verifier.world.verified.habits

    async def both() -> list[str]:
        verifier.heard.clear()
        request = await verifier.begun()
        await world.verified.scan(request, "ann")
        await world.verified.present(request, "ann")
        await world.verified.callbacks.settled()
        return [status.removeprefix("presentation_").removeprefix("request_") for status in verifier.told()]

    habits.twice = True
    assert await both() == ["retrieved", "retrieved", "verified", "verified"]
    habits.twice, habits.swapped = False, True
    assert await both() == ["verified", "retrieved"]
    habits.swapped, habits.lost = False, {"request_retrieved"}
    assert await both() == ["verified"]
    habits.lost, habits.late = set(), 0.1
    assert await both() == ["retrieved", "verified"]
    assert (await world.verified.present(await verifier.begun(), "ann")).heard is None


async def test_news_that_was_not_taken_is_sent_again_when_it_is_wanted(verifier: Verifier) -> None:
    world = verifier.world
    verifier.answers = [500]
    answer = await world.verified.present(await verifier.begun(), "ann")
    assert (answer.heard, len(verifier.heard)) == (500, 1)
    world.verified.habits.retries = 2
    verifier.answers = [503, 500]
    answer = await world.verified.present(await verifier.begun(), "ann")
    assert (answer.heard, len(verifier.heard)) == (204, 4)


async def test_a_verifier_that_is_not_there_is_no_trouble_of_the_phones(verifier: Verifier) -> None:
    callback = {"url": "http://127.0.0.1:9/nobody", "state": "s"}
    request = await verifier.begun(callback=callback)
    answer = await verifier.world.verified.present(request, "ann")
    assert (answer.status, answer.heard) == ("presentation_verified", 0)


async def test_the_journal_has_both_directions_and_no_secret(verifier: Verifier, tmp_path: Path) -> None:
    request = await verifier.begun()
    await verifier.world.verified.scan(request, "ann")
    await verifier.world.verified.present(request, "ann")
    [asked] = verifier.world.journal.of("verified", part="createPresentationRequest")
    assert (asked.status, asked.body["requestedCredentials"][0]["type"]) == (201, "VerifiedEmployee")
    told = verifier.world.journal.of("verified", "POST", "/verified-id/callback")
    assert [(one.status, one.body["requestStatus"]) for one in told] == [
        (204, "request_retrieved"),
        (204, "presentation_verified"),
    ]
    written = (tmp_path / "record" / "verified.jsonl").read_text()
    assert "revocationId" in written
    assert KEY not in written
    assert verifier.world.verified.held("ann").claims["photo"] not in written


async def test_faults_reach_the_service(verifier: Verifier) -> None:
    verifier.world.faults.add(Fault("verified", "createPresentationRequest", "throttle", seconds=7, times=1))
    assert (await verifier.ask(verifier.body()))[0] == 429
    assert (await verifier.ask(verifier.body()))[0] == 201


def test_a_portrait_is_a_picture_of_the_person_and_large_enough() -> None:
    ann, ben = portrait("Ann Archer"), portrait("Ben Bishop")
    assert ann == portrait("Ann Archer") != ben
    for picture in (ann, ben):
        assert (picture[:2], picture[-2:], len(picture) >= 1024) == (b"\xff\xd8", b"\xff\xd9", True)


def test_a_credential_keeps_its_claims_to_itself(tmp_path: Path) -> None:
    world = create("http://127.0.0.1:1", tmp_path)
    assert world.people["ann"].upn not in repr(world.verified.phones["ann"])
