"""Verified ID over real HTTP, by a service that says exactly what a test wants it to say."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.config.cloud import GCCH, PUBLIC, Cloud
from bot.core.errors import AnswerLost, Rejected, Unavailable
from bot.core.model import Secret
from bot.core.verifier import Presentation
from bot.verified import service as module
from bot.verified.service import RequestService
from bot.verified.wire import CredentialType
from playground.replicas import free_port
from tests.adapters.edge import NOW, SetClock

Json = dict[str, Any]
AUTHORITY, UPN, STATE, KEY = "did:web:verifiedid.contoso.example", "ann@contoso.example", "the-state", "the-key"
WANTED = CredentialType(AUTHORITY, "VerifiedEmployee", "photo")
PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 500).decode()
URL = "openid-vc://?request_uri=https://verifiedid.did.msidentity.com/v1.0/tenants/t/presentationRequests/r"
EXPIRY = int((NOW + timedelta(minutes=5)).timestamp())
GOOD: Json = {"requestId": "e4ef27ca-eb8c-4b63-823b-3b95140eac11", "url": URL, "expiry": EXPIRY, "qrCode": PNG}
BILLING = "Premium features cannot be used until billing is enabled by the admin. See https://aka.ms/fcbilling"


def _error(code: str, inner: str = "", message: str = f"about {STATE} and {UPN}") -> Json:
    error: Json = {"code": code, "message": "The request is invalid."}
    if inner:
        error["innererror"] = {"code": inner, "message": message, "target": "authority"}
    return {"requestId": "r", "date": "Fri, 20 Nov 2026 10:00:00 GMT", "mscv": "x.1", "error": error}


@dataclass
class Service:
    """Says `body` (or `raw`) with `status` to everything, after `delay` seconds; `cut` hangs up instead."""

    status: int = 201
    body: Any = field(default_factory=lambda: dict(GOOD))
    raw: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0
    cut: bool = False
    asked: list[tuple[str, str, Json]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.path, request.headers["Authorization"], await request.json()))
        await asyncio.sleep(self.delay)
        if self.cut:
            assert request.transport is not None
            request.transport.close()
        raw = self.raw if self.raw is not None else json.dumps(self.body).encode()
        return web.Response(body=raw, status=self.status, headers=self.headers, content_type="application/json")


@dataclass
class Tokens:
    forgotten: int = 0
    trouble: Exception | None = None
    delay: float = 0

    async def get(self, scope: str) -> str:
        assert scope == PUBLIC.verified_id_scope
        await asyncio.sleep(self.delay)
        if self.trouble is not None:
            raise self.trouble
        return f"token-{self.forgotten}"

    async def forget(self, scope: str) -> None:
        assert scope == PUBLIC.verified_id_scope
        self.forgotten += 1


@dataclass
class Desk:
    verifier: RequestService
    service: Service
    tokens: Tokens
    clock: SetClock

    async def begin(self, **changes: Any) -> Presentation:
        asked: Json = {"upn": UPN, "state": Secret(STATE), "key": Secret(KEY), "threshold": 80, "language": "de"}
        return await self.verifier.begin(**{**asked, **changes})


@asynccontextmanager
async def opened(
    cloud: Cloud, *, wanted: CredentialType = WANTED, service: Service | None = None
) -> AsyncIterator[Desk]:
    clock, tokens = SetClock(), Tokens()
    async with aiohttp.ClientSession() as session:
        verifier = RequestService(
            session=session,
            tokens=tokens,
            cloud=cloud,
            clock=clock,
            wanted=wanted,
            public_url="https://desk.contoso.example",
            purpose=lambda language: f"purpose in {language}",
        )
        yield Desk(verifier, service or Service(), tokens, clock)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    service = Service()
    app = web.Application()
    app.router.add_post("/{path:.*}", service.answer)
    async with TestServer(app, host="127.0.0.1") as real:
        cloud = replace(PUBLIC, verified_id=str(real.make_url("/verified-id")))
        async with opened(cloud, service=service) as made:
            yield made


async def test_a_request_is_for_this_person_by_our_issuer_with_a_face(desk: Desk) -> None:
    begun = await desk.begin()
    assert begun == Presentation(GOOD["requestId"], URL, PNG, datetime.fromtimestamp(EXPIRY, UTC))
    ((path, authorization, body),) = desk.service.asked
    assert path == "/verified-id/v1.0/verifiableCredentials/createPresentationRequest"
    assert authorization == "Bearer token-0"
    assert body == {
        "authority": AUTHORITY,
        "includeQRCode": True,
        "includeReceipt": False,
        "registration": {"clientName": "Vouchsafe", "purpose": "purpose in de"},
        "callback": {
            "url": "https://desk.contoso.example/verified-id/callback",
            "state": STATE,
            "headers": {"api-key": KEY},
        },
        "requestedCredentials": [
            {
                "type": "VerifiedEmployee",
                "purpose": "purpose in de",
                "acceptedIssuers": [AUTHORITY],
                "constraints": [{"claimName": "revocationId", "values": [UPN]}],
                "configuration": {
                    "validation": {
                        "allowRevoked": False,
                        "validateLinkedDomain": True,
                        "faceCheck": {"sourcePhotoClaimName": "photo", "matchConfidenceThreshold": 80},
                    }
                },
            }
        ],
    }


@pytest.mark.parametrize(
    ("status", "body", "expected", "code"),
    [
        (429, _error("tooManyRequests"), Unavailable, None),
        (429, None, Unavailable, None),
        (400, _error("badRequest", "transientError"), Unavailable, None),
        (500, _error("internalServerError"), AnswerLost, None),
        (503, None, AnswerLost, None),
        (501, None, Rejected, "501"),
        (408, None, AnswerLost, None),
        (403, _error("forbidden"), Rejected, "not_permitted"),
        (403, None, Rejected, "not_permitted"),
        (400, _error("badRequest", "badOrMissingField", BILLING), Rejected, "no_billing"),
        (403, _error("forbidden", "badOrMissingField", BILLING), Rejected, "no_billing"),
        (400, _error("badRequest", "badOrMissingField"), Rejected, "badOrMissingField"),
        (404, _error("notFound", "notFound"), Rejected, "notFound"),
        (400, {"error": {"code": 5, "innererror": []}}, Rejected, "400"),
        (400, {"error": {"code": "bad\r\nField", "message": None}}, Rejected, "badField"),
        (409, [], Rejected, "409"),
        (302, None, Rejected, "302"),
    ],
)
async def test_each_no_means_what_the_desk_may_do_next(
    desk: Desk, status: int, body: Any, expected: type[Exception], code: str | None
) -> None:
    desk.service.status, desk.service.body = status, body
    desk.service.headers = {"Location": "/elsewhere"} if status == 302 else {}
    with structlog.testing.capture_logs() as logs, pytest.raises(expected) as caught:
        await desk.begin()
    assert type(caught.value) is expected
    if isinstance(caught.value, Rejected):
        assert caught.value.code == code
    assert len(desk.service.asked) == 1  # sent once, whatever came back
    for told in (repr(caught.value), repr(logs)):
        assert not [word for word in (STATE, KEY, UPN, "token-0") if word in told]
    assert logs


async def test_how_long_to_wait_is_passed_on(desk: Desk) -> None:
    desk.service.status, desk.service.headers = 429, {"Retry-After": "7"}
    with pytest.raises(Unavailable) as caught:
        await desk.begin()
    assert caught.value.retry_after == 7
    desk.service.headers = {"Retry-After": "tomorrow"}
    with pytest.raises(Unavailable) as caught:
        await desk.begin()
    assert caught.value.retry_after == 2


async def test_a_token_that_is_not_taken_is_forgotten(desk: Desk) -> None:
    desk.service.status, desk.service.body = 401, _error("unauthorized", "tokenError")
    with pytest.raises(Unavailable):
        await desk.begin()
    assert len(desk.service.asked) == 1
    desk.service.status, desk.service.body = 201, GOOD
    await desk.begin()
    assert [authorization for _, authorization, _ in desk.service.asked] == ["Bearer token-0", "Bearer token-1"]


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "https://evil.example/?request_uri=https://x"},
        {"url": "http://evil.example/"},
        {"url": "javascript:alert(1)//?request_uri=x"},
        {"url": "openid-vc://"},
        {"url": URL + " "},
        {"url": URL + "\n[x](https://evil.example)"},
        {"url": "openid-vc://[?request_uri=x"},
        {"url": URL + "x" * 3000},
        {"url": None},
        {"expiry": int(NOW.timestamp())},
        {"expiry": int(NOW.timestamp()) - 1},
        {"expiry": 10**400},
        {"expiry": True},
        {"expiry": str(EXPIRY)},
        {"expiry": float(EXPIRY)},
        {"qrCode": None},
        {"qrCode": "https://evil.example/qr.png"},
        {"qrCode": PNG.replace("png", "svg+xml")},
        {"qrCode": "data:image/png;base64," + base64.b64encode(b"<svg/>").decode()},
        {"qrCode": PNG + "!"},
        {"qrCode": PNG + "\u00e9"},
        {"qrCode": "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 20_000).decode()},
        {"requestId": ""},
        {"requestId": 5},
        {"requestId": "../x"},
    ],
)
async def test_an_answer_that_is_not_as_it_should_be_is_not_shown(desk: Desk, changes: Json) -> None:
    desk.service.body = {**GOOD, **changes}
    with pytest.raises(Rejected) as caught:
        await desk.begin()
    assert caught.value.code == "odd_answer"
    assert await desk.verifier.unavailable() == ""


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b"[" * 60_000, b"\xff"])
async def test_an_answer_nobody_can_read_is_lost(desk: Desk, raw: bytes) -> None:
    desk.service.raw = raw
    with pytest.raises(AnswerLost):
        await desk.begin()


async def test_an_answer_without_an_end_is_not_read_to_it(desk: Desk) -> None:
    desk.service.body = {**GOOD, "padding": "x" * 70_000}
    with pytest.raises(AnswerLost):
        await desk.begin()


async def test_an_answer_that_does_not_come_is_lost(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIMIT", 0.2)
    desk.service.delay = 1
    with pytest.raises(AnswerLost):
        await desk.begin()
    assert len(desk.service.asked) == 1


async def test_a_call_that_is_cut_off_is_lost(desk: Desk) -> None:
    desk.service.cut = True
    with pytest.raises(AnswerLost):
        await desk.begin()
    assert len(desk.service.asked) == 1


async def test_a_service_that_is_not_there_is_unavailable() -> None:
    cloud = replace(PUBLIC, verified_id=f"http://127.0.0.1:{free_port()}")
    async with opened(cloud) as desk:
        with pytest.raises(Unavailable):
            await desk.begin()
        assert await desk.verifier.unavailable() == ""
        assert await desk.verifier.probe() == ""


async def test_without_a_token_nothing_is_sent(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.tokens.trouble = Unavailable("Entra gave no token for now")
    with pytest.raises(Unavailable):
        await desk.begin()
    desk.tokens.trouble = Rejected("Entra refused", code="AADSTS500011")
    with pytest.raises(Rejected):
        await desk.begin()
    desk.tokens.trouble, desk.tokens.delay = None, 1
    monkeypatch.setattr(module, "LIMIT", 0.1)
    with pytest.raises(Unavailable):
        await desk.begin()
    assert desk.service.asked == []


async def test_nobody_is_asked_about_nobody(desk: Desk) -> None:
    with pytest.raises(Rejected) as caught:
        await desk.begin(upn="")
    assert caught.value.code == "nameless"
    assert desk.service.asked == []


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, _error("badRequest", "badOrMissingField", BILLING), "no_billing"),
        (403, _error("forbidden"), "not_permitted"),
    ],
)
async def test_a_refusal_that_lasts_is_told_for_ten_minutes(desk: Desk, status: int, body: Json, reason: str) -> None:
    assert await desk.verifier.unavailable() == ""
    desk.service.status, desk.service.body = status, body
    with pytest.raises(Rejected):
        await desk.begin()
    assert await desk.verifier.unavailable() == reason
    desk.clock.advance(minutes=9, seconds=59)
    assert await desk.verifier.unavailable() == reason
    desk.clock.advance(seconds=1)
    assert await desk.verifier.unavailable() == ""


async def test_a_refusal_of_one_request_is_not_one_of_all(desk: Desk) -> None:
    desk.service.status, desk.service.body = 400, _error("badRequest", "badOrMissingField")
    with pytest.raises(Rejected):
        await desk.begin()
    assert await desk.verifier.unavailable() == ""


async def test_what_works_again_is_told_at_once(desk: Desk) -> None:
    desk.service.status, desk.service.body = 403, _error("forbidden")
    with pytest.raises(Rejected):
        await desk.begin()
    desk.service.status, desk.service.body = 201, GOOD
    await desk.begin()
    assert await desk.verifier.unavailable() == ""


async def test_a_probe_asks_for_nobody_with_secrets_of_its_own(desk: Desk) -> None:
    assert await desk.verifier.probe() == ""
    assert await desk.verifier.probe() == ""
    first, second = (body for _, _, body in desk.service.asked)
    assert first["requestedCredentials"][0]["constraints"][0]["values"] == ["probe@invalid"]
    assert len({first["callback"]["state"], second["callback"]["state"], first["callback"]["headers"]["api-key"]}) == 3
    assert len(first["callback"]["headers"]["api-key"]) >= 32


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, _error("badRequest", "badOrMissingField", BILLING), "no_billing"),
        (403, _error("forbidden"), "not_permitted"),
        (400, _error("badRequest", "badOrMissingField"), "not_set_up"),
        (429, _error("tooManyRequests"), ""),
        (500, None, ""),
        (401, None, ""),
    ],
)
async def test_a_probe_finds_out_before_a_person_does(desk: Desk, status: int, body: Any, reason: str) -> None:
    desk.service.status, desk.service.body = status, body
    assert await desk.verifier.probe() == reason
    assert await desk.verifier.unavailable() == reason
    desk.service.status, desk.service.body = 201, GOOD
    assert await desk.verifier.probe() == ""
    assert await desk.verifier.unavailable() == ""


async def test_a_probe_without_an_answer_changes_nothing(desk: Desk) -> None:
    desk.service.status, desk.service.body = 403, None
    assert await desk.verifier.probe() == "not_permitted"
    desk.service.status = 500
    assert await desk.verifier.probe() == "not_permitted"


@pytest.mark.parametrize(
    ("cloud", "wanted"),
    [(PUBLIC, replace(WANTED, authority="")), (GCCH, WANTED), (replace(PUBLIC, verified_id_scope=""), WANTED)],
)
async def test_what_is_not_set_up_is_not_asked(cloud: Cloud, wanted: CredentialType) -> None:
    async with opened(cloud, wanted=wanted) as desk:
        assert await desk.verifier.unavailable() == "not_set_up"
        assert await desk.verifier.probe() == "not_set_up"
        with pytest.raises(Rejected) as caught:
            await desk.begin()
        assert caught.value.code == "not_set_up"
