"""What Verified ID calls back with: anything may come, and only the one right credential proves somebody."""

from __future__ import annotations

import json
import math
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.presentations import Credential, Doubt, Failed, Presented, Retrieved, judge, read, why

ISSUER, TYPE, UPN, THRESHOLD = "did:web:verifiedid.contoso.example", "VerifiedEmployee", "ann@contoso.example", 70
NOW = datetime(2026, 9, 2, 8, 59, tzinfo=UTC)  # a minute before it runs out
JOINED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # when the account was made
Json = dict[str, Any]
WANTED: Json = {"issuer": ISSUER, "type": TYPE, "upn": UPN, "threshold": THRESHOLD, "at": NOW, "since": None}
SHOWN: Json = {
    "issuer": ISSUER,
    "type": ["VerifiableCredential", TYPE],
    "claims": {"revocationId": UPN, "displayName": "Ann Archer", "photo": "x" * 10_000},
    "credentialState": {"revocationStatus": "VALID"},
    "domainValidation": {"url": "https://contoso.example/"},
    "issuanceDate": "2026-03-02T09:00:00Z",
    "expirationDate": "2026-09-02T09:00:00Z",
    "faceCheck": {"matchConfidenceScore": 86.314159, "sourcePhotoQuality": "HIGH"},
}
BODY: Json = {
    "requestId": "e4ef27ca-eb8c-4b63-823b-3b95140eac11",
    "requestStatus": "presentation_verified",
    "state": "the-state",
    "subject": "did:ion:someone",
    "verifiedCredentialsData": [SHOWN],
}
ERROR: Json = {"code": "claimValidationError", "message": "Match confidence score failing to meet the threshold."}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


def _body(**changes: Any) -> Json:
    return {**deepcopy(BODY), **changes}


def _presented(*shown: Any) -> Presented:
    said = read(_body(verifiedCredentialsData=list(shown)))
    assert isinstance(said, Presented)
    return said


def _judged(*shown: Any, **changes: Any) -> str:
    asked: Json = {**WANTED, **changes}
    return judge(_presented(*shown), **asked)


def _with(path: str, value: Any) -> Json:
    """The right credential but for one thing; Ellipsis takes it away."""
    shown = deepcopy(SHOWN)
    *above, last = path.split(".")
    inner = shown
    for name in above:
        inner = inner[name]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return shown


def test_the_three_callbacks_are_told_apart() -> None:
    retrieved = read({"requestId": "r", "requestStatus": "request_retrieved", "state": "s"})
    assert isinstance(retrieved, Retrieved)
    assert (retrieved.request_id, retrieved.state.reveal()) == ("r", "s")
    presented = read(BODY)
    assert isinstance(presented, Presented)
    assert (presented.request_id, presented.state.reveal()) == (BODY["requestId"], "the-state")
    assert presented.credentials == (
        Credential(
            issuer=ISSUER,
            types=("VerifiableCredential", TYPE),
            claims={"revocationId": UPN, "displayName": "Ann Archer"},  # no photo comes in
            revocation="VALID",
            domain="https://contoso.example/",
            issued=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
            expires=datetime(2026, 9, 2, 9, 0, tzinfo=UTC),
            score=86.314159,
        ),
    )
    failed = read(_body(requestStatus="presentation_error", error=ERROR))
    assert isinstance(failed, Failed)
    assert (failed.code, failed.message_kind) == ("claimValidationError", Doubt.LOW_SCORE)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        [BODY],
        "presentation_verified",
        {},
        _body(requestStatus="presentation_expired"),
        _body(requestStatus=["presentation_verified"]),
        _body(requestStatus=None),
        _body(requestId=""),
        _body(requestId=7),
        _body(state=None),
        _body(state={"of": "mind"}),
        _body(state="s" * 1000),
    ],
)
def test_what_is_no_callback_is_none(body: object) -> None:
    assert read(body) is None


