"""The Verified ID service's door and the page that leads a phone into its wallet, asked by HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from html import escape
from io import BytesIO

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient

import cards
from bot.config.cloud import PUBLIC
from bot.core.errors import AnswerLost, Conflict, DeskError, Rejected, Unavailable
from bot.process import metrics
from bot.web import wallet
from bot.web.limit import Limit
from bot.web.middleware import surfacing
from bot.web.page import Pages

ID = "0123456789abcdef0123456789abcdef"
KEY = "a-key-that-only-the-service-was-told"
BODY = {"requestId": "p1", "requestStatus": "request_retrieved", "state": f"{ID}.s"}
LINK = "openid-vc://?request_uri=https://verifiedid.did.msidentity.com/v1.0/t/requests/p1&x=1"

Browser = TestClient[web.Request, web.Application]
Start = Callable[[web.Application], Awaitable[Browser]]


@dataclass(slots=True)
class Desk:
    """A desk with one proof under way."""

    address: str = LINK
    fails: Exception | None = None
    slow: float = 0.0
    heard: list[tuple[str, object]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)

    async def expects(self, key: str) -> bool:
        self.looked.append(key)
        if self.fails is not None:
            raise self.fails
        return key == KEY

    async def called_back(self, key: str, body: object) -> bool:
        self.heard.append((key, body))
        await asyncio.sleep(self.slow)
        if self.fails is not None:
            raise self.fails
        return key == KEY

    async def link(self, request_id: str) -> str:
        self.asked.append(request_id)
        return self.address


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def browser(desk: Desk, aiohttp_client: Start) -> Browser:
    pages = Pages(PUBLIC, cards.text, "the helpdesk")
    middlewares = [surfacing(pages, metrics.failed, Limit(burst=3, rate=0.01))]
    app = web.Application(middlewares=middlewares, client_max_size=256 * 1024)
    wallet.setup(app, desk=desk, pages=pages)
    return await aiohttp_client(app)


async def _called(browser: Browser, body: object = BODY, key: str = KEY, **headers: str) -> ClientResponse:
    data = BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
    told = {"Content-Type": "application/json", "api-key": key, **headers}
    return await browser.post("/verified-id/callback", data=data, headers=told)


async def test_what_the_service_says_reaches_the_desk(desk: Desk, browser: Browser) -> None:
    response = await _called(browser)
    assert (response.status, await response.read()) == (200, b"")
    assert desk.heard == [(KEY, BODY)]
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers


async def test_a_stranger_is_told_nothing(desk: Desk, browser: Browser) -> None:
    response = await _called(browser, key="a-key-of-somebody-else-entirely")
    assert (response.status, await response.read()) == (401, b"")
    assert desk.heard == []


@pytest.mark.parametrize("key", ["", "short", "x" * 200, "ümlaut-ümlaut-ümlaut", "a key with spaces in it"])
async def test_without_a_key_that_could_be_ours_nothing_is_read(desk: Desk, browser: Browser, key: str) -> None:
    response = await _called(browser, b"{", key=key)  # 400 if it were read
    assert response.status == 401
    assert (desk.looked, desk.heard) == ([""], [])


async def test_a_photo_among_the_claims_is_no_reason_to_refuse(desk: Desk, browser: Browser) -> None:
    body = BODY | {"photo": "x" * 3_900_000}
    assert (await _called(browser, body)).status == 200
    assert desk.heard == [(KEY, body)]


@pytest.mark.parametrize("told", [True, False])
async def test_more_than_a_photo_is_refused(desk: Desk, browser: Browser, *, told: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * 100_000

    data = BytesIO(b"x" * 5_000_000) if told else pieces()
    response = await browser.post("/verified-id/callback", data=data, headers={"api-key": KEY})
    assert response.status == 413
    assert desk.heard == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[" * 200_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"state": NaN}',
        b'{"state": -Infinity}',
        b'{"state": "\\ud800"}',
        b'{"state": "\\uD83D.x"}',
        b"\xff\xfe{\x00}\x00",
        b'{"state": "\xed\xa0\x80"}',
        b'{"n": ' + b"9" * 5000 + b"}",
    ],
)
async def test_what_is_no_json_is_an_answer_and_no_accident(desk: Desk, browser: Browser, body: bytes) -> None:
    response = await _called(browser, body)
    assert response.status == 400
    assert desk.heard == []


async def test_whole_characters_outside_the_first_plane_are_text(desk: Desk, browser: Browser) -> None:
    assert (await _called(browser, b'{"state": "\\ud83d\\ude00"}')).status == 200
    assert desk.heard == [(KEY, {"state": "\U0001f600"})]


@pytest.mark.parametrize("body", [[], 1, None, "text", {}])
async def test_any_json_is_for_the_desk_to_judge(desk: Desk, browser: Browser, body: object) -> None:
    assert (await _called(browser, body)).status == 200
    assert desk.heard == [(KEY, body)]


@pytest.mark.parametrize("error", [Conflict("again"), Unavailable("away"), AnswerLost("lost")])
async def test_what_was_not_kept_is_asked_for_again(
    desk: Desk, browser: Browser, error: DeskError, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.fails = error
    response = await _called(browser)
    assert (response.status, await response.read()) == (503, b"")
    assert int(response.headers["Retry-After"]) >= 1
    told = capsys.readouterr().out + caplog.text
    assert type(error).__name__ in told
    assert KEY not in told


async def test_a_state_the_store_cannot_even_look_for_is_a_strangers(desk: Desk, browser: Browser) -> None:
    desk.fails = Rejected("a text with a zero in it")
    assert (await _called(browser)).status == 401


async def test_a_desk_that_takes_too_long_is_asked_again(
    desk: Desk, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wallet, "DEADLINE", 0.05)
    desk.slow = 5
    assert (await _called(browser)).status == 503


async def test_what_nobody_expected_has_a_number_and_no_page(desk: Desk, browser: Browser) -> None:
    desk.fails = RuntimeError("the wheel came off")
    response = await _called(browser)
    assert response.status == 500
    assert set(await response.json()) == {"error", "reference"}


async def test_a_packed_body_is_not_unpacked(desk: Desk, browser: Browser) -> None:
    response = await _called(browser, b"x", **{"Content-Encoding": "deflate"})
    assert response.status in {400, 415}
    assert desk.heard == []


async def test_the_service_is_not_held_to_the_pace_of_people_but_to_one(desk: Desk, browser: Browser) -> None:
    answers: list[int] = []
    while 429 not in answers and len(answers) < 1000:  # what comes back meanwhile is more where a machine is slow
        answers.append((await _called(browser)).status)
    assert answers[:120] == [200] * 120
    assert 429 in answers
    assert len(desk.heard) == answers.count(200)


async def test_the_page_leads_into_the_wallet(desk: Desk, browser: Browser) -> None:
    response = await browser.get(f"/verified-id/open?r={ID}", headers={"Accept-Language": "de-DE,de;q=0.9"})
    page = await response.text()
    assert response.status == 200
    assert desk.asked == [ID]
    assert f'rel="noopener noreferrer" href="{escape(LINK)}"' in page
    assert "&x=1" not in page
    assert '<html lang="de">' in page
    assert escape(cards.text("web.wallet.button", "de")) in page
    policy = response.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self';" in policy
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://evil.example/",
        "javascript:alert(1)",
        "openid-vc:javascript",
        "OPENID-VC://x",
        'openid-vc://"onclick="alert(1)',
        "openid-vc://<b>",
        "openid-vc://a b",
        "openid-vc://a\nb",
        "openid-vc://ü",
        "openid-vc://" + "x" * 5000,
        " openid-vc://x",
    ],
)
async def test_only_a_wallets_address_is_ever_linked(desk: Desk, browser: Browser, address: str) -> None:
    desk.address = address
    response = await browser.get(f"/verified-id/open?r={ID}")
    page = await response.text()
    assert response.status == 410
    assert escape(cards.text("web.refused.proof_over", "en")) in page
    assert "href" not in page.replace('<link rel="stylesheet" href="/step-up/static/step-up.css">', "")


@pytest.mark.parametrize("wanted", ["", "x", "../../etc", "a" * 65, "%00%00%00%00%00%00%00%00", "ü" * 20])
async def test_a_strange_id_asks_nobody(desk: Desk, browser: Browser, wanted: str) -> None:
    assert (await browser.get("/verified-id/open", params={"r": wanted})).status == 410
    assert desk.asked == []


async def test_looking_by_head_asks_nobody_and_knocking_has_an_end(desk: Desk, browser: Browser) -> None:
    assert (await browser.head(f"/verified-id/open?r={ID}")).status == 405
    assert desk.asked == []
    answers = [(await browser.get(f"/verified-id/open?r={ID}")).status for _ in range(3)]
    assert answers == [200, 200, 429]
    assert (await browser.get("/verified-id/callback")).status == 405
