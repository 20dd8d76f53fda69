"""The Verified ID service's door in hostile hands: without both secrets nothing moves, with them only a right proof."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.core.model import Status
from tests.fakes import ISSUER, USUAL
from tests.hostile.site import Answer, Site, holds
from tests.hostile.test_web import NASTY, PROOF, standing

PATH: Final = "/verified-id/callback"
Json = dict[str, Any]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
some = settings(
    deadline=None, max_examples=25, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def site(postgres: str) -> Iterator[Site]:
    yield from standing(postgres)


def body(site: Site, upn: str = "cleo@contoso.example") -> Json:
    """What the service says when all is well."""
    return {
        "requestId": "presentation-1",
        "requestStatus": "presentation_verified",
        "state": site.state,
        "subject": "did:ion:someone",
        "verifiedCredentialsData": [
            {
                "issuer": ISSUER,
                "type": ["VerifiableCredential", "VerifiedEmployee"],
                "claims": {"revocationId": upn, "displayName": "Cleo", "photo": "x" * 1000},
                "credentialState": {"revocationStatus": "VALID"},
                "domainValidation": {"url": "https://contoso.example/"},
                "issuanceDate": (site.office.clock.now() - timedelta(days=30)).isoformat(),
                "expirationDate": (site.office.clock.now() + timedelta(days=30)).isoformat(),
                "faceCheck": {"matchConfidenceScore": 86.3, "sourcePhotoQuality": "HIGH"},
            }
        ],
    }


def call(site: Site, raw: bytes, *, key: str | bytes | None = None, method: str = "POST") -> Answer:
    told = [("api-key", site.key if key is None else key), ("Content-Type", "application/json")]
    return holds(site.ask(method, PATH, *told, body=raw))


def packed(value: object) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


@pytest.fixture
def untouched(site: Site) -> Iterator[Site]:
    before = site.state_of()
    with capture_logs() as logs:
        yield site
    assert site.state_of() == before
    assert [line for line in logs if line["log_level"] in {"error", "critical"}] == []


@some
@given(JSON, st.sampled_from(["key", "state", "both"]))
def test_a_stranger_moves_nothing_whatever_they_say(site: Site, said: Any, wrong: str) -> None:
    """With one secret of the two, or none; and the answer does not tell which."""
    told = (
        {**body(site), "said": said} if isinstance(said, str) else {**body(site), **({} if not said else {"x": said})}
    )
    if wrong in {"state", "both"}:
        told["state"] = f"{PROOF}.{'A' * 32}"
    key = "B" * 43 if wrong in {"key", "both"} else site.key
    assert call(site, packed(told), key=key).status == 401


def test_what_strangers_send_changes_nothing_at_rest(untouched: Site) -> None:
    site, right = untouched, body(untouched)
    states: list[Any] = [
        None,
        7,
        [],
        {},
        "",
        ".",
        PROOF,
        f"{PROOF}.",
        f".{site.state}",
        f"{site.state}x",
        site.state[:-1],
    ]
    for state in states:
        assert call(site, packed({**right, "state": state})).status == 401
    for state in ("\0", f"{PROOF}\0.x", "\ud800", "A" * 100_000, "%00", "' OR 1=1 --.x", "../../x.y", "r1.x", "r2.x"):
        assert call(site, packed({**right, "state": state})).status in {400, 401}
    for odd in NASTY:
        line = odd.replace(b"\r", b"").replace(b"\n", b"")
        assert call(site, packed(right), key=line).status in {400, 401}
        assert call(site, odd).status in {400, 401}
    for raw in (
        b"",
        b"[]",
        b"null",
        b"NaN",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"\xff\xfe{\0}\0",
        b'{"state": "\\ud800"}',
    ):
        assert call(site, raw).status in {400, 401}
    for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"):
        assert call(site, packed(right), method=method).status == 405
    twice = [("api-key", "C" * 43), ("api-key", site.key), ("Content-Type", "application/json")]
    assert holds(site.ask("POST", PATH, *twice, body=packed(right))).status == 401
    assert call(site, packed({**right, "requestId": "presentation-2"})).status == 200  # not the one that was asked for


WRONG: Final = {
    "another person": ("claims.revocationId", "ann@contoso.example"),
    "nobody": ("claims", {}),
    "a person in a list": ("claims.revocationId", ["cleo@contoso.example"]),
    "a person hidden behind another": ("claims.revocationId", "cleo@contoso.example\0ann"),
    "another issuer": ("issuer", "did:web:evil.example"),
    "an issuer that begins like ours": ("issuer", f"{ISSUER}.evil.example"),
    "another type": ("type", ["VerifiableCredential", "LibraryCard"]),
    "a type that is a word": ("type", "VerifiedEmployee "),
    "revoked": ("credentialState.revocationStatus", "REVOKED"),
    "nothing about revocation": ("credentialState", {}),
    "run out": ("expirationDate", "2026-01-01T00:00:00Z"),
    "never running out": ("expirationDate", None),
    "issued some day": ("issuanceDate", "9999-12-31T23:59:59Z"),
    "no linked domain": ("domainValidation", {"url": ""}),
    "no face": ("faceCheck", None),
    "a low score": ("faceCheck.matchConfidenceScore", 69.9),
    "a score in words": ("faceCheck.matchConfidenceScore", "99"),
    "a score beyond all": ("faceCheck.matchConfidenceScore", 1e308),
    "a score that is true": ("faceCheck.matchConfidenceScore", True),
    "a negative score": ("faceCheck.matchConfidenceScore", -86),
}


HOW: Final = (*WRONG, "two", "none", "error", "right")


@pytest.mark.parametrize("how", HOW)
def test_with_both_secrets_only_the_one_right_proof_counts(site: Site, how: str) -> None:
    """Each is a request of its own; what comes after the first answer changes nothing any more."""
    mine = _asked(site, f"proof-{HOW.index(how):04d}")
    told = {**body(mine), "requestId": f"presentation-{len(site.office.verifier.asked)}"}
    shown = told["verifiedCredentialsData"]
    if how in WRONG:
        path, value = WRONG[how]
        _put(shown[0], path.split("."), value)
    elif how == "two":
        shown.append(deepcopy(shown[0]))
    elif how == "none":
        shown.clear()
    elif how == "error":
        told |= {"requestStatus": "presentation_error", "error": {"code": "x", "message": "y"}}
    assert call(mine, packed(told)).status == 200
    request = site.run(site.office.load(mine.state.partition(".")[0]))
    assert (request.status is Status.ENDED, request.stage == "verified") == (True, how == "right")
    assert call(mine, packed({**body(mine), "requestId": told["requestId"]})).status == 200
    assert site.run(site.office.load(request.id)) == request
    assert site.office.directory.writes == []


@some
@given(JSON, st.sampled_from(["issuer", "type", "claims", "credentialState", "domainValidation", "faceCheck"]))
def test_no_other_value_proves_anybody(site: Site, value: Any, name: str) -> None:
    mine = _asked(site, f"fuzz-{len(site.office.verifier.asked):06d}")
    told = {**body(mine), "requestId": f"presentation-{len(site.office.verifier.asked)}"}
    told["verifiedCredentialsData"][0][name] = value
    assert call(mine, packed(told)).status in {200, 400}
    request = site.run(site.office.load(mine.state.partition(".")[0]))
    assert request.stage != "verified"


def _asked(site: Site, request_id: str) -> Site:
    """A new day, a new request of Cleo's."""
    site.office.clock.advance(days=2)
    site.run(site.office.bring("verify", "cleo", request_id, **USUAL.get("verify", {})))
    told = site.office.verifier.asked[-1]
    return replace(site, key=told["key"], state=told["state"])


def _put(shown: Json, path: list[str], value: Any) -> None:
    *above, last = path
    for name in above:
        shown = shown[name]
    shown[last] = value