def test_a_callback_that_says_both_yes_and_no_is_a_no() -> None:
    failed = read(_body(error={"code": "tokenError\r\nset-cookie: x", "message": None}))
    assert isinstance(failed, Failed)
    assert (failed.code, failed.message_kind) == ("tokenErrorset-cookiex", Doubt.OTHER)
    assert isinstance(read(_body(error=None)), Presented)


def test_neither_state_nor_claims_can_be_printed() -> None:
    printed = repr(read(BODY))
    assert "the-state" not in printed
    assert UPN not in printed
    assert "Ann Archer" not in printed


@given(JSON)
def test_anything_at_all_can_come(body: object) -> None:
    assert read(body) is None


@given(
    st.sampled_from(["request_retrieved", "presentation_verified", "presentation_error"]),
    st.dictionaries(st.sampled_from(["verifiedCredentialsData", "error", "receipt", "subject"]), JSON),
)
def test_anything_at_all_can_come_with_a_callback(status: str, rest: Json) -> None:
    said = read({"requestId": "r", "requestStatus": status, "state": "s", **rest})
    assert said is not None
    if isinstance(said, Presented):
        assert judge(said, **WANTED) != ""


PATHS = [
    "issuer",
    "type",
    "claims",
    "claims.revocationId",
    "credentialState",
    "credentialState.revocationStatus",
    "domainValidation",
    "domainValidation.url",
    "faceCheck",
    "faceCheck.matchConfidenceScore",
]


@given(st.sampled_from(PATHS), JSON)
def test_any_other_value_of_what_counts_proves_nothing(path: str, value: Any) -> None:
    if path == "faceCheck.matchConfidenceScore" and isinstance(value, int | float) and not isinstance(value, bool):
        right = THRESHOLD <= value <= 100
    else:
        right = False
    assert (_judged(_with(path, value)) == "") is right


@pytest.mark.parametrize("path", PATHS)
def test_what_is_not_told_proves_nothing(path: str) -> None:
    assert _judged(_with(path, ...)) != ""


def test_the_right_credential_proves_somebody() -> None:
    assert _judged(SHOWN) == ""
    assert _judged(_with("claims.revocationId", "Ann@Contoso.Example")) == ""
    assert _judged(_with("faceCheck.matchConfidenceScore", 70)) == ""


@pytest.mark.parametrize(
    ("path", "value", "doubt"),
    [
        ("issuer", "did:web:fabrikam.example", Doubt.WRONG_ISSUER),
        ("issuer", ISSUER.upper(), Doubt.WRONG_ISSUER),
        ("type", ["VerifiableCredential"], Doubt.WRONG_TYPE),
        ("type", TYPE, Doubt.WRONG_TYPE),
        ("claims.revocationId", "ben@contoso.example", Doubt.WRONG_PERSON),
        ("claims.revocationId", [UPN], Doubt.WRONG_PERSON),
        ("claims.revocationId", "", Doubt.WRONG_PERSON),
        ("credentialState.revocationStatus", "REVOKED", Doubt.REVOKED),
        ("credentialState.revocationStatus", "", Doubt.REVOKED),
        ("expirationDate", "2026-09-02T08:59:00Z", Doubt.EXPIRED),
        ("expirationDate", "2026-09-02T10:58:59+02:00", Doubt.EXPIRED),
        ("expirationDate", "2026-09-02T09:00:00", Doubt.EXPIRED),  # of no time zone
        ("expirationDate", "next year", Doubt.EXPIRED),
        ("expirationDate", 1788339600, Doubt.EXPIRED),
        ("expirationDate", "", Doubt.EXPIRED),
        ("expirationDate", ..., Doubt.EXPIRED),
        ("issuanceDate", "2026-09-02T09:05:00Z", Doubt.EXPIRED),
        ("issuanceDate", ..., Doubt.EXPIRED),
        ("domainValidation.url", "", Doubt.UNLINKED),
        ("domainValidation.url", "http://contoso.example/", Doubt.UNLINKED),
        ("faceCheck", ..., Doubt.NO_FACE),
        ("faceCheck.matchConfidenceScore", "86", Doubt.NO_FACE),
        ("faceCheck.matchConfidenceScore", True, Doubt.NO_FACE),
        ("faceCheck.matchConfidenceScore", math.nan, Doubt.NO_FACE),
        ("faceCheck.matchConfidenceScore", math.inf, Doubt.NO_FACE),
        ("faceCheck.matchConfidenceScore", 10**400, Doubt.NO_FACE),
        ("faceCheck.matchConfidenceScore", -1, Doubt.NO_FACE),
        ("faceCheck.matchConfidenceScore", 69.999, Doubt.LOW_SCORE),
        ("faceCheck.matchConfidenceScore", 0, Doubt.LOW_SCORE),
    ],
)
def test_each_flaw_has_its_word(path: str, value: Any, doubt: Doubt) -> None:
    assert _judged(_with(path, value)) == doubt


@pytest.mark.parametrize(("joined", "doubt"), [(0, ""), (-1, ""), (1, Doubt.WRONG_PERSON)])
def test_a_credential_from_before_the_account_was_made_is_another_persons(joined: int, doubt: str) -> None:
    """A name that was somebody else's before is given to a new account, and the old credential has not run out."""
    assert _judged(SHOWN, since=JOINED + timedelta(seconds=joined)) == doubt


def test_exactly_one_credential_is_asked_for() -> None:
    assert _judged() == Doubt.NONE
    assert _judged(SHOWN, SHOWN) == Doubt.MANY
    assert _judged(SHOWN, "nonsense") == Doubt.MANY
    assert _judged("nonsense") == Doubt.WRONG_ISSUER
    said = read(_body(verifiedCredentialsData={"0": SHOWN}))
    assert isinstance(said, Presented)
    assert judge(said, **WANTED) == Doubt.NONE


def test_a_desk_that_expects_nothing_believes_nobody() -> None:
    assert _judged(_with("issuer", ""), issuer="") == Doubt.WRONG_ISSUER
    assert _judged(_with("type", [""]), type="") == Doubt.WRONG_TYPE
    assert _judged(_with("claims.revocationId", ""), upn="") == Doubt.WRONG_PERSON


def test_names_that_only_fold_into_each_other_are_two_people() -> None:
    assert _judged(_with("claims.revocationId", "strasse@x.example"), upn="stra\u00dfe@x.example") == Doubt.WRONG_PERSON
    assert _judged(_with("claims.revocationId", "\u212aim@x.example"), upn="kim@x.example") == Doubt.WRONG_PERSON


def test_a_face_must_reach_what_is_asked_for() -> None:
    assert _judged(SHOWN, threshold=86) == ""
    assert _judged(SHOWN, threshold=87) == Doubt.LOW_SCORE


@pytest.mark.parametrize(
    ("code", "message", "doubt"),
    [
        (ERROR["code"], ERROR["message"], Doubt.LOW_SCORE),
        ("claimValidationError", "Liveness check failed: spoof suspected", Doubt.SPOOF),
        ("claimValidationError", "The presented verifiable credential is revoked.", Doubt.REVOKED),
        ("claimValidationError", "The credential has expired.", Doubt.EXPIRED),
        ("requestExpired", "The request has expired.", Doubt.OTHER),
        ("userDeclined", "", Doubt.DECLINED),
        ("access_denied", "The user cancelled the request.", Doubt.DECLINED),
        ("noCredential", "", Doubt.NO_CREDENTIAL),
        ("tokenError", "No matching credential was found.", Doubt.NO_CREDENTIAL),
        ("tokenError", "Something else", Doubt.OTHER),
        ("", "", Doubt.OTHER),
    ],
)
def test_an_error_comes_down_to_a_word(code: str, message: str, doubt: Doubt) -> None:
    assert why(code, message) == doubt


def test_a_callback_survives_the_wire() -> None:
    assert isinstance(read(json.loads(json.dumps(BODY))), Presented)
    assert judge(replace(_presented(SHOWN), request_id="other"), **WANTED) == ""
